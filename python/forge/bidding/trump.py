"""Trump for the arena as the bidding code would choose it."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from forge.bidding.calibration.logistic import Calibration, shipped
from forge.bidding.estimates import MakeTable, table_of_counts
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
        lines = shipped_calibration()
        return None if lines is None else lines.sha256

    def decl(self, hand: tuple[int, ...], bid: Bid, chance: random.Random) -> int:
        """See `forge.arena.protocol.TrumpRule`."""
        return chances_at_table(hand, (bid,)).best_decl(bid).contract.decl


def chances_at_table(
    hand: tuple[int, ...], bids: Sequence[Bid], seed: int = 0, n_deals: int = N_DEALS
) -> MakeTable:
    """Chances of the usual declarations to make bids with a hand, with the shipped calibration.

    Args:
        hand: seven ascending ids.
        bids: ascending.
        seed: of the deals around the hand.
        n_deals: of them.
    """
    simulator = Simulator(seed=seed)
    made = [simulator.made(hand, BIDDING_DECLS, 0, n_deals, bid) for bid in bids]
    counts = np.stack([rows.sum(axis=1) for rows in made], axis=1)
    table = table_of_counts(BIDDING_DECLS, tuple(bids), counts, np.full(len(counts), n_deals))
    lines = shipped_calibration()
    return table if lines is None else lines.apply(table, hand)


@cache
def shipped_calibration() -> Calibration | None:
    """That of `shipped`, read once."""
    return shipped()
