"""A solved deal: every reachable state with its exact values."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from forge import ops
from forge.errors import ForgeError
from forge.oracle.deal import Deal
from forge.oracle.declarations import declaration_name
from forge.oracle.position import Position
from forge.oracle.state import ILLEGAL, INITIAL_STATE

if TYPE_CHECKING:
    import pyarrow as pa


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
        packed = state.state if isinstance(state, Position) else state
        row = int(torch.searchsorted(self.states, packed))
        if row == len(self) or int(self.states[row]) != packed:
            raise ForgeError(f"{packed} is not a reachable state of this deal")
        return row

    def __contains__(self, state: int | Position) -> bool:
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
        for state, value, row in zip(self.states, self.values, self.q_values, strict=True):
            q = tuple(None if x == ILLEGAL else x for x in row.tolist())
            yield int(state), int(value), q

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
        for slot in range(7):
            columns[f"q{slot}"] = self.q_values[:, slot].contiguous().numpy()
        return pa.table(columns)

    def verify(self) -> None:
        """Raises ForgeError unless the rows agree with each other and with the rules."""
        n_faults, row, reason = ops.verify_tablebase(
            self.deal.tensor, self.decl, self.states, self.values, self.q_values
        )
        if n_faults:
            raise ForgeError(f"{n_faults} faulty rows, the first is row {row}: {reason}")

    def __repr__(self) -> str:
        name = declaration_name(self.decl)
        return f"Tablebase({self.deal.text!r}, {name}, {len(self):,} states, V {self.value():+d})"
