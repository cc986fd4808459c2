"""Games of random play, as `forge.eq` has them and as the reference has them."""

import random
from typing import NamedTuple

import torch

from forge.game.deal import Deal
from forge.play.games import Games
from reference import deals, game, packing
from reference.rules import Domino


class Line(NamedTuple):
    """One hand in the reference's words."""

    deal: tuple[tuple[Domino, ...], ...]
    decl: int
    states: list[int]  # packed, before each play and at the end


def random_lines(n: int, seed: int) -> list[Line]:
    """n hands of random play, declarations in turn."""
    rng = random.Random(seed)
    lines = []
    for i in range(n):
        deal = deals.from_seed(rng.randrange(2**32))
        lines.append(Line(deal, i % 10, game.random_line(deal, i % 10, rng)))
    return lines


def replayed(lines: list[Line], n_plays: int) -> Games:
    """The same hands after `n_plays` plays."""
    games = Games.start(
        [Deal.from_hands(deals.ids(line.deal)) for line in lines], [line.decl for line in lines]
    )
    for k in range(n_plays):
        slots = [slot_between(line.states[k], line.states[k + 1]) for line in lines]
        games = games.play(torch.tensor(slots))
    return games


def slot_between(before: int, after: int) -> int:
    """The slot that was played between two states."""
    gone = (before ^ after) & (2**28 - 1)
    return (gone.bit_length() - 1) % 7


def seat_to_act(state: int) -> int:
    """Whose turn it is."""
    unpacked = packing.unpack(state)
    return (unpacked.leader + len(unpacked.plays)) % 4
