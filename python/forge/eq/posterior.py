"""How likely a world is, given that the others played as they did."""

import torch
from torch import Tensor

from forge.eq.oracle import Oracle
from forge.eq.settings import PosteriorConfig
from forge.eq.worlds import WorldPositions
from forge.play.games import Games


def log_likelihood(
    games: Games, positions: WorldPositions, oracle: Oracle, config: PosteriorConfig
) -> Tensor:
    """Logarithm of how likely the others' last plays were in each world.

    Args:
        games: B games.
        positions: of N worlds of each.
        oracle: whose Q the others are taken to know.
        config: see `PosteriorConfig`.

    Returns:
        float64 [B, N], up to a constant a row.
    """
    n_games, n_worlds = positions.shape
    total = torch.zeros((n_games, n_worlds), dtype=torch.float64, device=games.states.device)
    for n_plays in range(max(0, games.n_plays - config.window), games.n_plays):
        others = games.seats[:, n_plays].long() != games.players
        if not bool(others.any()):
            continue
        rows = others.repeat_interleave(n_worlds)
        q = oracle.q(positions.deals[rows], positions.decls[rows], positions.states(n_plays)[rows])
        sign = 1 - 2 * (games.seats[others, n_plays].long() & 1)
        acting = q.double() * sign.repeat_interleave(n_worlds)[:, None]
        chosen = positions.slot_of_play(n_plays)[rows]
        total[others] += play_log_probs(acting, chosen, config).view(-1, n_worlds)
    return total


def play_log_probs(acting_q: Tensor, chosen: Tensor, config: PosteriorConfig) -> Tensor:
    """Log-probability of one play a row.

    Args:
        acting_q: float64 [K, 7], points, frame of the team that played, NaN: illegal.
        chosen: int64 [K], the slot played.
        config: `tau` and `mix`.

    Returns:
        float64 [K].
    """
    legal = ~acting_q.isnan()
    logits = (acting_q / config.tau).masked_fill(~legal, -torch.inf)
    soft = logits.log_softmax(dim=1).gather(1, chosen[:, None]).squeeze(1)
    even = -legal.sum(dim=1).double().log()
    mix = torch.tensor(config.mix, dtype=torch.float64, device=acting_q.device)
    return torch.logaddexp(soft + (1.0 - mix).log(), even + mix.log())


def temper(log_weights: Tensor, min_ess: Tensor) -> Tensor:
    """Flatten rows of weights whose effective sample size is too small, and no others.

    Args:
        log_weights: float64 [B, N], -inf leaves a world out.
        min_ess: float64 [B], at most the number of worlds of the row.

    Returns:
        float64 [B, N]: `beta * log_weights` with the greatest beta in 0..1 (to 2^-30) that reaches
        `min_ess`.
    """
    finite = log_weights > -torch.inf
    low, high = torch.zeros_like(min_ess), torch.ones_like(min_ess)
    enough = effective_size(log_weights) >= min_ess
    for _ in range(30):
        middle = (low + high) / 2
        ok = effective_size(_scaled(log_weights, middle, finite)) >= min_ess
        low, high = torch.where(ok, middle, low), torch.where(ok, high, middle)
    return _scaled(log_weights, torch.where(enough, 1.0, low), finite)


def effective_size(log_weights: Tensor) -> Tensor:
    """float64 [B]: 1 / sum of squared normalised weights, of log-weights [B, N]."""
    return (2 * log_weights.logsumexp(dim=1) - (2 * log_weights).logsumexp(dim=1)).exp()


def _scaled(log_weights: Tensor, beta: Tensor, finite: Tensor) -> Tensor:
    scaled = beta[:, None] * log_weights.masked_fill(~finite, 0.0)
    return scaled.masked_fill(~finite, -torch.inf)
