"""How strong players are, from who did better than whom (Bradley and Terry 1952), as Elo."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from forge.errors import ForgeError
from forge.stats.figures import Figure
from forge.stats.intervals import CONFIDENCE

Floats = npt.NDArray[np.float64]

# Elo points of a natural logarithm of odds.
_ELO: Final = 400 / math.log(10)
# Drawn deals that every pair is taken to have had beside its own: ratings stay finite where one
# never lost.
_DRAWS: Final = 1.0
_REPLICATES: Final = 1000
_STEPS: Final = 50


def elo_ratings(
    pairs: Sequence[tuple[int, int]], scores: Floats, n_players: int, seed: int = 0
) -> list[Figure]:
    """Ratings in Elo points, their mean 0, with 95 % intervals.

    The intervals are percentiles over 1,000 resamples of the deals, which all pairs have in common:
    what pairs owe to the same deal goes together. A deal that both do equally well in is half won.

    Args:
        pairs: P pairs of players 0..n_players - 1; each player is in at least one, and none of two
            groups of players meets no one of the other.
        scores: float64 [P, N], what the first of each pair scored in each deal: 0, 0.5 or 1; NaN
            where they did not play it. Each pair has played one at least.
        n_players: how many there are.
        seed: of the resamples.

    Returns:
        one a player; NaN ends where a resample left a pair without a deal too often to say.

    Raises:
        ForgeError: for a pair without a deal, or players that nothing compares.
    """
    played = ~np.isnan(scores)
    if not len(pairs) or not played.any(axis=1).all():
        raise ForgeError("every pair must have played a deal")
    if not _is_connected(pairs, n_players):
        raise ForgeError("players of two groups that did not meet cannot be compared")
    won = np.where(played, scores, 0.0)
    n = scores.shape[1]
    chance = np.random.default_rng(seed)
    weights = chance.multinomial(n, np.full(n, 1 / n), size=_REPLICATES).astype(np.float64)
    weights = np.concatenate([np.ones((1, n)), weights])
    wins, games = weights @ won.T, weights @ played.T.astype(np.float64)
    ratings = _fit(pairs, wins + _DRAWS / 2, games + _DRAWS, n_players)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(ratings[1:], [tail, 1 - tail], axis=0)
    return [
        Figure(float(value), (float(a), float(b)))
        for value, a, b in zip(ratings[0], low, high, strict=True)
    ]


def _is_connected(pairs: Sequence[tuple[int, int]], n_players: int) -> bool:
    group = list(range(n_players))
    for a, b in pairs:
        old, new = group[a], group[b]
        group = [new if each == old else each for each in group]
    return len(set(group)) == 1


def _fit(pairs: Sequence[tuple[int, int]], wins: Floats, games: Floats, n_players: int) -> Floats:
    """The most likely ratings [B, n_players] in Elo points, by Newton's method.

    Args:
        pairs: P pairs.
        wins: [B, P] deals that the first of a pair won.
        games: [B, P] deals of the pair.
        n_players: how many there are.
    """
    design = np.zeros((len(pairs), n_players))
    for row, (a, b) in enumerate(pairs):
        design[row, a], design[row, b] = 1.0, -1.0
    strength = np.zeros((len(wins), n_players))
    for _ in range(_STEPS):
        expected = 1 / (1 + np.exp(-strength @ design.T))
        slope = (wins - games * expected) @ design
        curve = np.einsum("bp,pi,pj->bij", games * expected * (1 - expected), design, design)
        # Only differences are told: the mean is kept at 0.
        step = np.linalg.solve(curve + 1.0, slope[:, :, None])[:, :, 0]
        strength = strength + np.clip(step, -2.0, 2.0)
        if float(np.abs(step).max()) < 1e-10:
            break
    ratings: Floats = _ELO * (strength - strength.mean(axis=1, keepdims=True))
    return ratings
