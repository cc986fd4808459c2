"""Elo ratings, against what can be worked out otherwise."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize

from forge.errors import ForgeError
from forge.stats.ratings import elo_ratings


def test_two_players_are_as_far_apart_as_their_odds() -> None:
    scores = np.array([[1.0] * 30 + [0.5] * 10 + [0.0] * 9])
    first, second = elo_ratings([(0, 1)], scores, 2)
    won, lost = 30 + 5 + 0.5, 9 + 5 + 0.5  # one drawn deal is added
    assert first.value - second.value == pytest.approx(400 * math.log10(won / lost))
    assert first.value + second.value == pytest.approx(0.0)
    assert first.interval[0] < first.value < first.interval[1]


def test_ratings_are_the_most_likely_ones() -> None:
    chance = np.random.default_rng(5)
    pairs = [(0, 1), (0, 2), (1, 2), (2, 3)]
    scores = chance.choice([0.0, 0.5, 1.0], size=(4, 60), p=[0.2, 0.3, 0.5])
    scores[1, 40:] = np.nan  # a pair that ended early
    found = elo_ratings(pairs, scores, 4)

    def unlikely(ratings: np.ndarray) -> float:
        total = 0.0
        for (a, b), row in zip(pairs, scores, strict=True):
            played = row[~np.isnan(row)]
            won, lost = played.sum() + 0.5, (1 - played).sum() + 0.5
            odds = math.log(10) * (ratings[a] - ratings[b]) / 400
            total += won * math.log1p(math.exp(-odds)) + lost * math.log1p(math.exp(odds))
        return total

    best = minimize(unlikely, np.zeros(4), tol=1e-12).x
    best -= best.mean()
    assert [each.value for each in found] == pytest.approx(list(best), abs=0.1)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    chance = np.random.default_rng(1)
    held = 0
    for trial in range(60):
        # 0.6 won: 400 log10(0.6 / 0.4) / 2 above the mean.
        scores = (chance.random((1, 400)) < 0.6).astype(float)
        low, high = elo_ratings([(0, 1)], scores, 2, seed=trial)[0].interval
        held += low <= 200 * math.log10(1.5) <= high
    assert held >= 51  # 95 % of 60 is 57; below 51 is luck once in a thousand


def test_who_never_lost_is_rated_all_the_same() -> None:
    first, second = elo_ratings([(0, 1)], np.ones((1, 20)), 2)
    assert 100 < first.value < 1000 and second.value == pytest.approx(-first.value)


@pytest.mark.parametrize(
    ("pairs", "scores", "n", "why"),
    [
        ([(0, 1), (0, 2)], [[1.0], [math.nan]], 3, "must have played a deal"),
        ([(0, 1), (2, 3)], [[1.0], [1.0]], 4, "did not meet"),
        ([], np.zeros((0, 0)), 2, "must have played a deal"),
    ],
)
def test_what_cannot_be_compared(
    pairs: list[tuple[int, int]], scores: list[list[float]], n: int, why: str
) -> None:
    with pytest.raises(ForgeError, match=why):
        elo_ratings(pairs, np.array(scores), n)
