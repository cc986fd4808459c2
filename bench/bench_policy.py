"""The policy: what a decision costs on one core, from its row to a number for every slot."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from common import SHORT

from forge import ops
from forge.game.deal import Deal
from forge.play.games import Games
from forge.play.keys import decision_keys
from forge.play.random_play import random_slots
from forge.play.seen import Seen, seen_by
from forge.policy import SHIPPED
from forge.policy.numbers import load_policy
from forge.policy.own_play import play_outcomes

N_GAMES = 50 if SHORT else 500
ROUNDS = 2 if SHORT else 10


def all_decisions() -> Seen:
    """Return what seats see at every decision of games at random."""
    games = Games.start(
        [Deal.from_seed(seed) for seed in range(N_GAMES)], [seed % 10 for seed in range(N_GAMES)]
    )
    needed = torch.full((N_GAMES,), 30, dtype=torch.int8)
    parts = []
    for k in range(28):
        parts.append(seen_by(games, needed))
        games = games.play(random_slots(games, decision_keys(torch.arange(N_GAMES), k, 1)))
    return Seen(*(torch.cat(column) for column in zip(*parts, strict=True)))


@pytest.mark.usefixtures("one_thread")
def test_decisions(benchmark: Any) -> None:
    seen, weights = all_decisions(), load_policy(SHIPPED).tensor
    benchmark.pedantic(lambda: ops.policy_logits(*seen, weights), rounds=ROUNDS, warmup_rounds=1)
    benchmark.extra_info.update(
        us_a_decision=benchmark.stats.stats.min * 1e6 / len(seen.decls), n=len(seen.decls)
    )


@pytest.mark.usefixtures("one_thread")
def test_hands_played_out(benchmark: Any) -> None:
    """Every legal play of the first leads, each with the rest of the hand by the policy."""
    weights = load_policy(SHIPPED).tensor
    deals = torch.stack([Deal.from_seed(seed).tensor for seed in range(N_GAMES)])
    decls = torch.arange(N_GAMES, dtype=torch.int8) % 10
    plays = torch.full((N_GAMES, 28), -1, dtype=torch.int8)
    needed = torch.full((N_GAMES,), 30, dtype=torch.int8)
    benchmark.pedantic(
        lambda: ops.play_out(deals, decls, plays, needed, weights), rounds=ROUNDS, warmup_rounds=1
    )
    benchmark.extra_info.update(
        us_a_hand=benchmark.stats.stats.min * 1e6 / (7 * N_GAMES), n=7 * N_GAMES
    )


@pytest.mark.usefixtures("one_thread")
def test_own_play(benchmark: Any) -> None:
    """Hands of `refine-policy`: each decision played out, features of those that decide."""
    policy, n = load_policy(SHIPPED), 10 * N_GAMES
    benchmark.pedantic(
        lambda: play_outcomes(policy, 1, 0, n, explore=0.15, temperature=0.4),
        rounds=min(ROUNDS, 3),
        warmup_rounds=1,
    )
    benchmark.extra_info.update(us_a_hand=benchmark.stats.stats.min * 1e6 / n, n=n)
