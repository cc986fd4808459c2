"""How many deals are enough: estimates of a hand from N deals, against a large pool of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from forge.bidding.simulate import Made
from forge.errors import ForgeError
from forge.stats.intervals import wilson

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
_TOGETHER: Final = 1 << 23  # numbers drawn at a time, of 8 bytes


@dataclass(frozen=True)
class SizeFigures:
    """What N deals tell, over many samples of N deals drawn from the pool with replacement.

    Args:
        n: deals in a sample.
        half_width: of the 95 % interval of the best declaration's chance, mean.
        error: standard deviation of that chance from sample to sample, times 1.96.
        coverage: share of samples whose interval holds the share of the pool.
        same_best: share of samples with the pool's best declaration on top.
        regret: chance given up by taking a sample's best declaration for the pool's, mean.
        pairs_in_order: share of pairs of declarations that stand in the pool's order; a tie in
            the sample counts half.
    """

    n: int
    half_width: float
    error: float
    coverage: float
    same_best: float
    regret: float
    pairs_in_order: float

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def stability(
    made: Made, sizes: Sequence[int], n_resamples: int = 1000, seed: int = 0
) -> list[SizeFigures]:
    """Figures for each sample size.

    Args:
        made: bool [D, M], whether the bid was made in each deal of the pool, all declarations over
            the same deals; samples take whole deals, so declarations stay paired.
        sizes: numbers of deals.
        n_resamples: samples a size.
        seed: of the samples.

    Raises:
        ForgeError: for no pool, no size, or a number below 1.
    """
    if made.size == 0 or not sizes or min(*sizes, n_resamples) < 1:
        raise ForgeError("stability needs a pool of deals, and sizes and resamples of 1 or more")
    rng = np.random.default_rng(seed)
    truth = made.mean(axis=1)
    return [_figures(_counts(made, n, n_resamples, rng), n, truth) for n in sizes]


def _counts(made: Made, n: int, n_resamples: int, rng: np.random.Generator) -> Counts:
    """int64 [R, D]: how many of n drawn deals were made."""
    n_pool = made.shape[1]
    shares, deals = np.full(n_pool, 1 / n_pool), made.T.astype(np.int64)
    together = max(1, _TOGETHER // n_pool)  # in parts, which draw what all at once would
    parts = [
        rng.multinomial(n, shares, size=min(together, n_resamples - start)) @ deals
        for start in range(0, n_resamples, together)
    ]
    return np.concatenate(parts)


def _figures(counts: Counts, n: int, truth: Floats) -> SizeFigures:
    best = int(truth.argmax())
    low, high = wilson(counts[:, best], n)
    chosen = truth[counts.argmax(axis=1)]
    return SizeFigures(
        n,
        float((high - low).mean() / 2),
        float(1.96 * (counts[:, best] / n).std()),
        float(((low <= truth[best]) & (truth[best] <= high)).mean()),
        float((chosen == truth[best]).mean()),
        float((truth[best] - chosen).mean()),
        _pairs_in_order(counts, truth),
    )


def _pairs_in_order(counts: Counts, truth: Floats) -> float:
    """Pairs that are equal in the pool have no order and do not count; 1 without any pair."""
    pairs = [(a, b) for a, b in combinations(range(len(truth)), 2) if truth[a] != truth[b]]
    if not pairs:
        return 1.0
    first, second = np.array(pairs).T
    agreement = np.sign(counts[:, first] - counts[:, second]) * np.sign(
        truth[first] - truth[second]
    )
    return float((agreement.mean() + 1) / 2)
