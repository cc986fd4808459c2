"""Tokens turn back into the positions they were made from, and states into plays."""

import numpy as np
import pytest
import torch

from forge.errors import ForgeError
from forge.game.constants import INITIAL_STATE
from forge.game.deal import Deal
from forge.game.state import pack_state
from forge.ml.measure.detokenize import positions_of, trick_numbers
from forge.oracle.history import plays_to
from forge.oracle.position import Position
from support.played_rows import played_positions, played_rows
from support.shards import TINY_DEAL, TINY_DECL, tiny_rows
from support.synthetic_rows import synthetic_arrays


def test_positions_of_tokens() -> None:
    deals, decls, states = played_positions(20, 0)
    found = positions_of(played_rows().batch)
    assert found is not None
    assert torch.equal(found.deals, deals)
    assert torch.equal(found.decls, decls)
    assert torch.equal(found.states, states)


def test_trick_numbers() -> None:
    # 18 positions a game, after 10 plays to after 27.
    expected = [n_played // 4 for n_played in range(10, 28)] * 20
    assert trick_numbers(played_rows().batch["tokens"]).tolist() == expected


@pytest.mark.parametrize(
    ("row", "token", "feature"), [(3, 5, 4), (0, 9, 0), (7, 0, 11), (40, 12, 8), (2, 30, 5)]
)
def test_altered_tokens_are_no_position(row: int, token: int, feature: int) -> None:
    batch = {name: array.clone() for name, array in played_rows().batch.items()}
    batch["tokens"][row, token, feature] ^= 1
    assert positions_of(batch) is None


def test_synthetic_rows_are_no_positions() -> None:
    arrays = {name: torch.from_numpy(a) for name, a in synthetic_arrays(20, seed=0).items()}
    assert positions_of(arrays) is None


def test_plays_lead_to_the_state() -> None:
    rng = np.random.default_rng(0)
    for state in rng.choice(tiny_rows().states, 300, replace=False).tolist():
        plays = plays_to(TINY_DEAL, TINY_DECL, state)
        assert Position(TINY_DEAL, TINY_DECL, plays).state == state
    assert plays_to(TINY_DEAL, TINY_DECL, INITIAL_STATE) == ()


def test_plays_in_games_of_all_declarations() -> None:
    deals, decls, states = played_positions(20, 0)
    for deal_ids, decl, state in zip(deals.tolist(), decls.tolist(), states.tolist(), strict=True):
        deal = Deal.from_hands(deal_ids)
        assert Position(deal, decl, plays_to(deal, decl, state)).state == state


def test_states_that_no_play_reaches() -> None:
    reachable = set(tiny_rows().states.tolist())
    first = [127, 127, 127, 127]
    after_a_trick = [126, 126, 126, 126]
    unreachable = [
        pack_state(first, leader=1),  # seat 0 leads first
        *(
            state
            for leader in range(4)
            if (state := pack_state(after_a_trick, leader)) not in reachable
        ),
    ]
    assert len(unreachable) > 2
    for state in unreachable:
        with pytest.raises(ForgeError, match="not a reachable state of this deal"):
            plays_to(TINY_DEAL, TINY_DECL, state)
    with pytest.raises(ForgeError, match="not a packed state"):
        plays_to(TINY_DEAL, TINY_DECL, -1)
