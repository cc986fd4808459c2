"""What an export must know of a network, whatever its stage."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from forge.learn.batches import Batch
from forge.learn.network_module import NetworkModule
from forge.learn.onnx.graph import Graph
from forge.learn.onnx.variants import VARIANTS


@dataclass(frozen=True)
class ExportTexts:
    """What an export's card says of one kind of network.

    Args:
        kind: how the first sentence begins.
        inputs: a sentence on the inputs.
        rows: what was measured on: positions, or decisions.
        units: of differences and figures; follows "Difference is the largest distance ...:".
        unit: of the scores: points, or logits.
        python: an example that calls the file `FILE`.
        javascript: the same for onnxruntime-web.
    """

    kind: str
    inputs: str
    rows: str
    units: str
    unit: str
    python: str
    javascript: str


@dataclass(frozen=True)
class Exportable:
    """A network with what an export must know of it.

    Args:
        mode: `policy`, `qvalue` or `eq`.
        stage: 1 or 2; None for what is of no stage.
        hyper_parameters: plain values.
        n_params: number of parameters.
        graph: of the network.
        figures: how well outputs (those of the graph, in order) do on the rows they are of, by
            name; points and shares. Empty where rows have no labels.
        texts: for the card.
        variants: those of `VARIANTS` that are worth having.
    """

    mode: str
    stage: int | None
    hyper_parameters: Mapping[str, Any]
    n_params: int
    graph: Graph
    figures: Callable[[tuple[Tensor, ...], Batch], dict[str, float]]
    texts: ExportTexts
    variants: tuple[str, ...] = VARIANTS

    @classmethod
    def of_module(
        cls,
        module: NetworkModule,
        mode: str,
        graph: Graph,
        figures: Callable[[tuple[Tensor, ...], Batch], dict[str, float]],
        texts: ExportTexts,
    ) -> "Exportable":
        """A network of a stage; `graph` is of the module."""
        n_params = sum(p.numel() for p in module.parameters())
        return cls(mode, module.STAGE, dict(module.hparams), n_params, graph, figures, texts)
