"""Children of packed states, against the reference."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import forge.ops  # noqa: F401  (registers the ops)
from reference import deals, game, packing, rules
from reference.game import Deal
from reference.strategies import SEEDS, lines, positions


def expand(deal: Deal, declaration: int, states: list[int]) -> list[list[int]]:
    """Return the children [N][7] that the package finds."""
    children = torch.ops.forge.expand_states(
        torch.tensor(deals.ids(deal), dtype=torch.int8),
        declaration,
        torch.tensor(states, dtype=torch.int64),
    )
    assert children.dtype == torch.int64
    assert children.shape == (len(states), 7)
    rows: list[list[int]] = children.tolist()
    return rows


def expected_children(deal: Deal, declaration: int, packed: int) -> list[int]:
    """Return the children [7] of the reference, -1 = illegal."""
    children = game.children(deal, declaration, packed)
    return [children.get(slot, -1) for slot in range(7)]


@pytest.mark.parametrize("declaration", rules.DECLARATIONS)
@settings(max_examples=40)
@given(data=st.data())
def test_every_state_of_a_random_hand(declaration: int, data: st.DataObject) -> None:
    line = data.draw(lines(declaration))
    deal = line[0].deal
    states = [position.packed for position in line]
    expected = [expected_children(deal, declaration, packed) for packed in states]
    assert expand(deal, declaration, states) == expected


@pytest.mark.parametrize("declaration", rules.DECLARATIONS)
@settings(max_examples=5)
@given(data=st.data())
def test_every_state_of_a_late_position(declaration: int, data: st.DataObject) -> None:
    deal, _, start = data.draw(positions(declaration, min_plays=16, max_plays=20))
    states = game.reachable_states(deal, declaration, start)
    expected = [expected_children(deal, declaration, packed) for packed in states]
    assert expand(deal, declaration, states) == expected


@given(seed=SEEDS, data=st.data())
def test_order_and_repeats_do_not_matter(seed: int, data: st.DataObject) -> None:
    declaration = seed % 10
    line = data.draw(lines(declaration))
    states = data.draw(st.lists(st.sampled_from([position.packed for position in line])))
    expected = [expected_children(line[0].deal, declaration, packed) for packed in states]
    assert expand(line[0].deal, declaration, states) == expected


@pytest.mark.parametrize("declaration", rules.DECLARATIONS)
def test_first_lead_may_be_anything(declaration: int) -> None:
    children = expand(deals.from_seed(0), declaration, [packing.pack(packing.INITIAL)])
    assert min(children[0]) >= 0


@pytest.mark.parametrize("winner", range(4))
def test_end_of_the_hand_has_no_children(winner: int) -> None:
    end = packing.pack(packing.State(hands=((),) * 4, leader=winner, plays=()))
    assert expand(deals.from_seed(0), 0, [end]) == [[-1] * 7]
