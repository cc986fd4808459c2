"""CPU seconds of the search's questions on one thread, as one line of JSON: for `beside.py`.

Deals are random ones, all declarations; worlds are 50 to a decision, which share seat 0's hand.
What a commit has no operator for is asked the way it would have had to: V as the best of all Q,
"made?" as any of seven answers.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable

import torch
from torch import Tensor

import forge.ops  # noqa: F401  registers the operators
from forge import Deal

BID_30 = torch.tensor([18], dtype=torch.int8)
ops = torch.ops.forge
N_PLAYS = 28


def random_deals(n: int) -> Tensor:
    """int8 [n, 4, 7]."""
    chance = random.Random("measure search")
    return torch.stack([Deal.random(chance).tensor for _ in range(n)])


def worlds(deals: Tensor) -> Tensor:
    """int8 [n, 4, 7]: the first n / 50 deals, each with its other hands dealt 50 times."""
    chance, rows = random.Random("measure worlds"), []
    for i in range(len(deals)):
        own = deals[i // 50, 0].tolist()
        rest = [domino for domino in range(28) if domino not in own]
        chance.shuffle(rest)
        hands = [own, rest[:7], rest[7:14], rest[14:]]
        rows.append(Deal.from_hands(hands).tensor)
    return torch.stack(rows)


def hands_of_random_play(deals: Tensor, decls: Tensor) -> list[Tensor]:
    """States int64 [n] before each of the 28 plays."""
    states = torch.full((len(deals),), forge_initial_state(), dtype=torch.int64)
    found, generator = [], torch.Generator().manual_seed(1)
    for _ in range(N_PLAYS):
        found.append(states)
        legal = (
            ops.search_at_least(deals, decls, states, torch.tensor([-43], dtype=torch.int8)) >= 0
        )
        slots = torch.multinomial(legal.double(), 1, generator=generator)[:, 0].to(torch.int8)
        states, _ = ops.play(deals, decls, states, slots)
    return found


def forge_initial_state() -> int:
    """All dominoes in hand, seat 0 to lead."""
    return (0x1FF << 32) | 0x0FFFFFFF


def cpu_s(question: Callable[[], object]) -> float:
    """CPU seconds of a call."""
    start = time.process_time()
    question()
    return time.process_time() - start


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--deals", type=int, default=400)
    n = parser.parse_args().deals
    torch.set_num_threads(1)
    deals = random_deals(n)
    decls = (torch.arange(n) % 10).to(torch.int8)
    of_worlds, world_decls = worlds(deals), (torch.arange(n) // 50 % 10).to(torch.int8)
    first = torch.full((n,), forge_initial_state(), dtype=torch.int64)
    ops.search(deals[:20], decls[:20], first[:20])  # memory is made

    def value() -> Tensor:
        if hasattr(ops, "search_value"):
            return ops.search_value(of_worlds, world_decls, first)
        return ops.search(of_worlds, world_decls, first).amax(dim=1)

    def made() -> Tensor:
        if hasattr(ops, "search_made"):
            return ops.search_made(of_worlds, world_decls, first, BID_30)
        return (ops.search_at_least(of_worlds, world_decls, first, BID_30) > 0).any(dim=1)

    plays = hands_of_random_play(deals, decls)
    found = {
        "all Q, first lead": cpu_s(lambda: ops.search(deals, decls, first)),
        "at least, first lead": cpu_s(lambda: ops.search_at_least(deals, decls, first, BID_30)),
        "V, first lead": cpu_s(value),
        "made 30?, first lead": cpu_s(made),
        "all Q, whole hands": cpu_s(lambda: [ops.search(deals, decls, each) for each in plays]),
        "at least, whole hands": cpu_s(
            lambda: [ops.search_at_least(deals, decls, each, BID_30) for each in plays]
        ),
    }
    for n_plays in range(0, N_PLAYS, 4):
        states = plays[n_plays]
        found[f"all Q, {n_plays} plays"] = cpu_s(lambda s=states: ops.search(deals, decls, s))
        found[f"at least, {n_plays} plays"] = cpu_s(
            lambda s=states: ops.search_at_least(deals, decls, s, BID_30)
        )
    print(json.dumps({name: seconds / n for name, seconds in found.items()}))


if __name__ == "__main__":
    main()
