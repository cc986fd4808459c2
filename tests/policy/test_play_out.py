"""Hands played to their end by a policy: against play by play with the policy's logits."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from forge import ForgeError, ops
from forge.eq.objective import is_decided, make_targets
from forge.game.contract import Bid
from forge.play.games import Games
from forge.play.seen import needed_by, seen_by
from forge.policy.numbers import PolicyNumbers
from forge.policy.own_play import play_outcomes
from forge.policy.self_play import contract_of
from support.lines import random_lines, replayed
from support.seen import random_weights

LINES = random_lines(40, seed=61)
BID = Bid.of(31)
WEIGHTS = random_weights(6) * 3


def asked(games: Games) -> list[Tensor]:
    """Return what `play_out` takes of games, before the weights."""
    seen = seen_by(games, needed_by(BID, len(games)))
    return [games.deals, games.decls, seen.plays, seen.needed]


def played_out(given: list[Tensor], weights: Tensor = WEIGHTS) -> Tensor:
    """Return what comes of it."""
    deals, decls, plays, needed = given
    return ops.play_out(deals, decls, plays, needed, weights)


def made_slowly(games: Games, slot: int) -> bool:
    """Return whether one game is made after a slot, everybody playing what the logits say."""
    games = games.play(torch.tensor([slot]))
    while games.n_plays < 28 and not bool(is_decided(games, make_targets(games, BID))):
        logits = ops.policy_logits(*seen_by(games, needed_by(BID, 1)), WEIGHTS)
        games = games.play(logits.argmax(dim=1))
    return bool(make_targets(games, BID) <= 0)


@pytest.mark.parametrize("n_plays", [0, 5, 10, 15, 20, 26])
def test_play_by_play(n_plays: int) -> None:
    games = replayed(LINES, n_plays)
    found = played_out(asked(games))
    assert torch.equal(found >= 0, games.legal)
    for row in range(0, len(LINES), 4):
        one = games.take(torch.tensor([row]))
        for slot in one.legal[0].nonzero()[:, 0].tolist():
            assert bool(found[row, slot]) == made_slowly(one, slot)
    if n_plays < 20:
        assert (found == 1).any() and (found == 0).any()


def test_rows_do_not_matter_to_each_other() -> None:
    games = replayed(LINES, 9)
    found = played_out(asked(games))
    for row in (0, 17, 39):
        one = games.take(torch.tensor([row]))
        assert torch.equal(played_out(asked(one))[0], found[row])
    assert played_out(asked(games.take(torch.tensor([], dtype=torch.int64)))).numel() == 0


def changed(index: int, where: tuple[int, ...], value: int) -> Callable[[list[Tensor]], None]:
    """Return what puts a value into one of the arguments."""

    def change(given: list[Tensor]) -> None:
        given[index] = given[index].clone()
        given[index][where] = value

    return change


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (changed(0, (3, 0, 0), 28), "row 3: deals must hold each domino"),
        (changed(0, (3, 0, 0), -1), "row 3: deals must hold each domino"),
        (changed(1, (2,), 10), "row 2: decls must be 0..9"),
        (changed(2, (1, 4), 28), "row 1: plays must be different dominoes"),
        (changed(2, (1, 27), 3), "row 1: plays must be different dominoes"),
        (changed(3, (0,), 43), "row 0: needed must be 1..42"),
    ],
)
def test_rows_that_cannot_be(change: Callable[[list[Tensor]], None], told: str) -> None:
    given = asked(replayed(LINES, 9))
    change(given)
    with pytest.raises(ForgeError, match=told):
        played_out(given)


def test_plays_that_may_not_be() -> None:
    games = replayed(LINES, 9)
    given = asked(games)
    given[2] = given[2].clone()
    given[2][5, 0] = games.deals[5, 1, 0]  # the declarer leads what the seat to the left holds
    with pytest.raises(ForgeError, match="row 5: a seat played what it may not play"):
        played_out(given)
    over = replayed(LINES, 28)
    plays = [over.deals, over.decls, over.plays, needed_by(BID, len(over))]
    with pytest.raises(ForgeError, match="row 0: a hand that is over"):
        played_out(plays)


@pytest.mark.parametrize(
    ("index", "wrong", "told"),
    [
        (0, torch.zeros(40, 28, dtype=torch.int8), r"deals must be int8 \[B, 4, 7\]"),
        (0, torch.zeros((), dtype=torch.int8), r"deals must be int8 \[B, 4, 7\]"),
        (1, torch.zeros(3, dtype=torch.int8), r"decls must be int8 \[40\]"),
        (2, torch.zeros(40, 28), r"plays must be int8 \[40, 28\]"),
        (3, torch.zeros(40, dtype=torch.int64), r"needed must be int8 \[40\]"),
    ],
)
def test_wrong_shapes(index: int, wrong: Tensor, told: str) -> None:
    given = asked(replayed(LINES, 9))
    given[index] = wrong
    with pytest.raises(ForgeError, match=told):
        played_out(given)
    with pytest.raises(ForgeError, match="weights must be float32"):
        played_out(asked(replayed(LINES, 9)), WEIGHTS[:-1])


def test_own_play_says_who_won() -> None:
    """Without exploring, the play that was made leads to how the hand came out."""
    policy = PolicyNumbers(WEIGHTS)
    found = play_outcomes(policy, seed=3, start=0, stop=60, explore=0, temperature=1)
    assert len(found) > 20
    legal = found.candidates[:, :, 0] < found.candidates.max()
    assert torch.equal(found.won.isfinite(), legal)
    assert ((found.won == 1).any(dim=1) & (found.won == 0).any(dim=1)).all()
    deal, decl, bid = contract_of(3, 0)
    games = Games.start([deal], [decl])
    first = ops.play_out(
        games.deals, games.decls, torch.full((1, 28), -1, dtype=torch.int8),
        needed_by(bid, 1), WEIGHTS,
    )  # fmt: skip
    alone = play_outcomes(policy, seed=3, start=0, stop=1, explore=0, temperature=1)
    if len(set(first[0].tolist())) > 1:
        assert torch.equal(alone.won[0], first[0].float())


def test_own_play_depends_on_its_numbers_alone() -> None:
    policy = PolicyNumbers(WEIGHTS)

    def rows(start: int, stop: int) -> list[bytes]:
        found = play_outcomes(policy, 5, start, stop, explore=0.3, temperature=0.5)
        texts = zip(found.context, found.candidates, found.won, strict=True)
        return sorted(b"".join(part.numpy().tobytes() for part in row) for row in texts)

    assert rows(0, 40) == sorted(rows(0, 13) + rows(13, 40))
    assert rows(0, 40) != rows(40, 80)
