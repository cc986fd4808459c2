"""The option that asks for a bid of the table."""

from typing import Any

from forge.errors import ForgeError
from forge.game.contract import BIDS, VALID_BIDS, Bid
from forge.options import option


def bid_option(default: int | None, help: str) -> Any:
    """A field of a dataclass: the number of one of `BIDS`."""
    numbers = [bid.number for bid in BIDS]
    return option(
        default,
        help,
        metavar="BID",
        least=min(numbers),
        most=max(numbers),
        valid=VALID_BIDS,
        reads=table_bid,
    )


def table_bid(name: str, number: int) -> Bid:
    """The bid that an option asks for, or a ForgeError that names the option."""
    if number not in {bid.number for bid in BIDS}:
        raise ForgeError(f"{name} must be {VALID_BIDS}, got {number}")
    return Bid.of(number)
