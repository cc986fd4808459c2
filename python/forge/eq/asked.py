"""Worlds as tensors, for an oracle that is asked about them: a network, or any on another device.

The exact search on the CPU answers inside the native core instead (`forge.eq.exact`).
"""

from collections.abc import Callable, Iterator
from typing import Final

import torch
from torch import Tensor

from forge import ops
from forge.eq.moments import Summary, WeightedMoments
from forge.eq.oracle import Oracle
from forge.eq.posterior import effective_size, log_likelihood, temper
from forge.eq.settings import EstimateConfig, PolicyPosterior, PosteriorConfig
from forge.eq.worlds import WorldPositions
from forge.errors import ForgeError
from forge.play.games import Games
from forge.play.keys import combine

# Worlds given to the oracle at a time: 2^16 positions are 13 MB with what belongs to them.
_MAX_POSITIONS: Final = 1 << 16
# What an oracle says of N worlds of K games: float [K, N, 7], NaN where not legal. Takes which
# games, int64 [K], the games, and the positions of their worlds.
Ask = Callable[[Tensor, Games, WorldPositions], Tensor]


def asked_for_points(
    games: Games, keys: Tensor, n_possible: Tensor, oracle: Oracle, config: EstimateConfig
) -> tuple[Summary, Tensor]:
    """E[Q] as an oracle values worlds.

    Args:
        games: B games, none of them over.
        keys: int64 [B].
        n_possible: int64 [B], how many worlds there are.
        oracle: who is asked.
        config: which worlds, and how they are weighed.

    Returns:
        What the worlds say, **acting-team frame**, and bool [B], whether they were enough.
    """

    def ask(_: Tensor, some: Games, positions: WorldPositions) -> Tensor:
        q = oracle.q(positions.deals, positions.decls, positions.states(some.n_plays))
        return q.view(*positions.shape, -1) * some.signs[:, None, None]

    count = _Count(games, oracle, _by_oracle(config), ask)
    complete = n_possible <= config.all_up_to
    if config.adaptive is None:
        for rows, hands in _world_batches(games, keys, n_possible, config):
            count(rows, hands)
        return count.moments.summary(), complete
    for rows, hands in _enumerated(games, n_possible, complete):
        count(rows, hands)
    open_rows = (~complete).nonzero()[:, 0]
    converged = complete | _converge(count, games, open_rows, keys, config)
    return count.moments.summary(), converged


def asked_for_chances(
    games: Games,
    keys: Tensor,
    n_possible: Tensor,
    oracle: Oracle,
    config: EstimateConfig,
    targets: Tensor,
) -> Tensor:
    """See `contract_chances`; n_possible int64 [B]: how many worlds there are."""

    def ask(rows: Tensor, some: Games, positions: WorldPositions) -> Tensor:
        made = oracle.at_least(
            positions.deals,
            positions.decls,
            positions.states(some.n_plays),
            targets[rows].repeat_interleave(positions.shape[1]),
        ).view(*positions.shape, -1)
        return torch.where(some.signs[:, None, None] > 0, made, 1.0 - made)

    count = _Count(games, oracle, _by_oracle(config), ask)
    for rows, hands in _world_batches(games, keys, n_possible, config):
        count(rows, hands)
    return count.moments.summary().mean


def _by_oracle(config: EstimateConfig) -> PosteriorConfig | None:
    if isinstance(config.posterior, PolicyPosterior):
        raise ForgeError("a policy weighs worlds for the exact oracle on the CPU alone")
    return config.posterior


class _Count:
    """Counts what worlds int32 [K, N, 3] of games int64 [K] say."""

    def __init__(
        self, games: Games, oracle: Oracle, posterior: PosteriorConfig | None, ask: Ask
    ) -> None:
        self.games, self.oracle, self.posterior, self.ask = games, oracle, posterior, ask
        self.moments = WeightedMoments(len(games), games.states.device)

    def __call__(self, rows: Tensor, hands: Tensor) -> None:
        some = self.games.take(rows)
        positions = WorldPositions(some, hands)
        values = self.ask(rows, some, positions)
        weights = _log_weights(some, positions, self.oracle, self.posterior)
        self.moments.add(rows, values, weights)


