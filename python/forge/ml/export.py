"""What an export must know of a Stage 1 network."""

import json
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn

from forge.game.constants import HAND_POINTS, N_FEATURES, N_SLOTS, N_TOKENS
from forge.learn.batches import Batch
from forge.learn.onnx.exportable import Exportable, ExportTexts
from forge.learn.onnx.graph import Graph, Port
from forge.learn.weights import load_weights
from forge.ml.metrics import EpochMetrics
from forge.ml.module import DominoLightningModule

# Token feature: the domino is the acting player's own.
_IS_OWN_FEATURE: Final = 6
# The figures of `EpochMetrics` that an export reports.
_REPORTED: Final = ("q_gap", "blunder_rate", "accuracy", "value_mae", "q_mae")

_INPUTS: Final = (
    Port(
        "tokens",
        torch.int8,
        (N_TOKENS, N_FEATURES),
        "Stage 1 features: context, 28 dealt dominoes (1 + 7*seat + slot), 3 trick plays",
    ),
    Port("masks", torch.int8, (N_TOKENS,), "1 = real token, 0 = padding"),
)


class TwoInputs(nn.Module):
    """A network that finds the seat to act in the tokens.

    Feature 6 of a dealt domino says whether it is the acting player's own, so the player needs no
    input of its own.

    Args:
        network: called with (tokens, masks, current_player).
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, tokens: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
        """Scores float [B, 7] and value float [B], **acting-team frame**.

        Args:
            tokens: int8 [B, 32, 12].
            masks: int8 [B, 32].
        """
        scores, value = self.network(tokens, masks, current_players(tokens))
        return scores, value


def current_players(tokens: Tensor) -> Tensor:
    """The seat to act, int64 [B], of integer tokens [B, 32, 12]."""
    first_slots = tokens[:, 1 : 1 + 4 * N_SLOTS : N_SLOTS, _IS_OWN_FEATURE]  # [B, 4], one is 1
    # As int32, because not every runtime has an int8 argmax.
    return first_slots.int().argmax(dim=-1)


def stage1_graph(module: DominoLightningModule) -> Graph:
    """The graph of a module, which is moved to the CPU and put in eval mode.

    Inputs `tokens` int8 [batch, 32, 12] and `masks` int8 [batch, 32]; outputs float32 `q` or
    `logits` [batch, 7] and `value` [batch], **acting-team frame**.
    """
    in_points = module.loss_mode == "qvalue"
    scores = "points to go after each slot" if in_points else "move logits"
    outputs = (
        Port(
            "q" if in_points else "logits",
            torch.float32,
            (N_SLOTS,),
            f"{scores}, acting-team frame; slots that may not be played hold a number too",
        ),
        Port(
            "value",
            torch.float32,
            (),
            "V / 42, acting-team frame: times 42 for points to go",
            HAND_POINTS,
        ),
    )
    properties = {
        "loss_mode": module.loss_mode,
        "frame": "acting team",
        "hyper_parameters": json.dumps(dict(module.hparams), sort_keys=True),
    }
    return Graph(TwoInputs(module.cpu()).eval(), _INPUTS, outputs, properties)


def stage1_exportable(module: DominoLightningModule) -> Exportable:
    """A module for `forge.learn.onnx.export.export`."""
    q_in_points = module.loss_mode == "qvalue"

    def figures(outputs: tuple[Tensor, ...], batch: Batch) -> dict[str, float]:
        """The metrics of `_REPORTED` that the kind of network has, in points and shares."""
        scores, values = outputs
        metrics = EpochMetrics(q_in_points)
        metrics.update(scores, values, batch)
        summary = metrics.compute()
        return {name: float(summary[name]) for name in _REPORTED if name in summary}

    return Exportable.of_module(
        module,
        mode=module.loss_mode,
        graph=stage1_graph(module),
        figures=figures,
        texts=_texts(module.loss_mode),
    )


def _texts(loss_mode: str) -> ExportTexts:
    scores, unit = ("q", "points") if loss_mode == "qvalue" else ("logits", "logits")
    return ExportTexts(
        kind=f"A {loss_mode} network for Texas 42",
        inputs="There is no input for the seat to act: the graph reads it from token feature 6.",
        rows="positions",
        units=f"of a score in {unit}, of the value in points. Regret (q_gap) and errors are in "
        "points.",
        unit=unit,
        python=_PYTHON.replace("SCORES", scores),
        javascript=_JAVASCRIPT.replace("SCORES", scores),
    )


_PYTHON: Final = """\
import numpy as np
import onnxruntime
import torch

from forge import Deal, ops
from forge.game.constants import INITIAL_STATE

deals = Deal.from_seed(0).tensor[None]  # int8 [1, 4, 7]
decls = torch.tensor([6], dtype=torch.int8)  # sixes
tokens, masks = ops.tokenize_states(deals, decls, torch.tensor([INITIAL_STATE]))

session = onnxruntime.InferenceSession("FILE")
SCORES, value = session.run(None, {"tokens": tokens.numpy(), "masks": masks.numpy()})
legal = np.ones((1, 7), dtype=bool)  # the first lead is free
best_slot = np.where(legal, SCORES, -np.inf).argmax(axis=1)
points_to_go = 42 * value
"""

_JAVASCRIPT: Final = """\
import * as ort from "onnxruntime-web";

// tokens: Int8Array of n * 32 * 12, masks: Int8Array of n * 32, legal: n arrays of 7 booleans
const session = await ort.InferenceSession.create("FILE");
const { SCORES, value } = await session.run({
  tokens: new ort.Tensor("int8", tokens, [n, 32, 12]),
  masks: new ort.Tensor("int8", masks, [n, 32]),
});
const bestSlots = legal.map((mayPlay, i) => {
  const row = mayPlay.map((may, k) => (may ? SCORES.data[7 * i + k] : -Infinity));
  return row.indexOf(Math.max(...row));
});
const pointsToGo = Array.from(value.data, (v) => 42 * v);
"""


def load_stage1(checkpoint: Path) -> Exportable:
    """A Stage 1 network to export, from a file that `load_weights` reads."""
    return stage1_exportable(load_weights(checkpoint, DominoLightningModule))
