"""Distributions of Q made ready for a screen: which bins to show, how high, and what they promise.

Q is in points still to come, **acting-team frame**, bin q + 42; the hand has 42 points in all.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from forge.eq.moments import N_BINS, ZERO_BIN
from forge.game.constants import HAND_POINTS
from forge.game.contract import Bid
from forge.look.decision_view import Action, DecisionView

# Ends of the range with less than this in every action are left out: they would be a bar of 0.
NEGLIGIBLE: Final = 0.001
_BLOCKS: Final = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Bins:
    """Columns of equal width over a range of Q.

    Args:
        first: bin 0..84 where the first column begins.
        step: bins a column.
        n: columns.
    """

    first: int
    step: int
    n: int

    def q(self, column: int) -> int:
        """The least Q of a column, points."""
        return self.first + self.step * column - ZERO_BIN

    def column(self, q: float) -> int | None:
        """The column of a Q in points; None outside."""
        column = math.floor((q + ZERO_BIN - self.first) / self.step)
        return column if 0 <= column < self.n else None

    def shares(self, pdf: Sequence[float]) -> list[float]:
        """By column, the share of the weight in it."""
        starts = (self.first + self.step * k for k in range(self.n))
        return [sum(pdf[start : start + self.step]) for start in starts]

    def at_least(self, pdf: Sequence[float]) -> list[float]:
        """By column, the share of the weight in it and above."""
        return [min(1.0, sum(pdf[self.first + self.step * k :])) for k in range(self.n)]


def zoomed(view: DecisionView, max_columns: int) -> Bins:
    """The range that the legal actions fill, in at most `max_columns` >= 1 columns.

    Where all worlds agree in what is left to win, as they do for the exact oracle, every second bin
    is empty: then columns are of even width.
    """
    pdfs = [action.pdf for action in view.actions if action.legal]
    filled = [k for k in range(N_BINS) if any(pdf[k] >= NEGLIGIBLE for pdf in pdfs)]
    if not filled:  # files of others may lack the distributions
        return Bins(ZERO_BIN, 1, 1)
    first, last = filled[0], filled[-1]
    base = 2 if all((k - first) % 2 == 0 for k in filled) else 1
    n = (last - first) // base + 1
    step = base * math.ceil(n / max_columns)
    return Bins(first, step, (last - first) // step + 1)


def bars(heights: Sequence[float], n_rows: int, column_width: int = 1) -> list[str]:
    """Block characters of heights 0..1, rows from top to bottom; what is above 0 is seen."""
    levels = [max(int(height > 0.0), round(8 * n_rows * min(height, 1.0))) for height in heights]
    return [
        "".join(_BLOCKS[min(8, max(0, level - 8 * below))] * column_width for level in levels)
        for below in reversed(range(n_rows))
    ]


def hand_points(view: DecisionView, q: float) -> float:
    """What the acting team has at the end of the hand if Q comes true, 0..42."""
    return (HAND_POINTS + view.lead_in_points + q) / 2


def least_q(view: DecisionView, bid: Bid) -> int:
    """The Q with which the acting team makes a bid of team 0, or sets it, **acting-team frame**."""
    return 2 * bid.points_for(view.team) - HAND_POINTS - view.lead_in_points


def chance_of_contract(view: DecisionView, action: Action, bid: Bid) -> float:
    """Share of the worlds in which the acting team makes a bid of team 0, or sets it, 0..1."""
    return min(1.0, sum(action.pdf[max(0, least_q(view, bid) + ZERO_BIN) :]))
