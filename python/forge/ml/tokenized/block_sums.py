"""Checksums of a split, a few rows at a time, compared when somebody looks at these rows.

Of a large split not all at once: an epoch compares an eighth of the blocks it reads and the next
one others, until none is left. `forge verify` compares all.

`block_sums.npy` uint32 [1 + blocks, 8] lies beside the arrays: CRC-32 of their headers, then of
each `BLOCK_ROWS` rows, by array in the order of `ROW_SHAPES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from forge.errors import ForgeError, reason_of
from forge.ml.rows import ROW_SHAPES
from forge.work.checksums import crc32

BLOCK_SUMS: Final = "block_sums.npy"
BLOCK_ROWS: Final = 4096
# Blocks that are compared at first sight, and how many are read, from then on, for one more.
_AT_ONCE: Final = 8
_READ_FOR_ONE: Final = 8

_Arrays = Mapping[str, npt.NDArray[np.int8]]


def sums_of(folder: Path, arrays: _Arrays) -> npt.NDArray[np.uint32]:
    """The checksums of finished arrays."""
    n_rows = len(arrays["tokens"])
    rows = [_header_sums(folder)]
    rows += [_block_sums(arrays, start) for start in range(0, n_rows, BLOCK_ROWS)]
    return np.array(rows, np.uint32)


class BlockSums:
    """Compares rows of a split with their checksums, each block once, no more than an eighth of
    what is read after the first blocks.

    Args:
        folder: of the split; without a file of checksums nothing is compared.
        arrays: of the split, all of one length.

    Raises:
        ForgeError: where the file of checksums is not that of these arrays, or headers differ.
    """

    def __init__(self, folder: Path, arrays: _Arrays) -> None:
        self._folder, self._arrays = folder, arrays
        n_blocks = -(-len(arrays["tokens"]) // BLOCK_ROWS)
        self._left = np.ones(n_blocks, bool)
        self._rows_due = _AT_ONCE * BLOCK_ROWS
        path = folder / BLOCK_SUMS
        self.is_there = path.is_file()
        if not self.is_there:
            self._n_left = 0
            return
        try:
            found = np.load(path, allow_pickle=False)
        except Exception as error:  # a damaged header is taken apart by Python's own tokeniser
            raise ForgeError(f"{path} is damaged: {reason_of(error)}") from error
        shape = (1 + n_blocks, len(ROW_SHAPES))
        if not isinstance(found, np.ndarray) or found.dtype != np.uint32 or found.shape != shape:
            raise ForgeError(f"{path} is damaged, or not of the arrays beside it")
        self._sums, self._n_left = found, n_blocks
        self._compare(_header_sums(folder), 0, "its header")

    def check(self, rows: npt.NDArray[np.int64]) -> None:
        """Compare blocks of some rows, those that were not compared before and are due.

        Raises:
            ForgeError: that names the array.
        """
        if not self._n_left:
            return
        self._rows_due += len(rows) // _READ_FOR_ONE
        if self._rows_due < BLOCK_ROWS:
            return
        blocks = rows // BLOCK_ROWS
        found = np.unique(blocks[self._left[blocks]])[: self._rows_due // BLOCK_ROWS]
        self._rows_due -= len(found) * BLOCK_ROWS
        self._check_blocks(found)

    def check_all(self) -> None:
        """Compare all blocks; errors as `check`."""
        if self._n_left:
            self._check_blocks(np.flatnonzero(self._left))

    def _check_blocks(self, blocks: npt.NDArray[np.int64]) -> None:
        for block in blocks.tolist():
            start = block * BLOCK_ROWS
            self._compare(_block_sums(self._arrays, start), 1 + block, f"row {start} on")
            self._left[block] = False
            self._n_left -= 1

    def _compare(self, found: list[int], row: int, where: str) -> None:
        for name, one, other in zip(ROW_SHAPES, found, self._sums[row].tolist(), strict=True):
            if one != other:
                raise ForgeError(
                    f"{self._folder / name}.npy is damaged from {where}: its checksum is not that "
                    f"of {BLOCK_SUMS}: forge tokenize --force makes the data anew"
                )


def _header_sums(folder: Path) -> list[int]:
    sums = []
    for name in ROW_SHAPES:
        with (folder / f"{name}.npy").open("rb") as file:
            version, length = file.read(8), file.read(2)
            sums.append(crc32(version + length + file.read(int.from_bytes(length, "little"))))
    return sums


def _block_sums(arrays: _Arrays, start: int) -> list[int]:
    return [
        crc32(np.ascontiguousarray(arrays[name][start : start + BLOCK_ROWS]).data)
        for name in ROW_SHAPES
    ]
