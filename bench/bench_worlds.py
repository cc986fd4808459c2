"""`sample_worlds`: worlds a second by trick and by batch, and how far `mrv` is from uniform.

`core_ns_per_world` is CPU time, which other work on the machine disturbs less than `worlds_per_s`.
The questions are those of hands of random play: what the seat to act can know of the other three
from its own hand, the dominoes played, and who failed to follow what.
"""

from __future__ import annotations

import functools
import time
from collections import Counter
from collections.abc import Iterator
from math import comb
from statistics import median
from typing import Any, NamedTuple

import pytest
import torch
from common import SHORT, Bandwidth, bench_each, random_hand
from torch import Tensor

from forge import ops
from forge.game.state import unpack_state
from forge.game.tables import FOLLOWS, LED_SUIT
from forge.oracle.shards.naming import ShardKey

SAMPLERS = ("uniform", "mrv")
N_HANDS = 50 if SHORT else 1000
N_WORLDS = 100_000 if SHORT else 2_000_000  # of a call by trick
N_BIAS_HANDS, N_BIAS_SAMPLES = (5, 10_000) if SHORT else (50, 50_000)
WORLD_BYTES = 12  # three int32 masks
HALF_POPCOUNT = torch.tensor([mask.bit_count() for mask in range(1 << 14)])


class Questions(NamedTuple):
    """Arguments of `count_worlds`."""

    allowed: Tensor  # int32 [B, 3]
    sizes: Tensor  # int8 [B, 3]


def mask_of(dominoes: Any) -> int:
    """Set of domino ids as a mask."""
    return sum(1 << int(domino) for domino in dominoes)


def questions_of_hand(key: ShardKey) -> Iterator[tuple[list[int], list[int]]]:
    """(allowed, sizes) at each of the 28 decisions, seats in order after the one to act."""
    deal = key.deal().tensor.tolist()
    suits = [mask_of(suit.nonzero()[0]) for suit in FOLLOWS[key.decl]]
    void = [0] * 4  # dominoes the seat has shown not to hold
    played: list[int] = []  # to the current trick
    states = random_hand(key)
    for state, after in zip(states, [*states[1:], None], strict=True):
        position = unpack_state(state)
        hands = [
            mask_of(d for slot, d in enumerate(deal[seat]) if mask >> slot & 1)
            for seat, mask in enumerate(position.hands)
        ]
        seat = position.seat_to_act
        others = [(seat + k) % 4 for k in (1, 2, 3)]
        unseen = sum(hands[other] for other in others)
        yield (
            [unseen & ~void[other] for other in others],
            [hands[other].bit_count() for other in others],
        )
        if after is None:
            return
        played = [*played[: len(position.plays)], 0]
        slot = (position.hands[seat] & ~unpack_state(after).hands[seat]).bit_length() - 1
        played[-1] = deal[seat][slot]
        suit = suits[LED_SUIT[key.decl, played[0]]]
        if not suit >> played[-1] & 1:
            void[seat] |= suit


@functools.cache
def questions(n_hands: int) -> list[Questions]:
    """At each decision of n hands of random play: 28 batches of n."""
    hands = [list(questions_of_hand(ShardKey(seed, seed % 10))) for seed in range(1, n_hands + 1)]
    return [
        Questions(
            torch.tensor([allowed for allowed, _ in rows], dtype=torch.int32),
            torch.tensor([sizes for _, sizes in rows], dtype=torch.int8),
        )
        for rows in zip(*hands, strict=True)
    ]


def bench_sampling(
    benchmark: Any, batch: Questions, n_samples: int, sampler: str, bandwidth: Bandwidth
) -> None:
    """Worlds a second, all threads."""
    n = len(batch.sizes)
    keys = torch.arange(n)

    core_s: list[float] = []

    def sample(_: object) -> Tensor:
        start = time.process_time()
        worlds: Tensor = ops.sample_worlds(*batch, keys, n_samples, sampler)
        core_s.append(time.process_time() - start)
        return worlds

    (elapsed_s,) = bench_each(benchmark, sample, [None])
    worlds_per_s = n * n_samples / elapsed_s
    benchmark.extra_info.update(
        worlds_per_s=worlds_per_s,
        core_ns_per_world=1e9 * median(core_s) / (n * n_samples),
        call_us=1e6 * elapsed_s,
        n_worlds=n * n_samples,
        written_bytes_per_s=WORLD_BYTES * worlds_per_s,
        share_of_fill_bandwidth=WORLD_BYTES * worlds_per_s / bandwidth.fill_bytes_per_s,
    )


