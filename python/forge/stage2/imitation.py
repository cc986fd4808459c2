"""Learning to choose as another player did: the loss, and how near the network comes."""

from collections.abc import Mapping
from typing import Any, Final

import torch
from torch import Tensor

from forge.learn.batches import choose_slots
from forge.learn.from_plays import chance_lost, imitation_loss
from forge.ml.metrics import EpochCounters
from forge.policy.settings import PolicyTraining

_COUNTED: Final = ("n", "as_played", "nll", "judged", "chance_lost")


def choice_loss(logits: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
    """What `forge.policy.learning` fits a policy by, over the rows that tell what was played.

    Args:
        logits: float [B, 7].
        batch: with `legal`, `slots` and `chances`, see `forge.stage2.played`.
    """
    rows = batch["slots"] >= 0
    if not bool(rows.any()):
        return logits.sum() * 0.0
    logits = logits[rows].masked_fill(~batch["legal"][rows], -torch.inf)
    slots, chances = batch["slots"][rows], batch["chances"][rows]
    judged = ~chances.isnan().all(dim=1)
    share = judged.float().mean()
    how = PolicyTraining
    loss = (1.0 - share) * _mean_of(logits, slots, chances, ~judged, 0.0)
    loss = loss + share * _mean_of(logits, slots, chances, judged, how.soft)
    return loss + how.lost * chance_lost(logits, chances)


def _mean_of(logits: Tensor, slots: Tensor, chances: Tensor, rows: Tensor, soft: float) -> Tensor:
    if not bool(rows.any()):
        return logits.new_zeros(())
    return imitation_loss(logits[rows], slots[rows], chances[rows], soft, PolicyTraining.tau)


class ImitationMetrics(EpochCounters):
    """How near a network comes to the plays, over rows that tell them; sums that processes join."""

    sums: Tensor

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.add_counter("sums", len(_COUNTED), torch.float64)

    def update(self, logits: Tensor, batch: Mapping[str, Tensor]) -> None:
        """Count one batch: logits float [B, 7], and what `forge.stage2.played` tells of it."""
        rows = batch["slots"] >= 0
        legal, slots, chances = (batch[name][rows] for name in ("legal", "slots", "chances"))
        logits = logits[rows].double().masked_fill(~legal, -torch.inf)
        chosen = choose_slots(logits, legal)
        judged = ~chances.isnan().all(dim=1)
        best = chances.nan_to_num(0.0).amax(dim=1)
        lost = best - chances.nan_to_num(0.0).gather(1, chosen[:, None]).squeeze(1)
        likelihood = logits.log_softmax(dim=1).gather(1, slots[:, None])
        self.sums += torch.stack(
            [
                rows.sum().double(),
                (chosen == slots).sum().double(),
                -likelihood.sum(),
                judged.sum().double(),
                lost.masked_fill(~judged, 0.0).double().sum(),
            ]
        )

    def compute(self) -> dict[str, Tensor]:
        """Float64 scalars, NaN where nothing was counted.

        Returns:
            `as_played`, share of decisions where the likeliest play was made; `nll`, mean negative
            log-likelihood of the play made; `chance_lost`, mean chance that the likeliest play
            loses against the best one.
        """
        total = dict(zip(_COUNTED, self.sums, strict=True))
        return {
            "as_played": total["as_played"] / total["n"],
            "nll": total["nll"] / total["n"],
            "chance_lost": total["chance_lost"] / total["judged"],
        }
