"""Trick winners and trick points, against the reference."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.game import tables
from reference import rules
from reference.rules import Domino

TRICKS = st.lists(st.sampled_from(rules.ALL_DOMINOES), min_size=4, max_size=4, unique=True)


def ids(dominoes: list[Domino]) -> list[int]:
    """Return the ids of dominoes, in the same order."""
    return [rules.domino_id(domino) for domino in dominoes]


@pytest.mark.parametrize("declaration", rules.DECLARATIONS)
@given(dominoes=TRICKS)
def test_winner(declaration: int, dominoes: list[Domino]) -> None:
    expected = rules.trick_winner(declaration, dominoes)
    assert tables.trick_winner(declaration, ids(dominoes)) == expected


@pytest.mark.parametrize("declaration", rules.DECLARATIONS)
def test_winner_of_every_lead_and_contender(declaration: int) -> None:
    # Every ordered pair meets once; the two others are dominoes that cannot win after this lead.
    for led, contender in itertools.permutations(rules.ALL_DOMINOES, 2):
        able = rules.winning_order(declaration, rules.led_suit(declaration, led))
        fillers = [d for d in rules.ALL_DOMINOES if d not in (*able, led, contender)][:2]
        dominoes = [led, fillers[0], contender, fillers[1]]
        expected = rules.trick_winner(declaration, dominoes)
        assert tables.trick_winner(declaration, ids(dominoes)) == expected


@given(dominoes=TRICKS)
def test_points(dominoes: list[Domino]) -> None:
    assert tables.trick_points(ids(dominoes)) == rules.trick_points(dominoes)


def test_points_of_every_domino() -> None:
    # One count domino at a time; 0-0, 1-0, 1-1 and 2-0 carry none.
    for domino in rules.ALL_DOMINOES:
        fillers = [other for other in [(0, 0), (1, 0), (1, 1), (2, 0)] if other != domino][:3]
        expected = 1 + rules.count_points(domino)
        assert tables.trick_points(ids([domino, *fillers])) == expected
