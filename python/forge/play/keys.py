"""Random numbers by name: every draw has a key, so no draw depends on another one."""

from typing import Final

import torch
from torch import Tensor

from forge.game.whole_numbers import whole_number
from forge.options import MOST_SEED

# SplitMix64 (Steele, Lea and Flood 2014), in wrapping int64 arithmetic.
_GAMMA: Final = 0x9E3779B97F4A7C15 - (1 << 64)
_FIRST: Final = 0xBF58476D1CE4E5B9 - (1 << 64)
_SECOND: Final = 0x94D049BB133111EB - (1 << 64)


def combine(key: Tensor, part: Tensor | int) -> Tensor:
    """A new key from a key and a number: int64, elementwise, broadcast."""
    mixed = (key ^ _mixed(torch.as_tensor(part, device=key.device).long() + _GAMMA)) + _GAMMA
    return _mixed(mixed)


def decision_keys(seeds: Tensor, n_plays: int, purpose: int) -> Tensor:
    """Keys of one decision in each game.

    Args:
        seeds: int64 [B], of the games.
        n_plays: number of the decision, 0..27.
        purpose: what the draw is for, so that two of one decision do not share numbers.

    Returns:
        int64 [B].
    """
    return combine(combine(combine(torch.zeros_like(seeds), seeds), n_plays), purpose)


def seed_tensor(seed: int) -> Tensor:
    """int64 [1] of a seed 0..2^63-1, as `decision_keys` takes it.

    Raises:
        ForgeError: for another.
    """
    return torch.tensor([whole_number("seed", seed, 0, MOST_SEED)])


def uniform(keys: Tensor, n: int) -> Tensor:
    """float64 [B, n] in [0, 1), from keys int64 [B]."""
    bits = combine(keys[:, None], torch.arange(n, device=keys.device))
    return _shifted(bits, 11).double() * 2.0**-53


def _mixed(x: Tensor) -> Tensor:
    x = (x ^ _shifted(x, 30)) * _FIRST
    x = (x ^ _shifted(x, 27)) * _SECOND
    return x ^ _shifted(x, 31)


def _shifted(x: Tensor, n: int) -> Tensor:
    """Logical shift to the right."""
    return (x >> n) & ((1 << (64 - n)) - 1)
