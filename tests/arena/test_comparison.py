"""Figures of paired results, computed by hand or by scipy."""

import math

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from forge.arena.comparison import PairedResults, compare, compare_sides
from forge.errors import ForgeError
from forge.game.contract import BIDS as ALL_BIDS
from forge.game.contract import LOWEST_BID, Bid
from forge.stats.paired import McNemar, mcnemar, paired_rate_interval

N = 200


def results(n: int = N, seed: int = 0, bid: Bid = LOWEST_BID) -> PairedResults:
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 43, size=(2, n))
    return PairedResults(a, b, rng.integers(0, 4, size=n), (bid,) * n)


def outcomes(both: int, only_a: int, only_b: int, neither: int) -> list[npt.NDArray[np.bool_]]:
    pairs = [(1, 1)] * both + [(1, 0)] * only_a + [(0, 1)] * only_b + [(0, 0)] * neither
    return [np.array(column, dtype=bool) for column in zip(*pairs, strict=True)]


def test_mcnemar_by_hand() -> None:
    # 9 against 2 of 11: 2 * (C(11,0) + C(11,1) + C(11,2)) / 2^11; chi2 = (7 - 1)^2 / 11.
    found = mcnemar(*outcomes(30, 9, 2, 40))
    assert (found.only_a, found.only_b) == (9, 2)
    assert found.p == pytest.approx(2 * (1 + 11 + 55) / 2**11)
    assert found.chi2 == pytest.approx(36 / 11)


@pytest.mark.parametrize(("only_a", "only_b"), [(0, 1), (5, 5), (30, 51), (0, 12), (1090, 1000)])
def test_mcnemar_against_scipy(only_a: int, only_b: int) -> None:
    found = mcnemar(*outcomes(7, only_a, only_b, 3))
    assert found.p == pytest.approx(
        min(1.0, 2 * stats.binom.cdf(min(only_a, only_b), only_a + only_b, 0.5))
    )


def test_mcnemar_without_a_difference() -> None:
    assert mcnemar(*outcomes(5, 0, 0, 5)) == McNemar(0, 0, 1.0, 0.0)


def test_interval_of_rates_by_hand() -> None:
    # Agresti and Min: 9.5 and 2.5 of 102 deals.
    middle = 7 / 102
    half = 1.959964 * math.sqrt(12 - 49 / 102) / 102
    found = paired_rate_interval(McNemar(9, 2, 0.0, 0.0), 100)
    assert found == pytest.approx((middle - half, middle + half), abs=1e-6)


def test_interval_of_rates_covers() -> None:
    """Of 2000 series of 60 deals about 95 % of the intervals hold the true difference, 0.1."""
    rng = np.random.default_rng(3)
    draws = rng.multinomial(60, [0.2, 0.3, 0.2, 0.3], size=2000)
    covered = [
        low <= 0.1 <= high
        for _, only_a, only_b, _ in draws.tolist()
        for low, high in [paired_rate_interval(McNemar(only_a, only_b, 0.0, 0.0), 60)]
    ]
    assert 0.93 < np.mean(covered) < 0.975


# Which points make a bid and what it is worth; with 42 of 42 few are made, and it is worth two.
BIDS = pytest.mark.parametrize(
    ("number", "needed", "stake"), [(30, 30, 1), (36, 36, 1), (84, 42, 2)]
)


@BIDS
def test_figures_against_their_definitions(number: int, needed: int, stake: int) -> None:
    given = results(bid=Bid.of(number))
    found = compare(given)
    made_a, made_b = given.points_a >= needed, given.points_b >= needed
    assert 0 < made_a.sum() < N
    assert found.n_deals == N
    assert found.make_a.value == made_a.mean() and found.make_b.value == made_b.mean()
    # Hand by hand: first A declares, then B.
    marks = stake * np.stack([np.where(made_a, 1, 0), np.where(made_b, 0, 1)], axis=1)
    assert found.marks_a.value == pytest.approx(marks.mean())
    assert found.marks_a.value + found.marks_b.value == pytest.approx(stake)
    difference = found.marks_a.value - found.marks_b.value
    assert found.marks_difference.value == pytest.approx(difference)
    assert found.marks_difference.value == stake * found.make_difference.value
    for k in range(2):  # the ends: of what A has, and of what is left for B
        half = stake * found.make_difference.interval[k] / 2
        assert found.marks_a.interval[k] == pytest.approx(stake / 2 + half)
        assert found.marks_b.interval[1 - k] == pytest.approx(stake / 2 - half)
        assert found.marks_difference.interval[k] == pytest.approx(2 * half)
    points = np.stack([given.points_a, 42 - given.points_b], axis=1).mean(axis=1)
    assert found.points_a.value == pytest.approx(points.mean())
    paired = stats.ttest_1samp(2 * points - 42, 0.0).confidence_interval(0.95)
    assert found.points_difference.interval == pytest.approx((paired.low, paired.high))
    expected = (found.points_a.value - found.points_b.value,)
    assert (found.points_difference.value,) == pytest.approx(expected)