@pytest.mark.parametrize("trick", range(7))
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_by_trick(benchmark: Any, host_bandwidth: Bandwidth, sampler: str, trick: int) -> None:
    """At the lead of a trick, one call for all hands."""
    batch = questions(N_HANDS)[4 * trick]
    bench_sampling(benchmark, batch, N_WORLDS // N_HANDS, sampler, host_bandwidth)


@pytest.mark.parametrize("n_rows", [1, 28, 1000])
@pytest.mark.parametrize("n_samples", [50, 1024])
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_by_batch(
    benchmark: Any, host_bandwidth: Bandwidth, sampler: str, n_samples: int, n_rows: int
) -> None:
    """Decisions of all tricks in turn."""
    everything = questions(N_HANDS)
    rows = [(everything[i % 28], i // 28 % N_HANDS) for i in range(n_rows)]
    batch = Questions(*(torch.stack([q[k][row] for q, row in rows]) for k in (0, 1)))
    bench_sampling(benchmark, batch, n_samples, sampler, host_bandwidth)


def test_count(benchmark: Any) -> None:
    """Rows a second of `count_worlds`, second trick."""
    batch = questions(N_HANDS)[4]
    repeated = Questions(*(x.repeat(20, 1) for x in batch))
    (elapsed_s,) = bench_each(benchmark, lambda _: ops.count_worlds(*repeated), [None])
    benchmark.extra_info.update(rows_per_s=len(repeated.sizes) / elapsed_s)


def popcount(masks: Tensor) -> Tensor:
    """Set bits of 28-bit masks."""
    return HALF_POPCOUNT[masks & 0x3FFF] + HALF_POPCOUNT[masks >> 14]


def splits(question: Questions, worlds: Tensor) -> Counter[tuple[int, ...]]:
    """How many worlds [N, 3] give each seat so many dominoes of each class: splits [3 * 7].

    A class is the dominoes that the same seats may hold. Worlds of one split are equally likely
    under both samplers, so splits tell all that is between them.
    """
    masks = [int(mask) for mask in question.allowed]
    unseen = masks[0] | masks[1] | masks[2]
    code = torch.zeros(len(worlds), dtype=torch.int64)  # three bits for a seat and class
    for seat in range(3):
        for seats in range(1, 8):
            members = unseen
            for other, mask in enumerate(masks):
                members &= mask if seats >> other & 1 else ~mask
            number = popcount(worlds[:, seat] & members)
            code |= number << 3 * (7 * seat + seats - 1)
    found, times = code.unique(return_counts=True)
    digits = found[:, None] >> 3 * torch.arange(21) & 7
    return Counter({tuple(split): int(k) for split, k in zip(digits.tolist(), times, strict=True)})


def n_worlds_of(split: tuple[int, ...]) -> int:
    """Worlds with a split [3 * 7]."""
    n = 1
    for c in range(7):
        first, second, third = split[c], split[7 + c], split[14 + c]
        n *= comb(first + second + third, first) * comb(second + third, second)
    return n


def distance(question: Questions, n_worlds: int, sampler: str) -> float:
    """Total variation between the worlds of a sampler and the uniform ones, as sampled."""
    batch = Questions(*(x[None] for x in question))
    worlds = ops.sample_worlds(*batch, torch.tensor([7]), N_BIAS_SAMPLES, sampler)[0]
    counts = splits(question, worlds)
    shared = sum(
        min(times / N_BIAS_SAMPLES, n_worlds_of(split) / n_worlds)
        for split, times in counts.items()
    )
    return 1.0 - shared


@pytest.mark.parametrize("trick", range(7))
def test_bias(benchmark: Any, trick: int) -> None:
    """Total variation distance from uniform at the lead of a trick.

    `uniform` shows how much of it is the noise of so many samples.
    """
    batch = questions(N_HANDS)[4 * trick]
    rows = [Questions(*(x[i] for x in batch)) for i in range(N_BIAS_HANDS)]
    n_worlds = ops.count_worlds(*batch).tolist()
    found: dict[str, list[float]] = {}

    def measure() -> None:
        for sampler in SAMPLERS:
            found[sampler] = [
                distance(row, n, sampler) for row, n in zip(rows, n_worlds, strict=False)
            ]

    benchmark.pedantic(measure)
    benchmark.extra_info.update(
        mrv_mean=sum(found["mrv"]) / N_BIAS_HANDS,
        mrv_max=max(found["mrv"]),
        uniform_mean=sum(found["uniform"]) / N_BIAS_HANDS,
        uniform_max=max(found["uniform"]),
        median_n_worlds=sorted(n_worlds)[N_HANDS // 2],
    )
