"""`DominoDataModule`: the tokenised splits, memory-mapped, as batches.

A data folder holds `train/`, `val/` and `test/`, each with eight `.npy` arrays, and a
`manifest.yaml`. Values on disk and in batches are in the **team-0 frame**.
"""

import shlex
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Dataset

from forge.errors import ForgeError, reason_of
from forge.game.constants import N_SLOTS
from forge.learn.batches import Batch
from forge.learn.data_module import RowsDataModule
from forge.ml.networks.transformer import FEATURE_SIZES
from forge.ml.rows import ROW_SHAPES
from forge.ml.settings import DEFAULT_SAMPLES_PER_SHARD
from forge.ml.tokenized.block_sums import BLOCK_ROWS, BlockSums
from forge.ml.tokenized.manifest import MANIFEST, ManifestSplits, read_plain
from forge.work.seed_files import SPLIT_BUCKETS, seeds_of

# Rows looked at when a split is opened: enough to notice foreign features, one page read each.
_N_CHECKED_ROWS: Final = 1024
# A few seeds of each split.
_ACROSS: Final = "895:955"


class TokenizedSplit(Dataset[Batch]):
    """One split on disk.

    `dataset[i]` is a row and `__getitems__` a whole batch, which is what the loader asks for:
    one gather per array instead of one Python call per row.

    Args:
        folder: the folder of the split, with its eight `.npy` files.

    Raises:
        ForgeError: if an array is missing, truncated, of another dtype or shape, not as long as
            the others, holds values no tokeniser writes, or if the split is empty.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open()
        _check_rows(folder, self.arrays)

    def _open(self) -> None:
        if not self.folder.is_dir():
            raise ForgeError(f"no data split at {self.folder}: make one with forge tokenize")
        self.arrays = {name: _open_array(self.folder, name) for name in ROW_SHAPES}
        lengths = {name: len(array) for name, array in self.arrays.items()}
        if len(set(lengths.values())) > 1:
            listed = ", ".join(f"{name} {n}" for name, n in lengths.items())
            raise ForgeError(f"{self.folder}: arrays have different numbers of rows: {listed}")
        if not lengths["tokens"]:
            raise ForgeError(f"{self.folder}: the split is empty (0 samples)")
        self.sums = BlockSums(self.folder, self.arrays)

    def __len__(self) -> int:
        return len(self.arrays["tokens"])

    def __getitem__(self, index: int) -> Batch:
        return {name: batch[0] for name, batch in self.__getitems__([index]).items()}

    def __getitems__(self, indices: Sequence[int]) -> Batch:
        """One batch.

        Args:
            indices: rows, in the order they are wanted.

        Returns:
            int8 tensors by array name, [B, ...]; `qvals` and `values` in the **team-0 frame**.

        Raises:
            ForgeError: if rows are not what was written, as far as the split has checksums.
        """
        rows = np.asarray(indices, dtype=np.int64)
        self.sums.check(rows)
        return {name: torch.from_numpy(array[rows]) for name, array in self.arrays.items()}

    def check_all(self) -> None:
        """Look at every row: what it may be, and whether it is what was written.

        Raises:
            ForgeError: that names the array.
        """
        self.sums.check_all()
        for start in range(0, len(self), BLOCK_ROWS):
            part = {name: a[start : start + BLOCK_ROWS] for name, a in self.arrays.items()}
            _check_rows(self.folder, part, BLOCK_ROWS)

    def __getstate__(self) -> dict[str, Any]:
        # Pickling a memmap copies the whole array; a spawned worker opens the files itself.
        return {"folder": self.folder}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.folder = state["folder"]
        self._open()


class DominoDataModule(RowsDataModule):
    """Batches of the tokenised splits.

    A batch is a dict of int8 tensors named as the arrays: `tokens` [B,32,12], `masks` [B,32],
    `targets` [B], `legal` [B,7], `qvals` [B,7] and `values` [B] (**team-0 frame**, points),
    `teams` [B], `players` [B]. Arguments as `RowsDataModule`; the folder has a `manifest.yaml`.

    Raises:
        ForgeError: on a bad option, or in `setup` as `TokenizedSplit` does.
    """

    made_by = "forge tokenize"

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What `forge tokenize` wrote of the folder, empty where there is none."""
        return read_plain(self.data_dir / MANIFEST, ManifestSplits) or {}

    @cached_property
    def splits(self) -> dict[str, TokenizedSplit]:
        """Those that have been opened."""
        return {}

    @property
    def description(self) -> dict[str, object]:
        """Where the rows come from, with the hashes of the manifest, for the record of a run."""
        return {"source": str(self.data_dir), "manifest": self.manifest}

    def _what_is_missing(self, split: str) -> str:
        """Which seeds there are none of, and commands that make some; as the folder was made."""
        none = f"{self.data_dir} has no deals for {split} ({seeds_of(split)})"
        kind, _, rest = str(self.manifest.get("source", "")).partition(" ")
        n_samples = self.manifest.get("samples_per_shard", DEFAULT_SAMPLES_PER_SHARD)
        made = f"--max-samples-per-shard {n_samples} --output {shlex.quote(str(self.data_dir))}"
        if kind == "shards":
            shards, first = shlex.quote(rest), SPLIT_BUCKETS[split][0]
            return (
                f"{none}: add some with forge generate-continuous --start-seed {first} --limit 5 "
                f"--output-dir {shards} && forge tokenize --input {shards} {made}"
            )
        return f"{none}: make it anew with forge tokenize --from-seeds {_ACROSS} {made} --force"

    def open_split(self, split: str) -> TokenizedSplit:
        """The split, opened and compared with the manifest on first use.

        Args:
            split: `train`, `val` or `test`.

        Raises:
            ForgeError: as `setup`.
        """
        if split not in self.splits:
            if not (self.data_dir / split).is_dir():
                raise ForgeError(self._what_is_missing(split))
            opened = TokenizedSplit(self.data_dir / split)
            self._check_against_manifest(split, len(opened))
            self.splits[split] = opened
        return self.splits[split]

    def _check_against_manifest(self, split: str, n_rows: int) -> None:
        """A split that is longer or shorter than its manifest says was not written in one go."""
        entry = self.manifest.get("splits", {}).get(split) or {}
        stated = entry.get("samples")
        if stated is not None and stated != n_rows:
            raise ForgeError(
                f"{self.data_dir / split}: {n_rows} samples, but manifest.yaml says {stated}"
            )


