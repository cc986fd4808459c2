"""`tokenize_states`: states a second, all threads."""

from __future__ import annotations

from typing import Any

import torch
from common import SHORT, Positions, batch, bench_each, random_hand

from forge import ops
from forge.oracle.shards.naming import ShardKey

N_STATES = 100_000 if SHORT else 1_000_000
N_BYTES = 32 * 12 + 32  # of a state's tokens and mask


def tokenize(positions: Positions) -> tuple[torch.Tensor, torch.Tensor]:
    """What is measured."""
    tokens: tuple[torch.Tensor, torch.Tensor] = ops.tokenize_states(*positions)
    return tokens


def states_of_one_deal(n: int) -> Positions:
    """n states spread evenly over all the states of a deal."""
    key = ShardKey(158, 6)  # 1.9 million states
    deal = key.deal().tensor
    states = ops.enumerate_states(deal, key.decl)
    rows = torch.linspace(0, len(states) - 1, n, dtype=torch.float64).long()
    return Positions(deal[None], torch.tensor([key.decl], dtype=torch.int8), states[rows])


def states_of_many_deals(n: int) -> Positions:
    """n states of 1,000 hands of random play (100 in short form), again and again."""
    keys = [ShardKey(seed, seed % 10) for seed in range(1, 101 if SHORT else 1001)]
    positions = batch([(key, state) for key in keys for state in random_hand(key)])
    return positions.take(torch.arange(n) % positions.n)


def bench_tokens(benchmark: Any, positions: Positions) -> None:
    """Times one call."""
    (elapsed_s,) = bench_each(benchmark, tokenize, [positions])
    states_per_s = positions.n / elapsed_s
    benchmark.extra_info.update(
        states_per_s=states_per_s,
        written_bytes_per_s=N_BYTES * states_per_s,
        n_states=positions.n,
    )


def test_one_deal(benchmark: Any) -> None:
    bench_tokens(benchmark, states_of_one_deal(N_STATES))


def test_many_deals(benchmark: Any) -> None:
    bench_tokens(benchmark, states_of_many_deals(N_STATES))
