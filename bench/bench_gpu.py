"""The GPU: searches, tablebases and decisions a second, and sweeps for the tuning of the search.

Skipped without a CUDA build and a device; `FORGE_REQUIRE_GPU=1` makes that a failure. Every time is
that of a call and `torch.cuda.synchronize`, after an untimed call. A step that would outlast
`FORGE_BENCH_GPU_STEP_S` seconds (60) takes fewer positions and says how many it took.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import pytest
import torch
from common import (
    BYTES_PER_STATE,
    N_ROUNDS,
    SHORT,
    STANDARD,
    Bandwidth,
    Positions,
    bench_each,
    first_leads,
    measure_bandwidth,
    milliseconds,
    random_first_leads,
)
from torch import Tensor

from forge import ops
from forge.build import native
from forge.game.constants import N_PLAYS
from forge.game.deal import Deal
from forge.oracle.shards.naming import ShardKey
from forge.play.games import Games
from forge.play.keys import decision_keys
from forge.play.seen import seen_by
from forge.policy import SHIPPED
from forge.policy.numbers import load_policy

STEP_S = float(os.environ.get("FORGE_BENCH_GPU_STEP_S", "60"))
BATCHES = [1, 100, 2000] if SHORT else [1, 100, 10_000, 1_000_000]
N_PROBE = 10_000  # positions that say how long a larger batch will take
N_SWEEP = 2000 if SHORT else 20_000
N_TOKENIZED = 100_000 if SHORT else 1_000_000
LANES = (128, 256, 512, 1024)
LOG2_TABLES = (8, 9, 10, 11, 12)
TOKEN_BYTES = 32 * 12 + 32
N_DECISION_WORLDS = 20 if SHORT else 1024
MOST_GAMES = 32 if SHORT else 512
DECISIONS: dict[str, dict[str, Any]] = {
    "eq": {"for_points": True, "weigh": False, "race": False},
    "eq_racing": {"for_points": True, "weigh": False},
    "seat": {"pool": 8 * N_DECISION_WORLDS},
}

pytestmark = pytest.mark.gpu


@pytest.fixture(scope="module", autouse=True)
def device() -> torch.device:
    """The GPU, or a skip."""
    if not (native.build()["cuda"] and torch.cuda.is_available()):
        reason = "needs a CUDA build of crystal-forge and a CUDA device"
        if os.environ.get("FORGE_REQUIRE_GPU") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return torch.device("cuda")


@pytest.fixture(scope="module")
def bandwidth(device: torch.device) -> Bandwidth:
    """Of the GPU's memory, in this run: 2 GB, far more than its L2 cache."""
    return measure_bandwidth(device, n_bytes=2_000_000_000)


def search_q(positions: Positions) -> None:
    """All seven exact values."""
    ops.search(*positions)
    torch.cuda.synchronize()


def search_bid(positions: Positions) -> None:
    """Whether each lead makes a bid of 30."""
    bid = torch.tensor([18], dtype=torch.int8, device=positions.states.device)
    ops.search_at_least(*positions, bid)
    torch.cuda.synchronize()


def seconds(work: Callable[[Positions], None], positions: Positions) -> float:
    """Of one call."""
    start = time.perf_counter()
    work(positions)
    return time.perf_counter() - start


def affordable(work: Callable[[Positions], None], n: int, device: torch.device) -> Positions:
    """n first leads of random deals, or as many as are done in STEP_S seconds."""
    positions = random_first_leads(n).to(device)
    probe = positions.take(slice(0, min(n, N_PROBE)))
    work(probe)  # loads the kernels
    s_per_position = seconds(work, probe) / probe.n
    most = max(1, int(STEP_S / s_per_position))
    return positions if n <= most else positions.take(slice(0, most))


