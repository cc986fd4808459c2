"""`DominoDataModule`: the tokenised splits, memory-mapped, as batches.

A data folder holds `train/`, `val/` and `test/`, each with eight `.npy` arrays, and a
`manifest.yaml`. Values on disk and in batches are in the **team-0 frame**.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import lightning.pytorch as pl
import numpy as np
import numpy.typing as npt
import torch
import yaml  # type: ignore[import-untyped, unused-ignore]
from torch.utils.data import DataLoader, Dataset, DistributedSampler

from forge.errors import ForgeError
from forge.ml.network import FEATURE_SIZES, N_SLOTS
from forge.ml.rows import ROW_SHAPES, Batch
from forge.oracle.naming import SPLITS

# Rows looked at when a split is opened: enough to notice foreign features, one page read each.
_N_CHECKED_ROWS: Final = 1024


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
        """
        rows = np.asarray(indices, dtype=np.int64)
        return {name: torch.from_numpy(array[rows]) for name, array in self.arrays.items()}

    def __getstate__(self) -> dict[str, Any]:
        # Pickling a memmap copies the whole array; a spawned worker opens the files itself.
        return {"folder": self.folder}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.folder = state["folder"]
        self._open()


class RankSampler(DistributedSampler[int]):
    """The rows one process reads in an epoch, in order.

    Being a `DistributedSampler`, Lightning keeps it and tells it the epoch. Unlike its parent it
    never repeats rows to even out processes, which would count validation rows twice: training
    drops the remainder, evaluation gives some processes one row less. It also shuffles in
    numpy, so that tens of millions of rows do not become Python integers at once. And it can leave
    out the rows of an epoch that an interrupted run has read: `skip`.

    Args:
        dataset: the split.
        num_replicas: number of processes.
        rank: this process, 0..num_replicas-1.
        shuffle: whether to train (shuffled by seed and epoch, equal shares).
        seed: of the shuffling.
    """

    def __init__(
        self, dataset: Dataset[Batch], num_replicas: int, rank: int, shuffle: bool, seed: int
    ) -> None:
        super().__init__(dataset, num_replicas=num_replicas, rank=rank, shuffle=shuffle, seed=seed)
        self.n_rows = len(dataset)  # type: ignore[arg-type]  # a Sized one, or the parent fails
        self._skipped = (-1, 0)  # epoch, rows

    def skip(self, epoch: int, n_rows: int) -> None:
        """Leave out the first `n_rows` of this process in that epoch; `len` stays the same."""
        self._skipped = (epoch, n_rows)

    @property
    def n_skipped(self) -> int:
        """Rows left out of the current epoch."""
        epoch, n_rows = self._skipped
        return n_rows if epoch == self.epoch else 0

    def __len__(self) -> int:
        if self.shuffle:
            return self.n_rows // self.num_replicas
        return (self.n_rows - self.rank + self.num_replicas - 1) // self.num_replicas

    def __iter__(self) -> Iterator[int]:
        order: npt.NDArray[np.int64]
        if self.shuffle:
            order = np.random.default_rng((self.seed, self.epoch)).permutation(self.n_rows)
        else:
            order = np.arange(self.n_rows)
        mine = order[self.rank :: self.num_replicas][: len(self)]
        for start in range(self.n_skipped, len(mine), 65536):
            yield from mine[start : start + 65536].tolist()


