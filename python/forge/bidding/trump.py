"""Trump for the arena as the bidding code would choose it."""

import random
from dataclasses import dataclass
from functools import cache
from typing import Final

from forge.bidding.calibration.logistic import Calibration, shipped
from forge.bidding.estimates import table_of_counts
from forge.bidding.hand import BIDDING_DECLS
from forge.bidding.simulate import Simulator
from forge.game.contract import Bid

N_DEALS: Final = 64


@dataclass(frozen=True)
class BestChance:
    """The declaration with the best chance at a table to make the bid.

    Chances are perfect play's over 64 deals around the hand, calibrated as `forge bid-evaluate`
    does; of equals the first declaration.
    """

    name: str = "bidding"

    @property
    def sha256(self) -> str | None:
        """See `forge.arena.protocol.TrumpRule`: of the calibration."""
        lines = _calibration()
        return None if lines is None else lines.sha256

    def decl(self, hand: tuple[int, ...], bid: Bid, chance: random.Random) -> int:
        """See `forge.arena.protocol.TrumpRule`."""
        made = Simulator().made(hand, BIDDING_DECLS, 0, N_DEALS, bid)
        counts = made.sum(axis=1, keepdims=True)
        table = table_of_counts(BIDDING_DECLS, (bid,), counts, counts[:, 0] * 0 + N_DEALS)
        lines = _calibration()
        found = table if lines is None else lines.apply(table, hand)
        return found.best_decl(bid).contract.decl


@cache
def _calibration() -> Calibration | None:
    return shipped()
