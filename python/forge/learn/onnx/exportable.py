"""What an export must know of a network, whatever its stage."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from forge.learn.batches import Batch
from forge.learn.network_module import NetworkModule
from forge.learn.onnx.graph import Graph


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
        module: on the CPU, in eval mode.
        graph: of the module.
        figures: how well outputs (those of the graph, in order) do on the rows they are of, by
            name; points and shares. Empty where rows have no labels.
        texts: for the card.
    """

    mode: str
    module: NetworkModule
    graph: Graph
    figures: Callable[[tuple[Tensor, ...], Batch], dict[str, float]]
    texts: ExportTexts

    @property
    def hyper_parameters(self) -> dict[str, Any]:
        """Of the module."""
        return dict(self.module.hparams)

    @property
    def n_params(self) -> int:
        """Number of parameters."""
        return sum(p.numel() for p in self.module.parameters())
