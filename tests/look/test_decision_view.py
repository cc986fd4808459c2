"""What is shown of a decision, against the reference's rules."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from forge.eq.collate import replays
from forge.eq.records import FIELDS, EqRecord
from forge.errors import ForgeError
from forge.game.tables import FOLLOWS
from forge.look.decision_view import DecisionView, Suit, decision_view, game_views, suits_of
from forge.play.games import Games
from reference import rules
from support.lines import random_lines, replayed
from support.records import SEEDS, few_worlds, played, small_record

LINES = random_lines(20, seed=11)


def bare_record() -> EqRecord:
    """Games of random play, all declarations, whose decisions hold nothing but plays."""
    rows = {
        name: torch.zeros((len(LINES) * 28, *shape), dtype=dtype)
        for name, (dtype, shape) in FIELDS.items()
    }
    before = [replayed(LINES, k) for k in range(29)]
    taken = [
        (games.hand == after.plays[:, -1:]).int().argmax(dim=1) for games, after in pairwise(before)
    ]
    rows["action_taken"] = torch.stack(taken, dim=1).flatten()
    rows["legal_mask"] = torch.stack([games.legal for games in before[:28]], dim=1).flatten(0, 1)
    decls = tuple(line.decl for line in LINES)
    return EqRecord(rows, before[0].deals, decls, tuple(range(len(LINES))), {})


BARE = bare_record()
VIEWS = [game_views(BARE, game) for game in range(BARE.n_games)]
GAMES = list(replays(BARE))


def excluded(view: DecisionView, seat: int) -> int:
    """The dominoes that the voids of a seat exclude, as a mask."""
    mask = 0
    for suit in view.voids[seat]:
        mask |= sum(1 << d for d in range(28) if FOLLOWS[view.decl][suit.suit][d])
    return mask


def test_the_table_is_that_of_the_games() -> None:
    for k, games in enumerate(GAMES):
        for i, views in enumerate(VIEWS):
            view = views[k]
            check_table(view, games, i)
            assert (view.game, view.decision, view.seed) == (i, k, i)
            if k % 9 == 4:
                assert decision_view(BARE, 28 * i + k) == view


def check_table(view: DecisionView, games: Games, i: int) -> None:
    """Player, hands, plays, points and voids of one decision."""
    assert view.player == int(games.players[i])
    plays = [play for trick in view.tricks for play in trick.plays] + list(view.trick.plays)
    assert [play.domino for play in plays] == games.plays[i].tolist()
    assert [play.seat for play in plays] == games.seats[i].tolist()
    assert [[d.domino for d in hand] for hand in view.hands] == games.deals[i].tolist()
    for seat, hand in enumerate(view.hands):
        held = [int(games.states[i]) >> (7 * seat + slot) & 1 > 0 for slot in range(7)]
        assert [domino.held for domino in hand] == held
    assert view.points[0] - view.points[1] == int(games.diff[i])
    assert sum(view.points) == sum(trick.points for trick in view.tricks)
    assert [excluded(view, seat) for seat in range(4)] == games.excluded[i].tolist()
    assert [a.domino for a in view.actions] == games.hand[i].tolist()
    assert [a.legal for a in view.actions] == games.legal[i].tolist()
    assert view.lead_in_points == int(games.diff[i]) * (1 if view.player % 2 == 0 else -1)


def test_tricks_are_won_as_the_reference_says() -> None:
    for views in VIEWS:
        leader = 0
        for trick in views[27].tricks:
            dominoes = [rules.ALL_DOMINOES[play.domino] for play in trick.plays]
            seats = [(leader + k) % 4 for k in range(4)]
            assert trick.leader == leader
            assert [play.seat for play in trick.plays] == seats
            assert trick.winner == seats[rules.trick_winner(views[0].decl, dominoes)]
            assert trick.points == rules.trick_points(dominoes)
            leader = trick.winner
        assert views[27].trick.leader == leader
        for view in views:
            assert view.trick.leader == (view.tricks[-1].winner if view.tricks else 0)
            assert len(view.tricks) == view.decision // 4


def test_voids_are_led_suits_that_were_not_followed() -> None:
    for views in VIEWS:
        decl = views[0].decl
        shown: list[set[int]] = [set(), set(), set(), set()]
        for trick in views[27].tricks:
            suit = rules.led_suit(decl, rules.ALL_DOMINOES[trick.plays[0].domino])
            for play in trick.plays:
                if not rules.can_follow(decl, suit, rules.ALL_DOMINOES[play.domino]):
                    shown[play.seat].add(suit)
        voids = game_views(BARE, views[0].game)[24].voids
        assert [{suit.suit for suit in seat} for seat in voids] == shown


@pytest.mark.parametrize("decl", range(10))
def test_suits_that_may_be_led(decl: int) -> None:
    suits = suits_of(decl)
    led = {rules.led_suit(decl, domino) for domino in rules.ALL_DOMINOES}
    assert [suit.suit for suit in suits] == sorted(led)
    assert len({suit.name for suit in suits}) == len(suits)
    trumps = [suit.suit for suit in suits if suit.trump]
    assert trumps == ([] if decl >= 8 else [rules.CALLED_SUIT])


def test_names_of_suits() -> None:
    assert Suit(7, "fives", True) in suits_of(5)
    assert Suit(4, "fours", False) in suits_of(5)
    assert Suit(7, "doubles", True) in suits_of(7)
    assert Suit(7, "doubles", False) in suits_of(8)
    assert Suit(0, "blanks", False) in suits_of(9)


def test_numbers_are_those_of_the_record() -> None:
    record = small_record()
    for game, seed in enumerate(SEEDS):
        for view in game_views(record, game):
            row = record.row(game, view.decision)
            assert view.seed == seed
            assert view.ess == pytest.approx(float(record["ess"][row]))
            assert view.n_samples == int(record["n_samples"][row])
            assert view.complete == bool(record["complete"][row])
            assert view.train == bool(record["train_mask"][row])
            assert view.q_gap == pytest.approx(float(record["q_gap"][row]))
            assert view.taken.slot == int(record["action_taken"][row])
            assert view.mode == "boltzmann"
            legal = [action for action in view.actions if action.legal]
            assert view.best.mean == max(action.mean for action in legal)
            assert sum(action.best for action in view.actions) == 1
            assert sum(action.taken for action in view.actions) == 1
            for action in legal:
                assert action.held
                assert sum(action.pdf) == pytest.approx(1.0, abs=1e-5)
                mean = sum((k - 42) * p for k, p in enumerate(action.pdf))
                assert action.mean == pytest.approx(mean, abs=1e-3)
                assert action.sd**2 == pytest.approx(float(record["e_q_var"][row, action.slot]))


def test_standard_errors() -> None:
    record = small_record()
    row = int((~record["complete"] & (record["e_q_var"].amax(dim=1) > 0)).nonzero()[0])
    view = decision_view(record, row)
    for action in view.actions:
        assert action.sem == pytest.approx(action.sd / math.sqrt(view.ess - 1.0))
    one = replace(record, decisions={**record.decisions, "ess": torch.ones_like(record["ess"])})
    assert all(math.isinf(action.sem) for action in decision_view(one, row).actions)
    last = decision_view(record, 27)
    assert last.complete and last.taken.sem == 0.0 and not last.train and last.q_gap == 0.0


def test_slots_that_are_not_legal_are_zero_whatever_the_file_says() -> None:
    record = small_record()
    nan = torch.where(record["legal_mask"], record["e_q_mean"], torch.nan)
    odd = replace(record, decisions={**record.decisions, "e_q_mean": nan, "e_q_var": nan})
    for action in decision_view(odd, 27).actions:
        assert action.legal or (action.mean, action.sd, action.sem, sum(action.pdf)) == (0, 0, 0, 0)


def test_greedy_play_is_the_best() -> None:
    for view in game_views(played(SEEDS[:1], few_worlds(2)), 0):
        assert view.mode == "greedy"
        assert view.taken == view.best


def test_no_such_decision_and_plays_that_break_the_rules() -> None:
    record = small_record()
    for row in (-1, 84):
        with pytest.raises(ForgeError, match="there are 84"):
            decision_view(record, row)
    with pytest.raises(ForgeError, match=r"games 0\.\.2"):
        game_views(record, 3)
    taken = record["action_taken"].clone()
    taken[27] = (taken[27] + 1) % 7
    with pytest.raises(ForgeError, match="decision 27 breaks the rules"):
        game_views(replace(record, decisions={**record.decisions, "action_taken": taken}), 0)