def bench_batch(
    benchmark: Any, work: Callable[[Positions], None], n: int, device: torch.device
) -> None:
    """Positions a second in one call; single positions are the standard deals, one by one."""
    if n == 1:
        items = first_leads(STANDARD).to(device).split()
        work(items[0])
        elapsed_s = bench_each(benchmark, work, items, n_rounds=3)
        benchmark.extra_info.update(
            positions_per_s=len(items) / sum(elapsed_s), **milliseconds(elapsed_s)
        )
        return
    positions = affordable(work, n, device)
    n_rounds = 1 if positions.n > 100_000 else N_ROUNDS
    (batch_s,) = bench_each(benchmark, work, [positions], n_rounds=n_rounds)
    benchmark.extra_info.update(positions_per_s=positions.n / batch_s, n_positions=positions.n)


@pytest.mark.parametrize("n", BATCHES)
def test_search_q(benchmark: Any, device: torch.device, n: int) -> None:
    bench_batch(benchmark, search_q, n, device)


@pytest.mark.parametrize("n", BATCHES)
def test_search_at_least(benchmark: Any, device: torch.device, n: int) -> None:
    bench_batch(benchmark, search_bid, n, device)


def test_memory_bandwidth(benchmark: Any, bandwidth: Bandwidth) -> None:
    benchmark.pedantic(lambda: bandwidth)  # measured once
    benchmark.extra_info.update(bandwidth._asdict())


def test_solve(benchmark: Any, device: torch.device, bandwidth: Bandwidth) -> None:
    """Whole tablebases, left on the device."""
    deals = [(key.deal().tensor.to(device), key.decl) for key in STANDARD]

    def solve(item: tuple[Tensor, int]) -> tuple[Tensor, Tensor, Tensor]:
        solution: tuple[Tensor, Tensor, Tensor] = ops.solve(*item)
        torch.cuda.synchronize()
        return solution

    n_states = sum(solve(item)[0].shape[0] for item in deals)  # warms the allocator, too
    elapsed_s = bench_each(benchmark, solve, deals)
    written_bytes_per_s = BYTES_PER_STATE * n_states / sum(elapsed_s)
    benchmark.extra_info.update(
        deals_per_s=len(deals) / sum(elapsed_s),
        states_per_s=n_states / sum(elapsed_s),
        **milliseconds(elapsed_s),
        written_bytes_per_s=written_bytes_per_s,
        share_of_fill_bandwidth=written_bytes_per_s / bandwidth.fill_bytes_per_s,
        share_of_copy_bandwidth=written_bytes_per_s / bandwidth.copy_bytes_per_s,
    )


def test_tokenize(benchmark: Any, device: torch.device, bandwidth: Bandwidth) -> None:
    """States of one deal."""
    key = ShardKey(158, 6)  # 1.9 million states
    deal = key.deal().tensor.to(device)
    states = ops.enumerate_states(deal, key.decl)[:N_TOKENIZED].contiguous()
    decls = torch.tensor([key.decl], dtype=torch.int8, device=device)

    def tokenize(batch: Tensor) -> tuple[Tensor, Tensor]:
        tokens: tuple[Tensor, Tensor] = ops.tokenize_states(deal[None], decls, batch)
        torch.cuda.synchronize()
        return tokens

    tokenize(states)
    (elapsed_s,) = bench_each(benchmark, tokenize, [states])
    written_bytes_per_s = TOKEN_BYTES * states.shape[0] / elapsed_s
    benchmark.extra_info.update(
        states_per_s=states.shape[0] / elapsed_s,
        written_bytes_per_s=written_bytes_per_s,
        share_of_fill_bandwidth=written_bytes_per_s / bandwidth.fill_bytes_per_s,
    )


@pytest.mark.parametrize("n_rows", [1, 1000])
@pytest.mark.parametrize("sampler", ["uniform", "mrv"])
def test_sample_worlds(benchmark: Any, device: torch.device, sampler: str, n_rows: int) -> None:
    """Worlds of the first lead, where they take longest: a million in one call."""
    allowed = torch.full((n_rows, 3), (1 << 21) - 1, dtype=torch.int32, device=device)
    sizes = torch.full((n_rows, 3), 7, dtype=torch.int8, device=device)
    keys = torch.arange(n_rows, device=device)
    n_samples = 1_000_000 // n_rows

    def sample(_: object) -> Tensor:
        worlds: Tensor = ops.sample_worlds(allowed, sizes, keys, n_samples, sampler)
        torch.cuda.synchronize()
        return worlds

    sample(None)
    (elapsed_s,) = bench_each(benchmark, sample, [None])
    benchmark.extra_info.update(worlds_per_s=n_rows * n_samples / elapsed_s)


