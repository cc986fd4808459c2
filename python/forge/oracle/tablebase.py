"""A solved deal: every reachable state with its exact values."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from forge import ops
from forge.errors import ForgeError
from forge.game.constants import ILLEGAL, INITIAL_STATE, N_SLOTS
from forge.game.deal import Deal
from forge.game.declarations import declaration_name
from forge.game.state import check_state
from forge.game.tables import domino_name
from forge.oracle.position import Position

if TYPE_CHECKING:
    import pyarrow as pa


ITERATION_ROWS = 1 << 16  # turned into Python objects at a time


@dataclass(frozen=True, repr=False, eq=False)
class Tablebase:
    """All N reachable states of a deal under a declaration. Values are in the team-0 frame."""

    deal: Deal
    decl: int
    states: torch.Tensor  # int64 [N], ascending
    values: torch.Tensor  # int8 [N], value-to-go
    q_values: torch.Tensor  # int8 [N, 7], -128 where the slot is not legal

    @classmethod
    def solve(cls, deal: Deal, decl: int, device: str | torch.device = "cpu") -> "Tablebase":
        """Solves the deal exactly; 16 bytes a state, 23 million states on average."""
        declaration_name(decl)
        solution = ops.solve(deal.tensor.to(device), decl)
        states, values, q_values = (tensor.cpu() for tensor in solution)
        return cls(deal, decl, states, values, q_values)

    def __len__(self) -> int:
        return self.states.shape[0]

    def _row(self, state: int | Position) -> int:
        if isinstance(state, Position):
            if (state.deal, state.decl) != (self.deal, self.decl):
                raise ForgeError("the position is of another deal or declaration")
            state = state.state
        check_state(state)
        row = int(torch.searchsorted(self.states, state))
        if row == len(self) or int(self.states[row]) != state:
            raise ForgeError(f"{state} is not a reachable state of this deal")
        return row

    def __contains__(self, state: object) -> bool:
        if not isinstance(state, int | Position):
            return False
        try:
            self._row(state)
        except ForgeError:
            return False
        return True

    def value(self, state: int | Position = INITIAL_STATE) -> int:
        """Value-to-go of a state; ForgeError if it is not reachable."""
        return int(self.values[self._row(state)])

    def q(self, state: int | Position = INITIAL_STATE) -> tuple[int | None, ...]:
        """Value after each slot, None where it is not legal; ForgeError if not reachable."""
        row = self.q_values[self._row(state)].tolist()
        return tuple(None if q == ILLEGAL else q for q in row)

    def best_line(self, start: Position | None = None) -> list[Position]:
        """Best play by all seats from `start` (the first lead) to the end, both included; ties go
        to the lowest slot."""
        position = start or Position(self.deal, self.decl)
        line = [position]
        while not position.is_over:
            value, q = self.value(position), self.q(position)
            position = position.play(q.index(value))
            line.append(position)
        return line

    def __iter__(self) -> Iterator[tuple[int, int, tuple[int | None, ...]]]:
        for start in range(0, len(self), ITERATION_ROWS):
            rows = slice(start, start + ITERATION_ROWS)
            columns = (self.states[rows], self.values[rows], self.q_values[rows])
            for state, value, q in zip(*(column.tolist() for column in columns), strict=True):
                yield state, value, tuple(None if x == ILLEGAL else x for x in q)

    def to_numpy(self) -> dict[str, np.ndarray[Any, Any]]:
        """``states``, ``values``, ``q_values``, sharing memory."""
        return {
            "states": self.states.numpy(),
            "values": self.values.numpy(),
            "q_values": self.q_values.numpy(),
        }

    def to_arrow(self) -> "pa.Table":
        """A table with the columns of a shard: ``state``, ``V``, ``q0`` .. ``q6``."""
        import pyarrow as pa

        columns = {"state": self.states.numpy(), "V": self.values.numpy()}
        for slot in range(N_SLOTS):
            columns[f"q{slot}"] = self.q_values[:, slot].contiguous().numpy()
        return pa.table(columns)

    def verify(self) -> None:
        """Raises ForgeError unless the rows agree with each other and with the rules."""
        n_faults, row, reason = ops.verify_tablebase(
            self.deal.tensor, self.decl, self.states, self.values, self.q_values
        )
        if n_faults:
            where = f"the first is row {row}: " if row >= 0 else ""
            raise ForgeError(f"{n_faults} faulty row{'s' * (n_faults > 1)}, {where}{reason}")

    def __repr__(self) -> str:
        name = declaration_name(self.decl)
        return f"Tablebase({self.deal.text!r}, {name}, {len(self):,} states, V {self.value():+d})"

    def _repr_html_(self) -> str:
        leads = zip(self.deal.hands[0], self.q(), strict=True)
        cells = "".join(f"<tr><td>{domino_name(d)}</td><td>{q:+d}</td></tr>" for d, q in leads)
        caption = f"{declaration_name(self.decl)}, {len(self):,} states, V {self.value():+d}"
        header = "<tr><th>first lead</th><th>Q</th></tr>"
        return f"<table><caption>{caption}</caption>{header}{cells}</table>"
