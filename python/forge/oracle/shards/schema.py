"""The oracle shard: columns and metadata, loading, and looking up one state.

A shard holds every reachable state of one (deal, declaration) pair, ascending by packed state:
`state` int64, `V` int8, `q0`..`q6` int8, all values in the team-0 frame, -128 an illegal slot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from forge.errors import ForgeError, reason_of
from forge.game.constants import ILLEGAL, INITIAL_STATE, N_SLOTS
from forge.game.state import unpack_states
from forge.oracle.shards.digest import check_digest, check_footer
from forge.oracle.shards.naming import ShardFormat, ShardKey, format_of
from forge.work.checksums import SEAL_KEY
from forge.work.seed_files import SPLITS, split_of
from forge.work.store_path import place, source_of
from forge.work.tensor_files import read_tensors

if TYPE_CHECKING:
    from forge.game.deal import Deal

__all__ = [
    "COLUMNS",
    "ILLEGAL",
    "INITIAL_STATE",
    "PARQUET_SCHEMA",
    "Q_COLUMNS",
    "SCHEMA_VERSION",
    "SPLITS",
    "Shard",
    "ShardFormat",
    "ShardKey",
    "ShardMetadata",
    "load_rows",
    "load_shard",
    "lookup",
    "read_metadata",
    "split_of",
    "unpack_states",
]

SCHEMA_VERSION: Final = 1
Q_COLUMNS: Final = tuple(f"q{slot}" for slot in range(N_SLOTS))
COLUMNS: Final = ("state", "V", *Q_COLUMNS)
PARQUET_SCHEMA: Final = pa.schema(
    pa.field(name, pa.int64() if name == "state" else pa.int8(), nullable=False) for name in COLUMNS
)

Int64Array = npt.NDArray[np.int64]
Int8Array = npt.NDArray[np.int8]


@dataclass(frozen=True)
class ShardMetadata:
    """What a shard says about itself.

    `seed` and `decl` are always there. The others are None in files of other makers, except that
    `opp_seed` is then taken from the file name.
    """

    path: Path
    n_states: int
    seed: int
    decl: int
    opp_seed: int | None
    hands: str | None
    schema_version: int | None
    forge_version: str | None
    digest: str | None

    def deal(self) -> Deal:
        """The deal, as stored, or dealt from the seed where the file has the standard name.

        ForgeError where neither gives it: a marginalised shard without stored hands (pipelines
        differ in how they deal the hidden hands), or a renamed file.
        """
        from forge.game.deal import Deal

        if self.hands is not None:
            try:
                return Deal.from_text(self.hands)
            except ForgeError as error:
                raise ForgeError(f"{self.path} is damaged: its 'hands': {error}") from error
        if self.path.name == ShardKey(self.seed, self.decl).file_name(format_of(self.path)):
            return Deal.from_seed(self.seed)
        reason = "a marginalised shard" if self.opp_seed is not None else "not the standard name"
        raise ForgeError(
            f"the deal of {self.path} cannot be recovered: {reason} and no 'hands' in its "
            "metadata; give the deal"
        )


@dataclass(frozen=True)
class Shard:
    """A shard in memory; rows as in the file (ascending by state). Team-0 frame."""

    metadata: ShardMetadata
    states: Int64Array  # [N]
    V: Int8Array  # [N]
    q: Int8Array  # [N, 7], -128 illegal
    given_deal: Deal | None = None

    @property
    def seed(self) -> int:
        """The (base) seed."""
        return self.metadata.seed

    @property
    def decl_id(self) -> int:
        """The declaration, 0..9."""
        return self.metadata.decl

    @property
    def opp_seed(self) -> int | None:
        """The opponent seed of a marginalised shard."""
        return self.metadata.opp_seed

    @property
    def deal(self) -> Deal:
        """The deal given to `load_shard`, or else the file's own; ForgeError if there is none."""
        return self.given_deal if self.given_deal is not None else self.metadata.deal()

    def __len__(self) -> int:
        return len(self.states)

    def __repr__(self) -> str:
        return f"Shard({self.metadata.path.name}, {len(self):,} states)"


def read_metadata(path: str | Path) -> ShardMetadata:
    """Read a shard's metadata without its rows (a `.pt` shard is opened memory-mapped)."""
    path = place(path)
    if _format_of_file(path) == "pt":
        return _pt_metadata(path, _load_pt(path, _LISTING_BYTES))
    with open_parquet(path) as file:
        return _parquet_metadata(path, file)


