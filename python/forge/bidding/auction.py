"""An auction of Texas 42: who may bid what.

Every seat bids or passes once, in turn; each bid is higher than the last. Seats are numbered in the
order of bidding, 0 first and the dealer, seat 3, last; seats two apart are partners.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from forge.errors import ForgeError
from forge.game.constants import N_SEATS
from forge.game.contract import BIDS, LOWEST_BID, VALID_BIDS, Bid

DEALER: Final = N_SEATS - 1


@dataclass(frozen=True)
class Auction:
    """The auction when it is a seat's turn.

    Args:
        bids: of the seats before it, in turn; None for a pass.
        dealer_must_bid: whether the dealer has to bid where all others passed.

    Raises:
        ForgeError: for bids that cannot be.
    """

    bids: tuple[Bid | None, ...]
    dealer_must_bid: bool = False

    def __post_init__(self) -> None:
        if len(self.bids) > DEALER:
            raise ForgeError(
                f"at most {DEALER} seats bid before another one, got {len(self.bids)} bids"
            )
        made = [Bid.of(bid.number) for bid in self.bids if bid is not None]
        for before, bid in pairwise(made):
            if bid <= before:
                raise ForgeError(f"a bid of {bid} is not higher than the {before} before it")

    @property
    def seat(self) -> int:
        """Whose turn it is, 0..3."""
        return len(self.bids)

    @property
    def highest(self) -> Bid | None:
        """The bid to beat; None without one."""
        return max((bid for bid in self.bids if bid is not None), default=None)

    @property
    def bidder(self) -> int | None:
        """The seat that holds the highest bid."""
        return None if self.highest is None else self.bids.index(self.highest)

    @property
    def legal_bids(self) -> tuple[Bid, ...]:
        """What may be bid, ascending."""
        return tuple(bid for bid in BIDS if self.highest is None or bid > self.highest)

    @property
    def may_pass(self) -> bool:
        """Whether the seat may pass."""
        return self.highest is not None or self.seat < DEALER or not self.dealer_must_bid

    @property
    def after_pass(self) -> tuple[int, Bid] | None:
        """Who plays for what if everybody passes from here on; None: nobody plays."""
        if self.highest is not None:
            return self.bids.index(self.highest), self.highest
        return (DEALER, LOWEST_BID) if self.dealer_must_bid and self.seat < DEALER else None


def parse_bids(text: str) -> tuple[Bid | None, ...]:
    """Bids in turn such as `pass,30,31`, None for a pass; none for an empty text.

    Raises:
        ForgeError: for anything else.
    """
    valid = {str(bid): bid for bid in BIDS}
    bids: list[Bid | None] = []
    for part in (part for part in re.split(r"[,\s]+", text.strip().lower()) if part):
        if part in ("pass", "p"):
            bids.append(None)
        elif part in valid:
            bids.append(valid[part])
        else:
            raise ForgeError(f"unknown bid {part!r}: valid are pass, {VALID_BIDS}")
    return tuple(bids)
