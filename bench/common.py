"""What the benchmarks share: the deals, positions, timing and measured bandwidth.

`FORGE_BENCH_SHORT=1` takes a few small deals, to see that everything runs; `FORGE_BENCH_THREADS`
is the number of threads (torch's default if not set).
"""

from __future__ import annotations

import math
import os
import random
import time
from collections.abc import Callable, Iterable, Sequence
from statistics import fmean, median
from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor

from forge.game.constants import INITIAL_STATE
from forge.oracle.position import Position
from forge.oracle.shards.naming import ShardKey

Item = TypeVar("Item")

SHORT = os.environ.get("FORGE_BENCH_SHORT") == "1"
THREADS = int(os.environ.get("FORGE_BENCH_THREADS", torch.get_num_threads()))
LOAD_AT_START = os.getloadavg()[0]
QUIET_LOAD = 0.5  # above it at the start, something else was running: not for the record
N_ROUNDS = 2 if SHORT else 5

# Networks to measure: the two published sizes (the first is the default), and the one for CPUs.
NETWORKS: dict[str, dict[str, Any]] = {
    "816k": {"embed_dim": 128, "n_heads": 8, "n_layers": 4, "ff_dim": 512},
    "3.3m": {"embed_dim": 256, "n_heads": 8, "n_layers": 4, "ff_dim": 1024},
    "mlp-3.3m": {"arch": "mlp", "embed_dim": 512, "n_layers": 4, "ff_dim": 512},
}

BYTES_PER_STATE = 16  # int64 state, int8 V, 7 int8 q
BANDWIDTH_BYTES = 500_000_000

STANDARD = [ShardKey(seed, seed % 10) for seed in ([1, 29, 30, 35] if SHORT else range(1, 41))]
RANDOM = [ShardKey(seed, seed % 10) for seed in range(1001, 1011 if SHORT else 1401)]


class Positions(NamedTuple):
    """A batch as `forge.ops.search` takes it."""

    deals: Tensor  # int8 [B, 4, 7]
    decls: Tensor  # int8 [B]
    states: Tensor  # int64 [B]

    @property
    def n(self) -> int:
        """How many: B."""
        return self.states.shape[0]

    def to(self, device: torch.device) -> Positions:
        """The same batch on a device."""
        return Positions(*(column.to(device) for column in self._columns()))

    def take(self, index: Tensor | slice) -> Positions:
        """Some of them."""
        return Positions(*(column[index].contiguous() for column in self._columns()))

    def split(self) -> list[Positions]:
        """Batches of one."""
        return [self.take(slice(i, i + 1)) for i in range(self.n)]

    def _columns(self) -> tuple[Tensor, Tensor, Tensor]:
        return self.deals, self.decls, self.states


def key_id(key: ShardKey) -> str:
    """The name of a deal in figures."""
    return f"seed{key.seed}-decl{key.decl}"


def batch(positions: Sequence[tuple[ShardKey, int]]) -> Positions:
    """Positions of (deal, state) pairs."""
    return Positions(
        torch.stack([key.deal().tensor for key, _ in positions]),
        torch.tensor([key.decl for key, _ in positions], dtype=torch.int8),
        torch.tensor([state for _, state in positions], dtype=torch.int64),
    )


def first_leads(keys: Sequence[ShardKey]) -> Positions:
    """The first lead of each deal."""
    return batch([(key, INITIAL_STATE) for key in keys])


def random_first_leads(n: int, seed: int = 0) -> Positions:
    """First leads of n random deals; declarations in turn."""
    generator = torch.Generator().manual_seed(seed)
    dominoes = torch.rand(n, 28, generator=generator).argsort(dim=1).to(torch.int8)
    return Positions(
        dominoes.view(n, 4, 7).sort(dim=2).values.contiguous(),
        (torch.arange(n) % 10).to(torch.int8),
        torch.full((n,), INITIAL_STATE),
    )


def random_hand(key: ShardKey) -> list[int]:
    """The states of a hand of random play: 28 decisions, in order."""
    chance = random.Random(key.seed)
    position = Position(key.deal(), key.decl)
    states = []
    while not position.is_over:
        states.append(position.state)
        position = position.play(chance.choice(position.legal_slots()))
    return states


def time_each(
    work: Callable[[Item], object],
    items: Iterable[Item],
    before: Callable[[Item], object] | None = None,
) -> list[float]:
    """Seconds of `work(item)` for each item; `before(item)` and letting go of results is free."""
    elapsed_s = []
    for item in items:
        if before is not None:
            before(item)
        start = time.perf_counter()
        result = work(item)
        elapsed_s.append(time.perf_counter() - start)
        del result
    return elapsed_s


def median_of_rounds(rounds: Sequence[Sequence[float]]) -> list[float]:
    """Median over the rounds, item by item."""
    return [median(times) for times in zip(*rounds, strict=True)]


def bench_each(
    benchmark: Any,
    work: Callable[[Item], object],
    items: Sequence[Item],
    before: Callable[[Item], object] | None = None,
    n_rounds: int = N_ROUNDS,
) -> list[float]:
    """Median seconds of `work(item)` for each item, over rounds through all items."""
    rounds: list[list[float]] = []
    benchmark.pedantic(lambda: rounds.append(time_each(work, items, before)), rounds=n_rounds)
    return median_of_rounds(rounds)


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that `percent` of all do not exceed (the slowest of fewer than 100)."""
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


def milliseconds(elapsed_s: Sequence[float]) -> dict[str, float]:
    """Mean, median and slowest percentile of times, as figures."""
    return {
        "mean_ms": 1e3 * fmean(elapsed_s),
        "p50_ms": 1e3 * percentile(elapsed_s, 50),
        "p99_ms": 1e3 * percentile(elapsed_s, 99),
        "slowest_ms": 1e3 * max(elapsed_s),
        "n_items": len(elapsed_s),
    }


class Bandwidth(NamedTuple):
    """Measured on memory already touched."""

    fill_bytes_per_s: float  # written by a memset
    copy_bytes_per_s: float  # read and written by a copy


def measure_bandwidth(device: torch.device, n_bytes: int = BANDWIDTH_BYTES) -> Bandwidth:
    """The best of ten, on all threads (or on the GPU)."""
    source = torch.zeros(n_bytes // 8, dtype=torch.int64, device=device)
    target = torch.ones_like(source)

    def wait() -> None:
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    def fill(value: int) -> None:
        target.fill_(value)
        wait()

    def copy(_: int) -> None:
        target.copy_(source)
        wait()

    wait()
    fill_s, copy_s = (min(time_each(work, range(10))) for work in (fill, copy))
    return Bandwidth(n_bytes / fill_s, 2 * n_bytes / copy_s)