def _world_batches(
    games: Games, keys: Tensor, n_possible: Tensor, config: EstimateConfig
) -> Iterator[tuple[Tensor, Tensor]]:
    """Worlds where sampling is not adaptive: which games int64 [K], hands int32 [K, N, 3]."""
    complete = n_possible <= config.all_up_to
    yield from _enumerated(games, n_possible, complete)
    rows = (~complete).nonzero()[:, 0]
    yield from _sampled(games, rows, keys, config.n_samples, config.sampler)


def _enumerated(
    games: Games, n_possible: Tensor, complete: Tensor
) -> Iterator[tuple[Tensor, Tensor]]:
    """All worlds of the decisions that `complete` bool [B] marks, 2^16 at a time."""
    allowed, sizes = games.hidden()
    for row in complete.nonzero()[:, 0]:
        n = int(n_possible[row])
        for start in range(0, n, _MAX_POSITIONS):
            stop = min(start + _MAX_POSITIONS, n)
            hands = ops.enumerate_worlds(allowed[row], sizes[row], start, stop)
            yield row[None], hands[None]


def _sampled(
    games: Games, rows: Tensor, keys: Tensor, n_samples: int, sampler: str
) -> Iterator[tuple[Tensor, Tensor]]:
    """`n_samples` worlds of the games `rows` int64 [K], a handful of games at a time."""
    n_together = max(1, _MAX_POSITIONS // n_samples)
    for start in range(0, len(rows), n_together):
        some = rows[start : start + n_together]
        allowed, sizes = games.take(some).hidden()
        yield some, ops.sample_worlds(allowed, sizes, keys[some], n_samples, sampler)


def _converge(
    count: _Count, games: Games, rows: Tensor, keys: Tensor, config: EstimateConfig
) -> Tensor:
    """Sample batch after batch; bool [B], which games reached the threshold."""
    adaptive = config.adaptive
    assert adaptive is not None
    converged = torch.zeros(len(games), dtype=torch.bool, device=keys.device)
    n_drawn, n_batches = 0, 0
    while len(rows) and n_drawn < adaptive.max_samples:
        wanted = adaptive.batch_size if n_drawn else adaptive.min_samples
        n = min(wanted, adaptive.max_samples - n_drawn)
        batch_keys = combine(keys, n_batches)
        for some, hands in _sampled(games, rows, batch_keys, n, config.sampler):
            count(some, hands)
        n_drawn, n_batches = n_drawn + n, n_batches + 1
        summary = count.moments.summary()
        small = (summary.sem[rows].nan_to_num(0.0) < adaptive.sem_threshold).all(dim=1)
        converged[rows] = small
        done = small | _certain(summary, rows) if adaptive.stop_when_certain else small
        rows = rows[~done]
    return converged


def _certain(summary: Summary, rows: Tensor) -> Tensor:
    """bool [K]: whether the best play is ahead of each other one by four standard errors."""
    mean = summary.mean[rows].nan_to_num(-torch.inf)
    best, index = mean.max(dim=1, keepdim=True)
    variance = summary.sem[rows].square()
    error = (variance + variance.gather(1, index)).sqrt()
    ahead = (best - mean > 4.0 * error) | (mean == -torch.inf)
    return ahead.scatter(1, index, True).all(dim=1)


def _log_weights(
    games: Games, positions: WorldPositions, oracle: Oracle, posterior: PosteriorConfig | None
) -> Tensor:
    """What each world counts for.

    Args:
        games: B games.
        positions: of N worlds of each.
        oracle: whose Q the others are taken to know.
        posterior: None weighs worlds alike.

    Returns:
        float64 [B, N], log-weights up to a constant a row, tempered where too few worlds would
        count.
    """
    if posterior is None:
        return torch.zeros(positions.shape, dtype=torch.float64, device=games.states.device)
    weights = log_likelihood(games, positions, oracle, posterior)
    least = torch.full_like(weights[:, 0], posterior.min_ess_share * weights.shape[1])
    if bool((effective_size(weights) < least).any()):
        weights = temper(weights, least)
    return weights
