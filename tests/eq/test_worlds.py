"""The positions of worlds: what a seat imagines must be a hand that could have been played."""

import pytest
import torch

from forge import ops
from forge.eq.worlds import WorldPositions
from reference import deals, game, packing
from support.lines import random_lines, replayed, seat_to_act

LINES = random_lines(20, seed=11)


@pytest.mark.parametrize("n_plays", [0, 2, 5, 8, 11, 15, 18, 23, 27])
def test_worlds_explain_every_play_that_was_made(n_plays: int) -> None:
    """In each world the plays so far are legal, in the order they were made, and lead to now."""
    games = replayed(LINES, n_plays)
    allowed, sizes = games.hidden()
    hands = ops.sample_worlds(allowed, sizes, torch.arange(len(LINES)), 3)
    positions = WorldPositions(games, hands)
    now = positions.states(n_plays).view(len(LINES), 3)
    for i, line in enumerate(LINES):
        me = seat_to_act(line.states[n_plays])
        for j in range(3):
            deal = tuple(
                deals.hand_from_ids(hand)
                for hand in positions.deals.view(len(LINES), 3, 4, 7)[i, j].tolist()
            )
            assert sorted(d for hand in deal for d in hand) == sorted(
                d for hand in line.deal for d in hand
            )
            assert deal[me] == line.deal[me]
            state = packing.pack(packing.INITIAL)
            for k in range(n_plays):
                assert int(positions.states(k).view(-1, 3)[i, j]) == state
                slot = int(positions.slot_of_play(k).view(-1, 3)[i, j])
                assert slot in game.legal_slots(deal, line.decl, state)
                state, _ = game.play(deal, line.decl, state, slot)
            assert int(now[i, j]) == state
            held = packing.unpack(state).hands
            for k in range(3):
                seat = (me + 1 + k) % 4
                ids = {deals.ids(deal)[seat][slot] for slot in held[seat]}
                assert ids == {d for d in range(28) if int(hands[i, j, k]) >> d & 1}


def test_the_true_hands_are_a_world() -> None:
    n_plays = 9
    games = replayed(LINES, n_plays)
    hands = torch.zeros((len(LINES), 1, 3), dtype=torch.int32)
    for i, line in enumerate(LINES):
        me = seat_to_act(line.states[n_plays])
        for k in range(3):
            seat = (me + 1 + k) % 4
            ids = deals.ids(line.deal)[seat]
            held = packing.unpack(line.states[n_plays]).hands[seat]
            hands[i, 0, k] = sum(1 << ids[slot] for slot in held)
    positions = WorldPositions(games, hands)
    assert torch.equal(positions.deals, games.deals)
    assert torch.equal(positions.states(n_plays), games.states)
