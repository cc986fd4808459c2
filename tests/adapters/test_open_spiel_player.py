"""OpenSpiel's IS-MCTS at our tables."""

import pytest
import torch

pytest.importorskip("pyspiel", reason="open_spiel is not installed (the extra openspiel has it)")

from forge.adapters.open_spiel_player import IsMcts, IsMctsPlayer
from forge.arena.registry import parse_player
from forge.arena.series import ArenaOptions, run_arena
from forge.errors import ForgeError
from forge.game.contract import Bid
from forge.game.deal import Deal
from forge.play.games import Games

NAME = "forge.adapters.open_spiel_player:IS_MCTS"


def games_at(n_plays: int, seeds: range, decl: int = 4) -> Games:
    """Hands in lock step, the first legal domino played each time."""
    games = Games.start([Deal.from_seed(seed) for seed in seeds], [decl] * len(seeds))
    for _ in range(n_plays):
        games = games.play(games.legal.int().argmax(dim=1))
    return games


@pytest.mark.parametrize(("n_plays", "exact"), [(0, False), (9, False), (14, True), (27, True)])
def test_it_plays_what_is_legal_and_the_same_again(n_plays: int, exact: bool) -> None:
    games, keys = games_at(n_plays, range(3)), torch.tensor([5, -6, 7])
    player = IsMctsPlayer(IsMcts(4, exact), Bid.of(30))
    slots = player.slots(games, keys)
    assert games.legal[torch.arange(3), slots].all()
    assert torch.equal(slots, player.slots(games, keys))
    alone = [
        int(player.slots(games.take(torch.tensor([row])), keys[row : row + 1])) for row in range(3)
    ]
    assert slots.tolist() == alone


def test_other_hands_do_not_matter() -> None:
    """Two deals with one hand in common, and nothing played yet."""
    hand, *others = Deal.from_seed(3).hands
    deals = [Deal((hand, *others)), Deal((hand, *others[::-1]))]
    games = Games.start(deals, [5, 5])
    slots = IsMctsPlayer(IsMcts(8), Bid.of(30)).slots(games, torch.tensor([9, 9]))
    assert int(slots[0]) == int(slots[1])


def test_it_searches() -> None:
    """Which is worth far more points than playing at random."""
    pair = ArenaOptions(parse_player(f"{NAME}:exact,simulations=8"), parse_player("random"), 1)
    results = run_arena(pair, 16).results
    assert (results.points_a - results.points_b).mean() > 3


def test_how_it_is_written() -> None:
    spec = parse_player(f"{NAME}:exact,simulations=5")
    assert spec.options == IsMcts(5, True) and not spec.sees_all_hands
    assert parse_player(spec.text) == spec
    with pytest.raises(ForgeError, match="simulations must be 1"):
        parse_player(f"{NAME}:simulations=0")
