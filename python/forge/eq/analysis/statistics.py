"""What analyses count: errors, plays and points lost, and ratios with intervals over games."""

from collections.abc import Callable
from typing import Final

import numpy as np

from forge.eq.analysis.decisions import FloatArray, IntArray
from forge.stats.figures import Figure
from forge.stats.intervals import MAX_GROUPS, RatioSums

# Means of whole numbers differ by less only where they are equal.
TIE: Final = 1e-9


class Ratios:
    """Ratios of many columns over the same decisions; intervals from one bootstrap over games."""

    def __init__(self, games: IntArray) -> None:
        self._games = games % MAX_GROUPS
        self._columns: list[tuple[FloatArray, FloatArray]] = []
        self._rates: set[str] = set()
        self._figures: list[Figure] = []

    def add(self, x: FloatArray, w: FloatArray, rate: bool = False) -> Callable[[], Figure]:
        """The ratio of sums of x [K] and w [K]; to be called after `close`."""
        place = len(self._columns)
        if rate:
            self._rates.add(str(place))
        self._columns.append((np.nan_to_num(x), np.nan_to_num(w)))
        return lambda: self._figures[place]

    def root(self, x: FloatArray, w: FloatArray) -> Callable[[], Figure]:
        """The root of such a ratio; 0 where that is negative."""
        ratio = self.add(x, w)

        def figure() -> Figure:
            value, (low, high) = ratio().value, ratio().interval
            value, low, high = np.sqrt(np.maximum([value, low, high], 0.0)).tolist()
            return Figure(value, (low, high))

        return figure

    def close(self) -> None:
        """Work out all figures."""
        names = [str(place) for place in range(len(self._columns))]
        sums = RatioSums(names, frozenset(self._rates))
        x, w = (np.stack(part, axis=1) for part in zip(*self._columns, strict=True))
        _, groups = np.unique(self._games, return_inverse=True)
        sums.update(x, w, groups)
        values, intervals = sums.figures(), sums.intervals_by_group()
        # One game has no interval, but for rates, whose decisions are then taken as independent.
        for name, n_games in sums.group_counts().items():
            if n_games < 2 and name not in self._rates:
                intervals[name] = (np.nan, np.nan)
        self._figures = [Figure(values[name], intervals[name]) for name in names]


def greedy(mean: FloatArray) -> IntArray:
    """The slot of the greatest E[Q], the first of equals: int64 [...], of [..., 7]; 0 of NaN."""
    best: IntArray = np.argmax(np.where(np.isnan(mean), -np.inf, mean), axis=-1)
    return best


def points_lost(truth: FloatArray, mean: FloatArray) -> FloatArray:
    """What greedy plays by an estimate give away.

    Args:
        truth: [K, 1, 7], NaN where not legal.
        mean: [K, R, 7], the estimates.

    Returns:
        float64 [K, R], best E[Q] minus that of the play, points; 0 where they are equal but for
        rounding, and for decisions without values.
    """
    values = np.broadcast_to(truth, mean.shape)
    chosen = np.take_along_axis(values, greedy(mean)[..., None], axis=-1)[..., 0]
    best = np.where(np.isnan(values), -np.inf, values).max(axis=-1)
    with np.errstate(invalid="ignore"):
        lost = best - chosen
    return np.where(lost > TIE, lost, 0.0)


def mean_of_plays(values: FloatArray) -> FloatArray:
    """[K]: mean over samples and legal slots of [K, R, 7]; 0 where there is none."""
    n = (~np.isnan(values)).sum(axis=(1, 2))
    means: FloatArray = np.nansum(values, axis=(1, 2)) / np.maximum(n, 1)
    return means


def systematic(error: FloatArray) -> FloatArray:
    """[K]: mean over legal slots of the squared expected error, without bias, of [K, R, 7].

    The product of the errors of two independent samples has the square of the expected error for
    its mean; this is the mean over all pairs.
    """
    n = error.shape[1]
    products = np.square(error.sum(axis=1)) - np.square(error).sum(axis=1)
    return mean_of_plays(products[:, None] / (n * (n - 1)))
