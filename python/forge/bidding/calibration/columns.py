"""Played hands as the columns that lines are fitted to and judged by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from forge.bidding.calibration.hands import PlayedHand
from forge.bidding.calibration.logistic import CLASSES, class_of, evidence
from forge.bidding.certain import certain_points
from forge.bidding.estimates import Floats
from forge.bidding.hand import parse_hand
from forge.extras import extra
from forge.game.contract import POINT_BIDS, Bid

with extra("train"):
    import pandas as pd


def frame_of(hands: Sequence[PlayedHand]) -> pd.DataFrame:
    """A row a hand: x, kind, bid (scaled), made and missed (played)."""
    kinds = pd.CategoricalDtype(list(CLASSES))
    shares = np.array([share_of(hand) for hand in hands])
    made = np.array([hand.made for hand in hands])
    return pd.DataFrame(
        {
            "x": evidence(shares, [len(hand.perfect) for hand in hands]),
            "kind": pd.Series([class_of(hand.decl) for hand in hands], dtype=kinds),
            "bid": scaled([hand.contract.bid for hand in hands]),
            "made": made,
            "missed": np.array([len(hand.played) for hand in hands]) - made,
        }
    )


def is_certain(hand: PlayedHand) -> bool:
    """Whether its bid cannot be lost."""
    return hand.contract.bid.is_made(certain_points(parse_hand(hand.hand), hand.decl))


def scaled(bids: Sequence[Bid]) -> Floats:
    """-1 for 30 to 1 for 42: as they are, squares would hardly differ from multiples."""
    lowest, highest = POINT_BIDS[0].points, POINT_BIDS[-1].points
    points = np.array([bid.points for bid in bids], dtype=np.float64)
    found: Floats = (2 * points - lowest - highest) / (highest - lowest)
    return found


def share_of(hand: PlayedHand) -> float:
    """The share of deals that perfect play makes."""
    return sum(map(hand.contract.bid.is_made, hand.perfect)) / len(hand.perfect)


def log_losses(predicted: npt.ArrayLike, frame: pd.DataFrame) -> Floats:
    """Of the chance predicted for each hand of a frame [N], natural logarithm."""
    p = np.clip(np.asarray(predicted, dtype=np.float64), 1e-6, 1 - 1e-6)
    made, missed = frame["made"].to_numpy(), frame["missed"].to_numpy()
    losses: Floats = -(made * np.log(p) + missed * np.log(1 - p)) / (made + missed)
    return losses
