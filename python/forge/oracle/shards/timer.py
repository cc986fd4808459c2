"""What one shard cost: seconds to solve, seconds to write, states, bytes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from forge.work.rates import rate_text


@dataclass
class ShardTiming:
    """Measurements of one shard; `solve_s` and `write_s` overlap with those of its neighbours.

    `memory` is that of the process that made it, where it was not this one.
    """

    name: str
    n_states: int = 0
    n_bytes: int = 0
    solve_s: float = 0.0
    write_s: float = 0.0
    memory: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def solving(self) -> Iterator[None]:
        """Add the time spent inside to `solve_s`."""
        start = time.perf_counter()
        yield
        self.solve_s += time.perf_counter() - start

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Add the time spent inside to `write_s`."""
        start = time.perf_counter()
        yield
        self.write_s += time.perf_counter() - start

    @property
    def bytes_per_state(self) -> float:
        """Size of the file by its rows; 0 where nothing was written."""
        return self.n_bytes / self.n_states if self.n_states else 0.0

    def summary(self) -> str:
        """One line for people."""
        solving = rate_text(self.n_states, self.solve_s, "states")
        solve = f"solve {self.solve_s:.2f} s ({solving})"
        parts = [f"{self.name}: {self.n_states:,} states", solve]
        if self.n_bytes:
            parts.append(
                f"write {self.write_s:.2f} s ({rate_text(self.n_states, self.write_s, 'states')})"
            )
            parts.append(f"{self.n_bytes / 1e6:.1f} MB, {self.bytes_per_state:.2f} B/state")
        return ", ".join(parts)

    def as_dict(self) -> dict[str, float]:
        """The same numbers for a tracker."""
        return {
            "shard/states": self.n_states,
            "shard/bytes": self.n_bytes,
            "shard/bytes_per_state": self.bytes_per_state,
            "shard/solve_s": self.solve_s,
            "shard/write_s": self.write_s,
            "shard/solve_states_per_s": self.n_states / self.solve_s if self.solve_s else 0.0,
            "shard/write_states_per_s": self.n_states / self.write_s if self.write_s else 0.0,
        }
