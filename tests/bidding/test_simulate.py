"""Points of team 0: perfect play, and play from what a seat sees."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from forge.arena.players.open_hands import OraclePlayer
from forge.arena.registry import parse_player
from forge.bidding.deals import deals_around
from forge.bidding.hand import BIDDING_DECLS, hand_of_seed, parse_hand
from forge.bidding.simulate import Simulator, blocks, perfect_points, play_keys, played_points
from forge.errors import ForgeError
from forge.game.contract import LOWEST_BID, Bid
from forge.game.deal import Deal
from forge.oracle.position import Position
from forge.oracle.search import SearchContext
from support.checkpoints import run_checkpoint

HAND = parse_hand("6-4,5-5,4-2,3-1,2-0,1-1,0-0")
LAYDOWN = parse_hand("6-6,6-5,6-4,6-3,6-2,6-1,6-0")


def perfect_replay(deal: Deal, decl: int) -> int:
    """Team 0's points when every play is one of the best, found anew each time."""
    context, position = SearchContext(deal, decl), Position(deal, decl)
    while not position.is_over:
        sign = 1 if position.seat_to_act % 2 == 0 else -1
        values = context.q(position)
        slots = [slot for slot, q in enumerate(values) if q is not None]
        # The last of the best: any of them must do.
        position = position.play(max(slots, key=lambda slot: (sign * (values[slot] or 0), slot)))
    return position.points[0]


@pytest.mark.parametrize("decl", [2, 6, 7, 8, 9])
def test_perfect_points_are_those_of_perfect_play_move_by_move(decl: int) -> None:
    deals = deals_around(HAND, decl, 0, 6)
    replayed = [perfect_replay(Deal.from_hands(hands), decl) for hands in deals.tolist()]
    assert perfect_points(deals, decl).tolist() == replayed
    assert played_points(deals, decl, OraclePlayer(), play_keys(0, 0, 6)).tolist() == replayed
    assert len(set(replayed)) > 1


def test_a_hand_that_cannot_lose_takes_everything() -> None:
    for player in ("oracle", "make:n=1", "random"):
        points = Simulator(parse_player(player)).points(LAYDOWN, [6], 0, 25)
        assert points.tolist() == [[42] * 25], player


def test_declarations_see_the_same_deals_and_ranges_join() -> None:
    whole = Simulator(seed=5).points(HAND, (4, 6), 0, 20)
    assert whole.shape == (2, 20) and whole.dtype == np.int8
    assert whole[1].tolist() == perfect_points(deals_around(HAND, 5, 0, 20), 6).tolist()
    parts = [Simulator(seed=5).points(HAND, (4, 6), *part) for part in ((0, 7), (7, 20))]
    assert np.array_equal(np.concatenate(parts, axis=1), whole)
    assert not np.array_equal(Simulator(seed=6).points(HAND, (4, 6), 0, 20), whole)


@pytest.mark.parametrize(("bid", "n_points"), [(30, 30), (37, 37), (42, 42), (84, 42)])
def test_made_is_what_the_points_say(bid: int, n_points: int) -> None:
    hand = hand_of_seed(4)
    points = Simulator(seed=1).points(hand, BIDDING_DECLS, 0, 12)
    made = Simulator(seed=1).made(hand, BIDDING_DECLS, 0, 12, Bid.of(bid))
    assert made.dtype == np.bool_ and np.array_equal(made, points >= n_points)
    assert 0 < made.sum() < made.size


def test_real_play_makes_less_than_perfect_play_and_depends_on_the_bid() -> None:
    strong = parse_hand("6-6,6-5,6-4,6-2,5-5,4-4,1-0")
    perfect = Simulator().points(strong, (6,), 0, 40)
    low, high = (
        Simulator(parse_player("make:n=4"), bid=Bid.of(bid)).points(strong, (6,), 0, 40)
        for bid in (30, 42)
    )
    assert not np.array_equal(low, high)
    assert (low >= 30).mean() < (perfect >= 30).mean()
    assert (high >= 42).mean() >= (low >= 42).mean()


def test_processes_change_nothing() -> None:
    def points(n_workers: int) -> Any:
        how = Simulator(parse_player("make:n=1"), seed=9, n_workers=n_workers)
        return how.points(HAND, (9,), 60, 90)

    one = points(1)
    assert one.tobytes() == points(2).tobytes()
    assert one.shape == (1, 30) and 0 <= one.min() < one.max() <= 42


def test_threads_change_nothing() -> None:
    n_threads = torch.get_num_threads()
    found = []
    try:
        for n in (1, 2, 5):
            torch.set_num_threads(n)
            found.append(Simulator().points(HAND, (4, 6), 0, 24).tobytes())
    finally:
        torch.set_num_threads(n_threads)
    assert found[0] == found[1] == found[2]


def test_networks_play_greedily_or_draw(tmp_path: Path) -> None:
    path = run_checkpoint(tmp_path / "policy.ckpt", "policy")
    greedy, drawn, again = (
        Simulator(parse_player(f"model:{path}{how}")).points(HAND, (4,), 0, 12)
        for how in ("", ",sample", ",sample")
    )
    assert np.array_equal(drawn, again) and not np.array_equal(drawn, greedy)
    q_path = run_checkpoint(tmp_path / "q.ckpt")
    assert Simulator(parse_player(f"model:{q_path}")).points(HAND, (4,), 0, 3).shape == (1, 3)
    with pytest.raises(ForgeError, match="only a policy network can be sampled"):
        Simulator(parse_player(f"model:{q_path},sample")).points(HAND, (4,), 0, 3)


def test_progress_is_heard_and_blocks_cover() -> None:
    heard: list[int] = []
    Simulator().points(HAND, (4, 6), 0, 5, heard.append)
    assert heard == [5, 5]
    heard.clear()
    Simulator(parse_player("random")).points(HAND, (4, 6), 0, 100, heard.append)
    assert heard == [64, 36, 64, 36]
    assert blocks(10, 200) == [(10, 64), (64, 128), (128, 192), (192, 200)]
    assert blocks(64, 128) == [(64, 128)] and blocks(3, 4) == [(3, 4)]


@pytest.mark.parametrize("player", ["oracle", "random"])
def test_what_cannot_be(player: str) -> None:
    how = Simulator(parse_player(player))
    with pytest.raises(ForgeError, match="declaration id must be"):
        how.points(HAND, (10,), 0, 1)
    with pytest.raises(ForgeError, match="no declaration given"):
        how.points(HAND, (), 0, 1)
    with pytest.raises(ForgeError, match="at least one"):
        how.points(HAND, (1,), 0, 0)
    with pytest.raises(ForgeError, match="seven different domino ids"):
        how.made(HAND[1:], (1,), 0, 5, LOWEST_BID)
