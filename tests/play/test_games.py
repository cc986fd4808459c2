"""Games in lock step against the reference: states, points, legal plays, inference."""

import pytest
import torch

from forge.errors import ForgeError
from forge.game.deal import Deal
from forge.ops import legal_slots
from forge.play.games import Games
from reference import deals, game, packing, rules
from reference.rules import ALL_DOMINOES, domino_id
from support.lines import Line, random_lines, replayed, seat_to_act

LINES = random_lines(30, seed=3)


def played_by(line: Line, n_plays: int) -> list[tuple[int, rules.Domino]]:
    """(seat, domino) of each play."""
    plays = []
    for before, after in zip(line.states[:n_plays], line.states[1:], strict=False):
        seat = seat_to_act(before)
        held = set(packing.unpack(before).hands[seat]) - set(packing.unpack(after).hands[seat])
        plays.append((seat, line.deal[seat][held.pop()]))
    return plays


def may_hold(line: Line, n_plays: int, me: int, seat: int) -> set[int]:
    """What a seat may still hold in the eyes of another one, by looking at every trick again."""
    plays = played_by(line, n_plays)
    possible = set(range(28)) - {domino_id(domino) for _, domino in plays}
    possible -= {domino_id(domino) for domino in line.deal[me]}
    for k, (who, domino) in enumerate(plays):
        led = plays[k - k % 4][1]
        suit = rules.led_suit(line.decl, led)
        if who == seat and k % 4 and not rules.can_follow(line.decl, suit, domino):
            possible -= {domino_id(d) for d in ALL_DOMINOES if rules.can_follow(line.decl, suit, d)}
    return possible


@pytest.mark.parametrize("n_plays", range(29))
def test_states_plays_and_points(n_plays: int) -> None:
    games = replayed(LINES, n_plays)
    assert games.n_plays == n_plays
    for i, line in enumerate(LINES):
        state = line.states[n_plays]
        assert int(games.states[i]) == state
        plays = played_by(line, n_plays)
        assert games.seats[i].tolist() == [seat for seat, _ in plays]
        assert games.plays[i].tolist() == [domino_id(domino) for _, domino in plays]
        diff = 0
        for k in range(0, n_plays - n_plays % 4, 4):
            trick = [domino for _, domino in plays[k : k + 4]]
            winner = plays[k + rules.trick_winner(line.decl, trick)][0]
            diff += (1 if winner % 2 == 0 else -1) * rules.trick_points(trick)
        assert int(games.diff[i]) == diff
        if n_plays < 28:
            legal = [slot for slot in range(7) if games.legal[i, slot]]
            assert legal == game.legal_slots(line.deal, line.decl, state)
            assert int(games.players[i]) == seat_to_act(state)


@pytest.mark.parametrize("n_plays", [0, 1, 3, 4, 6, 9, 11, 14, 19, 22, 26, 27])
def test_what_the_others_may_hold(n_plays: int) -> None:
    allowed, sizes = replayed(LINES, n_plays).hidden()
    for i, line in enumerate(LINES):
        me = seat_to_act(line.states[n_plays])
        hands = packing.unpack(line.states[n_plays]).hands
        for k in range(3):
            seat = (me + 1 + k) % 4
            mask = int(allowed[i, k])
            assert {d for d in range(28) if mask >> d & 1} == may_hold(line, n_plays, me, seat)
            assert int(sizes[i, k]) == len(hands[seat])


def test_legal_slots_of_any_positions() -> None:
    """Other numbers of plays side by side, which games in lock step never have."""
    positions = [(line, line.states[(5 * i) % 29]) for i, line in enumerate(LINES)]
    found = legal_slots(
        torch.tensor([deals.ids(line.deal) for line, _ in positions], dtype=torch.int8),
        torch.tensor([line.decl for line, _ in positions], dtype=torch.int8),
        torch.tensor([state for _, state in positions]),
    )
    for i, (line, state) in enumerate(positions):
        legal = [slot for slot in range(7) if found[i, slot]]
        assert legal == game.legal_slots(line.deal, line.decl, state)
    over = replayed(LINES, 28)
    assert not legal_slots(over.deals, over.decls, over.states).any()


def test_take_gives_some_games() -> None:
    games = replayed(LINES, 10)
    some = games.take(torch.tensor([4, 2]))
    assert torch.equal(some.states, games.states[[4, 2]])
    assert torch.equal(some.hidden()[0], games.hidden()[0][[4, 2]])


def test_bad_play_and_bad_start() -> None:
    games = replayed(LINES[:1], 1)
    illegal = int((~games.legal[0]).nonzero()[0]) if not games.legal[0].all() else 9
    with pytest.raises(ForgeError):
        games.play(torch.tensor([illegal]))
    deal = Deal.from_hands(deals.ids(LINES[0].deal))
    with pytest.raises(ForgeError, match=r"one declaration 0\.\.9 a deal"):
        Games.start([deal], [10])
    with pytest.raises(ForgeError, match=r"one declaration 0\.\.9 a deal"):
        Games.start([deal, deal], [1])
