"""Streams of positions: rows a second and core by distribution, what a training step asks for."""

from __future__ import annotations

import time
from itertools import islice
from typing import Any

import pytest
from common import SHORT, THREADS, bench_each

from forge.ml.mixing import PositionStream
from forge.ml.positions import StreamOptions, unit_rows

MIXTURES = {
    "uniform": {"uniform": 1.0},
    "played": {"played": 1.0},
    "mixed": {"uniform": 0.8, "played": 0.2},
}
PER_DEAL = [1000] if SHORT else [1000, 10_000, 25_000]
N_UNITS = 2 if SHORT else 40
BATCH_SIZE = 4096
N_BATCHES = 4 if SHORT else 200


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("per_deal", PER_DEAL)
@pytest.mark.parametrize("mixture", MIXTURES)
def test_units(benchmark: Any, mixture: str, per_deal: int) -> None:
    """What one worker makes: deals solved or hands played, sampled and tokenised."""
    options = StreamOptions(mixture=MIXTURES[mixture], per_deal=per_deal)
    units = range(N_UNITS if mixture == "uniform" else max(1, N_UNITS // 8))
    elapsed_s = bench_each(
        benchmark, lambda unit: unit_rows(options, unit), list(units), n_rounds=1
    )
    benchmark.extra_info.update(
        rows_per_s=per_deal * len(units) / sum(elapsed_s),
        ms_per_unit=1e3 * sum(elapsed_s) / len(units),
        n_units=len(units),
    )


@pytest.mark.parametrize("n_workers", [0, THREADS])
def test_batches(benchmark: Any, n_workers: int) -> None:
    """Mixed batches as training gets them, once the first is there; workers solve beside."""
    options = StreamOptions(per_deal=1000 if SHORT else 10_000, mix_deals=2 if SHORT else 32)
    stream = PositionStream(options, BATCH_SIZE, num_workers=n_workers)
    times_s: list[float] = []

    def draw() -> None:
        begin = time.perf_counter()
        batches = stream.batches()
        next(batches)
        started = time.perf_counter()
        for _ in islice(batches, N_BATCHES):
            pass
        times_s.extend((started - begin, time.perf_counter() - started))

    benchmark.pedantic(draw, rounds=1)
    benchmark.extra_info.update(
        first_batch_s=times_s[0],
        rows_per_s=BATCH_SIZE * N_BATCHES / times_s[1],
        n_batches=N_BATCHES,
    )
