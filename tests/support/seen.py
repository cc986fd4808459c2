"""What seats see in games that the reference plays at random, as the ops on seats take it."""

import random
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from forge.build import native
from reference import deals, game, packing


class SeenRows(NamedTuple):
    """B decisions: the arguments of `policy_logits` before the weights."""

    hands: Tensor  # int8 [B, 7]
    decls: Tensor  # int8 [B]
    plays: Tensor  # int8 [B, 28]
    needed: Tensor  # int8 [B]


def random_seen(n_games: int, seed: int = 0, min_plays: int = 0) -> SeenRows:
    """Return every decision, from ``min_plays`` plays on, of games at random.

    Game i has its own deal, the declaration i mod 10 and 30 + (i mod 13) points to make.
    """
    rng = random.Random(seed)
    rows: list[tuple[list[int], int, list[int], int]] = []
    for i in range(n_games):
        deal = deals.from_seed(rng.randrange(2**32))
        hands = deals.ids(deal)
        played: list[int] = []
        line = game.random_line(deal, i % 10, rng)
        for before, after in pairwise(line):
            state = packing.unpack(before)
            seat = state.seat_to_act
            if len(played) >= min_plays:
                padded = played + [-1] * (28 - len(played))
                rows.append((list(hands[seat]), i % 10, padded, 30 + i % 13))
            gone = before & ~after & ((1 << 28) - 1)
            slot = (gone.bit_length() - 1) - 7 * seat
            played.append(hands[seat][slot])
    return SeenRows(*(torch.tensor(column, dtype=torch.int8) for column in zip(*rows, strict=True)))


def on_cuda(seen: SeenRows) -> SeenRows:
    """Return the columns on the device."""
    return SeenRows(*(column.cuda() for column in seen))


def assert_same_bytes(found: NamedTuple, wanted: NamedTuple) -> None:
    """Fail unless all columns of a result, wherever they are, have the same bytes."""
    for name, a, b in zip(wanted._fields, found, wanted, strict=True):
        assert a.dtype == b.dtype
        assert torch.equal(_bits(a.cpu()), _bits(b)), name


def _bits(column: Tensor) -> Tensor:
    return column if column.dtype == torch.bool else column.view(torch.int64)


def random_weights(seed: int = 0) -> Tensor:
    """Return float32 [N], weights of a policy that has learnt nothing."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(native.N_POLICY_WEIGHTS, generator=generator) * 0.1
