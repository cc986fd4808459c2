"""Training steps and inference of the networks: positions a second, PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from common import N_ROUNDS, NETWORKS, SHORT, median_of_rounds, time_each

from forge.learn.batches import Batch
from forge.learn.optimizers import make_optimizer
from forge.learn.run import choose_hardware
from forge.ml.module import DominoLightningModule
from forge.ml.positions import StreamOptions, unit_rows

BATCH_SIZES = [1, 4096]
TRAIN_BATCH_SIZE = 256 if SHORT else 4096
N_STEPS = 1 if SHORT else 5

HARDWARE = choose_hardware()
DEVICE = torch.device(HARDWARE.accelerator)


@pytest.fixture(scope="module")
def rows() -> Batch:
    """Decisions of hands played out."""
    n_rows = max(BATCH_SIZES) if not SHORT else TRAIN_BATCH_SIZE
    options = StreamOptions(mixture={"played": 1.0}, per_deal=n_rows, mix_deals=1)
    return {name: column.to(DEVICE) for name, column in unit_rows(options, 0).items()}


def module_of(size: str) -> DominoLightningModule:
    """A fresh network on the device."""
    torch.manual_seed(0)
    return DominoLightningModule(**NETWORKS[size], loss_mode="qvalue").to(DEVICE)


def autocast(precision: str) -> torch.autocast:
    """The autocast of a Lightning precision."""
    dtype = torch.float16 if precision == "16-mixed" else torch.bfloat16
    return torch.autocast(DEVICE.type, dtype, enabled=precision.endswith("-mixed"))


def timed(benchmark: Any, work: Callable[[], object]) -> float:
    """Median seconds of `work`, after two calls that do not count."""

    def finished(_: int) -> None:
        work()
        if DEVICE.type == "cuda":
            torch.cuda.synchronize()

    time_each(finished, range(2))
    rounds: list[list[float]] = []
    benchmark.pedantic(lambda: rounds.append(time_each(finished, range(N_STEPS))), rounds=N_ROUNDS)
    return sum(median_of_rounds(rounds)) / N_STEPS


@pytest.mark.parametrize("precision", sorted({"32-true", HARDWARE.precision}))
@pytest.mark.parametrize("size", NETWORKS)
def test_step(benchmark: Any, rows: Batch, size: str, precision: str) -> None:
    """Forward, backward and AdamW: what streaming has to keep up with."""
    module = module_of(size).train()
    optimizer = make_optimizer(module.model, "adamw", 1e-4, 0.01)
    batch = {name: column[:TRAIN_BATCH_SIZE] for name, column in rows.items()}

    def step() -> None:
        with autocast(precision):
            losses, _, _ = module._losses(batch)
        losses["loss"].backward()
        optimizer.step()
        optimizer.zero_grad()

    step_s = timed(benchmark, step)
    benchmark.extra_info.update(samples_per_s=TRAIN_BATCH_SIZE / step_s, ms_per_step=1e3 * step_s)


@pytest.mark.parametrize("batch_size", BATCH_SIZES)
@pytest.mark.parametrize("size", NETWORKS)
def test_inference(benchmark: Any, rows: Batch, size: str, batch_size: int) -> None:
    """Scores and value in float32."""
    module = module_of(size).eval()
    batch = {name: column[:batch_size] for name, column in rows.items()}
    with torch.inference_mode():
        call_s = timed(benchmark, lambda: module(batch["tokens"], batch["masks"], batch["players"]))
    n_rows = len(batch["targets"])
    benchmark.extra_info.update(positions_per_s=n_rows / call_s, ms_per_call=1e3 * call_s)
