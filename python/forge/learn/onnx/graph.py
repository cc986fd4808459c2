"""A network as an ONNX graph: what goes in and out, and the export itself."""

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import nn

import forge
from forge.errors import ForgeError
from forge.extras import extra
from forge.learn.onnx.portable import make_portable
from forge.work.checksums import BLANK_SEAL, FILE_SEAL_KEY, sealed

with extra("export"):
    import onnx

# 18 is what the exporter writes of its own accord. From 23 on attention becomes one operator,
# which onnxruntime 1.32 refuses for a mask that is the same for all heads.
OPSETS: Final = range(18, 23)
DEFAULT_OPSET: Final = 18


@dataclass(frozen=True)
class Port:
    """An input or an output of a graph.

    Args:
        name: of the tensor.
        dtype: its type.
        row_shape: its shape without the batch, which comes first and may have any size.
        meaning: in words, with unit and frame.
        points: what 1 is worth, in points; for comparing outputs.
    """

    name: str
    dtype: torch.dtype
    row_shape: tuple[int, ...]
    meaning: str
    points: float = 1.0


@dataclass(frozen=True)
class Graph:
    """What to make a graph of.

    Args:
        network: on the CPU and in eval mode; takes the inputs and gives the outputs, in order.
        inputs: of the graph.
        outputs: of the graph; the first are the scores of the slots [B, 7].
        properties: plain values for the file's metadata.
    """

    network: nn.Module
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    properties: Mapping[str, str]


def check_opset(opset: int) -> None:
    """Raises ForgeError for an opset that is not in `OPSETS`."""
    if opset not in OPSETS:
        raise ForgeError(f"opset must be {OPSETS[0]}..{OPSETS[-1]}, got {opset}")


def to_onnx(
    graph: Graph, opset: int = DEFAULT_OPSET, provenance: Mapping[str, str] | None = None
) -> onnx.ModelProto:
    """The network as an fp32 graph that takes any batch size.

    Args:
        graph: what to write.
        opset: of the graph, in `OPSETS`.
        provenance: more plain values for the file's metadata.

    Returns:
        A checked model with the inputs and outputs of `graph`, [batch, ...].

    Raises:
        ForgeError: on another opset.
    """
    check_opset(opset)
    batch = torch.export.Dim("batch")
    # torch.export takes a batch of 1 for a constant; 2 stands for any.
    example = tuple(torch.ones(2, *port.row_shape, dtype=port.dtype) for port in graph.inputs)
    inputs = [port.name for port in graph.inputs]
    with _quiet(), torch.no_grad():
        program = torch.onnx.export(
            graph.network,
            example,
            dynamo=True,
            verbose=False,
            opset_version=opset,
            input_names=inputs,
            output_names=[port.name for port in graph.outputs],
            dynamic_shapes={name: {0: batch} for name in inputs},
        )
    assert program is not None
    model: onnx.ModelProto = program.model_proto
    make_portable(model.graph)
    _describe(model, graph, provenance or {})
    onnx.checker.check_model(model, full_check=True)
    return model


def _describe(model: onnx.ModelProto, graph: Graph, provenance: Mapping[str, str]) -> None:
    """Replace the exporter's notes (stack traces with local paths) by what a user needs."""
    made = model.graph
    for parts in (made.node, made.value_info, made.initializer, made.input, made.output):
        for part in parts:
            del part.metadata_props[:]
            part.doc_string = ""
    for described, ports in ((made.input, graph.inputs), (made.output, graph.outputs)):
        for part, port in zip(described, ports, strict=True):
            part.doc_string = port.meaning
    made.name = "domino"
    model.producer_name, model.producer_version = "crystal-forge", forge.__version__
    onnx.helper.set_model_props(model, {**graph.properties, **provenance})


def sealed_model(model: onnx.ModelProto) -> bytes:
    """The file of a model, with its seal in the metadata."""
    kept = [each for each in model.metadata_props if each.key != FILE_SEAL_KEY]
    del model.metadata_props[:]
    model.metadata_props.extend(kept)
    model.metadata_props.add(key=FILE_SEAL_KEY, value=BLANK_SEAL)
    return sealed(model.SerializeToString())


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
