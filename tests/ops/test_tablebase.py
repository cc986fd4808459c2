"""Backward induction and search of everything that follows from a late position, by minimax."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import forge.ops  # noqa: F401  (registers the ops)
from reference import deals, minimax, packing, rules
from reference.game import Deal
from reference.strategies import Position, positions


def backward_induction(
    deal: Deal, declaration: int, states: list[int]
) -> tuple[list[int], list[list[int]]]:
    """Return V [N] and q [N][7] that the package finds (team-0 frame)."""
    values, q = torch.ops.forge.backward_induction(
        torch.tensor(deals.ids(deal), dtype=torch.int8),
        declaration,
        torch.tensor(states, dtype=torch.int64),
    )
    assert values.dtype == q.dtype == torch.int8
    assert values.shape == (len(states),)
    assert q.shape == (len(states), 7)
    return values.tolist(), q.tolist()


def check(position: Position) -> None:
    """Compare the whole tablebase of a position, and what a search says of each of its states."""
    deal, declaration, start = position
    expected = minimax.tablebase(deal, declaration, start)
    values, q = backward_induction(deal, declaration, expected.states)
    assert values == expected.values
    assert q == expected.q
    searched = torch.ops.forge.search(
        torch.tensor([deals.ids(deal)], dtype=torch.int8),
        torch.tensor([declaration], dtype=torch.int8),
        torch.tensor(expected.states, dtype=torch.int64),
    )
    assert searched.tolist() == expected.q


@pytest.mark.parametrize("declaration", rules.DECLARATIONS)
@settings(max_examples=20)
@given(data=st.data())
def test_last_three_tricks(declaration: int, data: st.DataObject) -> None:
    check(data.draw(positions(declaration, min_plays=16, max_plays=28)))


@settings(max_examples=6)
@given(position=positions(min_plays=12, max_plays=15))
def test_last_four_tricks(position: Position) -> None:
    check(position)


@settings(max_examples=20)
@given(data=st.data())
def test_several_positions_of_one_hand(data: st.DataObject) -> None:
    # The states need not follow from a single one: a union that is closed under play will do.
    first = data.draw(positions(min_plays=16, max_plays=16))
    base = minimax.tablebase(*first)
    solver = minimax.Solver(first.deal, first.declaration)
    starts = data.draw(st.lists(st.sampled_from(base.states), min_size=1, max_size=4))
    closures = (minimax.tablebase(first.deal, first.declaration, start) for start in starts)
    states = sorted({packed for closure in closures for packed in closure.states})

    values, q = backward_induction(first.deal, first.declaration, states)
    assert values == [solver.value(packed) for packed in states]
    assert q == [solver.q(packed) for packed in states]


@pytest.mark.parametrize("winner", range(4))
def test_end_of_the_hand(winner: int) -> None:
    end = packing.pack(packing.State(hands=((),) * 4, leader=winner, plays=()))
    assert backward_induction(deals.from_seed(0), 0, [end]) == ([0], [[-128] * 7])
