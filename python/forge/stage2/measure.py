"""One pass of a Stage 2 network over E[Q] files: `EqMetrics`, and intervals over games."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from forge.errors import ForgeError
from forge.game.constants import N_TRICKS
from forge.learn.batches import Batch, batches, spread
from forge.ops import resolve_device
from forge.stage2.decisions import JudgedDecisions
from forge.stage2.metrics import EqMetrics
from forge.stage2.module import EqLightningModule
from forge.stage2.network import EqPrediction
from forge.stats.intervals import (
    CONFIDENCE,
    MAX_GROUPS,
    Interval,
    percentile_interval,
    resampling_weights,
    wilson_interval,
)

DEFAULT_BATCH_SIZE: Final = 2048
JSON_VERSION: Final = 1
# Figures that count decisions, and their names by trick.
_RATES: Final = ("agreement", "blunder_rate")
_BY_TRICK: Final = ("q_gap", "q_mae", "agreement")


@dataclass(frozen=True)
class EqEvaluation:
    """Everything measured in one pass.

    Args:
        source: which decisions, in words.
        n_positions: decisions evaluated.
        n_games: games they are of.
        by_trick: how many of them in each trick.
        metrics: what `EqMetrics.compute` gives, without what is not defined.
        intervals: 95 % intervals of the metrics, from drawing whole games again; of rates of 0 or
            1, decisions taken as independent. None with one game.
        elapsed_s: wall-clock time of the pass.
        about: what else the report should say (checkpoint, hash, device, ...).
    """

    source: str
    n_positions: int
    n_games: int
    by_trick: tuple[int, ...]
    metrics: dict[str, float]
    intervals: dict[str, Interval]
    elapsed_s: float
    about: dict[str, Any] = field(default_factory=dict)

    @property
    def interval_method(self) -> str:
        """How the intervals were made, in words."""
        if self.n_games < 2:
            return "none of a single game"
        return f"percentile bootstrap over {self.n_games:,} games"

    def tricks(self) -> list[dict[str, Any]]:
        """The tricks with decisions: number from 1, decisions, and figures with intervals."""
        return [
            {"trick": i + 1, "n_decisions": n}
            | {name: self.metrics[f"{name}_trick_{i}"] for name in _BY_TRICK}
            | {f"{name}_interval": self.intervals.get(f"{name}_trick_{i}") for name in _BY_TRICK}
            for i, n in enumerate(self.by_trick)
            if n
        ]

    def to_json(self) -> dict[str, Any]:
        """Plain values for `json.dumps`."""
        whole = [name for name in self.metrics if "_trick_" not in name]
        return {
            "version": JSON_VERSION,
            "stage": EqLightningModule.STAGE,
            **self.about,
            "source": self.source,
            "n_decisions": self.n_positions,
            "n_games": self.n_games,
            "confidence": CONFIDENCE,
            "interval_method": self.interval_method,
            "metrics": {name: self.metrics[name] for name in whole},
            "intervals": {
                name: list(self.intervals[name]) for name in whole if name in self.intervals
            },
            "by_trick": self.tricks(),
            "elapsed_s": round(self.elapsed_s, 3),
        }


@torch.inference_mode()
def evaluate_eq(
    module: EqLightningModule,
    rows: JudgedDecisions,
    *,
    device: str | torch.device = "auto",
    batch_size: int = DEFAULT_BATCH_SIZE,
    limit: int | None = None,
    source: str | None = None,
    on_batch: Callable[[int, int], None] | None = None,
) -> EqEvaluation:
    """Measure a module. It is moved to `device` and back, and left in its own mode.

    Args:
        module: a trained network.
        rows: what to measure it on.
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        batch_size: decisions predicted at a time; no figure depends on it.
        limit: evaluate only this many decisions, evenly spread; None is all.
        source: which decisions these are, in words; None asks the rows.
        on_batch: called with (decisions done, decisions in all) after each batch.

    Raises:
        ForgeError: on an option below 1, a device that is not there, or if the network puts out
            something that is not a number.
    """
    for name, option in (("batch_size", batch_size), ("limit", 1 if limit is None else limit)):
        if option < 1:
            raise ForgeError(f"{name} must be at least 1, got {option}")
    place = resolve_device(str(device))
    was_training, home = module.training, module.device
    start = time.perf_counter()
    indices = spread(len(rows), limit)
    sums = _GameSums()
    try:
        module.to(place).eval()
        for done, batch in batches(rows, indices, batch_size):
            found = EqPrediction(*(each.cpu() for each in module(batch["tokens"].to(place))))
            if not all(bool(each[batch["legal"]].isfinite().all()) for each in found):
                raise ForgeError(
                    "the network puts out values that are not numbers (NaN or infinite)"
                )
            sums.add(found, batch)
            if on_batch is not None:
                on_batch(done, len(indices))
    finally:
        module.to(home).train(was_training)
    columns = rows.__getitems__(indices.tolist())
    by_trick = columns["tricks"].bincount(minlength=N_TRICKS)
    metrics = sums.metrics()
    return EqEvaluation(
        source=source or rows.source,
        n_positions=len(indices),
        n_games=len(set(columns["games"].tolist())),
        by_trick=tuple(by_trick.tolist()),
        metrics=metrics,
        intervals=sums.intervals(metrics, by_trick.tolist()),
        elapsed_s=time.perf_counter() - start,
    )


class _GameSums:
    """`EqMetrics.sums` of each game."""

    def __init__(self) -> None:
        self._by_game: dict[int, EqMetrics] = {}

    def add(self, found: EqPrediction, batch: Batch) -> None:
        """Count one batch."""
        groups = batch["games"] % MAX_GROUPS
        for game in sorted(set(groups.tolist())):
            rows = groups == game
            metrics = self._by_game.setdefault(game, EqMetrics())
            metrics.update(
                EqPrediction(*(each[rows] for each in found)),
                {name: column[rows] for name, column in batch.items()},
            )

    def _sums(self) -> Tensor:
        """float64 [games, K]."""
        return torch.stack([each.sums for each in self._by_game.values()])

    def metrics(self) -> dict[str, float]:
        """Of all games; what is not defined is left out."""
        (figures,) = _figures(self._sums().sum(dim=0, keepdim=True))
        return {name: figure for name, figure in figures.items() if not math.isnan(figure)}

    def intervals(self, metrics: dict[str, float], by_trick: list[int]) -> dict[str, Interval]:
        """Of the metrics, from drawing games again; none of one game."""
        if len(self._by_game) < 2:
            return {}
        sums = self._sums()
        drawn = torch.from_numpy(resampling_weights(len(sums))).double() @ sums
        resampled = np.array([[each[name] for name in metrics] for each in _figures(drawn)])
        lows, highs = percentile_interval(resampled)
        intervals = dict(zip(metrics, zip(lows.tolist(), highs.tolist(), strict=True), strict=True))
        # A rate of 0 or 1 resamples to itself, which would claim certainty.
        n_decisions = {name: sum(by_trick) for name in _RATES}
        n_decisions |= {f"agreement_trick_{i}": n for i, n in enumerate(by_trick)}
        for name, n in n_decisions.items():
            if name in metrics and intervals[name][0] == intervals[name][1]:
                intervals[name] = wilson_interval(round(metrics[name] * n), n)
        return intervals


def _figures(all_sums: Tensor) -> list[dict[str, float]]:
    """What `EqMetrics` makes of sums [N, K]."""
    metrics, found = EqMetrics(), []
    for sums in all_sums:
        metrics.sums = sums
        # The class's own: a metric's remembers, and warns where nothing was counted by itself.
        figures = EqMetrics.compute(metrics)
        found.append(dict(zip(figures, torch.stack(list(figures.values())).tolist(), strict=True)))
    return found
