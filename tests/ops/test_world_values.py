"""Values of one decision by world: against open hands and the reference, and what cannot be."""

import pytest
import torch
from torch import Tensor

from forge import ForgeError, ops
from forge.eq.worlds import WorldPositions
from forge.game.constants import ILLEGAL
from forge.game.contract import Bid
from forge.play.games import Games
from forge.play.seen import Seen, needed_by, seen_by
from reference import deals
from reference.minimax import Solver
from support.lines import random_lines, replayed

LINES = random_lines(10, seed=77)


def one_game(row: int, n_plays: int) -> tuple[Games, Seen]:
    """Return a game after some plays, and what the seat to act sees."""
    games = replayed(LINES[row : row + 1], n_plays)
    return games, seen_by(games, needed_by(Bid.of(30), 1))


def some_worlds(games: Games, n: int) -> Tensor:
    """Return hidden hands that fit, int32 [n, 3]."""
    return ops.sample_worlds(*games.hidden(), torch.tensor([5]), n)[0]


@pytest.mark.parametrize("n_plays", [0, 5, 11, 18, 23])
def test_as_with_open_hands(n_plays: int) -> None:
    for row in range(len(LINES) if n_plays else 2):
        games, seen = one_game(row, n_plays)
        worlds = some_worlds(games, 40)
        found = ops.world_values(*seen, worlds)
        opened = WorldPositions(games, worlds[None])
        q = ops.search(opened.deals, opened.decls, opened.states(n_plays))
        assert torch.equal(found == ILLEGAL, q == ILLEGAL)
        sign = 1 if seen_team(games) == 0 else -1
        assert torch.equal(found, torch.where(q == ILLEGAL, q, sign * q))


def seen_team(games: Games) -> int:
    """Return the team of the seat to act."""
    return 0 if int(games.signs.flatten()[0]) > 0 else 1


@pytest.mark.parametrize("n_plays", [17, 19, 22])
def test_as_the_reference_has_it(n_plays: int) -> None:
    for row in range(len(LINES)):
        games, seen = one_game(row, n_plays)
        worlds = some_worlds(games, 4)
        opened = WorldPositions(games, worlds[None])
        states = opened.states(n_plays).tolist()
        sign = 1 if seen_team(games) == 0 else -1
        for i, found in enumerate(ops.world_values(*seen, worlds).tolist()):
            deal = tuple(deals.hand_from_ids(hand) for hand in opened.deals[i].tolist())
            q = Solver(deal, int(games.decls[0])).q(states[i])
            assert found == [each if each == ILLEGAL else sign * each for each in q]


def test_threads_and_order_do_not_matter() -> None:
    games, seen = one_game(3, 6)
    worlds = some_worlds(games, 100)
    whole = ops.world_values(*seen, worlds)
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        assert torch.equal(ops.world_values(*seen, worlds.flip(0)), whole.flip(0))
    finally:
        torch.set_num_threads(before)
    estimated = ops.estimate_decisions(*seen, torch.tensor([5]), n_samples=100)
    legal = whole[0] != ILLEGAL
    assert torch.allclose(estimated.mean[0, legal], whole.double().mean(dim=0)[legal])
    assert ops.world_values(*seen, worlds[:0]).shape == (0, 7)


def test_what_is_refused() -> None:
    games, seen = one_game(0, 9)
    worlds = some_worlds(games, 3)
    swapped = worlds[:, [0, 2, 1]]
    twice, fewer = worlds.clone(), worlds.clone()
    twice[1, 1] = twice[1, 0]
    fewer[2, 0] &= fewer[2, 0] - 1
    # The last of them has played to the trick and holds a domino less.
    for wrong, world in ((twice, 1), (fewer, 2), (worlds * 0 - 1, 0), (swapped, 0)):
        with pytest.raises(ForgeError, match=f"^world {world}: these hidden hands do not fit"):
            ops.world_values(*seen, wrong)
    for wrong in (worlds.long(), worlds[0], worlds[:, :2]):
        with pytest.raises(ForgeError, match=r"^worlds must be int32 \[W, 3\]"):
            ops.world_values(*seen, wrong)
    with pytest.raises(ForgeError, match="hands must be one row"):
        ops.world_values(*Seen(*(torch.cat([each, each]) for each in seen)), worlds)
