"""Exact search of late positions, against minimax (values in the team-0 frame).

`test_tablebase` searches whole tablebases of the reference.
"""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import forge.ops  # noqa: F401  (registers the ops)
from reference import deals, game, packing, rules
from reference.minimax import Solver
from reference.strategies import Position, positions

N_SLOTS = 7


def deal_tensor(batch: list[Position]) -> torch.Tensor:
    """Return the deals of a batch, int8 [B, 4, 7]."""
    ids = [deals.ids(position.deal) for position in batch]
    return torch.tensor(ids, dtype=torch.int8).reshape(len(batch), 4, N_SLOTS)


def decl_tensor(batch: list[Position]) -> torch.Tensor:
    """Return the declarations of a batch, int8 [B]."""
    return torch.tensor([position.declaration for position in batch], dtype=torch.int8)


def state_tensor(batch: list[Position]) -> torch.Tensor:
    """Return the packed states of a batch, int64 [B]."""
    return torch.tensor([position.packed for position in batch], dtype=torch.int64)


def search(batch: list[Position]) -> list[list[int]]:
    """Return the q [B][7] that the package finds."""
    q = torch.ops.forge.search(deal_tensor(batch), decl_tensor(batch), state_tensor(batch))
    assert q.dtype == torch.int8
    assert q.shape == (len(batch), N_SLOTS)
    rows: list[list[int]] = q.tolist()
    return rows


def search_at_least(batch: list[Position], targets: list[int]) -> list[list[int]]:
    """Return the answers [B][7] of the package: 1 yes, 0 no, -1 illegal."""
    answers = torch.ops.forge.search_at_least(
        deal_tensor(batch),
        decl_tensor(batch),
        state_tensor(batch),
        torch.tensor(targets, dtype=torch.int8),
    )
    assert answers.dtype == torch.int8
    assert answers.shape == (len(batch), N_SLOTS)
    rows: list[list[int]] = answers.tolist()
    return rows


def solver(position: Position) -> Solver:
    """Return the reference for the hand of a position."""
    return Solver(position.deal, position.declaration)


@settings(max_examples=40)
@given(batch=st.lists(positions(min_plays=17, max_plays=28), max_size=12))
def test_different_hands_in_one_batch(batch: list[Position]) -> None:
    expected = [solver(position).q(position.packed) for position in batch]
    assert search(batch) == expected


@settings(max_examples=40)
@given(batch=st.lists(positions(min_plays=17, max_plays=28), max_size=12), data=st.data())
def test_at_least_in_one_batch(batch: list[Position], data: st.DataObject) -> None:
    targets = [data.draw(st.integers(min_value=-44, max_value=44)) for _ in batch]
    expected = [
        solver(position).at_least(position.packed, target)
        for position, target in zip(batch, targets, strict=True)
    ]
    assert search_at_least(batch, targets) == expected


@pytest.mark.parametrize("declaration", rules.DECLARATIONS)
@settings(max_examples=20)
@given(data=st.data())
def test_at_least_around_every_value(declaration: int, data: st.DataObject) -> None:
    # The answer turns from 1 to 0 exactly between a slot's value and the next higher one.
    position = data.draw(positions(declaration, min_plays=16, max_plays=27))
    q = solver(position).q(position.packed)
    targets = sorted({value + step for value in q if value >= -42 for step in (-1, 0, 1)})
    expected = [[-1 if v == -128 else int(v >= target) for v in q] for target in targets]
    assert search_at_least([position] * len(targets), targets) == expected


@pytest.mark.parametrize("target", [-128, -43, 43, 127])
def test_at_least_beyond_what_a_hand_pays(target: int) -> None:
    # No search is needed; the legal slots still have to be told from the illegal ones.
    first = Position(deals.from_seed(0), 6, packing.pack(packing.INITIAL))
    assert search_at_least([first], [target]) == [[int(target < 0)] * N_SLOTS]


@settings(max_examples=20)
@given(data=st.data())
def test_one_deal_for_the_whole_batch(data: st.DataObject) -> None:
    first = data.draw(positions(min_plays=17, max_plays=20))
    line = [first.packed]
    reference = solver(first)
    while slots := [slot for slot, q in enumerate(reference.q(line[-1])) if q != -128]:
        slot = data.draw(st.sampled_from(slots))
        line.append(game.play(first.deal, first.declaration, line[-1], slot)[0])
    batch = [first._replace(packed=packed) for packed in line]
    arguments = (deal_tensor([first]), decl_tensor(batch), state_tensor(batch))

    expected = [reference.q(packed) for packed in line]
    assert torch.ops.forge.search(*arguments).tolist() == expected
    zero = torch.zeros(len(batch), dtype=torch.int8)
    answers = torch.ops.forge.search_at_least(*arguments, zero)
    assert answers.tolist() == [reference.at_least(packed, 0) for packed in line]


def test_end_of_the_hand() -> None:
    end = packing.State(hands=((),) * 4, leader=3, plays=())
    batch = [Position(deals.from_seed(0), 0, packing.pack(end))]
    assert search(batch) == [[-128] * N_SLOTS]
    assert search_at_least(batch, [0]) == [[-1] * N_SLOTS]


@settings(max_examples=40)
@given(batch=st.lists(positions(min_plays=16, max_plays=28), max_size=12), data=st.data())
def test_value_and_made_in_one_batch(batch: list[Position], data: st.DataObject) -> None:
    arguments = deal_tensor(batch), decl_tensor(batch), state_tensor(batch)
    expected = [solver(position).value(position.packed) for position in batch]
    assert torch.ops.forge.search_value(*arguments).tolist() == expected
    targets = [value + data.draw(st.integers(min_value=-2, max_value=2)) for value in expected]
    made = torch.ops.forge.search_made(*arguments, torch.tensor(targets, dtype=torch.int8))
    assert made.tolist() == [v >= t for v, t in zip(expected, targets, strict=True)]
