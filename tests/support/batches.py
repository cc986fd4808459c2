"""Positions of games that the reference plays at random, as the batch ops take them."""

import random
from typing import NamedTuple

import torch
from torch import Tensor

from reference import deals, game, packing

FIRST_STATE = packing.pack(packing.INITIAL)


class Batch(NamedTuple):
    """B positions: the arguments of `search` and `tokenize_states`."""

    deals: Tensor  # int8 [B, 4, 7]
    decls: Tensor  # int8 [B]
    states: Tensor  # int64 [B]

    def to(self, device: torch.device | str) -> "Batch":
        """Return the batch on another device."""
        return Batch(*(tensor.to(device) for tensor in self))


def random_games(n_games: int, min_plays: int = 0, seed: int = 0) -> Batch:
    """Return all positions after ``min_plays`` or more plays of games at random.

    Game i has its own deal and the declaration i mod 10.
    """
    rng = random.Random(seed)
    hands, decls, states = [], [], []
    for i in range(n_games):
        deal = deals.from_seed(rng.randrange(2**32))
        for packed in game.random_line(deal, i % 10, rng)[min_plays:]:
            hands.append(deals.ids(deal))
            decls.append(i % 10)
            states.append(packed)
    return Batch(
        torch.tensor(hands, dtype=torch.int8),
        torch.tensor(decls, dtype=torch.int8),
        torch.tensor(states, dtype=torch.int64),
    )


def first_leads(n: int, seed: int = 0) -> Batch:
    """Return n deals at the first lead, with the declarations 0..9 in turn."""
    hands = [deals.ids(deals.from_seed(seed + i)) for i in range(n)]
    return Batch(
        torch.tensor(hands, dtype=torch.int8).reshape(n, 4, 7),
        (torch.arange(n) % 10).to(torch.int8),
        torch.full((n,), FIRST_STATE),
    )


def n_held(states: Tensor) -> Tensor:
    """Return how many dominoes are still in hand, int8 [N]."""
    count = torch.zeros(states.shape, dtype=torch.int8)
    for bit in range(28):
        count += (states >> bit & 1).to(torch.int8)
    return count
