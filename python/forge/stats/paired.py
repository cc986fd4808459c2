"""Two players, methods or networks on the same deals: does one do better than the other?"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forge.stats.intervals import CONFIDENCE, Interval, normal_quantile
from forge.stats.student import student_quantile

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class McNemar:
    """Whether make rates differ, from the deals that one player makes and the other does not.

    Args:
        only_a, only_b: deals that only A makes, only B.
        p: two-sided, exact (binomial).
        chi2: statistic with continuity correction, (max(|only_a - only_b| - 1, 0))^2 / (only_a +
            only_b); 0 where there are no such deals.
    """

    only_a: int
    only_b: int
    p: float
    chi2: float


def mcnemar(made_a: BoolArray, made_b: BoolArray) -> McNemar:
    """McNemar's test on paired outcomes bool [N]."""
    only_a, only_b = int((made_a & ~made_b).sum()), int((made_b & ~made_a).sum())
    n = only_a + only_b
    if n == 0:
        return McNemar(0, 0, 1.0, 0.0)
    chi2 = max(abs(only_a - only_b) - 1, 0) ** 2 / n
    return McNemar(only_a, only_b, _sign_test(only_a, only_b), chi2)


def _sign_test(heads: int, tails: int) -> float:
    """Two-sided p of so uneven a split of tosses of a fair coin, in whole numbers: exact."""
    n = heads + tails
    ways = within = 1  # in which 0 tosses of n are the rarer side
    for k in range(min(heads, tails)):
        ways = ways * (n - k) // (k + 1)
        within += ways
    return 1.0 if heads == tails else 2 * within / 2**n


def paired_rate_interval(test: McNemar, n: int, confidence: float = CONFIDENCE) -> Interval:
    """Interval of the difference of two rates over the same n deals.

    Agresti and Min (2005): half a deal is added to each of the four outcomes, so that the interval
    does not collapse where both players do the same on every deal of a short series.
    """
    a, b, n_adjusted = test.only_a + 0.5, test.only_b + 0.5, n + 2
    middle = (a - b) / n_adjusted
    error = np.sqrt(a + b - (a - b) ** 2 / n_adjusted) / n_adjusted
    half = float(normal_quantile(confidence) * error)
    return max(middle - half, -1.0), min(middle + half, 1.0)


def clustered_mean(
    totals: npt.NDArray[np.float64], counts: npt.NDArray[np.float64]
) -> tuple[float, Interval | None]:
    """The mean over all members of groups, and its 95 % interval, the group being the unit.

    Student's interval of a ratio of sums (linearised), so it is as wide as few groups make it.

    Args:
        totals: float [G], sums over the members of each group.
        counts: float [G], members of each group, above 0.

    Returns:
        The mean and the interval; None where one group says nothing of others.
    """
    n, weight = len(totals), float(counts.sum())
    mean = float(totals.sum()) / weight
    if n < 2:
        return mean, None
    left = totals - mean * counts
    error = float(np.sqrt(n / (n - 1) * (left**2).sum())) / weight
    half = student_quantile(n) * error
    return mean, (mean - half, mean + half)
