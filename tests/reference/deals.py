"""Deals from seeds, as `formats.md` defines them."""

import random
from collections.abc import Iterable

from reference.game import Deal
from reference.rules import ALL_DOMINOES, Domino, domino_id

HAND_SIZE = 7


def hand_from_ids(ids: Iterable[int]) -> tuple[Domino, ...]:
    """Return a hand in slot order: the dominoes ascending by id."""
    return tuple(ALL_DOMINOES[domino] for domino in sorted(ids))


def ids(deal: Deal) -> list[list[int]]:
    """Return the domino ids of a deal, [4][7] in slot order."""
    return [[domino_id(domino) for domino in hand] for hand in deal]


def from_seed(seed: int) -> Deal:
    """Return the deal of a seed."""
    shuffled = list(range(28))
    random.Random(seed).shuffle(shuffled)
    return tuple(hand_from_ids(shuffled[7 * seat : 7 * seat + 7]) for seat in range(4))


def marginalized(base_seed: int, opponent_seed: int) -> Deal:
    """Return seat 0's hand of ``base_seed`` with the other three dealt by ``opponent_seed``."""
    declarer = from_seed(base_seed)[0]
    others = [domino for domino in range(28) if ALL_DOMINOES[domino] not in declarer]
    random.Random(opponent_seed).shuffle(others)
    return (
        declarer,
        *(hand_from_ids(others[HAND_SIZE * part : HAND_SIZE * (part + 1)]) for part in range(3)),
    )
