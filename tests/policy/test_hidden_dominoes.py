"""Who may hold what: against the reference's worlds, and weights worked out slowly."""

from dataclasses import replace

import pytest
import torch

from forge import ForgeError, ops
from forge.eq.worlds import WorldPositions
from forge.game.contract import Bid
from forge.ops import HiddenDominoes
from forge.play.games import Games
from forge.play.seen import needed_by, seen_by
from reference.worlds import worlds
from support.likelihood import shares_of_worlds
from support.lines import random_lines, replayed
from support.seen import random_weights

LINES = random_lines(12, seed=51)
KEYS = torch.arange(len(LINES)) * 7 + 1
BID = Bid.of(33)
WEIGHTS = random_weights(5) * 3
UNIFORM = 0.05


def found_in(games: Games, n_worlds: int = 3000) -> HiddenDominoes:
    """Return what the seats to act of games may think."""
    seen = seen_by(games, needed_by(BID, len(games)))
    return ops.hidden_dominoes(
        *seen, KEYS[: len(games)], WEIGHTS, n_worlds=n_worlds, uniform=UNIFORM
    )


@pytest.mark.parametrize("n_plays", [15, 18, 22])
def test_all_worlds_as_the_reference_has_them(n_plays: int) -> None:
    games = replayed(LINES, n_plays)
    found = found_in(games)
    allowed, sizes = (part.tolist() for part in games.hidden())
    n_checked = 0
    for row in range(len(LINES)):
        fitting = list(worlds(allowed[row], sizes[row]))
        if len(fitting) > 3000:
            continue
        assert int(found.n_worlds[row]) == len(fitting)
        share, _, _ = shares_of_worlds(games, row, BID, WEIGHTS, UNIFORM)
        held = torch.tensor(
            [[[mask >> d & 1 for d in range(28)] for mask in world] for world in fitting]
        ).double()
        # The reference lists worlds in another order than the core numbers them.
        a, b = (part[row] for part in games.hidden())
        numbered = ops.enumerate_worlds(a, b, 0, len(fitting)).tolist()
        order = [fitting.index(tuple(world)) for world in numbered]
        before, after = held.mean(dim=0), (share[:, None, None] * held[order]).sum(dim=0)
        assert torch.allclose(found.before[row], before, atol=1e-12)
        assert torch.allclose(found.after[row], after, atol=1e-9)
        assert float(found.effective[row]) == pytest.approx(float(1 / share.square().sum()))
        n_checked += len(fitting) > 1
    assert n_checked > 3


@pytest.mark.parametrize("n_plays", [0, 6, 13])
def test_chances_add_up(n_plays: int) -> None:
    games = replayed(LINES, n_plays)
    found = found_in(games, 200)
    _, sizes = games.hidden()
    for chances in (found.before, found.after):
        # Each hand has its size, and each hidden domino is somewhere.
        assert torch.allclose(chances.sum(dim=2), sizes.double(), atol=1e-9)
        anywhere = chances.sum(dim=1)
        assert torch.allclose(anywhere, anywhere.round(), atol=1e-9)
    told = bool((found.before - found.after).abs().max() > 0.02)
    assert told == (n_plays > 0)


@pytest.mark.parametrize("n_plays", [2, 14])
def test_before_is_of_all_worlds_however_few_are_drawn(n_plays: int) -> None:
    games = replayed(LINES, n_plays)
    few, many = found_in(games, 30), found_in(games, 20_000)
    assert torch.equal(few.before, many.before)
    assert torch.equal(few.n_possible, ops.count_worlds(*games.hidden()))
    assert bool((few.n_worlds == few.n_possible.clamp(max=30)).all())
    # Two seats of which the same is known are as likely to hold a domino.
    alike = replayed(LINES[:1], 0)
    found = found_in(alike, 30)
    hidden = found.before[0].sum(dim=0) > 0
    assert torch.allclose(found.before[0][:, hidden], torch.tensor(1 / 3, dtype=torch.float64))
    assert torch.equal(found.after, found.before)


def test_hidden_hands_change_nothing() -> None:
    games = replayed(LINES, 9)
    hands = ops.sample_worlds(*games.hidden(), KEYS + 5, 1)
    positions = WorldPositions(games, hands)
    swapped = replace(games, deals=positions.deals, states=positions.states(9))
    assert not torch.equal(swapped.deals, games.deals)
    for a, b in zip(found_in(games, 300), found_in(swapped, 300), strict=True):
        assert torch.equal(a, b)


def test_one_world_left() -> None:
    games = replayed(LINES, 27)
    found = found_in(games)
    assert found.n_worlds.tolist() == [1] * len(LINES)
    assert torch.equal(found.before, found.after)
    assert set(found.before.flatten().tolist()) == {0.0}  # the last to play sees all


def test_rows_and_threads_do_not_touch_each_other() -> None:
    games = replayed(LINES, 11)
    together = found_in(games, 150)
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        for a, b in zip(found_in(games, 150), together, strict=True):
            assert torch.equal(a, b)
    finally:
        torch.set_num_threads(before)
    seen = seen_by(games.take(torch.tensor([4])), needed_by(BID, 1))
    alone = ops.hidden_dominoes(*seen, KEYS[4:5], WEIGHTS, n_worlds=150, uniform=UNIFORM)
    assert torch.equal(alone.after[0], together.after[4])


def test_what_is_refused() -> None:
    seen = seen_by(replayed(LINES[:1], 3), needed_by(BID, 1))
    for options, message in (
        ({"n_worlds": 0}, r"n_worlds must be 1\.\."),
        ({"uniform": 0.0}, "uniform must be above 0"),
        ({"window": 29}, r"window must be 1\.\.28"),
    ):
        with pytest.raises(ForgeError, match=f"^{message}"):
            ops.hidden_dominoes(*seen, KEYS[:1], WEIGHTS, **options)
    with pytest.raises(ForgeError, match=r"^weights must be"):
        ops.hidden_dominoes(*seen, KEYS[:1], WEIGHTS[:5])
