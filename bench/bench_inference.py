"""A network's positions a second: PyTorch against onnxruntime, batch 1 and 4096, all threads.

The weights are those of no training, which take as long as any others.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import onnx
import pytest
import torch
from common import (
    N_ROUNDS,
    NETWORKS,
    SHORT,
    THREADS,
    batch,
    percentile,
    random_hand,
    time_each,
)

from forge import ops
from forge.game.state import seats_to_act
from forge.learn.onnx.agreement import open_session
from forge.learn.onnx.graph import to_onnx
from forge.learn.onnx.variants import VARIANTS, make_variant
from forge.ml.export import stage1_graph
from forge.ml.module import DominoLightningModule
from forge.oracle.shards.naming import ShardKey

SIZES = ["816k", "mlp-3.3m"]
BATCHES = [1, 64] if SHORT else [1, 4096]
# Calls in a round: about as long for either batch.
N_CALLS = {1: 20 if SHORT else 200, 64: 2, 4096: 1}

Inputs = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


@lru_cache
def module(size: str) -> DominoLightningModule:
    """A network of `common.NETWORKS`."""
    torch.manual_seed(0)
    return DominoLightningModule(**NETWORKS[size], loss_mode="qvalue").eval()


@lru_cache
def onnx_model(size: str) -> onnx.ModelProto:
    """The network as an fp32 graph."""
    return to_onnx(stage1_graph(module(size)))


def positions(n: int) -> Inputs:
    """Tokens [n, 32, 12], masks [n, 32] and players [n] of hands of random play."""
    n_hands = -(-n // 28)
    keys = [ShardKey(seed, seed % 10) for seed in range(1, 1 + n_hands)]
    chosen = batch([(key, state) for key in keys for state in random_hand(key)]).take(slice(n))
    tokens, masks = ops.tokenize_states(*chosen)
    return tokens, masks, seats_to_act(chosen.states).to(torch.int8)


def torch_runner(size: str, inputs: Inputs) -> Callable[[int], object]:
    """Runs the module once."""

    network = module(size)

    def run(_: int) -> object:
        with torch.inference_mode():
            return network(*inputs)

    return run


def onnx_runner(size: str, variant: str, inputs: Inputs) -> Callable[[int], object]:
    """Runs an onnxruntime session once."""
    session = open_session(make_variant(variant, onnx_model(size)).SerializeToString(), THREADS)
    feed = {"tokens": inputs[0].numpy(), "masks": inputs[1].numpy()}
    return lambda _: session.run(None, feed)


@pytest.mark.parametrize("batch_size", BATCHES)
@pytest.mark.parametrize("backend", ["torch", *(f"onnx-{variant}" for variant in VARIANTS)])
@pytest.mark.parametrize("size", SIZES)
def test_inference(benchmark: Any, size: str, backend: str, batch_size: int) -> None:
    inputs = positions(batch_size)
    kind, _, variant = backend.partition("-")
    run = torch_runner(size, inputs) if kind == "torch" else onnx_runner(size, variant, inputs)
    for i in range(3):  # allocations and threads of the first calls
        run(i)
    rounds: list[list[float]] = []
    benchmark.pedantic(
        lambda: rounds.append(time_each(run, range(N_CALLS[batch_size]))), rounds=N_ROUNDS
    )
    calls_s = [elapsed_s for times in rounds for elapsed_s in times]
    median_s = percentile(calls_s, 50)
    benchmark.extra_info.update(
        positions_per_s=batch_size / median_s,
        p50_ms=1e3 * median_s,
        p99_ms=1e3 * percentile(calls_s, 99),
        n_calls=len(calls_s),
    )
