"""Confidence intervals of figures that are ratios of sums, such as means and rates.

Positions of one deal resemble each other: 500,000 positions of 50 deals say less than 500,000 of
as many deals. Where the deal of each position is known, whole deals are drawn again (percentile
cluster bootstrap); else positions are taken as independent (Wilson's interval for rates, the normal
one of a ratio for the rest), which is too narrow if they are not.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Interval = tuple[float, float]

CONFIDENCE: Final = 0.95
# The quantile of `CONFIDENCE`, ready: `scipy.special` takes 0.2 s to load, which a command that
# prints Wilson's intervals and no more would pay for one number.
_NORMAL_QUANTILE: Final = 1.959963984540054
N_RESAMPLES: Final = 2000
BOOTSTRAP_SEED: Final = 0
# Beyond this many deals, several share a group: whole deals stay together, so groups are as
# independent as deals are, and sums per group fit in memory whatever the data.
MAX_GROUPS: Final = 4096


def normal_quantile(confidence: float = CONFIDENCE) -> float:
    """How many standard errors an interval reaches to either side: 1.96 for 95 %."""
    if confidence == CONFIDENCE:
        return _NORMAL_QUANTILE
    from scipy import special

    return float(special.ndtri(0.5 + confidence / 2))


def normal_interval(total: float, weight: float, squares: tuple[float, float, float]) -> Interval:
    """Interval of `total / weight` over independent positions.

    Args:
        total: sum of the numerators x.
        weight: sum of the denominators w.
        squares: sums of x*x, x*w and w*w.

    Returns:
        Low and high end, NaN where the weight is 0.
    """
    if weight == 0:
        return float("nan"), float("nan")
    ratio = total / weight
    xx, xw, ww = squares
    # The variance of the mean of x - ratio * w (the delta method); that sum is 0 by construction.
    variance = max(xx - 2 * ratio * xw + ratio**2 * ww, 0.0) / weight**2
    half = float(normal_quantile() * np.sqrt(variance))
    return ratio - half, ratio + half


def wilson(
    hits: npt.ArrayLike, n: npt.ArrayLike, confidence: float = CONFIDENCE
) -> tuple[FloatArray, FloatArray]:
    """Wilson's interval of rates `hits / n` over independent trials, elementwise and broadcast.

    Returns:
        Low and high ends, 0..1; n must be at least 1.
    """
    k, total = np.broadcast_arrays(np.asarray(hits), np.asarray(n))
    z, p = normal_quantile(confidence), k / total
    scale = 1 + z**2 / total
    middle = (p + z**2 / (2 * total)) / scale
    half = z * np.sqrt(p * (1 - p) / total + z**2 / (4.0 * total**2)) / scale
    # Rounding leaves 4e-19 where there are no hits, or nothing else.
    return np.where(k == 0, 0.0, middle - half), np.where(k == total, 1.0, middle + half)


def wilson_interval(n_hits: int, n: int) -> Interval:
    """Wilson's interval of one rate; NaN where nothing was tried."""
    if n == 0:
        return float("nan"), float("nan")
    low, high = wilson(n_hits, n)
    return float(low), float(high)


def resampling_weights(n_groups: int) -> npt.NDArray[np.int64]:
    """How often each group is drawn in each resample: int64 [N_RESAMPLES, n_groups], seeded."""
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    return rng.multinomial(n_groups, np.full(n_groups, 1 / n_groups), size=N_RESAMPLES)


