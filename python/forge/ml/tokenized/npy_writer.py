"""The eight arrays of a split, written row by row and never held in memory.

A split under construction is a folder of `.npy` files and a journal, `shards.jsonl`, with a line a
shard: what its rows came from and how many there are. A line is written after its rows have
reached the disk, so whatever ends the process, the journal tells which rows count; the rest is cut
off when the work is taken up again. The journal stays beside the finished arrays.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Final

import numpy as np
import numpy.typing as npt
from annotated_types import Ge, Le

from forge.errors import ForgeError
from forge.ml.rows import ROW_SHAPES
from forge.ml.tokenized.block_sums import BLOCK_SUMS, sums_of
from forge.work.atomic import unwritable, write_file
from forge.work.file_schema import in_file, read_as
from forge.work.hashing import sha256_of
from forge.work.json_lines import JsonLines, open_line, sealed_line, whole_lines

JOURNAL: Final = "shards.jsonl"
# In place of the fingerprint of a deal that has no rows, because the memory was too small for it.
LEFT_OUT: Final = "left out"

# Of a split: their bytes and places are counted in 64 bits.
MAX_ROWS: Final = 2**48

Rows = Mapping[str, npt.NDArray[np.int8]]


@in_file()
@dataclass(frozen=True)
class ShardEntry:
    """What a split holds of one shard: a line of the journal."""

    file: str
    fingerprint: str
    states: Annotated[int, Ge(0)]
    samples: Annotated[int, Ge(0), Le(MAX_ROWS)]


def read_journal(folder: Path) -> list[ShardEntry]:
    """The entries of a split, in the order of its rows; a torn last line does not count.

    Raises:
        ForgeError: if the file is not a journal.
    """
    path = folder / JOURNAL
    try:
        lines = whole_lines(path.read_bytes())
    except FileNotFoundError:
        return []
    try:
        return [
            read_as(ShardEntry, open_line(line)[0], f"line {number}")
            for number, line in enumerate(lines, start=1)
        ]
    except ForgeError as error:
        raise ForgeError(f"{path} is damaged ({error}): --force makes the data anew") from error


def npy_header(name: str, n_rows: int) -> bytes:
    """What `numpy.save` writes before the data; 128 bytes whatever the number of rows."""
    header = io.BytesIO()
    shape = (n_rows, *ROW_SHAPES[name])
    fields = {"descr": np.lib.format.dtype_to_descr(np.dtype(np.int8)), "fortran_order": False}
    np.lib.format.write_array_header_1_0(header, fields | {"shape": shape})
    return header.getvalue()


class _ArrayFile:
    """One `.npy` file that grows at its end."""

    def __init__(self, folder: Path, name: str, n_rows: int) -> None:
        self._name = name
        self.n_rows = n_rows
        self._fd = os.open(
            folder / f"{name}.npy", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, mode=0o666
        )
        end = file_bytes(name, n_rows)
        os.ftruncate(self._fd, end)
        os.lseek(self._fd, end, os.SEEK_SET)

    def append(self, rows: npt.NDArray[np.int8]) -> None:
        data = np.ascontiguousarray(rows).reshape(-1).data
        while data:  # a write may stop short, at 2 GB or just before the disk is full
            data = data[os.write(self._fd, data) :]
        self.n_rows += len(rows)

    def sync(self) -> None:
        os.fsync(self._fd)

    def finish(self) -> None:
        os.pwrite(self._fd, npy_header(self._name, self.n_rows), 0)
        self.sync()

    def close(self) -> None:
        os.close(self._fd)


def file_bytes(name: str, n_rows: int) -> int:
    """Size of the file of an array of `n_rows` rows."""
    return len(npy_header(name, 0)) + n_rows * int(np.prod(ROW_SHAPES[name], dtype=np.int64))


class SplitWriter:
    """Adds shards to a split under construction, going on where an earlier run ended.

    Args:
        folder: of the split; made if missing.
        wanted: file and fingerprint of each shard the split is to hold, in order. What the folder
            holds already is kept as far as it is the beginning of that; `entries` tells.

    Raises:
        ForgeError: if the folder can't be written.
    """

    def __init__(self, folder: Path, wanted: Sequence[tuple[str, str]]) -> None:
        self._folder = folder
        self._open = contextlib.ExitStack()
        with self._one_line_errors():
            folder.mkdir(parents=True, exist_ok=True)
            self.entries = list(_usable(folder, wanted))
            n_rows = sum(entry.samples for entry in self.entries)
            self._arrays = {name: _ArrayFile(folder, name, n_rows) for name in ROW_SHAPES}
            for array in self._arrays.values():
                self._open.callback(array.close)
            self._journal = self._open.enter_context(JsonLines(folder / JOURNAL))
            self._journal.keep(len(self.entries))

    @property
    def n_rows(self) -> int:
        """Rows the split holds."""
        return sum(entry.samples for entry in self.entries)

    def add(
        self, file: str, fingerprint: str, n_states: int, batches: Iterable[Rows]
    ) -> ShardEntry:
        """Append the rows of one shard and put them on disk.

        Args:
            file: its name.
            fingerprint: of its content.
            n_states: rows of the shard.
            batches: int8 arrays by the names of `ROW_SHAPES`, [B, ...].

        Raises:
            ForgeError: if the disk is full or the like; what was added before is kept.
        """
        n_samples = 0
        for batch in batches:
            with self._one_line_errors():
                for name, array in self._arrays.items():
                    array.append(batch[name])
            n_samples += len(batch["targets"])
        entry = ShardEntry(file, fingerprint, n_states, n_samples)
        with self._one_line_errors():
            for array in self._arrays.values():
                array.sync()
            self._journal.append(sealed_line(asdict(entry)))
        self.entries.append(entry)
        return entry

    def finish(self) -> None:
        """Write the headers: from now on numpy can read the arrays; and the checksums."""
        with self._one_line_errors():
            for array in self._arrays.values():
                array.finish()
            arrays = {
                name: np.load(self._folder / f"{name}.npy", mmap_mode="r") for name in ROW_SHAPES
            }
            sums = io.BytesIO()
            np.save(sums, sums_of(self._folder, arrays))
            write_file(self._folder / BLOCK_SUMS, sums.getvalue())

    def __enter__(self) -> SplitWriter:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._open.close()

    @contextlib.contextmanager
    def _one_line_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise unwritable(self._folder, error) from error


def _usable(folder: Path, wanted: Sequence[tuple[str, str]]) -> Iterator[ShardEntry]:
    """The entries whose rows are there and are what the split begins with."""
    try:
        entries = read_journal(folder)
    except ForgeError:
        return  # nothing here is finished, so nothing is lost
    n_rows = 0
    for entry, shard in zip(entries, wanted, strict=False):
        n_rows += entry.samples
        fits = entry.file == shard[0] and entry.fingerprint in (shard[1], LEFT_OUT)
        if not fits or not _holds(folder, n_rows):
            return
        yield entry


def _holds(folder: Path, n_rows: int) -> bool:
    try:
        return all(
            (folder / f"{name}.npy").stat().st_size >= file_bytes(name, n_rows)
            for name in ROW_SHAPES
        )
    except FileNotFoundError:
        return False


def data_hash(folder: Path) -> str:
    """SHA-256 over the eight files of a split, one after the other in the order of `ROW_SHAPES`.

    The same as `cat tokens.npy masks.npy targets.npy ... | sha256sum`.
    """
    return sha256_of(*(folder / f"{name}.npy" for name in ROW_SHAPES))
