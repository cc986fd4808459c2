"""Does an ONNX model give PyTorch's numbers, and how well does it play?"""

from dataclasses import dataclass
from typing import Final

import onnxruntime
import torch
from torch import Tensor

from forge.ml.evaluate import Predict
from forge.ml.metrics import HAND_POINTS, EpochMetrics, choose_slots
from forge.ml.onnx_graph import input_texts
from forge.ml.rows import Batch

# Positions run at once: the activations of a batch stay in cache.
CHECK_BATCH: Final = 1024

# The figures of `EpochMetrics` that an export reports.
REPORTED: Final = ("q_gap", "blunder_rate", "accuracy", "value_mae", "q_mae")


@dataclass(frozen=True)
class Predictions:
    """What a backend makes of N rows, **acting-team frame**."""

    scores: Tensor  # float32 [N, 7]
    values: Tensor  # float32 [N], V / 42


@dataclass(frozen=True)
class Agreement:
    """How far two backends lie apart on the same rows."""

    max_score_difference: float  # over all seven slots; points, or logits of a policy network
    max_value_difference_points: float
    same_move_rate: float


def onnx_predictor(model: bytes) -> Predict:
    """A function that runs an ONNX model on the CPU, from tokens and masks alone.

    Args:
        model: a serialised model of `to_onnx` or `make_variant`.
    """
    session = open_session(model)

    def predict(tokens: Tensor, masks: Tensor, players: Tensor) -> tuple[Tensor, Tensor]:
        inputs = (tokens.numpy(), masks.numpy())
        scores, value = session.run(None, dict(zip(input_texts(), inputs, strict=True)))
        return torch.from_numpy(scores), torch.from_numpy(value)

    return predict


def open_session(model: bytes, n_threads: int | None = None) -> onnxruntime.InferenceSession:
    """An onnxruntime session on the CPU.

    Args:
        model: a serialised ONNX model.
        n_threads: torch's number if not given.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads() if n_threads is None else n_threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def predict_all(predict: Predict, batch: Batch) -> Predictions:
    """What a backend says of all rows of a batch of any size."""
    parts = [
        predict(*part)
        for part in zip(
            *(torch.split(batch[name], CHECK_BATCH) for name in ("tokens", "masks", "players")),
            strict=True,
        )
    ]
    scores, values = zip(*parts, strict=True)
    return Predictions(torch.cat(scores).float(), torch.cat(values).float())


def agreement(ours: Predictions, torchs: Predictions, batch: Batch) -> Agreement:
    """How far predictions lie from PyTorch's.

    Not-a-number on either side makes the differences infinite, so that no bound accepts it.
    """
    legal = batch["legal"]
    same = choose_slots(ours.scores, legal) == choose_slots(torchs.scores, legal)
    return Agreement(
        _largest(ours.scores - torchs.scores),
        _largest(ours.values - torchs.values) * HAND_POINTS,
        float(same.double().mean()),
    )


def _largest(differences: Tensor) -> float:
    return float(differences.abs().nan_to_num(nan=torch.inf).max())


def figures(predictions: Predictions, batch: Batch, q_in_points: bool) -> dict[str, float]:
    """The metrics of `REPORTED` that the kind of network has, in points and shares.

    Args:
        predictions: of the rows, **acting-team frame**.
        batch: the rows.
        q_in_points: whether scores are Q values.
    """
    metrics = EpochMetrics(q_in_points)
    metrics.update(predictions.scores, predictions.values, batch)
    summary = metrics.compute()
    return {name: float(summary[name]) for name in REPORTED if name in summary}
