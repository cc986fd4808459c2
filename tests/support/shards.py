"""Shards for tests: made-up rows where only the file matters, a small real deal where rules do."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from forge.game.deal import Deal
from forge.oracle.shards.naming import ShardKey
from forge.oracle.tablebase import Tablebase

# The deals with the fewest states of seeds 0..249 and 900..989 under all ten declarations.
SMALL_KEYS = {
    "train": ShardKey(158, 6),  # 1,940,440 states
    "val": ShardKey(907, 6),  # 2,936,261
    "test": ShardKey(979, 9),  # 4,002,782
}
# Found by hill climbing over deals: 105,164 states under notrump, 28 million being the average.
TINY_DEAL = Deal.from_text(
    "6-6,6-5,5-5,5-4,4-4,1-1,0-0 / 6-2,6-1,5-3,5-1,4-2,3-1,1-0 / "
    "6-4,6-0,5-0,4-1,4-0,3-3,3-0 / 6-3,5-2,4-3,3-2,2-2,2-1,2-0"
)
TINY_DECL = 9


@dataclass(frozen=True)
class Rows:
    """The columns of a shard."""

    states: npt.NDArray[np.int64]  # [N]
    values: npt.NDArray[np.int8]  # [N]
    q: npt.NDArray[np.int8]  # [N, 7]

    def taken(self, which: slice) -> Rows:
        """Some of the rows, to be written to."""
        return Rows(self.states[which].copy(), self.values[which].copy(), self.q[which].copy())

    def as_tuple(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int8], npt.NDArray[np.int8]]:
        return self.states, self.values, self.q


def made_up_rows(n_states: int, seed: int = 0) -> Rows:
    """Ascending states and arbitrary values."""
    rng = np.random.default_rng(seed)
    states = np.cumsum(rng.integers(1, 50, n_states), dtype=np.int64)
    values = rng.integers(-42, 43, n_states).astype(np.int8)
    q = np.where(rng.random((n_states, 7)) < 0.5, -128, values[:, None]).astype(np.int8)
    return Rows(states, values, q)


@lru_cache(maxsize=1)
def tiny_rows() -> Rows:
    """The solved TINY_DEAL; don't write to it."""
    table = Tablebase.solve(TINY_DEAL, TINY_DECL)
    return Rows(table.states.numpy(), table.values.numpy(), table.q_values.numpy())


def write_foreign(
    path: Path,
    rows: Rows,
    metadata: dict[str, str] | None = None,
    **options: Any,
) -> None:
    """A shard as another maker writes it: pyarrow's defaults and two metadata entries."""
    columns = {"state": rows.states, "V": rows.values}
    columns |= {f"q{slot}": np.ascontiguousarray(rows.q[:, slot]) for slot in range(7)}
    table = pa.table({name: pa.array(column) for name, column in columns.items()})
    if metadata is None:
        metadata = {"seed": "158", "decl_id": "6"}
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table.replace_schema_metadata(metadata), path, **options)