def load_shard(path: str | Path, deal: Deal | None = None) -> Shard:
    """Load a Parquet or `.pt` shard, ours or another maker's; checksums are verified.

    `deal` is for files from which it cannot be recovered; it must agree with the file's own hands
    where there are any. ForgeError for anything that is not an oracle shard.
    """
    path = place(path)
    if _format_of_file(path) == "pt":
        content = _load_pt(path)
        metadata = _pt_metadata(path, content)
        states, values, q = (np.ascontiguousarray(content[name].numpy()) for name in _PT_TENSORS)
    else:
        with open_parquet(path) as file:
            metadata = _parquet_metadata(path, file)
        check_whole(metadata)
        with open_parquet(path, pages=metadata.digest is None) as file:
            states, values, q = _read_rows(path, file)
    check_name(path, metadata)
    if deal is not None and metadata.hands is not None and deal.hands != metadata.deal().hands:
        raise ForgeError(f"{path} holds the deal {metadata.hands}, not {deal.text}")
    return Shard(metadata, states, values, q, deal)


def load_rows(metadata: ShardMetadata, rows: Int64Array) -> Shard:
    """Some rows of the shard that `metadata` was read from, in the order asked for.

    Peak memory is the result and one row group; row groups without a wanted row are not read.

    Args:
        metadata: from `read_metadata`; the file must not have changed since.
        rows: int64 [K], different row numbers.

    Returns:
        A shard of K rows. Its states ascend in the order of the row numbers, not of `rows`.

    Raises:
        ForgeError: for a damaged file, and for one whose rows do not ascend by state.
    """
    path = metadata.path
    order = np.argsort(rows, kind="stable")
    ascending = rows[order]
    back = np.argsort(order)
    if len(rows) and not 0 <= ascending[0] <= ascending[-1] < metadata.n_states:
        raise ForgeError(f"{path} has rows 0..{metadata.n_states - 1}, asked for {ascending[-1]}")
    check_whole(metadata)
    states, values, q = _pick_rows(path, ascending, pages=metadata.digest is None)
    if (np.diff(states) <= 0).any():
        raise ForgeError(f"{path} is not an oracle shard: its rows must ascend by state")
    return Shard(metadata, states[back], values[back], q[back])


def lookup(path: str | Path, state: int) -> tuple[int, tuple[int, ...]]:
    """V and the seven q of one packed state, team-0 frame, -128 illegal.

    Binary search over the row groups by their footer statistics (over their first rows where a file
    has none), then inside one row group: a few hundred kilobytes of a file of any size are read.
    ForgeError if the state is not in the shard.
    """
    path = place(path)
    missing = ForgeError(f"state {state} is not in {path}: not reachable in this deal")
    if _format_of_file(path) == "pt":
        content = _load_pt(path, LOOKED_AT_BYTES)
        _pt_metadata(path, content)
        states, values, q = (content[name].numpy() for name in _PT_TENSORS)
        row = int(np.searchsorted(states, state))
        if row == len(states) or states[row] != state:
            raise missing
        return int(values[row]), tuple(int(value) for value in q[row])
    with open_parquet(path) as file, _reading(path):
        check_footer(path, file.metadata.metadata or {})
        group = _row_group_of(file, state)
        if group is None:
            raise missing
        states = file.read_row_group(group, columns=["state"]).column(0).to_numpy()
        row = int(np.searchsorted(states, state))
        if row == len(states) or states[row] != state:
            raise missing
        cells = file.read_row_group(group, columns=list(COLUMNS[1:])).slice(row, 1).to_pylist()[0]
        return cells["V"], tuple(cells[name] for name in Q_COLUMNS)


def check_name(path: Path, metadata: ShardMetadata) -> None:
    """Raises ForgeError unless the metadata fit the file's name, and are not too new."""
    if metadata.schema_version is not None and metadata.schema_version > SCHEMA_VERSION:
        raise ForgeError(
            f"{path} has schema version {metadata.schema_version}, newer than {SCHEMA_VERSION}: "
            "it needs a newer crystal-forge"
        )
    key = ShardKey.parse(path.name)
    if key is not None and (key.seed, key.decl, key.opp_seed) != (
        metadata.seed,
        metadata.decl,
        metadata.opp_seed,
    ):
        raise ForgeError(
            f"{path}: name and metadata disagree: the metadata say seed {metadata.seed}, "
            f"opp_seed {metadata.opp_seed}, decl_id {metadata.decl}"
        )


