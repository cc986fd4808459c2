"""The deals that a hand may be in: each known by a seed and a number, whoever asks for it."""

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor

from forge import ops
from forge.eq.worlds import dominoes_of
from forge.errors import ForgeError
from forge.game.constants import N_DOMINOES, N_SEATS, N_SLOTS
from forge.game.whole_numbers import whole_number
from forge.play.games import ALL_DOMINOES
from forge.play.keys import combine, seed_tensor

# Of the keys: draws for deals share no numbers with those of decisions.
_DEALS: Final = 30


def deals_around(hand: Sequence[int], seed: int, start: int, stop: int) -> Tensor:
    """Deals number `start` to `stop - 1` around a hand, every one equally likely.

    Deal number i depends on the hand, the seed and i alone, so that ranges can be made anywhere and
    in any order, and all declarations see the same deals.

    Args:
        hand: seven different domino ids, of seat 0.
        seed: of the series, 0..2^63-1.
        start, stop: numbers in the series.

    Returns:
        int8 [stop - start, 4, 7], domino ids in slot order.

    Raises:
        ForgeError: for another hand, seed or range.
    """
    dominoes = {whole_number("a domino", domino, 0, N_DOMINOES - 1) for domino in hand}
    if len(hand) != N_SLOTS or len(dominoes) != N_SLOTS:
        raise ForgeError(f"a hand is seven different domino ids 0..27, got {list(hand)}")
    if not 0 <= whole_number("start", start) < whole_number("stop", stop):
        raise ForgeError(f"deals are numbered from 0, at least one: got {start} to {stop}")
    n, own = stop - start, sum(1 << domino for domino in dominoes)
    worlds = ops.sample_worlds(
        torch.full((n, N_SEATS - 1), ALL_DOMINOES & ~own, dtype=torch.int32),
        torch.full((n, N_SEATS - 1), N_SLOTS, dtype=torch.int8),
        deal_keys(seed, start, stop),
        1,
    )[:, 0]
    return dominoes_of(torch.cat([torch.full((n, 1), own, dtype=torch.int32), worlds], dim=1))


def deal_keys(seed: int, start: int, stop: int, purpose: int = _DEALS) -> Tensor:
    """int64 [stop - start]: a key for each number of the series, for one purpose.

    Raises:
        ForgeError: for a seed that is no int64.
    """
    series = combine(combine(torch.zeros(1, dtype=torch.int64), seed_tensor(seed)), purpose)
    return combine(series, torch.arange(start, stop))
