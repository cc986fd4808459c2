"""Evaluating hands: seconds for nine declarations at N deals, by perfect play and by players.

The contract: perfect play of all nine at N = 500 in at most 10 s on two cores. Hands differ much: a
long suit makes foolish trumps dear, because leads that give everything away take long to refute.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from common import SHORT, THREADS

from forge.arena.registry import parse_player
from forge.bidding.hand import BIDDING_DECLS, hand_of_seed, parse_hand
from forge.bidding.simulate import Simulator
from forge.game.contract import LOWEST_BID

N_DEALS = 10 if SHORT else 500
N_PLAYED = 2 if SHORT else 50
HANDS = {
    "mixed": parse_hand("6-4,5-5,4-2,3-1,2-0,1-1,0-0"),
    "six-sixes": parse_hand("6-6,6-5,6-4,6-2,6-1,6-0,2-2"),
}
RANDOM_HANDS = [hand_of_seed(seed) for seed in range(2 if SHORT else 20)]
PLAYERS = ["make:n=10"] if SHORT else ["eq:n=10", "make:n=10", "make:n=100"]


@pytest.mark.parametrize("hand", HANDS)
def test_perfect_points(benchmark: Any, hand: str) -> None:
    """Points of all nine declarations."""
    _record(benchmark, lambda: Simulator().points(HANDS[hand], BIDDING_DECLS, 0, N_DEALS), N_DEALS)


@pytest.mark.parametrize("hand", HANDS)
def test_perfect_at_least(benchmark: Any, hand: str) -> None:
    """Whether all nine declarations make 30: null windows alone."""
    _record(
        benchmark,
        lambda: Simulator().made(HANDS[hand], BIDDING_DECLS, 0, N_DEALS, LOWEST_BID),
        N_DEALS,
    )


def test_perfect_points_of_random_hands(benchmark: Any) -> None:
    """Mean over hands as they are dealt."""
    n_deals = N_DEALS // 10

    def evaluate() -> None:
        for hand in RANDOM_HANDS:
            Simulator().points(hand, BIDDING_DECLS, 0, n_deals)

    _record(benchmark, evaluate, n_deals * len(RANDOM_HANDS))


@pytest.mark.parametrize("player", PLAYERS)
def test_played(benchmark: Any, player: str) -> None:
    """One declaration, all four seats played, in one process."""
    how = Simulator(parse_player(player))
    run = benchmark.pedantic(
        lambda: how.points(HANDS["mixed"], (4,), 0, N_PLAYED), rounds=1, warmup_rounds=0
    )
    elapsed_s = benchmark.stats.stats.mean
    benchmark.extra_info.update(
        n_deals=run.shape[1], threads=torch.get_num_threads(), hands_per_s=run.shape[1] / elapsed_s
    )


def _record(benchmark: Any, work: Any, n_deals: int) -> None:
    torch.set_num_threads(THREADS)
    benchmark.pedantic(work, rounds=1, warmup_rounds=0)
    elapsed_s = benchmark.stats.stats.mean
    n_hands = n_deals * len(BIDDING_DECLS)
    benchmark.extra_info.update(
        n_deals=n_deals,
        threads=THREADS,
        deals_per_s=n_hands / elapsed_s,
        s_for_500_deals=elapsed_s * 500 / n_deals,
    )
