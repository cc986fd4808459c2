"""The rule tables and the names of the declarations, against the reference."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.errors import ForgeError
from forge.game import declarations, tables
from reference import rules

NAMES = (
    "blanks",
    "ones",
    "twos",
    "threes",
    "fours",
    "fives",
    "sixes",
    "doubles-trump",
    "doubles-suit",
    "notrump",
)
ALIASES = {"doubles": 7, "dt": 7, "ds": 8, "no-trump": 9, "nt": 9, "follow-me": 9}


def test_domino_tables() -> None:
    assert list(zip(tables.HIGH.tolist(), tables.LOW.tolist(), strict=True)) == list(
        rules.ALL_DOMINOES
    )
    assert tables.COUNT_POINTS.tolist() == [rules.count_points(d) for d in rules.ALL_DOMINOES]


def test_table_shapes() -> None:
    assert tables.HIGH.shape == tables.LOW.shape == tables.COUNT_POINTS.shape == (28,)
    assert tables.LED_SUIT.shape == (10, 28)
    assert tables.FOLLOWS.shape == (10, 8, 28)
    assert tables.FOLLOWS.dtype == np.bool_
    assert tables.STRENGTH.shape == (10, 8, 28)
    assert tables.STRENGTH.dtype == np.uint8


@pytest.mark.parametrize("declaration", rules.DECLARATIONS)
def test_led_suit(declaration: int) -> None:
    expected = [rules.led_suit(declaration, led) for led in rules.ALL_DOMINOES]
    assert tables.LED_SUIT[declaration].tolist() == expected


@pytest.mark.parametrize("declaration", rules.DECLARATIONS)
def test_followers(declaration: int) -> None:
    expected = [
        sum(
            1 << domino
            for domino, pips in enumerate(rules.ALL_DOMINOES)
            if rules.can_follow(declaration, rules.led_suit(declaration, led), pips)
        )
        for led in rules.ALL_DOMINOES
    ]
    assert tables.FOLLOWERS[declaration].tolist() == expected
    assert tables.FOLLOWERS.dtype == np.int32


@pytest.mark.parametrize("declaration", rules.DECLARATIONS)
def test_follows(declaration: int) -> None:
    expected = [
        [rules.can_follow(declaration, suit, domino) for domino in rules.ALL_DOMINOES]
        for suit in rules.SUITS
    ]
    assert tables.FOLLOWS[declaration].tolist() == expected


@pytest.mark.parametrize("declaration", rules.DECLARATIONS)
def test_strength_orders_every_suit_that_can_be_led(declaration: int) -> None:
    for suit in {rules.led_suit(declaration, led) for led in rules.ALL_DOMINOES}:
        strength = tables.STRENGTH[declaration, suit]
        order = [rules.domino_id(d) for d in rules.winning_order(declaration, suit)]
        ranked = [int(strength[domino]) for domino in order]
        # Strictly falling, so that no two dominoes that can win ever tie.
        assert all(higher > lower for higher, lower in itertools.pairwise(ranked))
        assert ranked[-1] > 0
        assert np.flatnonzero(strength).tolist() == sorted(order)


def test_declaration_names() -> None:
    assert tuple(declarations.DECLARATION_NAMES) == NAMES


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *((name, declaration) for declaration, name in enumerate(NAMES)),
        *((str(declaration), declaration) for declaration in rules.DECLARATIONS),
        *ALIASES.items(),
    ],
)
def test_parse_declaration(text: str, expected: int) -> None:
    for spelling in (text, text.upper(), text.title()):
        assert declarations.parse_declaration(spelling) == expected
        assert list(declarations.parse_declarations(spelling)) == [expected]


def test_all_declarations() -> None:
    assert list(declarations.parse_declarations("all")) == list(range(10))
    assert list(declarations.parse_declarations("ALL")) == list(range(10))


@pytest.mark.parametrize("text", ["", "sevens", "10", "-1", "1.0", "all ten"])
def test_unknown_declarations(text: str) -> None:
    assert issubclass(ForgeError, ValueError)
    # The message lists what is valid, on the one line that a command may print.
    for parse in (declarations.parse_declaration, declarations.parse_declarations):
        with pytest.raises(ForgeError, match="notrump") as error:
            parse(text)
        assert "\n" not in str(error.value)


def test_all_is_not_one_declaration() -> None:
    with pytest.raises(ForgeError):
        declarations.parse_declaration("all")


@given(st.text(max_size=8))
def test_any_text_is_a_declaration_or_a_forge_error(text: str) -> None:
    try:
        declaration = declarations.parse_declaration(text)
    except ForgeError:
        return
    assert declaration in rules.DECLARATIONS
