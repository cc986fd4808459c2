"""Writing oracle shards: Parquet or `.pt`, whole or not at all.

Encoding, by measurement (bench/bench_shards.py): states DELTA_BINARY_PACKED, values plain, zstd 1,
one page a column and row group, no dictionaries, no nullable columns: 12 to 17 million states a
second and core. Definition levels cost a fifth of the speed. A dictionary for the values costs
speed and space, because zstd sees the runs better in plain bytes. Pages of 20,000 rows, pyarrow's
default, cost 5 % of space and a fifth of the speed. zstd 3 saves 3 % and costs a tenth, zstd 5
saves 20 % and costs two thirds. BYTE_STREAM_SPLIT states would save another 8 %, but pyarrow before
16 can't read them, and shards have to load in pipelines that ask for `pyarrow>=14`.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from forge.errors import ForgeError
from forge.oracle.shards.digest import BLANK_CHECKSUMS, DigestSink
from forge.oracle.shards.naming import ShardFormat, format_of
from forge.oracle.shards.schema import PARQUET_SCHEMA, SCHEMA_VERSION, Int8Array, Int64Array
from forge.work.atomic import FileClaim, unwritable
from forge.work.store_path import place

if TYPE_CHECKING:
    from torch import Tensor

    from forge.game.deal import Deal

# 262,144 states: `lookup` reads one row group, about 0.8 MB; larger groups save under 0.01 bytes
# a state.
ROW_GROUP_STATES: Final = 1 << 18
PAGE_BYTES: Final = 8 * ROW_GROUP_STATES
# Small deals repeat themselves less: zstd 1 takes up to 3.8 bytes a state for them. They are few
# and soon written, so zstd 5 can take its time.
SMALL_SHARD_STATES: Final = 12_000_000
# pyarrow from 23 or so limits the rows of a page too, unless told not to.
_ROW_LIMIT: Final = (
    {"max_rows_per_page": ROW_GROUP_STATES}
    if "max_rows_per_page" in inspect.signature(pq.write_table).parameters
    else {}
)


def write_shard(
    path: str | Path,
    deal: Deal,
    decl: int,
    seed: int,
    opp_seed: int | None,
    states: Tensor | Int64Array,
    values: Tensor | Int8Array,
    q: Tensor | Int8Array,
    format: ShardFormat | None = None,
) -> int:
    """Write a shard atomically; returns its size in bytes.

    states int64 [N] ascending, values (V) int8 [N], q int8 [N, 7], team-0 frame, -128 illegal;
    tensors may be on any device. `format` defaults to what the suffix says. The parent directory
    is made. ForgeError where the file can't be written or another process is writing it.
    """
    path = place(path)
    with claim_shard(path) as claim:
        metadata = shard_metadata(deal, decl, seed, opp_seed)
        return write_claimed(claim, metadata, states, values, q, format)


def claim_shard(path: Path) -> FileClaim:
    """Claim a shard's file and make its directory; ForgeError if it is busy or unwritable."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        claim = FileClaim.acquire(path)
    except OSError as error:
        raise unwritable(path, error) from error
    if claim is None:
        raise ForgeError(f"{path} is being written by another process")
    return claim


def shard_metadata(deal: Deal, decl: int, seed: int, opp_seed: int | None) -> dict[str, str]:
    """The metadata of a shard, as text: `seed`, `decl_id`, the deal, and who wrote it."""
    from forge import __version__

    metadata = {
        "seed": str(seed),
        "decl_id": str(decl),
        "hands": deal.text,
        "schema_version": str(SCHEMA_VERSION),
        "forge_version": __version__,
    }
    if opp_seed is not None:
        metadata["opp_seed"] = str(opp_seed)
    return metadata


def write_claimed(
    claim: FileClaim,
    metadata: dict[str, str],
    states: Tensor | Int64Array,
    values: Tensor | Int8Array,
    q: Tensor | Int8Array,
    format: ShardFormat | None = None,
) -> int:
    """`write_shard` for a file already claimed; the claim is used up, whatever happens."""
    with claim:
        try:
            rows = _as_numpy(states, values, q)
            if (format or format_of(claim.target)) == "pt":
                _write_pt(claim, metadata, *rows)
            else:
                _write_parquet(claim, metadata, *rows)
            return claim.commit()
        except OSError as error:
            raise unwritable(claim.target, error) from error


def _as_numpy(
    states: Tensor | Int64Array, values: Tensor | Int8Array, q: Tensor | Int8Array
) -> tuple[Int64Array, Int8Array, Int8Array]:
    arrays: list[npt.NDArray[Any]] = [
        rows if isinstance(rows, np.ndarray) else rows.cpu().numpy() for rows in (states, values, q)
    ]
    n_states = len(arrays[0])
    expected = ("int64", [n_states]), ("int8", [n_states]), ("int8", [n_states, 7])
    for name, array, (dtype, shape) in zip(
        ("states", "values", "q"), arrays, expected, strict=True
    ):
        if array.dtype != dtype or list(array.shape) != shape:
            raise ForgeError(
                f"{name} must be {dtype} {shape}, got {array.dtype} {list(array.shape)}"
            )
    return arrays[0], arrays[1], arrays[2]


def _write_parquet(
    claim: FileClaim, metadata: dict[str, str], states: Int64Array, values: Int8Array, q: Int8Array
) -> None:
    sink = DigestSink(claim)
    with pq.ParquetWriter(
        sink,
        PARQUET_SCHEMA,
        compression="zstd",
        compression_level=5 if len(states) < SMALL_SHARD_STATES else 1,
        use_dictionary=False,
        column_encoding={"state": "DELTA_BINARY_PACKED"},
        write_statistics=["state"],  # what `lookup` searches by
        write_page_checksum=True,
        data_page_size=PAGE_BYTES,
        store_schema=False,
        **_ROW_LIMIT,
    ) as writer:
        for start in range(0, len(states), ROW_GROUP_STATES):
            rows = slice(start, start + ROW_GROUP_STATES)
            # One row group's q is transposed while it is in the cache: 4 times faster than [N, 7]
            # as a whole.
            columns = [states[rows], values[rows], *np.ascontiguousarray(q[rows].T)]
            table = pa.Table.from_arrays(list(map(pa.array, columns)), schema=PARQUET_SCHEMA)
            writer.write_table(table, row_group_size=ROW_GROUP_STATES)
        sink.hold()
        writer.add_key_value_metadata(metadata | BLANK_CHECKSUMS)
    sink.seal()


def _write_pt(
    claim: FileClaim, metadata: dict[str, str], states: Int64Array, values: Int8Array, q: Int8Array
) -> None:
    import torch

    content = {
        "states": torch.from_numpy(states),
        "V": torch.from_numpy(values),
        "q": torch.from_numpy(q),
        "metadata": metadata,
    }
    try:
        torch.save(content, cast(IO[bytes], claim))  # it asks for no more than write and flush
    except RuntimeError as error:
        # After a failed write torch fails once more, closing its archive: the first error counts.
        raise error.__context__ or error from None