def play_hands(n_games: int, device: torch.device, settings: dict[str, Any]) -> float:
    """Seconds that hands take in which every seat decides so; nothing leaves the device."""
    weights = load_policy(SHIPPED).tensor.to(device)
    games = Games.start(
        [Deal.from_seed(seed) for seed in range(n_games)], [seed % 10 for seed in range(n_games)]
    ).to(device)
    needed = torch.full((n_games,), 30, dtype=torch.int8, device=device)
    seeds = torch.arange(n_games, device=device)
    torch.cuda.synchronize()
    start = time.perf_counter()
    for k in range(N_PLAYS):
        seen = seen_by(games, needed)
        found = ops.decide(*seen, decision_keys(seeds, k, 1), weights, **settings)
        games = games.play(found.slots)
    torch.cuda.synchronize()
    return time.perf_counter() - start


@pytest.mark.parametrize("judged", DECISIONS)
def test_decide(benchmark: Any, device: torch.device, judged: str) -> None:
    """Whole hands a second, by E[Q] (all slots in all worlds, and racing) and as a seat."""
    settings = DECISIONS[judged] | {"n_worlds": N_DECISION_WORLDS}
    n_games = 8
    elapsed_s = play_hands(n_games, device, settings)  # loads the kernels
    elapsed_s = play_hands(n_games, device, settings)
    while n_games < MOST_GAMES and 8 * elapsed_s < STEP_S / 4:
        n_games *= 4
        elapsed_s = play_hands(n_games, device, settings)
    benchmark.pedantic(lambda: elapsed_s)  # measured already
    benchmark.extra_info.update(
        games_per_s=n_games / elapsed_s,
        decisions_per_s=N_PLAYS * n_games / elapsed_s,
        n_games=n_games,
        n_worlds=N_DECISION_WORLDS,
    )


def tunings() -> list[tuple[int, int]]:
    """(lanes a multiprocessor, log2 of table entries), those in use first."""
    in_use = (ops.lanes.LANES_PER_MULTIPROCESSOR, ops.lanes.LOG2_LANE_TABLE)
    others = [pair for pair in itertools.product(LANES, LOG2_TABLES) if pair != in_use]
    return [in_use, *others]


@pytest.mark.parametrize("question", ["q", "at_least"])
def test_sweep(
    benchmark: Any, device: torch.device, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    """Positions a second of every tuning on one batch, as far as STEP_S seconds go."""
    work = search_q if question == "q" else search_bid
    positions = affordable(work, N_SWEEP, device)
    to_try = tunings()
    positions_per_s: dict[tuple[int, int], float] = {}

    def sweep() -> None:
        stop = time.perf_counter() + STEP_S
        for lanes, log2_table in to_try:
            if time.perf_counter() > stop:
                break
            monkeypatch.setattr(ops.lanes, "LANES_PER_MULTIPROCESSOR", lanes)
            monkeypatch.setattr(ops.lanes, "LOG2_LANE_TABLE", log2_table)
            work(positions.take(slice(0, 100)))
            elapsed_s = median(seconds(work, positions) for _ in range(3))
            positions_per_s[lanes, log2_table] = positions.n / elapsed_s

    benchmark.pedantic(sweep)
    best = max(positions_per_s, key=positions_per_s.__getitem__)
    for (lanes, log2_table), rate in sorted(positions_per_s.items()):
        benchmark.extra_info[f"lanes{lanes}_table{log2_table}_positions_per_s"] = rate
    benchmark.extra_info.update(
        best=f"lanes{best[0]}_table{best[1]}",
        best_over_in_use=positions_per_s[best] / positions_per_s[to_try[0]],
        n_tunings=len(positions_per_s),
        n_positions=positions.n,
    )
