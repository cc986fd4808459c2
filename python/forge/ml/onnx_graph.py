"""A checkpoint's network as an ONNX graph with two inputs."""

import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import onnx
import torch
from torch import Tensor, nn

import forge
from forge.errors import ForgeError
from forge.ml.module import DominoLightningModule
from forge.ml.network import N_FEATURES, N_SLOTS, N_TOKENS
from forge.ml.onnx_portable import make_portable

# 18 is what the exporter writes of its own accord. From 23 on attention becomes one operator,
# which onnxruntime 1.32 refuses for a mask that is the same for all heads.
OPSETS: Final = range(18, 23)
DEFAULT_OPSET: Final = 18

# Token feature: the domino is the acting player's own.
_IS_OWN_FEATURE: Final = 6


def input_texts() -> dict[str, str]:
    """The inputs in order, and what they mean."""
    return {
        "tokens": "Stage 1 features: context, 28 dealt dominoes (1 + 7*seat + slot), 3 trick plays",
        "masks": "1 = real token, 0 = padding",
    }


def output_names(loss_mode: str) -> tuple[str, str]:
    """What the two outputs are called: `q` or `logits`, and `value`."""
    return ("q" if loss_mode == "qvalue" else "logits", "value")


def output_texts(loss_mode: str) -> tuple[str, str]:
    """What the two outputs mean, with unit and frame."""
    scores = "points to go after each slot" if loss_mode == "qvalue" else "move logits"
    return (
        f"{scores}, acting-team frame; slots that may not be played hold a number too",
        "V / 42, acting-team frame: times 42 for points to go",
    )


def check_opset(opset: int) -> None:
    """Raises ForgeError for an opset that is not in `OPSETS`."""
    if opset not in OPSETS:
        raise ForgeError(f"opset must be {OPSETS[0]}..{OPSETS[-1]}, got {opset}")


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


def to_onnx(
    module: DominoLightningModule,
    opset: int = DEFAULT_OPSET,
    provenance: dict[str, str] | None = None,
) -> onnx.ModelProto:
    """The network as an fp32 graph that takes any batch size.

    Args:
        module: of which the network is taken, in eval mode.
        opset: of the graph, in `OPSETS`.
        provenance: more plain values for the file's metadata.

    Returns:
        A checked model: inputs `tokens` int8 [batch, 32, 12] and `masks` int8 [batch, 32], outputs
        float32 `q` or `logits` [batch, 7] and `value` [batch], **acting-team frame**.

    Raises:
        ForgeError: on another opset.
    """
    check_opset(opset)
    batch = torch.export.Dim("batch")
    # torch.export takes a batch of 1 for a constant; 2 stands for any.
    example = (
        torch.zeros(2, N_TOKENS, N_FEATURES, dtype=torch.int8),
        torch.ones(2, N_TOKENS, dtype=torch.int8),
    )
    inputs, outputs = list(input_texts()), list(output_names(module.loss_mode))
    with _quiet(), torch.no_grad():
        program = torch.onnx.export(
            TwoInputs(module.cpu()).eval(),
            example,
            dynamo=True,
            verbose=False,
            opset_version=opset,
            input_names=inputs,
            output_names=outputs,
            dynamic_shapes={name: {0: batch} for name in inputs},
        )
    assert program is not None
    model: onnx.ModelProto = program.model_proto
    make_portable(model.graph)
    _describe(model, module, provenance or {})
    onnx.checker.check_model(model, full_check=True)
    return model


def _describe(
    model: onnx.ModelProto, module: DominoLightningModule, provenance: dict[str, str]
) -> None:
    """Replace the exporter's notes (stack traces with local paths) by what a user needs."""
    graph = model.graph
    for parts in (graph.node, graph.value_info, graph.initializer, graph.input, graph.output):
        for part in parts:
            del part.metadata_props[:]
            part.doc_string = ""
    for described in graph.input:
        described.doc_string = input_texts()[described.name]
    for described, text in zip(graph.output, output_texts(module.loss_mode), strict=True):
        described.doc_string = text
    graph.name = "domino"
    model.producer_name, model.producer_version = "crystal-forge", forge.__version__
    onnx.helper.set_model_props(
        model,
        {
            "loss_mode": module.loss_mode,
            "frame": "acting team",
            "hyper_parameters": json.dumps(dict(module.hparams), sort_keys=True),
            **provenance,
        },
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep to ourselves what the exporter tells its own developers.

    It warns of its own deprecated calls, and logs that torchvision is not there.
    """
    log = logging.getLogger("torch.onnx")
    level: Any = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)
