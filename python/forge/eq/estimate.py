"""E[Q]: the value of each play to a seat that sees its own hand and what was played."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from forge import ops
from forge.eq.moments import Summary, WeightedMoments
from forge.eq.oracle import Oracle
from forge.eq.posterior import effective_size, log_likelihood, temper
from forge.eq.settings import EstimateConfig, PosteriorConfig
from forge.eq.worlds import WorldPositions
from forge.errors import ForgeError
from forge.game.constants import N_SEATS
from forge.play.games import Games
from forge.play.keys import combine

# Worlds given to the oracle at a time: 2^16 positions are 13 MB with what belongs to them.
_MAX_POSITIONS: Final = 1 << 16


@dataclass(frozen=True)
class Estimate:
    """E[Q] of B decisions; **acting-team frame**, points.

    Args:
        summary: means, variances, distributions and weights, see `Summary`.
        legal: bool [B, 7].
        complete: bool [B], whether every world was counted: then E[Q] is exact (given the weights
            and the oracle) and its standard error 0.
        converged: bool [B], whether the standard error of every legal play is below the threshold;
            without `adaptive` whether it is complete.
        n_possible: int64 [B], how many worlds there are.
    """

    summary: Summary
    legal: Tensor
    complete: Tensor
    converged: Tensor
    n_possible: Tensor

    @property
    def mean(self) -> Tensor:
        """float64 [B, 7]: E[Q], NaN where not legal."""
        return self.summary.mean

    @property
    def sem(self) -> Tensor:
        """float64 [B, 7]: standard error of E[Q], 0 where complete, NaN where not legal."""
        exact = self.complete[:, None] & self.legal
        return torch.where(exact, torch.zeros_like(self.summary.sem), self.summary.sem)

    @property
    def q_gap(self) -> Tensor:
        """float64 [B]: the best E[Q] minus the second best, 0 where there is no choice."""
        top = self.mean.nan_to_num(-torch.inf).topk(2, dim=1).values
        return torch.where(top[:, 1] > -torch.inf, top[:, 0] - top[:, 1], 0.0)

    @property
    def u_mean(self) -> Tensor:
        """float64 [B]: standard deviation of Q over the worlds, mean over legal plays."""
        return self.summary.var.sqrt().nanmean(dim=1)

    @property
    def u_max(self) -> Tensor:
        """float64 [B]: standard deviation of Q over the worlds, of the most uncertain play."""
        return self.summary.var.sqrt().nan_to_num(0.0).amax(dim=1)


def estimate(games: Games, keys: Tensor, oracle: Oracle, config: EstimateConfig) -> Estimate:
    """E[Q] of the decision that each game is at.

    Args:
        games: B games, none of them over.
        keys: int64 [B]; the worlds of a decision depend on its key alone.
        oracle: who values the plays of a world.
        config: how.

    Raises:
        ForgeError: if a game is over, or its plays leave no world.
    """
    n_possible = possible_worlds(games)
    complete = n_possible <= config.all_up_to
    moments = WeightedMoments(len(games), games.states.device)
    if config.adaptive is None:
        for rows, hands in world_batches(games, keys, n_possible, config):
            _count(moments, games, rows, hands, oracle, config.posterior)
        converged = complete
    else:
        for rows, hands in _enumerated(games, n_possible, complete):
            _count(moments, games, rows, hands, oracle, config.posterior)
        open_rows = (~complete).nonzero()[:, 0]
        converged = complete | _converge(moments, games, open_rows, keys, oracle, config)
    return Estimate(moments.summary(), games.legal, complete, converged, n_possible)


def possible_worlds(games: Games) -> Tensor:
    """How many worlds each decision has: int64 [B], at least 1.

    Raises:
        ForgeError: if a game is over, or its plays leave no world.
    """
    if games.n_plays >= N_SEATS * 7:
        raise ForgeError("the games are over: there is nothing to decide")
    n_possible: Tensor = ops.count_worlds(*games.hidden())
    if bool((n_possible == 0).any()):
        row = int((n_possible == 0).nonzero()[0])
        raise ForgeError(f"game {row}: no hidden hands fit what was played")
    return n_possible


def world_batches(
    games: Games, keys: Tensor, n_possible: Tensor, config: EstimateConfig
) -> Iterator[tuple[Tensor, Tensor]]:
    """The worlds that decisions are judged by when sampling is not adaptive.

    Args:
        games: B games, none of them over.
        keys: int64 [B]; the worlds of a decision depend on its key alone.
        n_possible: int64 [B], see `possible_worlds`.
        config: how many of them.

    Yields:
        rows: int64 [K], which games.
        hands: int32 [K, N, 3], as `ops.sample_worlds` gives them.
    """
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
    moments: WeightedMoments,
    games: Games,
    rows: Tensor,
    keys: Tensor,
    oracle: Oracle,
    config: EstimateConfig,
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
            _count(moments, games, some, hands, oracle, config.posterior)
        n_drawn, n_batches = n_drawn + n, n_batches + 1
        summary = moments.summary()
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


def _count(
    moments: WeightedMoments,
    games: Games,
    rows: Tensor,
    hands: Tensor,
    oracle: Oracle,
    posterior: PosteriorConfig | None,
) -> None:
    """Ask the oracle about the worlds int32 [K, N, 3] of the games int64 [K]; add its answers."""
    some = games.take(rows)
    positions = WorldPositions(some, hands)
    q = oracle.q(positions.deals, positions.decls, positions.states(some.n_plays))
    acting = q.view(*positions.shape, -1) * some.signs[:, None, None]
    moments.add(rows, acting, world_log_weights(some, positions, oracle, posterior))


def world_log_weights(
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