def test_marks_of_bids_that_are_worth_different_marks() -> None:
    rng = np.random.default_rng(5)
    bids = tuple(ALL_BIDS[-1 - which] for which in rng.integers(0, 2, size=N))
    points = rng.choice([41, 42], size=(2, N))
    given = PairedResults(points[0], points[1], rng.integers(0, 4, size=N), bids)
    found = compare(given)
    worth = np.array([1 if bid.number == 42 else 2 for bid in bids])
    a = np.where(points[0] == 42, worth, 0) + np.where(points[1] == 42, 0, worth)
    assert found.marks_a.value == pytest.approx(a.mean() / 2)
    more = worth * ((points[0] == 42) * 1.0 - (points[1] == 42) * 1.0)
    paired = stats.ttest_1samp(more, 0.0).confidence_interval(0.95)
    assert found.marks_difference.interval == pytest.approx((paired.low, paired.high))


def test_sides_add_up() -> None:
    given, of_b = results(seed=3), results(seed=4)
    found = compare_sides(given, of_b)
    own = of_b.points_a >= 30
    assert found.declaring.value == pytest.approx((given.points_a >= 30).mean() - own.mean())
    assert found.defending.value == pytest.approx(own.mean() - (given.points_b >= 30).mean())
    both = found.declaring.value + found.defending.value
    assert both == pytest.approx(compare(given).make_difference.value)
    with pytest.raises(ForgeError, match="the same deals"):
        compare_sides(given, results(N - 1))


def test_swapped_players_swap_the_figures() -> None:
    given = results(seed=1)
    found = compare(given)
    other = compare(PairedResults(given.points_b, given.points_a, given.bidders, given.bids))
    for name in ("make", "marks", "points"):
        assert getattr(found, f"{name}_a") == getattr(other, f"{name}_b")
        mirrored = getattr(other, f"{name}_difference")
        assert getattr(found, f"{name}_difference").value == -mirrored.value
        low, high = mirrored.interval
        assert getattr(found, f"{name}_difference").interval == pytest.approx((-high, -low))
    assert found.mcnemar.p == other.mcnemar.p


def games_of(hands: list[int], stake: int) -> list[int]:
    """Games of a row of hands, each the player (0, 1) that gets the marks."""
    won, start = [0, 0], 0
    for end in range(1, len(hands) + 1):
        if hands[start:end].count(hands[end - 1]) * stake >= 7:
            won[hands[end - 1]] += 1
            start = end
    return won


@BIDS
def test_games_are_races_to_seven_marks(number: int, needed: int, stake: int) -> None:
    given = results(seed=2, bid=Bid.of(number))
    found = compare(given)
    first, second = [], []
    for a, b, bidder in zip(given.points_a, given.points_b, given.bidders, strict=True):
        a_declares, b_declares = (0 if a >= needed else 1), (1 if b >= needed else 0)
        a_is_first = bidder in (0, 2)
        first.append(a_declares if a_is_first else b_declares)
        second.append(b_declares if a_is_first else a_declares)
    expected = np.add(games_of(first, stake), games_of(second, stake)).tolist()
    assert [found.games_a, found.games_b] == expected
    assert min(expected) > 3


def test_few_deals() -> None:
    with pytest.raises(ForgeError, match="no deals were played"):
        compare(results(0))
    one = compare(results(1)).to_json()
    assert one["points_difference"]["interval"] == [None, None]
    assert one["n_deals"] == 1 and len(one["make_a"]["interval"]) == 2
