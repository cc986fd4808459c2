"""Intervals cover what they claim to cover, and know what they cannot claim."""

import math

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from forge.stats.intervals import (
    N_RESAMPLES,
    RatioSums,
    normal_quantile,
    quantile_interval,
    resampling_weights,
    wilson,
    wilson_interval,
)

Floats = npt.NDArray[np.float64]


def sums_of(x: Floats, groups: npt.NDArray[np.int64] | None, rate: bool = False) -> RatioSums:
    """`x` as the numerators of one figure, a position each."""
    sums = RatioSums(["figure"], frozenset(["figure"] if rate else []))
    sums.update(x[:, None], np.ones((len(x), 1)), groups)
    return sums


def test_intervals_over_deals_cover_and_over_positions_do_not() -> None:
    """40 deals of 50 positions that share most of their variance; the true mean is 0."""
    rng = np.random.default_rng(5)
    groups = np.repeat(np.arange(40), 50)
    n_covered = {"group": 0, "position": 0}
    for _ in range(200):
        x = rng.normal(size=40)[groups] + 0.5 * rng.normal(size=len(groups))
        sums = sums_of(x, groups)
        for name, intervals in (
            ("group", sums.intervals_by_group()),
            ("position", sums.intervals_by_position()),
        ):
            low, high = intervals["figure"]
            n_covered[name] += low <= 0.0 <= high
    # 95 % of 200, less the little that percentile intervals of 40 groups fall short.
    assert 180 <= n_covered["group"] <= 199
    assert n_covered["position"] < 100


def test_same_as_scipys_bootstrap() -> None:
    rng = np.random.default_rng(1)
    groups = np.arange(30)
    x, w = rng.gamma(1.0, size=30), rng.integers(5, 50, 30).astype(float)
    sums = RatioSums(["ratio"], frozenset())
    sums.update(x[:, None], w[:, None], groups)

    def ratio(x: Floats, w: Floats, axis: int) -> Floats:
        return np.asarray(x.sum(axis=axis) / w.sum(axis=axis))

    expected = stats.bootstrap(
        (x, w), ratio, paired=True, n_resamples=20_000, method="percentile", vectorized=True
    ).confidence_interval
    width = expected.high - expected.low
    low, high = sums.intervals_by_group()["ratio"]
    assert abs(low - expected.low) < 0.1 * width and abs(high - expected.high) < 0.1 * width
    assert sums.intervals_by_group() == sums.intervals_by_group()


def test_normal_interval_of_a_mean() -> None:
    x = np.random.default_rng(2).gamma(2.0, size=1000)
    low, high = sums_of(x, None).intervals_by_position()["figure"]
    half = 1.959964 * x.std() / math.sqrt(len(x))
    assert (low, high) == pytest.approx((x.mean() - half, x.mean() + half), rel=1e-6)


def test_rates_of_zero_are_not_certain() -> None:
    groups = np.repeat(np.arange(10), 20)
    sums = sums_of(np.zeros(200), groups, rate=True)
    assert sums.intervals_by_group()["figure"] == wilson_interval(0, 200)
    # Wilson's upper end for no hits is z^2 / (n + z^2).
    assert wilson_interval(0, 200)[1] == pytest.approx(1.959964**2 / (200 + 1.959964**2), rel=1e-5)
    assert math.isnan(wilson_interval(0, 0)[0])


def test_wilson_is_the_librarys_and_exact_at_the_ends() -> None:
    for hits, n in ((0, 10), (10, 10), (3, 10), (499, 500)):
        expected = stats.binomtest(hits, n).proportion_ci(0.95, method="wilson")
        assert wilson_interval(hits, n) == pytest.approx((expected.low, expected.high), abs=1e-12)
    low, high = wilson([0, 7], [7, 7])
    assert low[0] == 0.0 and high[1] == 1.0


def test_quantiles_are_the_librarys() -> None:
    for confidence in (0.95, 0.999):
        assert normal_quantile(confidence) == stats.norm.ppf(0.5 + confidence / 2)


def test_one_deal_says_nothing_about_deals() -> None:
    x = np.random.default_rng(3).normal(size=100)
    sums = sums_of(x, np.zeros(100, np.int64))
    assert sums.intervals_by_group() == sums.intervals_by_position()
    assert sums.group_counts() == {"figure": 1}


def test_sums_over_batches_and_many_groups() -> None:
    rng = np.random.default_rng(4)
    x, groups = rng.normal(size=1000), rng.integers(0, 300, 1000)
    sums = RatioSums(["figure"], frozenset())
    for part in np.array_split(np.arange(1000), 7):
        sums.update(x[part, None], np.ones((len(part), 1)), groups[part])
    expected = np.bincount(groups, weights=x, minlength=300)
    np.testing.assert_allclose(sums.by_group[:300, 0, 0], expected, rtol=1e-12, atol=1e-12)
    assert sums.figures()["figure"] == pytest.approx(x.mean())
    assert sums.weights() == {"figure": 1000.0}


def test_figures_that_nothing_was_counted_for() -> None:
    sums = RatioSums(["figure"], frozenset())
    sums.update(np.zeros((10, 1)), np.zeros((10, 1)), np.arange(10))
    assert math.isnan(sums.figures()["figure"])
    assert all(math.isnan(end) for end in sums.intervals_by_group()["figure"])
    assert all(math.isnan(end) for end in sums.intervals_by_position()["figure"])


def test_quantile_intervals() -> None:
    rng = np.random.default_rng(6)
    covered = 0
    true = float(stats.poisson(3).ppf(0.9))
    for _ in range(200):
        x = rng.poisson(3, 500)
        histogram = np.bincount(x, minlength=30).astype(float)[None]
        low, high = quantile_interval(histogram, 0.9, by_group=False)
        covered += low <= true <= high
        assert low <= np.sort(x)[449] <= high
    assert covered >= 190
    histograms = np.stack([np.bincount(rng.poisson(3, 50), minlength=30) for _ in range(20)])
    low, high = quantile_interval(histograms.astype(float), 0.9, by_group=True)
    drawn = [
        np.repeat(np.arange(30), weights @ histograms) for weights in resampling_weights(20)[:300]
    ]
    ranks = [float(np.sort(each)[math.ceil(0.9 * len(each)) - 1]) for each in drawn]
    assert low <= np.percentile(ranks, 10) and np.percentile(ranks, 90) <= high
    assert resampling_weights(20).shape == (N_RESAMPLES, 20)
    assert (resampling_weights(20).sum(axis=1) == 20).all()
