"""Deals from seeds, exactly as in the author's pipeline (Python's own generator)."""

import random
from collections.abc import Sequence

from forge.game.constants import N_DOMINOES, N_SLOTS
from forge.game.whole_numbers import whole_number

Hands = tuple[tuple[int, ...], ...]


def _hands(dominoes: Sequence[int]) -> Hands:
    return tuple(tuple(sorted(dominoes[i : i + N_SLOTS])) for i in range(0, len(dominoes), N_SLOTS))


def deal_from_seed(seed: int) -> Hands:
    """Four hands of seven ascending ids: ``random.Random(seed).shuffle`` of 0..27, cut in four.

    Raises:
        ForgeError: unless the seed is a whole number, 0 or more; Python's generator takes -1 for 1.
    """
    dominoes = list(range(N_DOMINOES))
    random.Random(whole_number("seed", seed, 0)).shuffle(dominoes)
    return _hands(dominoes)


def deal_around_hand(hand: Sequence[int], seed: int) -> Hands:
    """Seat 0 holds `hand`; the other ids, ascending, are shuffled by ``Random(seed)`` and cut."""
    others = [domino for domino in range(N_DOMINOES) if domino not in hand]
    random.Random(whole_number("seed", seed, 0)).shuffle(others)
    return (tuple(sorted(hand)), *_hands(others))
