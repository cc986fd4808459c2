"""Exact values of positions without a tablebase. On the CPU nothing of it needs torch."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from forge.build import native
from forge.errors import ForgeError
from forge.game.constants import ILLEGAL, INITIAL_STATE, N_DECLARATIONS, N_SLOTS
from forge.game.deal import Deal
from forge.game.state import check_state
from forge.game.whole_numbers import whole_number
from forge.work.devices import n_cores

if TYPE_CHECKING:
    import torch

    from forge.oracle.position import Position


def _optional(row: Sequence[int]) -> tuple[int | None, ...]:
    return tuple(None if q == ILLEGAL else q for q in row)


def _n_threads() -> int:
    """What torch is set to, where somebody uses it; else the cores this process may use."""
    if "torch" in sys.modules:
        import torch

        return torch.get_num_threads()
    return n_cores()


def search(
    positions: Sequence["Position"], device: "str | torch.device" = "cpu"
) -> list[tuple[int | None, ...]]:
    """Exact q of many positions in one batch: per position seven values (team-0 frame), None where
    the slot is not legal. Deals, declarations and points of the hand may differ."""
    positions = list(positions)
    for each in positions:
        if not hasattr(each, "deal"):
            raise ForgeError(f"positions must be of Position, got {type(each).__name__}")
    if not positions:
        return []
    if str(device) != "cpu":
        return _search_on(positions, device)
    q = np.empty((len(positions), N_SLOTS), dtype=np.int8)
    native.search(
        np.stack([p.deal.array for p in positions]),
        np.array([p.decl for p in positions], dtype=np.int8),
        np.array([p.state for p in positions], dtype=np.int64),
        q,
        native.SearchMemories(),
        _n_threads(),
    )
    return [_optional(row) for row in q.tolist()]


def _search_on(
    positions: Sequence["Position"], device: "str | torch.device"
) -> list[tuple[int | None, ...]]:
    import torch

    from forge import ops

    q = ops.search(
        torch.stack([p.deal.tensor for p in positions]).to(device),
        torch.tensor([p.decl for p in positions], dtype=torch.int8, device=device),
        torch.tensor([p.state for p in positions], dtype=torch.int64, device=device),
    )
    return [_optional(row) for row in q.tolist()]


def search_one(deal: Deal, decl: int, state: int = INITIAL_STATE) -> tuple[int | None, ...]:
    """Exact q of one position, see `search`."""
    return SearchContext(deal, decl).q(state)


class SearchContext:
    """A search that stays warm: what it learns about one move serves the next of the same hand.

    Not to be shared between threads. Answers are the same as those of `forge.search`.
    """

    def __init__(self, deal: Deal, decl: int) -> None:
        if not isinstance(deal, Deal):
            raise ForgeError(f"deal must be a Deal, got {type(deal).__name__}")
        self.deal = deal
        self.decl = whole_number("decl", decl, 0, N_DECLARATIONS - 1)
        self._deal = deal.array
        self._memory = native.SearchMemory()

    def _state(self, state: "int | Position") -> int:
        if not isinstance(state, int) and hasattr(state, "deal"):
            if (state.deal, state.decl) != (self.deal, self.decl):
                raise ForgeError("the position is of another deal or declaration")
            return state.state
        found = whole_number("state", state)
        check_state(found)
        return found

    def q(self, state: "int | Position" = INITIAL_STATE) -> tuple[int | None, ...]:
        """Exact value after each slot (team-0 frame), None where the slot is not legal."""
        return self._memory.search(self._deal, self.decl, self._state(state))

    def at_least(
        self, target: int, state: "int | Position" = INITIAL_STATE
    ) -> tuple[bool | None, ...]:
        """Whether the value after each slot is at least `target` (team-0 frame), None: illegal."""
        target = whole_number("target", target)
        target = max(-128, min(target, 127))  # an int8; values are -42..42
        return self._memory.search_at_least(self._deal, self.decl, self._state(state), target)

    def __reduce__(self) -> tuple[type["SearchContext"], tuple[Deal, int]]:
        """A copy begins cold: what was learnt stays here, answers are the same."""
        return SearchContext, (self.deal, self.decl)

    def __repr__(self) -> str:
        return f"SearchContext({self.deal!r}, decl={self.decl})"
