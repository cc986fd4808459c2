"""Steps a second for other libraries, one thread: the environment, hands in lock step."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
import torch
from common import SHORT

from forge.adapters import pettingzoo
from forge.adapters.vector_hands import VectorHands
from forge.game.constants import N_PLAYS

BATCHES = [16] if SHORT else [1, 64, 1024, 4096]
N_HANDS = 2 if SHORT else 200
N_ROUNDS = 1 if SHORT else 20


@pytest.mark.usefixtures("one_thread")
def test_environment(benchmark: Any) -> None:
    """Random hands of `raw_env`, a bid of 30 in fours; what each seat sees is made at each step."""
    env = pettingzoo.raw_env(bid=30, declaration="fours", returns="points")
    chance = np.random.default_rng(0)

    def hands() -> None:
        for seed in range(N_HANDS):
            env.reset(seed=seed)
            for _ in range(N_PLAYS):
                seen, *_ = env.last()
                env.step(chance.choice(np.flatnonzero(seen["action_mask"])))

    cpu = time.process_time()
    benchmark.pedantic(hands, rounds=1, warmup_rounds=0)
    cpu = time.process_time() - cpu
    benchmark.extra_info.update(steps_per_cpu_s=N_HANDS * N_PLAYS / cpu)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("n", BATCHES)
def test_lock_step(benchmark: Any, n: int) -> None:
    """Random plays of a batch, dealt anew each round; observations and masks made at each step."""
    hands, chance = VectorHands(n), torch.Generator().manual_seed(0)

    def rounds() -> None:
        for seed in range(N_ROUNDS):
            _, legal = hands.reset(seed)
            while not hands.is_over:
                wanted = torch.rand(legal.shape, generator=chance).masked_fill(~legal, -1)
                _, legal, _ = hands.step(wanted.argmax(dim=1))

    cpu = time.process_time()
    benchmark.pedantic(rounds, rounds=1, warmup_rounds=0)
    cpu = time.process_time() - cpu
    benchmark.extra_info.update(steps_per_cpu_s=N_ROUNDS * N_PLAYS * n / cpu)
