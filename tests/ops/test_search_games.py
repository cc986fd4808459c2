"""`search` and `search_at_least` against `solve`, on every position of 200 random games."""

import random
from functools import cache
from typing import NamedTuple

import pytest
import torch
from torch import Tensor

import forge.ops
from reference import deals, game

# Two seeds for each declaration 0..9, of those below 80 whose deals have the fewest states.
SEEDS = {
    0: (30, 38),
    1: (4, 29),
    2: (1, 29),
    3: (4, 31),
    4: (11, 17),
    5: (4, 61),
    6: (29, 34),
    7: (31, 50),
    8: (31, 50),
    9: (38, 4),
}
HANDS = [(seed, decl) for decl, seeds in SEEDS.items() for seed in seeds]
GAMES_PER_HAND = 10
ILLEGAL = -128


class Games(NamedTuple):
    """Every position of some games of one hand, 29 a game, and what `solve` says of them."""

    deal: Tensor  # int8 [4, 7]
    states: Tensor  # int64 [N]
    values: Tensor  # int8 [N]
    q: Tensor  # int8 [N, 7]


@cache
def random_games(seed: int, decl: int) -> Games:
    """Play games at random and look their positions up in the tablebase."""
    hands, rng = deals.from_seed(seed), random.Random(1000 * seed + decl)
    lines = [game.random_line(hands, decl, rng) for _ in range(GAMES_PER_HAND)]
    played = torch.tensor([packed for line in lines for packed in line])
    deal = torch.tensor(deals.ids(hands), dtype=torch.int8)

    states, values, q = forge.ops.solve(deal, decl)
    rows = torch.searchsorted(states, played)
    assert torch.equal(states[rows], played)
    return Games(deal, played, values[rows], q[rows])


def test_how_many() -> None:
    assert len(set(HANDS)) * GAMES_PER_HAND >= 200
    assert {decl for _, decl in HANDS} == set(range(10))
    games = random_games(*HANDS[0])
    assert games.states.shape == (29 * GAMES_PER_HAND,)
    assert len(set(games.states.tolist())) > 20 * GAMES_PER_HAND  # the games do differ


@pytest.mark.parametrize(("seed", "decl"), HANDS)
def test_values(seed: int, decl: int) -> None:
    # V is the q of the team to act, so equal q are equal values; the end of a hand is 0.
    games = random_games(seed, decl)
    team1 = ((games.states >> 28) + (games.states >> 30)) & 1 == 1
    q = games.q.int()
    best = torch.where(team1, q.masked_fill(q == ILLEGAL, 99).amin(dim=1), q.amax(dim=1))
    over = (games.q == ILLEGAL).all(dim=1)
    assert int(over.sum()) == GAMES_PER_HAND
    assert torch.equal(games.values.int(), best.masked_fill(over, 0))


@pytest.mark.parametrize(("seed", "decl"), HANDS)
def test_search_at_least(seed: int, decl: int) -> None:
    # Targets around the value, where the question is hard, and anywhere.
    games = random_games(seed, decl)
    random_numbers = torch.Generator().manual_seed(1000 * seed + decl)
    n = len(games.states)
    near = games.values + torch.randint(-1, 3, (n,), generator=random_numbers)
    far = torch.randint(-44, 45, (n,), generator=random_numbers)
    targets = torch.where(torch.arange(n) % 3 == 0, far, near).to(torch.int8)

    decls = torch.tensor([decl], dtype=torch.int8)
    answers = torch.ops.forge.search_at_least(games.deal[None], decls, games.states, targets)
    expected = (games.q >= targets[:, None]).to(torch.int8)
    assert torch.equal(answers, expected.masked_fill(games.q == ILLEGAL, -1))


def test_all_hands_in_one_batch() -> None:
    # Other deals and declarations between the positions of a hand, the longest searches scattered.
    every = [random_games(*hand) for hand in HANDS]
    n = len(every[0].states)
    states = torch.cat([games.states for games in every])
    order = torch.randperm(len(states), generator=torch.Generator().manual_seed(0))
    q = torch.ops.forge.search(
        torch.stack([games.deal for games in every]).repeat_interleave(n, dim=0)[order],
        torch.tensor([decl for _, decl in HANDS], dtype=torch.int8).repeat_interleave(n)[order],
        states[order],
    )
    assert torch.equal(q, torch.cat([games.q for games in every])[order])
