"""The rules as tables, read from the native core (csrc/game), and dominoes as text.

Dominoes are ids 0..27, ``high*(high+1)/2 + low``. Suits 0..6 are the pips, 7 is the called suit.
"""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from forge.build import native
from forge.errors import ForgeError
from forge.game.constants import N_DOMINOES, N_SLOTS

_tables = native.rule_tables()


def _table(name: str, dtype: type[np.generic]) -> npt.NDArray[Any]:
    array = np.array(_tables[name], dtype=dtype)
    array.flags.writeable = False
    return array


HIGH = _table("high", np.int8)  # [28]
LOW = _table("low", np.int8)  # [28]
COUNT_POINTS = _table("count_points", np.int8)  # [28]
LED_SUIT = _table("led_suit", np.int8)  # [10, 28]
FOLLOWS = _table("follows", np.bool_)  # [10, 8, 28]
STRENGTH = _table("strength", np.uint8)  # [10, 8, 28]; 0 cannot win, else the greatest wins


def _followers() -> npt.NDArray[np.int32]:
    follows = np.take_along_axis(FOLLOWS, LED_SUIT[:, :, None].astype(np.int64), axis=1)
    masks: npt.NDArray[np.int32] = (
        (follows * (1 << np.arange(N_DOMINOES))).sum(axis=2).astype(np.int32)
    )
    masks.flags.writeable = False
    return masks


FOLLOWERS = _followers()  # [10, 28]; mask of what must be played to a led domino, itself included


def trick_winner(decl: int, dominoes: Sequence[int]) -> int:
    """Index 0..3, in play order, of the domino that wins the trick."""
    winner: int = native.trick_winner(decl, list(dominoes))
    return winner


def trick_points(dominoes: Sequence[int]) -> int:
    """1 + the count points of the trick."""
    return 1 + sum(int(COUNT_POINTS[domino]) for domino in dominoes)


def domino_name(domino: int) -> str:
    """``high-low``, such as ``6-4``."""
    return f"{HIGH[domino]}-{LOW[domino]}"


def parse_domino(text: str) -> int:
    """Id of a domino written ``high-low`` (or ``low-high``)."""
    match = re.fullmatch(r"\s*([0-6])\s*-\s*([0-6])\s*", text)
    if not match:
        raise ForgeError(f"not a domino: {text.strip()!r}; write two pips 0..6 such as 6-4")
    high, low = sorted((int(match[1]), int(match[2])), reverse=True)
    return high * (high + 1) // 2 + low


def parse_dominoes(text: str) -> tuple[int, ...]:
    """Ids of dominoes separated by commas or blanks, in the order given; none twice."""
    dominoes = tuple(parse_domino(part) for part in re.split(r"[,\s]+", text.strip()) if part)
    for i, domino in enumerate(dominoes):
        if domino in dominoes[:i]:
            raise ForgeError(f"domino {domino_name(domino)} is there twice")
    return dominoes


def parse_hand(text: str) -> tuple[int, ...]:
    """Ids, ascending, of a hand of seven different dominoes such as ``6-6,6-5,...``."""
    hand = parse_dominoes(text)
    if len(hand) != N_SLOTS:
        raise ForgeError(f"a hand has 7 dominoes, got {len(hand)}: {text.strip()!r}")
    return tuple(sorted(hand))
