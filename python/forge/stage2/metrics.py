"""How well a network plays from transcripts, judged by the E[Q] that worlds gave."""

from collections.abc import Mapping
from typing import Any, Final

import torch
from torch import Tensor

from forge.game.constants import N_TRICKS
from forge.learn.batches import choose_slots
from forge.ml.metrics import BLUNDER_POINTS, EpochCounters
from forge.stage2.network import EqPrediction

# Of a normal distribution: shares within one and within 1.96 standard deviations.
_WITHIN: Final = {"coverage_68": 1.0, "coverage_95": 1.959964}
# Means that differ by less are equal: they come from the same worlds, rounded to float32.
_TIE_POINTS: Final = 1e-4

# Sums kept, by trick: of decisions, and of their legal plays.
_PER_DECISION: Final = ("n", "regret", "agreement", "blunder_rate")
_PER_PLAY: Final = (
    *("plays", "abs_error", "square_error", "noise", "z_square", *_WITHIN),
    *("spread_abs_error", "claimed_square"),
)


class EqMetrics(EpochCounters):
    """The metrics of an epoch, by trick, from sums that processes join by adding."""

    sums: Tensor

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.add_counter("sums", (len(_PER_DECISION) + len(_PER_PLAY)) * N_TRICKS, torch.float64)

    def update(self, found: EqPrediction, batch: Mapping[str, Tensor]) -> None:
        """Count one batch.

        Args:
            found: of the batch.
            batch: what `EqDataModule` yields.
        """
        if "valued" in batch and not bool(batch["valued"].all()):
            rows = batch["valued"]
            found = EqPrediction(*(each[rows] for each in found))
            batch = {name: column[rows] for name, column in batch.items()}
        legal, mean = batch["legal"], batch["mean"].double()
        chosen = choose_slots(found.mean, legal)
        best = mean.masked_fill(~legal, -torch.inf).amax(dim=1)
        regret = best - mean.gather(1, chosen[:, None]).squeeze(1)
        per_decision = [
            torch.ones_like(regret),
            regret,
            regret <= _TIE_POINTS,
            regret > BLUNDER_POINTS,
        ]
        error = found.mean.double() - mean
        noise, claimed = batch["noise"].double(), found.error.double().square()
        z = error.abs() / (claimed + noise).sqrt()
        per_play = [
            torch.ones_like(error),
            error.abs(),
            error.square(),
            noise,
            z.square(),
            *(z <= width for width in _WITHIN.values()),
            (found.spread.double() - batch["spread"].double()).abs(),
            claimed,
        ]
        summed = [(each.double() * legal).sum(dim=1) for each in per_play]
        rows = torch.stack([*(each.double() for each in per_decision), *summed])
        added = torch.zeros(len(rows), N_TRICKS, dtype=torch.float64, device=rows.device)
        added.index_add_(1, batch["tricks"], rows)
        self.sums += added.flatten()

    def compute(self) -> dict[str, Tensor]:
        """The epoch's figures, joined over all processes.

        Returns:
            float64 scalars by name, NaN where nothing was counted. Of the chosen plays, judged by
            the labels: `q_gap`, mean regret in points; `agreement`, share that are best;
            `blunder_rate`. Of all legal plays: `q_mae`, mean absolute error of E[Q] in points;
            `label_rmse`, the part of the error that is noise of the labels; `excess_rmse`, the
            rest, and `claimed_rmse`, what the network takes that to be; `z_rms`, root mean square
            of the error in units of its claimed deviation (1 is right); `coverage_68` and
            `coverage_95`, shares within it; `spread_mae` in points. And `q_gap_trick_{0..6}`,
            `q_mae_trick_{0..6}`, `agreement_trick_{0..6}`.
        """
        names = (*_PER_DECISION, *_PER_PLAY)
        by_trick = dict(zip(names, self.sums.view(len(names), N_TRICKS), strict=True))
        total = {name: each.sum() for name, each in by_trick.items()}
        n, plays = total["n"], total["plays"]
        noise, excess = total["noise"] / plays, (total["square_error"] - total["noise"]) / plays
        summary = {
            "q_gap": total["regret"] / n,
            "agreement": total["agreement"] / n,
            "blunder_rate": total["blunder_rate"] / n,
            "q_mae": total["abs_error"] / plays,
            "label_rmse": noise.sqrt(),
            "excess_rmse": excess.clamp(min=0.0).sqrt(),
            "claimed_rmse": (total["claimed_square"] / plays).sqrt(),
            "z_rms": (total["z_square"] / plays).sqrt(),
            **{name: total[name] / plays for name in _WITHIN},
            "spread_mae": total["spread_abs_error"] / plays,
        }
        groups = {
            "q_gap_trick": by_trick["regret"] / by_trick["n"],
            "q_mae_trick": by_trick["abs_error"] / by_trick["plays"],
            "agreement_trick": by_trick["agreement"] / by_trick["n"],
        }
        for name, figures in groups.items():
            summary |= {f"{name}_{i}": figure for i, figure in enumerate(figures)}
        return summary
