"""Hypothesis strategies over deals and positions of the reference."""

import random
from typing import NamedTuple

from hypothesis import strategies as st

from reference import deals, game
from reference.game import Deal

SEEDS = st.integers(min_value=0, max_value=2**32 - 1)


class Position(NamedTuple):
    """A packed state with the hand it belongs to."""

    deal: Deal
    declaration: int
    packed: int


def dealt_hands() -> st.SearchStrategy[Deal]:
    """Draw a deal."""
    return SEEDS.map(deals.from_seed)


@st.composite
def positions(
    draw: st.DrawFn,
    declaration: int | None = None,
    min_plays: int = 0,
    max_plays: int = 28,
) -> Position:
    """Draw a position after ``min_plays`` to ``max_plays`` random legal plays of a random deal.

    ``declaration`` None draws that too.
    """
    if declaration is None:
        declaration = draw(st.integers(min_value=0, max_value=9))
    deal = draw(dealt_hands())
    n_plays = draw(st.integers(min_value=min_plays, max_value=max_plays))
    packed = game.random_position(deal, declaration, n_plays, random.Random(draw(SEEDS)))
    return Position(deal, declaration, packed)


@st.composite
def lines(draw: st.DrawFn, declaration: int) -> list[Position]:
    """Draw the 29 positions of a whole hand played at random."""
    deal = draw(dealt_hands())
    line = game.random_line(deal, declaration, random.Random(draw(SEEDS)))
    return [Position(deal, declaration, packed) for packed in line]