def percentile_interval(resampled: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Low and high ends [K] of figures resampled [R, K]; NaN where a figure never was defined."""
    tail = 50 * (1 - CONFIDENCE)
    ends = np.full((2, resampled.shape[1]), np.nan)
    defined = ~np.isnan(resampled).all(axis=0)
    # A rare group (a declaration of one deal) is absent from some resamples.
    ends[:, defined] = np.nanpercentile(resampled[:, defined], [tail, 100 - tail], axis=0)
    return ends[0], ends[1]


class RatioSums:
    """Sums of numerators and denominators by group, for K figures at once.

    Args:
        names: of the figures.
        rates: which of them count hits among positions (numerators 0 or 1, and never above the
            denominators): they get Wilson's interval.
    """

    def __init__(self, names: Sequence[str], rates: frozenset[str]) -> None:
        self.names, self.rates = list(names), rates
        self.by_group: FloatArray = np.zeros((64, 2, len(names)))
        self.squares: FloatArray = np.zeros((3, len(names)))  # of x*x, x*w, w*w
        self.n_groups = 0

    def update(self, x: FloatArray, w: FloatArray, groups: npt.NDArray[np.int64] | None) -> None:
        """Add one batch.

        Args:
            x: numerators [B, K].
            w: denominators [B, K].
            groups: group of each position [B], 0..MAX_GROUPS-1; None puts all into group 0.
        """
        groups = np.zeros(len(x), np.int64) if groups is None else groups
        self.n_groups = max(self.n_groups, int(groups.max(initial=-1)) + 1)
        while self.n_groups > len(self.by_group):
            self.by_group = np.concatenate([self.by_group, np.zeros_like(self.by_group)])
        present, local = np.unique(groups, return_inverse=True)
        belongs = (local[None, :] == np.arange(len(present))[:, None]).astype(np.float64)
        self.by_group[present, 0] += belongs @ x
        self.by_group[present, 1] += belongs @ w
        products = [np.einsum("bk,bk->k", a, b) for a, b in ((x, x), (x, w), (w, w))]
        self.squares += np.stack(products)

    def figures(self) -> dict[str, float]:
        """The ratios by name; NaN where nothing was counted."""
        x, w = self.by_group.sum(axis=0)
        ratios = np.divide(x, w, out=np.full_like(x, np.nan), where=w > 0)
        return dict(zip(self.names, ratios.tolist(), strict=True))

    def weights(self) -> dict[str, float]:
        """The denominators by name."""
        return dict(zip(self.names, self.by_group[:, 1].sum(axis=0).tolist(), strict=True))

    def group_counts(self) -> dict[str, int]:
        """How many groups each figure comes from, by name."""
        counts = (self.by_group[:, 1] > 0).sum(axis=0)
        return dict(zip(self.names, counts.tolist(), strict=True))

    def intervals_by_position(self) -> dict[str, Interval]:
        """Intervals that take positions as independent."""
        intervals: dict[str, Interval] = {}
        totals = self.by_group.sum(axis=0)
        for k, name in enumerate(self.names):
            x, w = (float(total) for total in totals[:, k])
            if name in self.rates:
                intervals[name] = wilson_interval(round(x), round(w))
            else:
                xx, xw, ww = self.squares[:, k].tolist()
                intervals[name] = normal_interval(x, w, (xx, xw, ww))
        return intervals

    def intervals_by_group(self) -> dict[str, Interval]:
        """Percentile intervals from drawing whole groups again."""
        sums = self.by_group[: self.n_groups]
        drawn = resampling_weights(self.n_groups).astype(np.float64)
        x, w = drawn @ sums[:, 0], drawn @ sums[:, 1]
        lows, highs = percentile_interval(np.divide(x, w, out=np.full_like(x, np.nan), where=w > 0))
        intervals = dict(
            zip(self.names, zip(lows.tolist(), highs.tolist(), strict=True), strict=True)
        )
        # A rate of 0 or 1, and any figure of one group, resamples to itself, which would claim
        # certainty.
        certain = {name for name in self.rates if intervals[name][0] == intervals[name][1]}
        certain |= {name for name, n in self.group_counts().items() if n < 2}
        return intervals | {
            name: interval
            for name, interval in self.intervals_by_position().items()
            if name in certain
        }


def quantile_interval(histograms: FloatArray, share: float, by_group: bool) -> Interval:
    """Interval of a nearest-rank quantile of whole numbers.

    Args:
        histograms: counts [G, M] of the values 0..M-1 in each group.
        share: which quantile, 0..1.
        by_group: draw groups again; else order statistics of independent positions.
    """
    total = histograms.sum(axis=0)
    if by_group:
        drawn = resampling_weights(len(histograms)).astype(np.float64) @ histograms
        ranks = share * drawn.sum(axis=1, keepdims=True)
        resampled = (drawn.cumsum(axis=1) >= ranks).argmax(axis=1).astype(np.float64)
        low, high = percentile_interval(resampled[:, None])
        return float(low[0]), float(high[0])
    from scipy import stats  # here, because it takes half a second to load

    n = int(total.sum())
    tail = (1 - CONFIDENCE) / 2
    ranks = np.clip(stats.binom.ppf([tail, 1 - tail], n, share) + np.array([0, 1]), 1, n)
    ends = [float((total.cumsum() >= rank).argmax()) for rank in ranks]
    return ends[0], ends[1]
