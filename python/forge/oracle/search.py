"""Exact values of positions without a tablebase."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from forge import ops
from forge.build import native
from forge.errors import ForgeError
from forge.game.deal import Deal
from forge.game.state import ILLEGAL, INITIAL_STATE, check_state

if TYPE_CHECKING:
    from forge.oracle.position import Position


def _optional(row: Sequence[int]) -> tuple[int | None, ...]:
    return tuple(None if q == ILLEGAL else q for q in row)


def search(
    positions: Sequence["Position"], device: str | torch.device = "cpu"
) -> list[tuple[int | None, ...]]:
    """Exact q of many positions in one batch: per position seven values (team-0 frame), None where
    the slot is not legal. Deals, declarations and points of the hand may differ."""
    if not positions:
        return []
    q = ops.search(
        torch.stack([p.deal.tensor for p in positions]).to(device),
        torch.tensor([p.decl for p in positions], dtype=torch.int8, device=device),
        torch.tensor([p.state for p in positions], dtype=torch.int64, device=device),
    )
    return [_optional(row) for row in q.tolist()]


def search_one(deal: Deal, decl: int, state: int = INITIAL_STATE) -> tuple[int | None, ...]:
    """Exact q of one position, see `search`."""
    q = ops.search(deal.tensor[None], torch.tensor([decl], dtype=torch.int8), torch.tensor([state]))
    return _optional(q[0].tolist())


class SearchContext:
    """A search that stays warm: what it learns about one move serves the next of the same hand.

    Not to be shared between threads. Answers are the same as those of `forge.search`.
    """

    def __init__(self, deal: Deal, decl: int) -> None:
        if not 0 <= decl <= 9:
            raise ForgeError(f"decl must be 0..9, got {decl}")
        self.deal = deal
        self.decl = decl
        self._deal = deal.tensor
        self._memory = native.SearchMemory()

    def _state(self, state: "int | Position") -> int:
        if not isinstance(state, int):
            if (state.deal, state.decl) != (self.deal, self.decl):
                raise ForgeError("the position is of another deal or declaration")
            return state.state
        check_state(state)
        return state

    def q(self, state: "int | Position" = INITIAL_STATE) -> tuple[int | None, ...]:
        """Exact value after each slot (team-0 frame), None where the slot is not legal."""
        out = torch.empty(7, dtype=torch.int8)
        self._memory.search(self._deal.data_ptr(), self.decl, self._state(state), out.data_ptr())
        return _optional(out.tolist())

    def at_least(
        self, target: int, state: "int | Position" = INITIAL_STATE
    ) -> tuple[bool | None, ...]:
        """Whether the value after each slot is at least `target` (team-0 frame), None: illegal."""
        target = max(-128, min(target, 127))  # an int8; values are -42..42
        out = torch.empty(7, dtype=torch.int8)
        self._memory.search_at_least(
            self._deal.data_ptr(), self.decl, self._state(state), target, out.data_ptr()
        )
        return tuple(None if answer < 0 else bool(answer) for answer in out.tolist())

    def __repr__(self) -> str:
        return f"SearchContext({self.deal!r}, decl={self.decl})"
