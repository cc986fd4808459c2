"""Every CUDA op on inputs small enough for compute-sanitizer, compared with the CPU byte for byte.

    compute-sanitizer --tool memcheck python bench/sanitize_small.py
    compute-sanitizer --tool memcheck python bench/sanitize_small.py --solve

Set PYTORCH_NO_CUDA_MEMORY_CACHING=1, or torch's allocator hides reads beyond the end of a tensor.
The positions are late in hands of random play, where a search is short.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from common import Positions, batch, random_hand
from torch import Tensor

from forge import ops
from forge.build import require_cuda_build
from forge.game.deal import Deal
from forge.oracle.shards.naming import ShardKey
from forge.play.games import Games
from forge.play.keys import decision_keys
from forge.play.random_play import random_slots
from forge.play.seen import seen_by
from forge.policy import SHIPPED
from forge.policy.numbers import load_policy

N_PLAYED = 20  # at least: two tricks are left
SMALL_DEAL = ShardKey(158, 6)  # 1.9 million states


def late_positions() -> Positions:
    """Lead and mid-trick positions of ten deals, all ten declarations."""
    keys = [ShardKey(seed, seed % 10) for seed in range(10)]
    return batch([(key, state) for key in keys for state in random_hand(key)[N_PLAYED:]])


def states_after(key: ShardKey, state: int) -> Tensor:
    """All states that follow one, itself included, ascending."""
    deal = key.deal().tensor
    found = level = torch.tensor([state])
    while level.numel():
        children = ops.expand_states(deal, key.decl, level)
        level = children[children >= 0].unique()
        found = torch.cat([found, level])
    return found.unique()


def legal_plays(positions: Positions) -> tuple[Tensor, ...]:
    """The positions that are no end of a hand, and a legal slot of each."""
    legal = ops.search(*positions) > -128
    rows = legal.any(dim=1)
    slots = legal[rows].int().argmax(dim=1).to(torch.int8)
    return (*(x[rows] for x in (positions.deals, positions.decls, positions.states)), slots)


def hidden_hands() -> tuple[Tensor, Tensor]:
    """What may be where late in a hand, as `count_worlds` takes it, for one row."""
    allowed = torch.tensor([[0b1111_1111_1111, 0b1111_1100_1111, 0b0111_1111_1111]])
    return allowed.int(), torch.tensor([[4, 4, 4]], dtype=torch.int8)


def late_seats() -> tuple[Tensor, ...]:
    """What seats see late in hands, a key each, and a policy."""
    games = Games.start(
        [Deal.from_seed(seed) for seed in range(10)], [seed % 10 for seed in range(10)]
    )
    for k in range(N_PLAYED - 4):
        games = games.play(random_slots(games, decision_keys(torch.arange(10), k, 1)))
    needed = torch.full((10,), 32, dtype=torch.int8)
    return (*seen_by(games, needed), torch.arange(10), load_policy(SHIPPED).tensor)


def estimate_by_policy(*seats: Tensor) -> ops.DecisionEstimates:
    """E[Q] over worlds that a policy weighs, of what `late_seats` has."""
    *seen, keys, weights = seats
    weighing = ops.PolicyWeights(weights, pool=3)
    return ops.estimate_decisions(*seen, keys, n_samples=12, weighing=weighing)


def check(name: str, op: Callable[..., Any], device: torch.device, *arguments: Any) -> bool:
    """Whether the device gives the bytes of the CPU."""
    on_device = [x.to(device) if isinstance(x, Tensor) else x for x in arguments]
    expected, found = _columns(op(*arguments)), _columns(op(*on_device))
    same = all(_same_bytes(a, b.cpu()) for a, b in zip(expected, found, strict=True))
    n = expected[0].shape[0]
    print(f"{name}: {n} rows, {'as on the CPU' if same else 'DIFFERENT from the CPU'}", flush=True)
    return same


def _same_bytes(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and bool(torch.equal(a.view(torch.uint8), b.view(torch.uint8)))


def _columns(result: Tensor | Sequence[Tensor]) -> Sequence[Tensor]:
    return [result] if isinstance(result, Tensor) else result


def main() -> None:
    """Exit code 1 if a byte differs."""
    parser = argparse.ArgumentParser(description="Every CUDA op on small inputs.")
    parser.add_argument("--solve", action="store_true", help="a whole deal: 1.9 million states")
    parser.add_argument("--device", default="cuda")
    args = parser.parse_args()
    device = torch.device(args.device)
    if device.type == "cuda":
        require_cuda_build()

    deal, decl = SMALL_DEAL.deal().tensor, SMALL_DEAL.decl
    if args.solve:
        checks = [
            check("enumerate_states", ops.enumerate_states, device, deal, decl),
            check("solve", ops.solve, device, deal, decl),
        ]
    else:
        positions = late_positions()
        targets = torch.arange(positions.n).remainder(85).sub(42).to(torch.int8)  # -42 .. 42
        states = states_after(SMALL_DEAL, random_hand(SMALL_DEAL)[N_PLAYED - 4])
        one_deal = (deal[None], torch.tensor([decl], dtype=torch.int8), states)
        questions = [x.expand(5000, 3) for x in hidden_hands()]
        keys = torch.arange(len(questions[0]))  # more rows than have a table at a time
        first = [x[0] for x in questions]
        seats = late_seats()
        checks = [
            check("search", ops.search, device, *positions),
            check("search_at_least", ops.search_at_least, device, *positions, targets),
            check("expand_states", ops.expand_states, device, deal, decl, states),
            check("backward_induction", ops.backward_induction, device, deal, decl, states),
            check("tokenize_states, one deal", ops.tokenize_states, device, *one_deal),
            check("tokenize_states, ten deals", ops.tokenize_states, device, *positions),
            check("play", ops.play, device, *legal_plays(positions)),
            check("count_worlds", ops.count_worlds, device, *questions),
            check("sample_worlds", ops.sample_worlds, device, *questions, keys, 100),
            check("sample_worlds, mrv", ops.sample_worlds, device, *questions, keys, 100, "mrv"),
            check("enumerate_worlds", ops.enumerate_worlds, device, *first, 100, 1000),
            check("policy_logits", ops.policy_logits, device, *seats[:4], seats[5]),
            check("decide", partial(ops.decide, n_worlds=12, pool=40), device, *seats),
            check("estimate_decisions", estimate_by_policy, device, *seats),
        ]
    if not all(checks):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
