"""Worlds of hidden hands: every way to deal the unseen dominoes, tried one by one."""

import itertools
from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from functools import cache

World = tuple[int, int, int]
"""For each of the three hidden seats the mask of the dominoes (bit = id) in its hand."""


def unseen(allowed: Sequence[int]) -> list[int]:
    """Return the ids of the dominoes that some seat may hold, ascending."""
    return [domino for domino in range(28) if any(mask >> domino & 1 for mask in allowed)]


def seatings(allowed: Sequence[int], sizes: Sequence[int]) -> list[tuple[int, ...]]:
    """Return for every world the seat of each unseen domino, lowest id first; ascending."""
    dominoes = unseen(allowed)
    return [
        seats
        for seats in itertools.product(range(3), repeat=len(dominoes))
        if all(allowed[seat] >> d & 1 for d, seat in zip(dominoes, seats, strict=True))
        and all(seats.count(seat) == sizes[seat] for seat in range(3))
    ]


def world_of(dominoes: Sequence[int], seats: Sequence[int]) -> World:
    """Return the hands of a seating."""
    a, b, c = (
        sum(1 << d for d, s in zip(dominoes, seats, strict=True) if s == seat) for seat in range(3)
    )
    return a, b, c


def worlds(allowed: Sequence[int], sizes: Sequence[int]) -> list[World]:
    """Return every world, ascending by the seats of the unseen dominoes, lowest id first."""
    return [world_of(unseen(allowed), seats) for seats in seatings(allowed, sizes)]


def is_world(world: Sequence[int], allowed: Sequence[int], sizes: Sequence[int]) -> bool:
    """Say whether the hands deal every unseen domino once, to seats that may hold it."""
    dealt = [domino for hand in world for domino in range(28) if hand >> domino & 1]
    return (
        sorted(dealt) == unseen(allowed)
        and all(hand & ~mask == 0 for hand, mask in zip(world, allowed, strict=True))
        and [hand.bit_count() for hand in world] == list(sizes)
    )


def mrv_probabilities(allowed: Sequence[int], sizes: Sequence[int]) -> dict[World, Fraction]:
    """Return how likely most-constrained-first makes each world.

    Of the dominoes not yet dealt that the fewest seats can take, one at random goes to one of those
    seats at random. A seat can take a domino if some world extends what is dealt so far with it.
    """
    everything = seatings(allowed, sizes)
    n = len(unseen(allowed))

    @cache
    def from_here(dealt: tuple[int | None, ...]) -> dict[tuple[int, ...], Fraction]:
        possible = [
            seats
            for seats in everything
            if all(d is None or d == s for d, s in zip(dealt, seats, strict=True))
        ]
        can_take = {i: {seats[i] for seats in possible} for i in range(n) if dealt[i] is None}
        if not can_take:
            return {possible[0]: Fraction(1)}
        fewest = min(len(seats) for seats in can_take.values())
        choices = [
            (i, seat)
            for i, seats in can_take.items()
            if len(seats) == fewest
            for seat in sorted(seats)
        ]
        total: dict[tuple[int, ...], Fraction] = defaultdict(Fraction)
        for i, seat in choices:
            for seats, p in from_here((*dealt[:i], seat, *dealt[i + 1 :])).items():
                total[seats] += p / len(choices)
        return dict(total)

    dominoes = unseen(allowed)
    return {world_of(dominoes, seats): p for seats, p in from_here((None,) * n).items()}
