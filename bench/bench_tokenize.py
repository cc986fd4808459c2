"""`forge tokenize` end to end: shards -> npy, and seeds -> npy without shards.

    pytest bench/bench_tokenize.py            # seeds 0..9 (274 M states), 50,000 states a deal
    FORGE_BENCH_SHORT=1 pytest bench/...      # seeds 1 and 30 (9 M states)

`samples_per_s` counts the rows written; `states_per_s` the states read or solved for them, which is
what takes the time: of a shard of 23 million rows every page is decoded to keep 50,000.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from common import SHORT

from forge.ml.tokenize import Report, Settings, tokenize
from forge.ml.tokenized.npy_writer import read_journal
from forge.ml.tokenized.sources import SeedSource, Source, shard_sources
from forge.oracle.shards.naming import ShardKey
from forge.oracle.shards.pipeline import PipelineOptions, run_pipeline

KEYS = [ShardKey(seed, seed % 10) for seed in ([1, 30] if SHORT else range(10))]
N_SAMPLES = 50_000
ROUNDS = 1 if SHORT else 3


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shards of `KEYS`."""
    folder = tmp_path_factory.mktemp("shards")
    run_pipeline(KEYS, PipelineOptions(folder, device="cpu"))
    return folder


def bench(benchmark: Any, sources: Sequence[Source], kind: Any, output: Path) -> None:
    """Times runs into an empty folder."""

    def work() -> Report:
        return tokenize(sources, output, Settings(kind, samples_per_shard=N_SAMPLES), kind)

    def clear() -> None:
        shutil.rmtree(output, ignore_errors=True)

    report = benchmark.pedantic(work, setup=clear, rounds=ROUNDS, warmup_rounds=0)
    n_states = sum(entry.states for entry in read_journal(output / "train"))
    elapsed_s = benchmark.stats["min"]
    benchmark.extra_info.update(
        samples_per_s=report.n_samples / elapsed_s,
        states_per_s=n_states / elapsed_s,
        n_samples=report.n_samples,
        n_deals=len(sources),
        threads=torch.get_num_threads(),
    )


def test_from_shards(benchmark: Any, shards: Path, tmp_path: Path) -> None:
    bench(benchmark, shard_sources(shards), "shards", tmp_path / "data")


def test_from_seeds(benchmark: Any, tmp_path: Path) -> None:
    sources = [SeedSource(key, torch.device("cpu")) for key in KEYS]
    bench(benchmark, sources, "seeds", tmp_path / "data")
