"""What an export must know of a Stage 2 network."""

import json
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn

from forge.game.constants import N_SLOTS
from forge.learn.batches import Batch
from forge.learn.onnx.exportable import Exportable, ExportTexts
from forge.learn.onnx.graph import Graph, Port
from forge.learn.weights import load_weights
from forge.play.transcript import MAX_TOKENS, N_FEATURES
from forge.stage2.metrics import EqMetrics
from forge.stage2.module import EqLightningModule
from forge.stage2.network import EqNetwork, EqPrediction

# What catalogues and cards call the kind of network, beside the loss modes of Stage 1.
MODE: Final = "eq"
# The figures of `EqMetrics` that an export reports.
_REPORTED: Final = ("q_gap", "agreement", "blunder_rate", "q_mae", "z_rms", "coverage_95")

_INPUTS: Final = (
    Port(
        "tokens",
        torch.int8,
        (MAX_TOKENS, N_FEATURES),
        "Stage 2 features: declaration, the hand left in slot order, all plays; then zeros",
    ),
)
_ANY_SLOT: Final = "points, acting-team frame; slots that may not be played hold a number too"
_OUTPUTS: Final = tuple(
    Port(name, torch.float32, (N_SLOTS,), meaning)
    for name, meaning in (
        ("mean", f"E[Q] after each slot of the dealt hand, {_ANY_SLOT}"),
        ("error", "standard deviation of the true E[Q] around `mean`, points"),
        ("spread", "standard deviation of Q over the hidden hands, points"),
    )
)


_LOGITS: Final = Port(
    "logits",
    torch.float32,
    (N_SLOTS,),
    "of each slot being played by the player that was imitated: choose by them; slots that may not "
    "be played hold a number too",
)


class TokensAlone(nn.Module):
    """A network that gives its prediction as a plain tuple; the mask follows from the tokens.

    Args:
        network: of transcripts.
    """

    def __init__(self, network: EqNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, tokens: Tensor) -> tuple[Tensor, ...]:
        """Mean, error and spread float [B, 7] of tokens int8 [B, 36, 8], see `EqPrediction`, and
        logits if there are any."""
        found, logits = self.network.with_logits(tokens)
        return found if logits is None else (*found, logits)


def stage2_graph(module: EqLightningModule) -> Graph:
    """The graph of a module, which is moved to the CPU and put in eval mode.

    Input `tokens` int8 [batch, 36, 8]; outputs float32 `mean`, `error` and `spread` [batch, 7],
    points, **acting-team frame**.
    """
    properties = {
        "mode": MODE,
        "stage": str(module.STAGE),
        "frame": "acting team",
        "hyper_parameters": json.dumps(dict(module.hparams), sort_keys=True),
    }
    outputs = (*_OUTPUTS, _LOGITS) if module.imitate else _OUTPUTS
    return Graph(TokensAlone(module.cpu().model).eval(), _INPUTS, outputs, properties)


def load_stage2(checkpoint: Path) -> Exportable:
    """A Stage 2 network to export, from a file that `load_weights` reads."""
    module = load_weights(checkpoint, EqLightningModule)
    return Exportable.of_module(module, MODE, stage2_graph(module), _figures, _TEXTS)


def _figures(outputs: tuple[Tensor, ...], batch: Batch) -> dict[str, float]:
    """The metrics of `_REPORTED`, in points and shares; none where rows have no labels."""
    if "mean" not in batch:
        return {}
    metrics = EqMetrics()
    metrics.update(EqPrediction(*outputs[:3]), batch)
    summary = metrics.compute()
    return {name: float(summary[name]) for name in _REPORTED}


_TEXTS: Final = ExportTexts(
    kind="A network that plays Texas 42 from what a seat may see (Stage 2)",
    inputs="There is no mask: token feature 7 (type) and the zeros behind the last play tell where "
    "the transcript ends.",
    rows="decisions",
    units="of every output in points. Regret (q_gap) and errors are in points, judged by the "
    "E[Q] of the labels, if there are any.",
    unit="points",
    python="""\
import numpy as np
import onnxruntime

from forge import Deal
from forge.play.games import Games
from forge.play.transcript import transcript_tokens

games = Games.start([Deal.from_seed(0)], [6])  # sixes, before the first lead
tokens, _ = transcript_tokens(games)  # int8 [1, 36, 8]

session = onnxruntime.InferenceSession("FILE")
mean, error, spread = session.run(None, {"tokens": tokens.numpy()})
best_slot = np.where(games.legal.numpy(), mean, -np.inf).argmax(axis=1)
""",
    javascript="""\
import * as ort from "onnxruntime-web";

// tokens: Int8Array of n * 36 * 8, legal: n arrays of 7 booleans
const session = await ort.InferenceSession.create("FILE");
const { mean, error, spread } = await session.run({
  tokens: new ort.Tensor("int8", tokens, [n, 36, 8]),
});
const bestSlots = legal.map((mayPlay, i) => {
  const row = mayPlay.map((may, k) => (may ? mean.data[7 * i + k] : -Infinity));
  return row.indexOf(Math.max(...row));
});
""",
)
