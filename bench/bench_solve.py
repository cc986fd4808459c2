"""`solve` to (states, V, q) in memory: states a second, against the baseline, memory bandwidth and
the memory it takes.

*Warm* means that the deal was solved once before, so that the pool of `forge.ops.memory` holds
pages already touched (as far as it keeps them: 1 GiB); *fresh* gives them back before each solve.
"""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import baseline
import pytest
from common import (
    BYTES_PER_STATE,
    N_ROUNDS,
    SHORT,
    STANDARD,
    THREADS,
    Bandwidth,
    bench_each,
    key_id,
    median_of_rounds,
    milliseconds,
    percentile,
    time_each,
)
from torch import Tensor

from forge import ops
from forge.oracle.shards.naming import ShardKey

# 48 million states in full form, 22.9 million of them one deal: a minute and more of the baseline.
WITH_BASELINE = (
    [ShardKey(158, 6)] if SHORT else [ShardKey(seed, seed % 10) for seed in (30, 1, 29, 17, 7)]
)
BASELINE_ROUNDS = 1 if SHORT else 2
FOR_MEMORY = [ShardKey(1, 1)] if SHORT else [ShardKey(7, 7), ShardKey(3, 3)]

# VmHWM, not getrusage: ru_maxrss starts at the peak of the process that started this one.
MEMORY_SCRIPT = """
import sys
import torch
from forge import ops
from forge.oracle.shards.naming import ShardKey

seed, decl, n_threads, solves = map(int, sys.argv[1:])
torch.set_num_threads(n_threads)
deal = ShardKey(seed, decl).deal().tensor
solution = ops.solve(deal, decl) if solves else [torch.empty(0)]
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(len(solution[0]), int(peak.split()[1]) * 1024)
"""


def solve(key: ShardKey) -> tuple[Tensor, Tensor, Tensor]:
    """What is measured."""
    solution: tuple[Tensor, Tensor, Tensor] = ops.solve(key.deal().tensor, key.decl)
    return solution


def count_states(key: ShardKey) -> int:
    """The size of a deal."""
    return ops.count_states(key.deal().tensor, key.decl)


def give_memory_back(_: ShardKey) -> None:
    """For fresh pages."""
    ops.release_memory()


def solve_with_baseline(key: ShardKey) -> baseline.Solution:
    """The generic way."""
    return baseline.solve(baseline.deal_of_seed(key.seed), key.decl)


def solve_figures(
    n_states: list[int], elapsed_s: list[float], bandwidth: Bandwidth
) -> dict[str, float]:
    """Rates over all deals together, the slowest deal, and the share of the bandwidth."""
    states_per_s = sum(n_states) / sum(elapsed_s)
    by_deal = [n / seconds for n, seconds in zip(n_states, elapsed_s, strict=True)]
    written_bytes_per_s = BYTES_PER_STATE * states_per_s
    return {
        "states_per_s": states_per_s,
        "slowest_deal_states_per_s": percentile(by_deal, 1),
        "n_states": sum(n_states),
        **milliseconds(elapsed_s),
        "written_bytes_per_s": written_bytes_per_s,
        "share_of_fill_bandwidth": written_bytes_per_s / bandwidth.fill_bytes_per_s,
    }


def test_memory_bandwidth(benchmark: Any, host_bandwidth: Bandwidth) -> None:
    benchmark.pedantic(lambda: host_bandwidth)  # measured once, for all tests of the run
    benchmark.extra_info.update(host_bandwidth._asdict())


def test_warm(benchmark: Any, host_bandwidth: Bandwidth) -> None:
    n_states = [count_states(key) for key in STANDARD]
    elapsed_s = bench_each(benchmark, solve, STANDARD, before=solve)
    benchmark.extra_info.update(solve_figures(n_states, elapsed_s, host_bandwidth))


def test_fresh(benchmark: Any, host_bandwidth: Bandwidth) -> None:
    n_states = [count_states(key) for key in STANDARD]
    elapsed_s = bench_each(benchmark, solve, STANDARD, before=give_memory_back)
    benchmark.extra_info.update(solve_figures(n_states, elapsed_s, host_bandwidth))


def test_reach(benchmark: Any) -> None:
    """Finding what is reachable, and how much of a warm solve that is."""
    reach_s = bench_each(benchmark, count_states, STANDARD, before=count_states)
    rounds = [time_each(solve, STANDARD, before=solve) for _ in range(N_ROUNDS)]
    solve_s = sum(median_of_rounds(rounds))
    benchmark.extra_info.update(
        reach_share_of_solve=sum(reach_s) / solve_s,
        reach_mean_ms=1e3 * sum(reach_s) / len(STANDARD),
        rest_mean_ms=1e3 * (solve_s - sum(reach_s)) / len(STANDARD),
    )


def test_baseline_ratio(benchmark: Any) -> None:
    """The same deals, threads and run, in turn, so that both meet the same machine.

    Beside the ratio of times stands that of CPU times (all threads), which other programs disturb
    less; where the two differ, or `cores_used` is far from the threads, something else was running.
    """
    works = {
        "baseline": (solve_with_baseline, None),
        "warm": (solve, solve),
        "fresh": (solve, give_memory_back),
    }
    rounds: dict[str, list[list[float]]] = {name: [] for name in works}
    cpu_s = dict.fromkeys(works, 0.0)

    def one_round() -> None:
        times: dict[str, list[float]] = {name: [] for name in works}
        for key in WITH_BASELINE:
            for name, (work, before) in works.items():
                if before is not None:
                    before(key)
                start_cpu_s = time.process_time()
                times[name] += time_each(work, [key])
                cpu_s[name] += time.process_time() - start_cpu_s
        for name in works:
            rounds[name].append(times[name])

    benchmark.pedantic(one_round, rounds=BASELINE_ROUNDS)
    n_states = sum(count_states(key) for key in WITH_BASELINE)
    wall_s = {name: sum(median_of_rounds(rounds[name])) for name in works}
    for name in works:
        if name != "baseline":
            figures = {
                f"{name}_over_baseline": wall_s["baseline"] / wall_s[name],
                f"{name}_over_baseline_by_cpu_time": cpu_s["baseline"] / cpu_s[name],
            }
            benchmark.extra_info.update(figures)
        benchmark.extra_info[f"{name}_states_per_s"] = n_states / wall_s[name]
        all_wall_s = sum(sum(times) for times in rounds[name])
        benchmark.extra_info[f"{name}_cores_used"] = cpu_s[name] / all_wall_s
    benchmark.extra_info.update(
        n_states=n_states, deals=" ".join(key_id(key) for key in WITH_BASELINE)
    )


def peak_memory(key: ShardKey, solves: bool) -> tuple[int, int]:
    """(states, peak bytes) of a new process that solves a deal, or only imports what it needs."""
    arguments = [str(number) for number in (key.seed, key.decl, THREADS, int(solves))]
    process = subprocess.run(
        [sys.executable, "-c", MEMORY_SCRIPT, *arguments],
        check=True,
        capture_output=True,
        text=True,
    )
    n_states, n_bytes = map(int, process.stdout.split())
    return n_states, n_bytes


@pytest.mark.parametrize("key", FOR_MEMORY, ids=key_id)
def test_peak_memory(benchmark: Any, key: ShardKey) -> None:
    _, import_bytes = peak_memory(key, solves=False)
    n_states, peak_bytes = benchmark.pedantic(peak_memory, args=(key, True))
    benchmark.extra_info.update(
        bytes_per_state=(peak_bytes - import_bytes) / n_states,
        n_states=n_states,
        peak_bytes=peak_bytes,
        import_bytes=import_bytes,
    )