def check_whole(metadata: ShardMetadata) -> None:
    """Compare all bytes of a Parquet shard with its checksum.

    Raises:
        ForgeError: if they differ, or if one of ours has lost it.
    """
    path = metadata.path
    if format_of(path) == "parquet":
        if metadata.digest is not None:
            check_digest(path, metadata.digest)
        elif metadata.schema_version is not None:
            raise ForgeError(f"{path} is damaged: the checksum that our shards carry is gone")


def _format_of_file(path: Path) -> ShardFormat:
    if not path.is_file():
        raise ForgeError(f"{path} is not a file" if path.exists() else f"there is no file {path}")
    return format_of(path)


def open_parquet(path: Path, pages: bool = True) -> pq.ParquetFile:
    """Open a Parquet file with the nine columns of a shard, or raise a ForgeError.

    Args:
        path: of the file.
        pages: compare pages that are read with their checksums; `check_whole` has done as much.
    """
    with _reading(path):
        file = pq.ParquetFile(source_of(path), page_checksum_verification=pages)
        fields = {field.name: field.type for field in file.schema_arrow}
        n_rows = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
    wrong = [
        f"{name} {fields.get(name, 'missing')}"
        for name in COLUMNS
        if fields.get(name) != PARQUET_SCHEMA.field(name).type
    ]
    if file.metadata.num_rows != sum(n_rows) or min(n_rows, default=0) < 0:
        file.close()
        raise ForgeError(f"{path} is damaged: its row groups do not add up to its rows")
    if wrong:
        file.close()
        raise ForgeError(
            f"{path} is not an oracle shard: it needs the columns state int64, V int8, "
            f"q0..q6 int8 ({', '.join(wrong)})"
        )
    return file


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turn what pyarrow raises for a damaged file into one line."""
    try:
        yield
    except ForgeError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        raise ForgeError(f"{path} is not a readable Parquet file: {reason_of(error)}") from error


def _parquet_metadata(path: Path, file: pq.ParquetFile) -> ShardMetadata:
    raw = file.metadata.metadata or {}
    try:
        values = {key.decode(): value.decode() for key, value in raw.items()}
    except UnicodeDecodeError:
        raise ForgeError(f"{path} is damaged: its metadata is not text") from None
    return _metadata(path, values, file.metadata.num_rows)


def _metadata(path: Path, values: Mapping[str, str], n_states: int) -> ShardMetadata:
    name = ShardKey.parse(path.name)
    named_opp_seed = None if name is None else name.opp_seed
    decl = _decimal(path, values, "decl_id")
    if decl > 9:
        raise ForgeError(f"{path} has decl_id {decl}; declarations are 0..9")
    return ShardMetadata(
        path=path,
        n_states=n_states,
        seed=_decimal(path, values, "seed"),
        decl=decl,
        opp_seed=_decimal(path, values, "opp_seed") if "opp_seed" in values else named_opp_seed,
        hands=values.get("hands"),
        schema_version=_decimal(path, values, "schema_version")
        if "schema_version" in values
        else None,
        forge_version=values.get("forge_version"),
        digest=values.get(SEAL_KEY),
    )


def _decimal(path: Path, values: Mapping[str, str], key: str) -> int:
    text = values.get(key)
    if text is None:
        raise ForgeError(f"{path} is not an oracle shard: its metadata has no '{key}'")
    if not (text.isascii() and text.isdigit()):
        raise ForgeError(f"{path} has {key} {text!r} in its metadata; it must be a decimal number")
    return int(text)


def _read_rows(path: Path, file: pq.ParquetFile) -> tuple[Int64Array, Int8Array, Int8Array]:
    """All rows, one row group at a time: peak memory is the result and one row group."""
    columns = _empty_columns(file.metadata.num_rows)
    for start, stop, table in _row_groups(path, file):
        _copy_rows(table, columns, slice(start, stop), slice(None))
    return columns


def _pick_rows(
    path: Path, rows: Int64Array, pages: bool
) -> tuple[Int64Array, Int8Array, Int8Array]:
    """The rows of these numbers, ascending; `pages` as `open_parquet`."""
    if _format_of_file(path) == "pt":
        content = _load_pt(path)
        states, values, q = (content[name].numpy()[rows] for name in _PT_TENSORS)
        return states, values, q
    columns = _empty_columns(len(rows))
    with open_parquet(path, pages) as file:
        for start, stop, table in _row_groups(path, file, rows):
            first, end = np.searchsorted(rows, (start, stop))
            _copy_rows(table, columns, slice(first, end), rows[first:end] - start)
    return columns


def _empty_columns(n: int) -> tuple[Int64Array, Int8Array, Int8Array]:
    return np.empty(n, np.int64), np.empty(n, np.int8), np.empty((n, 7), np.int8)


def _copy_rows(
    table: pa.Table,
    columns: tuple[Int64Array, Int8Array, Int8Array],
    to: slice,
    chosen: slice | Int64Array,
) -> None:
    states, values, q = columns
    states[to] = table.column("state").to_numpy()[chosen]
    values[to] = table.column("V").to_numpy()[chosen]
    for slot, name in enumerate(Q_COLUMNS):
        q[to, slot] = table.column(name).to_numpy()[chosen]


def _row_groups(
    path: Path, file: pq.ParquetFile, rows: Int64Array | None = None
) -> Iterator[tuple[int, int, pa.Table]]:
    """First row, last row + 1 and the rows of each row group; only of those with one of `rows`
    (ascending), if given."""
    stop = 0
    for group in range(file.num_row_groups):
        start, stop = stop, stop + file.metadata.row_group(group).num_rows
        if rows is not None:
            first, end = np.searchsorted(rows, (start, stop))
            if first == end:
                continue
        with _reading(path):
            table = file.read_row_group(group, columns=list(COLUMNS))
        if table.num_rows != stop - start:
            raise ForgeError(f"{path} is damaged: its row groups do not add up to its rows")
        if any(column.null_count for column in table.columns):
            raise ForgeError(f"{path} is not an oracle shard: it has empty cells")
        yield start, stop, table


def row_group_bounds(file: pq.ParquetFile, group: int) -> tuple[int, int] | None:
    """Least and greatest state of a row group by its footer statistics; None without any."""
    statistics = file.metadata.row_group(group).column(_state_column(file)).statistics
    if statistics is None or not statistics.has_min_max:
        return None
    return statistics.min, statistics.max


def _row_group_of(file: pq.ParquetFile, state: int) -> int | None:
    """The one row group that can hold `state`, by binary search."""
    low, high = 0, file.num_row_groups - 1
    while low < high:
        middle = (low + high + 1) // 2
        if _first_state(file, middle) <= state:
            low = middle
        else:
            high = middle - 1
    return low if high >= 0 else None


def _first_state(file: pq.ParquetFile, group: int) -> int:
    bounds = row_group_bounds(file, group)
    if bounds is not None:
        return bounds[0]
    first: int = file.read_row_group(group, columns=["state"]).column(0)[0].as_py()
    return first


def _state_column(file: pq.ParquetFile) -> int:
    index: int = file.schema_arrow.get_field_index("state")
    return index


# --- .pt shards: {"states", "V", "q"} tensors and "metadata", the same text as in Parquet ---

_PT_TENSORS: Final = ("states", "V", "q")
# Of a `.pt` shard, parts beyond this are not compared with their checksums: to read metadata, and
# one state, which takes less than comparing all of them.
_LISTING_BYTES: Final = 1 << 16
LOOKED_AT_BYTES: Final = 1 << 20


def _load_pt(path: Path, checked_bytes: int | None = None) -> dict[str, Any]:
    """Open a `.pt` shard memory-mapped: nothing but the rows that are looked at is read, and what
    is compared with its checksum, see `read_tensors`."""
    import torch

    content = read_tensors(path, ".pt shard", mmap=True, checked_bytes=checked_bytes)
    dtypes = {"states": (torch.int64, 1), "V": (torch.int8, 1), "q": (torch.int8, 2)}
    if not isinstance(content, dict) or not isinstance(content.get("metadata"), dict):
        raise ForgeError(f"{path} is not an oracle shard: it must hold states, V, q, metadata")
    for name, (dtype, dims) in dtypes.items():
        tensor = content.get(name)
        if not isinstance(tensor, torch.Tensor) or tensor.dtype != dtype or tensor.dim() != dims:
            raise ForgeError(
                f"{path} is not an oracle shard: '{name}' must be {dtype} with {dims} dimension(s)"
            )
    return content


def _pt_metadata(path: Path, content: Mapping[str, Any]) -> ShardMetadata:
    n_states = len(content["states"])
    if len(content["V"]) != n_states or tuple(content["q"].shape) != (n_states, 7):
        raise ForgeError(f"{path} is not an oracle shard: V must be [N], q must be [N, 7]")
    values = {str(key): str(value) for key, value in content["metadata"].items()}
    return _metadata(path, values, n_states)
