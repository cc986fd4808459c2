"""`play` against the reference: next states and points (team-0 frame)."""

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import forge.ops  # noqa: F401  (registers the ops)
from forge import ForgeError
from reference import deals, game, packing, rules
from reference.strategies import Position, lines


def play(positions: list[Position], slots: list[int]) -> tuple[list[int], list[int]]:
    """Return next states and points that the package finds."""
    hands = [deals.ids(position.deal) for position in positions]
    after, points = torch.ops.forge.play(
        torch.tensor(hands, dtype=torch.int8),
        torch.tensor([position.declaration for position in positions], dtype=torch.int8),
        torch.tensor([position.packed for position in positions]),
        torch.tensor(slots, dtype=torch.int8),
    )
    assert (after.dtype, points.dtype) == (torch.int64, torch.int8)
    return after.tolist(), points.tolist()


@pytest.mark.parametrize("declaration", rules.DECLARATIONS)
@settings(max_examples=10)
@given(data=st.data())
def test_every_legal_slot_of_a_hand(declaration: int, data: st.DataObject) -> None:
    pairs = [
        (position, slot)
        for position in data.draw(lines(declaration))
        for slot in game.legal_slots(position.deal, declaration, position.packed)
    ]
    expected = [game.play(p.deal, declaration, p.packed, slot) for p, slot in pairs]
    after, points = play([p for p, _ in pairs], [slot for _, slot in pairs])
    assert list(zip(after, points, strict=True)) == expected


@settings(max_examples=20)
@given(line=lines(6))
def test_points_of_a_hand_add_up(line: list[Position]) -> None:
    slots = []
    for before, after in pairwise(line):
        hands = packing.unpack(before.packed).hands, packing.unpack(after.packed).hands
        (slot,) = (set(a) - set(b) for a, b in zip(*hands, strict=True) if a != b)
        slots.append(slot.pop())
    states, points = play(line[:-1], slots)
    assert states == [position.packed for position in line[1:]]
    assert sum(abs(p) for p in points) == 42
    assert all((p != 0) == (k % 4 == 3) for k, p in enumerate(points))


def test_illegal_slot() -> None:
    # Seat 0 leads its highest domino; in deal 0 under notrump some seat must follow sixes.
    deal = deals.from_seed(0)
    line = [Position(deal, 9, packing.pack(packing.INITIAL))]
    line.append(line[0]._replace(packed=game.play(deal, 9, line[0].packed, 6)[0]))
    legal = game.legal_slots(deal, 9, line[1].packed)
    assert legal != list(range(7))
    wrong = next(slot for slot in range(7) if slot not in legal)
    named = ", ".join(map(str, legal))
    with pytest.raises(
        ForgeError, match=rf"^slots\[1\] = {wrong} is not legal: legal are {named}$"
    ):
        play(line, [6, wrong])
    for slot in (-1, 7, 127, -128):
        with pytest.raises(ForgeError, match=rf"^slots\[0\] = {slot} is not legal: legal are 0, 1"):
            play(line, [slot, legal[0]])


def test_end_of_the_hand() -> None:
    end = packing.pack(packing.State(hands=((),) * 4, leader=2, plays=()))
    with pytest.raises(ForgeError, match=r"^slots\[0\] = 0 is not legal: the hand is over$"):
        play([Position(deals.from_seed(0), 3, end)], [0])


@pytest.mark.parametrize("declaration", rules.DECLARATIONS)
@settings(max_examples=10)
@given(data=st.data())
def test_legal_slots_of_a_hand(declaration: int, data: st.DataObject) -> None:
    line = data.draw(lines(declaration))
    legal = torch.ops.forge.legal_slots(
        torch.tensor([deals.ids(position.deal) for position in line], dtype=torch.int8),
        torch.tensor([declaration], dtype=torch.int8),
        torch.tensor([position.packed for position in line]),
    )
    assert legal.dtype == torch.bool
    assert [row.nonzero()[:, 0].tolist() for row in legal] == [
        sorted(game.legal_slots(position.deal, declaration, position.packed)) for position in line
    ]
