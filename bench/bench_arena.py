"""Hands of the arena: CPU seconds a hand and side of each player, on one thread."""

from __future__ import annotations

from typing import Any

import pytest
from common import SHORT

from forge.arena.registry import parse_player
from forge.arena.series import ArenaOptions, play_block

N_DEALS = 1 if SHORT else 32
SEED = 2026  # of the series
OPPONENT = "greedy-points"  # costs next to nothing
PLAYERS = ["oracle", "eq:n=10", "make:n=10"]
if not SHORT:
    PLAYERS += [
        "eq:n=100",
        "eq:n=10,sampler=mrv",
        "eq:n=10,posterior",
        "make:n=100",
        "make:n=300",
        "make:n=100,no-race",
        "seat:n=100",
        "policy",
    ]


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("player", PLAYERS)
def test_hands(benchmark: Any, player: str) -> None:
    """Decisions of one side; a hand of two such players takes twice as long."""
    pair = ArenaOptions(parse_player(player), parse_player(OPPONENT), SEED)
    players = pair.a.build(), pair.b.build()
    block = benchmark.pedantic(
        lambda: play_block(players, pair, range(N_DEALS)),
        rounds=1,
        warmup_rounds=0,
    )
    n_hands = 2 * N_DEALS
    benchmark.extra_info.update(
        cpu_s_a_hand=block.cpu_s[0] / n_hands,
        hands_per_s=n_hands / block.wall_s,
        n_hands=n_hands,
    )
