"""Which play is made, once E[Q] is known: greedy, or not always, so that data are diverse."""

from enum import IntEnum

import torch
from torch import Tensor

from forge.eq.settings import ExplorationConfig
from forge.play.keys import combine, uniform


class Mode(IntEnum):
    """How a play was chosen, as files record it."""

    GREEDY = 0
    BOLTZMANN = 1
    EPSILON = 2
    BLUNDER = 3


def choose(mean: Tensor, keys: Tensor, config: ExplorationConfig) -> tuple[Tensor, Tensor]:
    """One play a decision.

    Args:
        mean: float64 [B, 7], E[Q] or any score whose greatest value is best, **acting-team frame**,
            NaN where not legal; at least one legal slot in each row.
        keys: int64 [B], of the decisions; the choice depends on its own key alone.
        config: how.

    Returns:
        slots: int64 [B].
        modes: int64 [B], values of `Mode`; a play that the greedy policy would have made too counts
            by how it was chosen.
    """
    legal = ~mean.isnan()
    scores = mean.masked_fill(~legal, -torch.inf)
    best, greedy = scores.max(dim=1)
    chances = uniform(combine(keys, 1), 3)  # blunder, explore, which
    slots, modes = greedy, torch.full_like(greedy, Mode.GREEDY)
    if config.policy == "boltzmann":
        weights = (scores / config.temperature).softmax(dim=1)
        slots, modes = _pick(weights, chances[:, 2]), torch.full_like(greedy, Mode.BOLTZMANN)
    elif config.policy == "epsilon_greedy":
        explores = chances[:, 1] < config.epsilon
        slots = torch.where(explores, _pick(legal.double(), chances[:, 2]), greedy)
        modes = torch.where(explores, int(Mode.EPSILON), modes)
    loss = best[:, None] - scores
    worse = legal & (loss > 0.0) & (loss <= config.max_blunder)
    blunders = (chances[:, 0] < config.blunder_rate) & worse.any(dim=1)
    slots = torch.where(blunders, _pick(worse.double(), chances[:, 2]), slots)
    return slots, torch.where(blunders, int(Mode.BLUNDER), modes)


def _pick(weights: Tensor, chances: Tensor) -> Tensor:
    """int64 [B]: a column of weights [B, 7] in proportion, by chances [B] in [0, 1)."""
    sums = weights.cumsum(dim=1)
    found = (sums > chances[:, None] * sums[:, -1:]).int().argmax(dim=1)
    # A row of zeros, which the caller does not use, gives column 0.
    return found