def _open_array(folder: Path, name: str) -> npt.NDArray[np.int8]:
    """Map one array of a split into memory, read-only.

    Args:
        folder: of the split.
        name: a key of `ROW_SHAPES`.

    Returns:
        int8 [N, *ROW_SHAPES[name]].

    Raises:
        ForgeError: if the file is missing, cut short, not a plain array, or of another type.
    """
    path = folder / f"{name}.npy"
    shape = ROW_SHAPES[name]
    wanted = "[" + ",".join(["N", *map(str, shape)]) + "]"
    if not path.is_file():
        raise ForgeError(f"{path}: missing, expected an int8 {wanted} array")
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # a damaged header is taken apart by Python's own tokeniser
        raise ForgeError(f"{path}: truncated or not a .npy array ({reason_of(error)})") from error
    if not isinstance(array, np.ndarray):
        array.close()
        raise ForgeError(f"{path}: an archive, expected an int8 {wanted} array")
    if array.dtype != np.int8 or array.ndim != 1 + len(shape) or array.shape[1:] != shape:
        got = f"{array.dtype} [{','.join(map(str, array.shape))}]"
        raise ForgeError(f"{path}: expected int8 {wanted}, got {got}")
    return array


def _check_rows(
    folder: Path, arrays: dict[str, npt.NDArray[np.int8]], most_rows: int = _N_CHECKED_ROWS
) -> None:
    """Look at evenly spread rows for values that no tokeniser writes.

    Left in, they would end as an index error deep inside an embedding, on CUDA one that takes
    the process down, or as regrets that are quietly wrong.

    Raises:
        ForgeError: naming the array, what is allowed and what was found.
    """
    n = len(arrays["tokens"])
    rows = np.unique(np.linspace(0, n - 1, min(n, most_rows)).astype(np.int64))
    part = {name: array[rows] for name, array in arrays.items()}
    for i, size in enumerate(FEATURE_SIZES):
        _check_range(folder, f"tokens feature {i}", part["tokens"][..., i], 0, size - 1)
    legal = part["legal"] == 1
    _check_range(folder, "masks", part["masks"], 0, 1)
    _check_range(folder, "masks of the context token", part["masks"][:, 0], 1, 1)
    _check_range(folder, "legal", part["legal"], 0, 1)
    _check_range(folder, "qvals of legal slots", part["qvals"][legal], -42, 42)
    _check_range(folder, "players", part["players"], 0, 3)
    _check_range(folder, "values", part["values"], -42, 42)
    _check_range(folder, "targets", part["targets"], 0, N_SLOTS - 1)
    if not legal[np.arange(len(rows)), part["targets"]].all():
        raise ForgeError(f"{folder}: targets holds slots that legal.npy says may not be played")
    if (part["teams"] != part["players"] % 2).any():
        raise ForgeError(f"{folder}: teams does not equal players mod 2")
    sign = 1 - 2 * part["teams"].astype(np.int16)
    best = np.where(legal, part["qvals"] * sign[:, None], -1000).max(axis=1) * sign
    if (best != part["values"]).any():
        raise ForgeError(
            f"{folder}: qvals or values are damaged: values must be the best of the legal qvals"
        )


def _check_range(folder: Path, name: str, found: npt.NDArray[np.int8], low: int, high: int) -> None:
    if found.size and (found.min() < low or found.max() > high):
        raise ForgeError(
            f"{folder}: {name} must lie in {low}..{high}, found {found.min()}..{found.max()}"
        )
