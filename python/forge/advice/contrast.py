"""What one play guards against and another does not, shown as a deal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor

from forge import ops
from forge.advice.seat_view import PLAYERS, SeatView
from forge.eq.objective import make_targets
from forge.eq.worlds import WorldPositions
from forge.game.constants import N_DOMINOES, N_HIDDEN
from forge.game.tables import domino_name
from forge.play.games import Games

# Deals that two plays are compared on.
N_DEALS: Final = 300


@dataclass(frozen=True)
class Contrast:
    """Two plays over the same deals, all hands open once they are made.

    Args:
        plays: domino ids, the better one first.
        n_deals: that fit what was played, drawn alike.
        n_first: in which the first gets what the side wants and the second does not.
        n_second: the other way round.
        example: hidden hands of one of the former, domino ids, by left, partner and right.
    """

    plays: tuple[int, int]
    n_deals: int
    n_first: int
    n_second: int
    example: tuple[tuple[int, ...], ...]

    @property
    def sentence(self) -> str:
        """In words."""
        first, second = map(domino_name, self.plays)
        told = f"With open hands {first} works where {second} fails in {self.n_first}"
        return (
            f"{told} of {self.n_deals} deals, the other way round in {self.n_second}; "
            f"for example {self._deal()}."
        )

    def _deal(self) -> str:
        return ", ".join(
            f"{name} with {' '.join(map(domino_name, hand)) or 'nothing'}"
            for name, hand in zip(PLAYERS[1:], self.example, strict=True)
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        hands = zip(PLAYERS[1:], self.example, strict=True)
        return {
            "plays": [domino_name(domino) for domino in self.plays],
            "n_deals": self.n_deals,
            "first_only": self.n_first,
            "second_only": self.n_second,
            "example": {name: [domino_name(d) for d in hand] for name, hand in hands},
        }


def contrast_of(
    view: SeatView, games: Games, plays: tuple[int, int], keys: Tensor
) -> Contrast | None:
    """Two plays compared; None where no deal tells the first one as better.

    Args:
        view: the decision.
        games: of it, one.
        plays: domino ids.
        keys: int64 [1], of the deals.
    """
    allowed, sizes = games.hidden()
    hands = ops.sample_worlds(allowed, sizes, keys, N_DEALS)
    worlds = WorldPositions(games, hands)
    states = worlds.states(games.n_plays)
    targets = make_targets(games, view.bid).expand(N_DEALS)
    reached = ops.search_at_least(worlds.deals, worlds.decls, states, targets)
    slots = [view.hand.index(domino) for domino in plays]
    wanted = 1 if view.is_declaring else 0
    works = torch.stack([reached[:, slot] == wanted for slot in slots], dim=1)
    first, second = works[:, 0] & ~works[:, 1], works[:, 1] & ~works[:, 0]
    if not bool(first.any()):
        return None
    example = hands[0, int(first.int().argmax())]
    return Contrast(plays, N_DEALS, int(first.sum()), int(second.sum()), _dominoes(example))


def _dominoes(masks: Tensor) -> tuple[tuple[int, ...], ...]:
    return tuple(
        tuple(d for d in reversed(range(N_DOMINOES)) if int(masks[seat]) >> d & 1)
        for seat in range(N_HIDDEN)
    )
