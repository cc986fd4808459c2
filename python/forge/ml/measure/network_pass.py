"""One pass of a network over rows: all figures, intervals, calibration and the worst positions.

The figures are those of `EpochMetrics`, so they equal what `Trainer.validate` logs; everything is
summed in float64.
"""

import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from forge import ops
from forge.errors import ForgeError
from forge.learn.batches import RowSource, batches, spread
from forge.ml.measure.report import OracleEvaluation
from forge.ml.measure.sums import Collected
from forge.ml.measure.worst import worst_positions
from forge.ml.module import DominoLightningModule

__all__ = [
    "OracleEvaluation",
    "Predict",
    "evaluate_network",
    "evaluate_predictor",
    "module_predictor",
]

DEFAULT_BATCH_SIZE: Final = 4096
DEFAULT_N_WORST: Final = 20

# (tokens [B,32,12], masks [B,32], players [B]) -> scores float [B,7], value float [B], V / 42;
# both in the **acting-team frame**, on any device.
Predict = Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]


def evaluate_network(
    module: DominoLightningModule,
    rows: RowSource,
    *,
    device: str | torch.device = "auto",
    **options: Any,
) -> OracleEvaluation:
    """Measure a module on rows. It is moved to `device` and back, and left in its own mode.

    Args:
        module: a trained network, policy or Q-value.
        rows: what to measure it on.
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        **options: of `evaluate_predictor`.

    Raises:
        ForgeError: as `evaluate_predictor`, or on a device that is not there.
    """
    was_training, home = module.training, module.device
    try:
        predict = module_predictor(module, device)
        return evaluate_predictor(predict, rows, loss_mode=module.loss_mode, **options)
    finally:
        module.to(home).train(was_training)


def module_predictor(module: DominoLightningModule, device: str | torch.device = "auto") -> Predict:
    """A function that runs the module in eval mode and inference mode on a device."""
    place = ops.resolve_device(str(device))
    module.to(place).eval()

    def predict(tokens: Tensor, masks: Tensor, players: Tensor) -> tuple[Tensor, Tensor]:
        with torch.inference_mode():
            scores, value = module(tokens.to(place), masks.to(place), players.to(place))
        return scores, value

    return predict


def evaluate_predictor(
    predict: Predict,
    rows: RowSource,
    *,
    loss_mode: str,
    batch_size: int = DEFAULT_BATCH_SIZE,
    limit: int | None = None,
    n_worst: int = DEFAULT_N_WORST,
    source: str | None = None,
    on_batch: Callable[[int, int], None] | None = None,
) -> OracleEvaluation:
    """Measure anything that predicts (a module, an ONNX session, ...) on rows.

    Args:
        predict: see `Predict`.
        rows: what to measure it on.
        loss_mode: `qvalue` if scores are points, `policy` if they are logits.
        batch_size: rows predicted at a time; no figure depends on it.
        limit: evaluate only this many rows, evenly spread; None is all.
        n_worst: how many of the worst positions to keep.
        source: which rows these are, in words; None asks the rows.
        on_batch: called with (rows done, rows in all) after each batch.

    Raises:
        ForgeError: on an option below 1 (`n_worst`: 0), if there are no rows, or if the network
            puts out something that is not a number.
    """
    for name, option, least in (
        ("batch_size", batch_size, 1),
        ("limit", 1 if limit is None else limit, 1),
        ("n_worst", n_worst, 0),
    ):
        if option < least:
            raise ForgeError(f"{name} must be at least {least}, got {option}")
    if not len(rows):
        raise ForgeError("there are no rows to evaluate")
    start = time.perf_counter()
    indices = spread(len(rows), limit)
    collected = Collected(loss_mode == "qvalue")
    for done, batch in batches(rows, indices, batch_size):
        scores, value = predict(batch["tokens"], batch["masks"], batch["players"])
        scores, value = scores.float().cpu(), value.float().cpu()
        if not (
            bool(scores[batch["legal"].bool()].isfinite().all()) and bool(value.isfinite().all())
        ):
            raise ForgeError("the network puts out values that are not numbers (NaN or infinite)")
        collected.add(scores, value, batch)
        if on_batch is not None:
            on_batch(done, len(indices))
    elapsed_s = time.perf_counter() - start
    regrets = np.concatenate(collected.regrets)
    return OracleEvaluation(
        source=source or str(getattr(rows, "source", None) or getattr(rows, "folder", "rows")),
        loss_mode=loss_mode,
        n_positions=len(indices),
        n_deals=collected.deals.n_deals,
        metrics=collected.figures(),
        intervals=collected.intervals(),
        groups=collected.groups(),
        q_calibration=collected.q_calibration if collected.q_in_points else None,
        value_calibration=collected.value_calibration,
        worst=worst_positions(predict, rows, indices, regrets, n_worst),
        elapsed_s=elapsed_s,
        regrets=regrets,
    )
