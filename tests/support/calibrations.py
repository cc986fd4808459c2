"""Calibrations for tests, and hands that were never played."""

from collections.abc import Callable

import numpy as np

from forge.arena.protocol import best_pip_suit
from forge.bidding.calibration.hands import PlayedHand, drawn_hand
from forge.bidding.calibration.logistic import CLASSES, Calibration, class_of
from forge.bidding.hand import hand_text
from forge.game.contract import POINT_BIDS

MADE_WITH = {"player": "make:n=100", "hands": 12}


def straight(intercept: float = -1.0, slope: float = 0.5) -> Calibration:
    """The same line for all."""
    lines = {name: [intercept] * len(POINT_BIDS) for name in CLASSES}
    slopes = {name: [slope] * len(POINT_BIDS) for name in CLASSES}
    return Calibration(lines, slopes, MADE_WITH)


def invented_hands(
    numbers: range, chance: Callable[[float, str, int], float], n_deals: int = 50
) -> list[PlayedHand]:
    """Drawn hands with invented points: made at a table with `chance(share, class, points)`.

    Nothing is searched: a bidder's choice is the best pip suit.
    """
    rng = np.random.default_rng(numbers.start + 1)
    hands = []
    for number in numbers:
        drawn = drawn_hand(number, lambda hand, bid, number: best_pip_suit(hand))
        decl, bid = drawn.contract.decl, drawn.contract.bid.number
        made = rng.random(n_deals) < rng.random()
        perfect = np.where(made, 42, 0)
        share = float(made.mean())
        wins = rng.random() < chance(share, class_of(decl), drawn.contract.bid.points)
        hands.append(
            PlayedHand(
                number,
                hand_text(drawn.hand),
                decl,
                bid,
                perfect.tolist(),
                [42 if wins else 0],
                int(wins),
            )
        )
    return hands