class CountingLoader(DataLoader[Batch]):
    """A `DataLoader` over a `RankSampler` that knows, and can go back to, where it stands.

    It starts reading with the first batch asked for, not with `iter()`: Lightning calls that
    before it tells the sampler the epoch.
    """

    sampler: RankSampler
    n_rows_drawn = 0  # by this process, in the epoch of the sampler

    def __iter__(self) -> Iterator[Batch]:  # type: ignore[override]  # a generator will do
        self.n_rows_drawn = min(self.sampler.n_skipped, len(self.sampler))
        for batch in super().__iter__():
            self.n_rows_drawn += len(batch["targets"])
            yield batch

    def state_dict(self) -> dict[str, int]:
        """Epoch and rows drawn in it. Asked for while a batch is in hand, that batch counts."""
        return {"epoch": self.sampler.epoch, "n_rows": self.n_rows_drawn}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on after those rows, when that epoch comes."""
        self.sampler.skip(state["epoch"], state["n_rows"])
        self.n_rows_drawn = state["n_rows"]


class RowsDataModule(pl.LightningDataModule):
    """Batches of splits that can be indexed, for Lightning.

    Checkpoints hold where in an epoch a run was: a resumed one goes on with the next batch.
    Subclasses say what a split is (`open_split`) and where it comes from (`description`).

    Args:
        data_dir: the folder with `train/`, `val/` and `test/`.
        batch_size: rows per batch and process.
        num_workers: reading processes per loader, 0 to read in the training process.
        pin_memory: page-locked batches; None pins where there is a CUDA device.
        seed: of the shuffling; epoch k of a seed has the same order on every machine.

    Raises:
        ForgeError: on a bad option, or in `setup` as `open_split` does.
    """

    # The command that makes such a folder.
    made_by = ""

    def __init__(
        self,
        data_dir: str | Path,
        batch_size: int = 4096,
        num_workers: int = 0,
        pin_memory: bool | None = None,
        seed: int = 42,
    ) -> None:
        super().__init__()
        for name, value, least in (
            ("batch_size", batch_size, 1),
            ("num_workers", num_workers, 0),
            ("seed", seed, 0),
        ):
            if value < least:
                raise ForgeError(f"{name} must be at least {least}, got {value}")
        self.data_dir = Path(data_dir)
        self.batch_size = batch_size
        self.num_workers = num_workers
        self.pin_memory = torch.cuda.is_available() if pin_memory is None else pin_memory
        self.seed = seed
        self._train: CountingLoader | None = None
        self._resumed: dict[str, int] | None = None

    @property
    def description(self) -> dict[str, object]:
        """Where the rows come from, for the record of a run."""
        raise NotImplementedError

    def open_split(self, split: str) -> Dataset[Batch]:
        """The rows of `train`, `val` or `test`.

        Raises:
            ForgeError: if they are unusable.
        """
        raise NotImplementedError

    def setup(self, stage: str | None = None) -> None:
        """Open the splits a stage needs.

        Args:
            stage: `fit` (train and val), `validate` (val), `test`, or None for all three.

        Raises:
            ForgeError: if the folder or one of the needed splits is unusable.
        """
        if not self.data_dir.is_dir():
            raise ForgeError(f"no data folder at {self.data_dir}: make one with {self.made_by}")
        needed = {"fit": ("train", "val"), "validate": ("val",), "test": ("test",), None: SPLITS}
        if stage not in needed:
            raise ForgeError(f"stage must be fit, validate, test or None, got {stage!r}")
        for split in needed[stage]:
            self.open_split(split)

    def train_dataloader(self) -> DataLoader[Batch]:
        """Shuffled batches of the train split; the order depends on seed and epoch alone."""
        self._train = self._loader("train", shuffle=True)
        if self._resumed is not None:
            self._train.load_state_dict(self._resumed)
        return self._train

    def val_dataloader(self) -> DataLoader[Batch]:
        """Batches of the val split, in file order."""
        return self._loader("val", shuffle=False)

    def test_dataloader(self) -> DataLoader[Batch]:
        """Batches of the test split, in file order."""
        return self._loader("test", shuffle=False)

    def state_dict(self) -> dict[str, int]:
        """Where the train split stands, empty before training."""
        return self._train.state_dict() if self._train is not None else {}

    def load_state_dict(self, state_dict: dict[str, int]) -> None:
        """Go on there; Lightning calls this before the loader is made."""
        self._resumed = state_dict

    def _loader(self, split: str, shuffle: bool) -> CountingLoader:
        dataset, trainer = self.open_split(split), self.trainer
        sampler = RankSampler(
            dataset,
            num_replicas=trainer.world_size if trainer else 1,
            rank=trainer.global_rank if trainer else 0,
            shuffle=shuffle,
            seed=self.seed,
        )
        return CountingLoader(
            dataset,
            batch_size=self.batch_size,
            sampler=sampler,
            num_workers=self.num_workers,
            collate_fn=as_is,
            pin_memory=self.pin_memory,
            persistent_workers=self.num_workers > 0,
            # Its own generator: a loader that starts must not move the global random state, or a
            # resumed run would drop out other units than an uninterrupted one.
            generator=torch.Generator().manual_seed(self.seed),
        )


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
        return _read_manifest(self.data_dir / "manifest.yaml")

    @cached_property
    def splits(self) -> dict[str, TokenizedSplit]:
        """Those that have been opened."""
        return {}

    @property
    def description(self) -> dict[str, object]:
        """Where the rows come from, with the hashes of the manifest, for the record of a run."""
        return {"source": str(self.data_dir), "manifest": self.manifest}

    def open_split(self, split: str) -> TokenizedSplit:
        """The split, opened and compared with the manifest on first use.

        Args:
            split: `train`, `val` or `test`.

        Raises:
            ForgeError: as `setup`.
        """
        if split not in self.splits:
            opened = TokenizedSplit(self.data_dir / split)
            self._check_against_manifest(split, len(opened))
            self.splits[split] = opened
        return self.splits[split]

    def _check_against_manifest(self, split: str, n_rows: int) -> None:
        """A split that is longer or shorter than its manifest says was not written in one go."""
        splits = self.manifest.get("splits")
        entry = splits.get(split) if isinstance(splits, dict) else None
        stated = entry.get("samples") if isinstance(entry, dict) else None
        if isinstance(stated, int) and stated != n_rows:
            raise ForgeError(
                f"{self.data_dir / split}: {n_rows} samples, but manifest.yaml says {stated}"
            )


def as_is(batch: Any) -> Any:
    """`__getitems__` has already made a `Batch`, whatever the loader's own types expect."""
    return batch


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
    except (ValueError, EOFError, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ForgeError(f"{path}: truncated or not a .npy array ({reason})") from error
    if not isinstance(array, np.ndarray):
        array.close()
        raise ForgeError(f"{path}: an archive, expected an int8 {wanted} array")
    if array.dtype != np.int8 or array.ndim != 1 + len(shape) or array.shape[1:] != shape:
        got = f"{array.dtype} [{','.join(map(str, array.shape))}]"
        raise ForgeError(f"{path}: expected int8 {wanted}, got {got}")
    return array


def _check_rows(folder: Path, arrays: dict[str, npt.NDArray[np.int8]]) -> None:
    """Look at evenly spread rows for values that no tokeniser writes.

    Left in, they would end as an index error deep inside an embedding, on CUDA one that takes
    the process down, or as regrets that are quietly wrong.

    Raises:
        ForgeError: naming the array, what is allowed and what was found.
    """
    n = len(arrays["tokens"])
    rows = np.unique(np.linspace(0, n - 1, min(n, _N_CHECKED_ROWS)).astype(np.int64))
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


def _check_range(folder: Path, name: str, found: npt.NDArray[np.int8], low: int, high: int) -> None:
    if found.size and (found.min() < low or found.max() > high):
        raise ForgeError(
            f"{folder}: {name} must lie in {low}..{high}, found {found.min()}..{found.max()}"
        )


def _read_manifest(path: Path) -> dict[str, Any]:
    """The manifest as a dict, empty if there is none (the arrays describe themselves).

    Raises:
        ForgeError: if the file is not a YAML mapping of plain values.
    """
    if not path.is_file():
        return {}
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ForgeError(f"{path}: not readable as YAML: {str(error).splitlines()[0]}") from error
    if not isinstance(loaded, dict):
        raise ForgeError(f"{path}: expected a YAML mapping, got {type(loaded).__name__}")
    return loaded
