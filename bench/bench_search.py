"""Exact search of positions without a tablebase: time a position and core, and batches."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from common import (
    N_ROUNDS,
    RANDOM,
    SHORT,
    STANDARD,
    THREADS,
    Positions,
    batch,
    bench_each,
    first_leads,
    median_of_rounds,
    milliseconds,
    random_first_leads,
    random_hand,
    time_each,
)

from forge import ops
from forge.oracle.position import Position
from forge.oracle.search import SearchContext, search_one
from forge.oracle.shards.naming import ShardKey

BID_30 = torch.tensor([18], dtype=torch.int8)  # 30 of 42 points: 18 more than the other team
DEALS = {"standard": STANDARD, "random": RANDOM}
N_IN_BATCH = 50 if SHORT else 1000


def search_q(positions: Positions) -> torch.Tensor:
    """All seven exact values."""
    q: torch.Tensor = ops.search(*positions)
    return q


def search_bid(positions: Positions) -> torch.Tensor:
    """Whether each lead makes a bid of 30."""
    answers: torch.Tensor = ops.search_at_least(*positions, BID_30)
    return answers


QUESTIONS = {"q": search_q, "at_least": search_bid}


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("deals", DEALS)
def test_first_lead_q(benchmark: Any, deals: str) -> None:
    """One call a position, one thread."""
    elapsed_s = bench_each(benchmark, search_q, first_leads(DEALS[deals]).split())
    benchmark.extra_info.update(milliseconds(elapsed_s))


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("deals", DEALS)
def test_first_lead_at_least(benchmark: Any, deals: str) -> None:
    """One call a position, one thread."""
    elapsed_s = bench_each(benchmark, search_bid, first_leads(DEALS[deals]).split())
    benchmark.extra_info.update(milliseconds(elapsed_s))


@pytest.mark.parametrize("question", QUESTIONS)
def test_batch(benchmark: Any, question: str) -> None:
    """First leads of random deals in one call, all threads."""
    positions = random_first_leads(N_IN_BATCH)
    (elapsed_s,) = bench_each(benchmark, QUESTIONS[question], [positions])
    benchmark.extra_info.update(
        positions_per_s=positions.n / elapsed_s,
        core_ms_per_position=1e3 * THREADS * elapsed_s / positions.n,
        n_positions=positions.n,
    )


@pytest.fixture(scope="module")
def hands() -> list[tuple[ShardKey, list[int]]]:
    """Hands of random play, one a deal."""
    keys = [ShardKey(seed, seed % 10) for seed in range(1, N_IN_BATCH + 1)]
    return [(key, random_hand(key)) for key in keys]


@pytest.mark.parametrize("trick", range(7))
def test_by_trick(benchmark: Any, hands: list[tuple[ShardKey, list[int]]], trick: int) -> None:
    """q of the lead after so many tricks of random play, in one call, all threads."""
    positions = batch([(key, states[4 * trick]) for key, states in hands])
    (elapsed_s,) = bench_each(benchmark, search_q, [positions])
    benchmark.extra_info.update(
        positions_per_s=positions.n / elapsed_s,
        core_us_per_position=1e6 * THREADS * elapsed_s / positions.n,
        n_positions=positions.n,
    )


def best_line(key: ShardKey) -> list[int]:
    """The 28 states of best play, ties to the lowest slot."""
    position, context = Position(key.deal(), key.decl), SearchContext(key.deal(), key.decl)
    states = []
    while not position.is_over:
        states.append(position.state)
        q = context.q(position.state)
        known = [value for value in q if value is not None]
        best = min(known) if position.seat_to_act & 1 else max(known)
        position = position.play(q.index(best))
    return states


@pytest.mark.usefixtures("one_thread")
def test_warm_hand(benchmark: Any) -> None:
    """q at each of the 28 decisions of best play: one context a hand, against a call each."""
    lines = [(key, best_line(key)) for key in STANDARD]
    # Move by move through all hands at once: a call finds the table full of another deal's.
    cold_items = [(key.deal(), key.decl, states[k]) for k in range(28) for key, states in lines]

    def play_warm() -> list[float]:
        elapsed_s = []
        for key, states in lines:
            context = SearchContext(key.deal(), key.decl)
            elapsed_s += time_each(context.q, states)
        return elapsed_s

    warm_rounds: list[list[float]] = []
    benchmark.pedantic(lambda: warm_rounds.append(play_warm()), rounds=N_ROUNDS)
    cold_rounds = [time_each(lambda item: search_one(*item), cold_items) for _ in range(N_ROUNDS)]
    warm_s = median_of_rounds(warm_rounds)
    by_move_s = median_of_rounds(cold_rounds)
    cold_s = [by_move_s[k * len(lines) + i] for i in range(len(lines)) for k in range(28)]
    later = [i for i in range(len(warm_s)) if i % 28]  # all but the first leads
    benchmark.extra_info.update(
        warm_ms_per_hand=1e3 * sum(warm_s) / len(lines),
        cold_ms_per_hand=1e3 * sum(cold_s) / len(lines),
        cold_over_warm=sum(cold_s) / sum(warm_s),
        cold_over_warm_after_first_lead=sum(cold_s[i] for i in later)
        / sum(warm_s[i] for i in later),
    )
