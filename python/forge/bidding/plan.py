"""How many deals around a hand are looked at."""

from dataclasses import asdict, dataclass
from typing import Any, Final

from forge.game.contract import LOWEST_BID, Bid
from forge.options import MOST_DEALS, check, option

# No sequential run goes beyond: half a width of 0.005 at worst.
MAX_DEALS: Final = 50_000
# By so many the advice is settled for most hands; they are some seconds of perfect play.
SETTLED_BY: Final = 6_400


@dataclass(frozen=True)
class Plan:
    """How far to go.

    Args:
        n_deals: so many at least.
        until: go on until the interval of the headline (the best declaration at `bid`) is that
            narrow: half its width, as a chance. None stops at `n_deals`.
        bid: of the headline.
        only_bid: ask for that bid alone: a quarter of the time with perfect play.
        drop_worse: stop dealing for declarations that are shown to be worse at `bid`.
        max_deals: no more.
        settle: go on, each time to twice as many, until the advice is settled
            (`forge.bidding.settled`).

    Raises:
        ForgeError: on a value out of range.
    """

    n_deals: int = option(100, "Deals of the other hands.", least=1, most=MOST_DEALS)
    until: float | None = option(
        None,
        "Add deals until half the interval of the best trump at the bid is this narrow.",
        above=0,
        below=0.5,
    )
    bid: Bid = LOWEST_BID
    only_bid: bool = False
    drop_worse: bool = False
    max_deals: int = MAX_DEALS
    settle: bool = False

    def __post_init__(self) -> None:
        check(self)
        Bid.of(self.bid.number)  # one of a table: chances are calibrated for no other

    def record(self) -> dict[str, Any]:
        """Plain values, as files hold them."""
        values = asdict(self) | {"bid": self.bid.number}
        if not self.settle:
            del values["settle"]  # as files have it that are older than it
        return values
