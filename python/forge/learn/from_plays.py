"""Losses of a network that learns from plays, and from the chances a better player saw."""

import torch
from torch import Tensor


def imitation_loss(
    logits: Tensor, slots: Tensor, chances: Tensor, soft: float, tau: float
) -> Tensor:
    """Mean loss: cross-entropy of the play made, and of the softmax of the chances / tau.

    Args:
        logits: float [B, 7], -inf where illegal.
        slots: int64 [B].
        chances: float [B, 7], NaN where illegal.
        soft: share of the second.
        tau: chances that differ by so much count differently by a factor e.
    """
    logs = logits.log_softmax(dim=1)
    hard = torch.nn.functional.nll_loss(logs, slots)
    if not soft:
        return hard
    wanted = (chances / tau).nan_to_num(-torch.inf).softmax(dim=1)
    of_soft = -(wanted * logs.masked_fill(logs == -torch.inf, 0.0)).sum(dim=1).mean()
    return (1 - soft) * hard + soft * of_soft


def chance_lost(logits: Tensor, chances: Tensor) -> Tensor:
    """Mean chance that plays by the policy's probabilities lose against the best ones.

    Linear in the chances, so that what is noise in them does not pull the policy anywhere.

    Args:
        logits: float [B, 7], -inf where illegal.
        chances: float [B, 7], NaN where illegal; a row without any loses nothing.
    """
    best = chances.nan_to_num(0.0).amax(dim=1)
    expected = (logits.softmax(dim=1) * chances.nan_to_num(0.0)).sum(dim=1)
    known = ~chances.isnan().all(dim=1)
    return ((best - expected) * known).mean()
