"""Shards: write, load, look up, verify, and `forge generate` end to end.

    pytest bench/bench_shards.py            # seeds 1, 7, 9; end to end seeds 0..9 (274 M states)
    FORGE_BENCH_SHORT=1 pytest bench/...    # seed 1 (5.2 M states)

Every result carries `states_per_s`, and `bytes_per_state` where a file is written. Writing takes
one core, verifying and end to end take all.
"""

import os

import pytest
import torch

from forge.oracle.shards.checks import verify_shard
from forge.oracle.shards.naming import ShardKey
from forge.oracle.shards.output import write_shard
from forge.oracle.shards.pipeline import PipelineOptions, run_pipeline
from forge.oracle.shards.schema import load_shard, lookup
from forge.oracle.tablebase import Tablebase

SHORT = os.environ.get("FORGE_BENCH_SHORT") == "1"
KEYS = [ShardKey(seed, seed % 10) for seed in ([1] if SHORT else [1, 7, 9])]
END_TO_END = [ShardKey(seed, seed % 10) for seed in ([1, 4] if SHORT else range(10))]
ROUNDS = 2 if SHORT else 5


@pytest.fixture(scope="module", params=KEYS, ids=lambda key: f"seed{key.seed}-decl{key.decl}")
def table(request):
    """A solved deal."""
    key = request.param
    return key, Tablebase.solve(key.deal(), key.decl)


def write(key, table, path):
    columns = (table.states, table.values, table.q_values)
    return write_shard(path, table.deal, key.decl, key.seed, None, *columns)


def rate(benchmark, n_states):
    benchmark.extra_info["states_per_s"] = n_states / benchmark.stats["min"]
    benchmark.extra_info["threads"] = torch.get_num_threads()


@pytest.mark.parametrize("suffix", ["parquet", "pt"])
def test_write(benchmark, table, tmp_path, suffix):
    key, rows = table
    path = key.path(tmp_path, suffix)
    n_bytes = benchmark.pedantic(write, args=(key, rows, path), rounds=ROUNDS, warmup_rounds=1)
    rate(benchmark, len(rows))
    benchmark.extra_info["bytes_per_state"] = n_bytes / len(rows)


def test_load(benchmark, table, tmp_path):
    key, rows = table
    path = key.path(tmp_path)
    write(key, rows, path)
    shard = benchmark.pedantic(load_shard, args=(path,), rounds=ROUNDS, warmup_rounds=1)
    assert len(shard) == len(rows)
    rate(benchmark, len(rows))


def test_look_up_one_state(benchmark, table, tmp_path):
    key, rows = table
    path = key.path(tmp_path)
    write(key, rows, path)
    state = int(rows.states[len(rows) // 3])
    value, _ = benchmark(lookup, path, state)
    assert value == rows.value(state)


def test_verify(benchmark, table, tmp_path):
    key, rows = table
    path = key.path(tmp_path)
    write(key, rows, path)
    benchmark.pedantic(verify_shard, args=(path,), rounds=ROUNDS)
    rate(benchmark, len(rows))


def test_generate_end_to_end(benchmark, tmp_path):
    """What `forge generate` does: solve, compress, write, sync."""
    options = PipelineOptions(tmp_path, overwrite=True)
    report = benchmark.pedantic(run_pipeline, args=(END_TO_END, options), rounds=1 if SHORT else 2)
    assert report.n_solved == len(END_TO_END)
    rate(benchmark, report.n_states)
    benchmark.extra_info["bytes_per_state"] = report.n_bytes / report.n_states
