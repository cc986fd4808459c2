"""Packed states and deals, against the reference."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import forge
from forge.errors import ForgeError
from forge.game.constants import INITIAL_STATE, NO_SLOT
from forge.game.state import (
    held_slots,
    leaders_of,
    pack_fields,
    pack_state,
    plays_on_table,
    seats_to_act,
    unpack_state,
    unpack_states,
)
from reference import deals, packing
from reference.packing import hand_mask
from reference.rules import ALL_DOMINOES, Domino
from reference.strategies import SEEDS, Position, positions


def domino_text(domino: Domino) -> str:
    """Write a domino as ``high-low``."""
    high, low = domino
    return f"{high}-{low}"


def deal_text(deal: tuple[tuple[Domino, ...], ...], separator: str = " / ") -> str:
    """Write a deal as four hands."""
    return separator.join(",".join(map(domino_text, hand)) for hand in deal)


def test_initial_state() -> None:
    assert packing.pack(packing.INITIAL) == INITIAL_STATE
    assert isinstance(INITIAL_STATE, int)


@given(positions())
def test_unpack(position: Position) -> None:
    expected = packing.unpack(position.packed)
    state = unpack_state(position.packed)
    assert state.hands == tuple(hand_mask(slots) for slots in expected.hands)
    assert state.leader == expected.leader
    assert state.plays == expected.plays
    assert state.seat_to_act == expected.seat_to_act


@given(positions())
def test_pack(position: Position) -> None:
    state = packing.unpack(position.packed)
    hands = [hand_mask(slots) for slots in state.hands]
    assert pack_state(hands, state.leader, state.plays) == position.packed


@given(positions())
def test_round_trip(position: Position) -> None:
    state = unpack_state(position.packed)
    assert pack_state(state.hands, state.leader, state.plays) == position.packed


@given(st.lists(positions(), min_size=1, max_size=5))
def test_fields_of_numbers_arrays_and_tensors(drawn: list[Position]) -> None:
    packed = [position.packed for position in drawn]
    expected = [packing.unpack(state) for state in packed]
    hands = [[hand_mask(slots) for slots in state.hands] for state in expected]
    leaders = [state.leader for state in expected]
    n_plays = [len(state.plays) for state in expected]
    acting = [state.seat_to_act for state in expected]
    slots = [[*state.plays, *[NO_SLOT] * (3 - len(state.plays))] for state in expected]
    masks = [sum(mask << 7 * seat for seat, mask in enumerate(row)) for row in hands]

    assert [leaders_of(state) for state in packed] == leaders
    assert [plays_on_table(state) for state in packed] == n_plays
    assert [seats_to_act(state) for state in packed] == acting
    assert [[held_slots(state, seat) for seat in range(4)] for state in packed] == hands
    assert [
        pack_fields(*fields) for fields in zip(masks, leaders, n_plays, slots, strict=True)
    ] == packed

    array = np.array(packed)
    assert leaders_of(array).tolist() == leaders
    assert plays_on_table(array).tolist() == n_plays
    assert seats_to_act(array).tolist() == acting
    assert held_slots(array[:, None], np.arange(4)).tolist() == hands
    unpacked = {name: value.tolist() for name, value in unpack_states(array).items()}
    assert unpacked == {
        "hands": hands,
        "leader": leaders,
        "n_plays": n_plays,
        "plays": slots,
        "seat_to_act": acting,
    }

    tensor = torch.tensor(packed)
    assert leaders_of(tensor).tolist() == leaders
    assert plays_on_table(tensor).tolist() == n_plays
    assert seats_to_act(tensor).tolist() == acting
    assert held_slots(tensor, torch.tensor(acting)).tolist() == [
        row[seat] for row, seat in zip(hands, acting, strict=True)
    ]
    fields = torch.tensor(masks), torch.tensor(leaders), torch.tensor(n_plays)
    assert pack_fields(*fields, list(torch.tensor(slots).T)).tolist() == packed


@given(SEEDS)
def test_deal_of_a_seed(seed: int) -> None:
    expected = deals.ids(deals.from_seed(seed))
    deal = forge.Deal.from_seed(seed)
    assert [list(hand) for hand in deal.hands] == expected
    assert isinstance(deal.hands, tuple)
    assert all(isinstance(hand, tuple) for hand in deal.hands)
    assert torch.equal(deal.tensor, torch.tensor(expected, dtype=torch.int8))
    assert deal.tensor.dtype == torch.int8


@given(SEEDS, SEEDS)
def test_marginalized_deal(base_seed: int, opponent_seed: int) -> None:
    expected = deals.ids(deals.marginalized(base_seed, opponent_seed))
    deal = forge.Deal.marginalized(base_seed, opponent_seed)
    assert [list(hand) for hand in deal.hands] == expected


@given(st.permutations(range(28)))
def test_deal_of_hands_in_any_order(ids: list[int]) -> None:
    hands = [ids[7 * seat : 7 * seat + 7] for seat in range(4)]
    deal = forge.Deal.from_hands(hands)
    assert [list(hand) for hand in deal.hands] == [sorted(hand) for hand in hands]


@given(SEEDS)
def test_deal_text_round_trip(seed: int) -> None:
    deal = forge.Deal.from_seed(seed)
    assert forge.Deal.from_text(deal.text).hands == deal.hands


@given(st.permutations(ALL_DOMINOES))
def test_deal_of_text(dominoes: list[Domino]) -> None:
    hands = tuple(tuple(dominoes[7 * seat : 7 * seat + 7]) for seat in range(4))
    expected = [sorted(hand) for hand in hands]
    deal = forge.Deal.from_text(deal_text(hands))
    assert [[ALL_DOMINOES[domino] for domino in hand] for hand in deal.hands] == expected


FIRST = deals.from_seed(0)


@pytest.mark.parametrize(
    "hands",
    [
        pytest.param(deals.ids(FIRST)[:3], id="three hands"),
        pytest.param([*deals.ids(FIRST), []], id="five hands"),
        pytest.param([[0] * 7] * 4, id="one domino 28 times"),
        pytest.param([deals.ids(FIRST)[0]] * 4, id="one hand four times"),
        pytest.param([list(range(21, 29)), *deals.ids(FIRST)[1:]], id="an id past 27"),
        pytest.param([range(-1, 6), range(6, 13), range(13, 20), range(20, 27)], id="an id of -1"),
        pytest.param([range(6), range(6, 14), range(14, 21), range(21, 28)], id="six and eight"),
    ],
)
def test_hands_that_are_no_deal(hands: list[list[int]]) -> None:
    with pytest.raises(ForgeError):
        forge.Deal.from_hands(hands)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param(deal_text(FIRST[:3]), id="three hands"),
        pytest.param(deal_text((*FIRST[:3], FIRST[0])), id="a hand twice"),
        pytest.param(deal_text(FIRST).replace("6-6", "7-6"), id="pip 7"),
        pytest.param(deal_text(FIRST).replace("6-6", "six"), id="no domino"),
        pytest.param(deal_text(FIRST).replace("6-6", "6-5"), id="a domino twice"),
    ],
)
def test_text_that_is_no_deal(text: str) -> None:
    with pytest.raises(ForgeError):
        forge.Deal.from_text(text)
