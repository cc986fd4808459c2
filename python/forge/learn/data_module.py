"""`RowsDataModule`: splits of rows on disk as batches, the same on any number of processes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import DataLoader, Dataset, DistributedSampler

from forge.errors import ForgeError
from forge.extras import extra
from forge.learn.batches import Batch
from forge.learn.settings import RowsSettings
from forge.work.lifeline import Lifeline, owned
from forge.work.seed_files import SPLITS
from forge.work.store_path import place

with extra("train"):
    import lightning.pytorch as pl


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
        for batch in self._reading():
            self.n_rows_drawn += len(batch["targets"])
            yield batch

    def _reading(self) -> Iterator[Batch]:
        if not self.num_workers:
            return super().__iter__()
        with owned():
            return super().__iter__()

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
        batch_size: int = RowsSettings.batch_size,
        num_workers: int = 0,
        pin_memory: bool | None = None,
        seed: int = RowsSettings.seed,
    ) -> None:
        super().__init__()
        for name, value, least in (
            ("batch_size", batch_size, 1),
            ("num_workers", num_workers, 0),
            ("seed", seed, 0),
        ):
            if value < least:
                raise ForgeError(f"{name} must be at least {least}, got {value}")
        self.data_dir = place(data_dir)
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
            worker_init_fn=Lifeline.of_this_process() if self.num_workers else None,
            # Its own generator: a loader that starts must not move the global random state, or a
            # resumed run would drop out other units than an uninterrupted one.
            generator=torch.Generator().manual_seed(self.seed),
        )


def as_is(batch: Any) -> Any:
    """`__getitems__` has already made a `Batch`, whatever the loader's own types expect."""
    return batch
