"""Does an ONNX model give PyTorch's numbers?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from forge.extras import extra
from forge.learn.batches import Batch, choose_slots
from forge.learn.onnx.graph import Graph, Port

with extra("export"):
    import onnxruntime

# Rows run at once: the activations of a batch stay in cache.
CHECK_BATCH: Final = 1024

# Takes the inputs of a graph and gives its outputs, in order.
Run = Callable[..., tuple[Tensor, ...]]


@dataclass(frozen=True)
class Agreement:
    """How far two backends lie apart on the same rows.

    Args:
        max_differences: by output, over all slots; points, or logits of a policy network.
        same_move_rate: share of the rows where both choose the same slot.
    """

    max_differences: dict[str, float]
    same_move_rate: float

    @property
    def max_score_difference(self) -> float:
        """Of the first output, the scores."""
        return next(iter(self.max_differences.values()))


def onnx_runner(model: bytes) -> Run:
    """A function that runs an ONNX model on the CPU.

    Args:
        model: a serialised model of `to_onnx` or `make_variant`.
    """
    session = open_session(model)
    names = [each.name for each in session.get_inputs()]

    def run(*inputs: Tensor) -> tuple[Tensor, ...]:
        feed = {name: each.numpy() for name, each in zip(names, inputs, strict=True)}
        return tuple(torch.from_numpy(output) for output in session.run(None, feed))

    return run


def torch_runner(graph: Graph) -> Run:
    """A function that runs the network of a graph in inference mode."""

    def run(*inputs: Tensor) -> tuple[Tensor, ...]:
        with torch.inference_mode():
            return tuple(graph.network(*inputs))

    return run


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


def run_all(run: Run, graph: Graph, batch: Batch) -> tuple[Tensor, ...]:
    """The outputs of all rows of a batch of any size, float32; inputs by their names."""
    columns = (torch.split(batch[port.name], CHECK_BATCH) for port in graph.inputs)
    parts = [run(*inputs) for inputs in zip(*columns, strict=True)]
    return tuple(torch.cat(outputs).float() for outputs in zip(*parts, strict=True))


def agreement(
    ours: Sequence[Tensor], torchs: Sequence[Tensor], outputs: Sequence[Port], legal: Tensor
) -> Agreement:
    """How far outputs lie from PyTorch's.

    Not-a-number on either side makes a difference infinite, so that no bound accepts it; so does an
    infinity that the other has not.

    Args:
        ours: outputs of a model, the first of them the scores [N, 7].
        torchs: PyTorch's.
        outputs: what they are.
        legal: integer or bool [N, 7].
    """
    same = choose_slots(ours[0], legal) == choose_slots(torchs[0], legal)
    differences = {
        port.name: _largest(a, b) * port.points
        for port, a, b in zip(outputs, ours, torchs, strict=True)
    }
    return Agreement(differences, float(same.double().mean()))


def _largest(a: Tensor, b: Tensor) -> float:
    differences = (a - b).masked_fill(a == b, 0.0)
    return float(differences.abs().nan_to_num(nan=torch.inf).max())
