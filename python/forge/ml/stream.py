"""`StreamingDataModule`: fresh positions from the solver while training, no data on disk."""

import os
import sys
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Final

import torch
from torch.utils.data import DataLoader, Dataset

from forge import ops
from forge.errors import ForgeError
from forge.extras import extra
from forge.game.deal import Deal
from forge.learn.batches import Batch
from forge.learn.data_module import RankSampler, as_is
from forge.learn.settings import RowsSettings
from forge.ml.measure.reference_protocol import (
    REFERENCE_SEEDS,
    ReferenceRows,
    reference_rows,
    solve_seeds,
)
from forge.ml.mixing import PositionStream
from forge.ml.positions import StreamOptions
from forge.ml.settings import StreamSettings
from forge.oracle.deal_memory import too_large
from forge.work.ray_group import this_member
from forge.work.room import MAX_MEMORY, Room

with extra("train"):
    import lightning.pytorch as pl

# Two units wait for each worker in shared memory, which containers often limit to 64 MB: at the
# default size of a unit that is 14.
_MAX_AUTO_WORKERS: Final = 7


def _tell_left_out(line: str) -> None:
    """Name a deal on stderr, that of who started the run."""
    member, text = this_member(), f"left out: {line}"
    if member is None:
        print(text, file=sys.stderr, flush=True)
    else:
        member.tell(text, is_error=True)


def default_stream_workers() -> int:
    """Worker processes where none were asked for: a core is left to training."""
    return max(1, min((os.cpu_count() or 1) - 1, _MAX_AUTO_WORKERS))


class StreamLoader:
    """The training batches of one process, epoch after epoch.

    Args:
        stream: what to draw.
        n_batches: of an epoch.
        pin_memory: page-locked batches.
    """

    def __init__(self, stream: PositionStream, n_batches: int, pin_memory: bool) -> None:
        self.stream = stream
        self.n_batches = n_batches
        self.pin_memory = pin_memory
        self._n_drawn = 0
        self._source: Iterator[Batch] | None = None

    def __len__(self) -> int:
        return self.n_batches

    def __iter__(self) -> Iterator[Batch]:
        # One source for all epochs: its workers make what comes next while a run validates.
        for _ in range(self.n_batches):
            if self._source is None:
                self._source = self.stream.batches(self._n_drawn)
            batch = next(self._source)
            self._n_drawn += 1
            if self.pin_memory:
                batch = {name: column.pin_memory() for name, column in batch.items()}
            yield batch

    def state_dict(self) -> dict[str, int]:
        """Rows drawn by all processes. Asked for while a batch is in hand, that batch counts."""
        return {"n_rows": self._n_drawn * self.stream.rows_per_step}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on after those rows; after the next whole step, if the batch size has changed."""
        n_drawn = -(-state["n_rows"] // self.stream.rows_per_step)
        if n_drawn != self._n_drawn:
            self._n_drawn, self._source = n_drawn, None

    def close(self) -> None:
        """End the workers."""
        self._source = None


class StreamingDataModule(pl.LightningDataModule):
    """Batches of fresh positions for Lightning; batches as those of `DominoDataModule`.

    Training positions come from `PositionStream`. Validation is on the deals and with the sampling
    of the reference protocol, which are solved at the start (some 20 s on one core) and kept in
    the user's cache. Checkpoints hold where the stream stands: a resumed run goes on with the next
    batch, in the middle of an epoch too.

    Args:
        options: which positions.
        batch_size: rows per batch and process.
        samples_per_epoch: rows of an epoch, all processes together.
        num_workers: solving processes per training process, one thread each; 0 solves in the
            training process, None is a core less than there are, 7 at most.
        val_per_deal: validation states drawn of each deal.
        val_deals: validation deals: val seeds from 900 on, 50 at most.
        pin_memory: page-locked batches; None pins where there is a CUDA device.
        val_rows: what to validate on instead; their `source` says what they are.
        left_out: hears of training deals that need more memory than there is; others take their
            place.

    Raises:
        ForgeError: on a value that makes no sense.
    """

    def __init__(
        self,
        options: StreamOptions | None = None,
        batch_size: int = RowsSettings.batch_size,
        samples_per_epoch: int = StreamSettings.samples_per_epoch,
        num_workers: int | None = None,
        val_per_deal: int = StreamSettings.val_per_deal,
        val_deals: int = StreamSettings.val_deals,
        pin_memory: bool | None = None,
        val_rows: Dataset[Batch] | None = None,
        left_out: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__()
        for name, value in (
            ("batch_size", batch_size),
            ("samples_per_epoch", samples_per_epoch),
            ("val_per_deal", val_per_deal),
        ):
            if value < 1:
                raise ForgeError(f"{name} must be at least 1, got {value}")
        if num_workers is not None and num_workers < 0:
            raise ForgeError(f"num_workers must be at least 0, got {num_workers}")
        if not 1 <= val_deals <= len(REFERENCE_SEEDS["val"]):
            raise ForgeError(f"val_deals must lie in 1..50, got {val_deals}")
        self.options = options or StreamOptions()
        self.batch_size = batch_size
        self.samples_per_epoch = samples_per_epoch
        self.num_workers = default_stream_workers() if num_workers is None else num_workers
        self.val_per_deal, self.val_deals = val_per_deal, val_deals
        self.pin_memory = torch.cuda.is_available() if pin_memory is None else pin_memory
        self._resumed: dict[str, int] | None = None
        self._train: StreamLoader | None = None
        self._val = val_rows
        self._val_is_given = val_rows is not None
        self._left_out = left_out or _tell_left_out

    @property
    def description(self) -> dict[str, object]:
        """Plain values that fix every row, for the record of a run."""
        if self._val_is_given:
            val: object = str(getattr(self._val, "source", "given rows"))
        else:
            seeds, left_out = self._val_seeds
            named = {"left_out": sorted(left_out)} if left_out else {}
            val = {"deals": len(seeds), "per_deal": self.val_per_deal, **named}
        return {"source": "stream", **self.options.description, "val": val}

    @cached_property
    def _val_seeds(self) -> tuple[list[int], dict[int, str]]:
        """Seeds of the validation deals; those that need more memory than was given, and why.
        Every process finds the same, so what is free just now does not count."""
        seeds = list(REFERENCE_SEEDS["val"][: self.val_deals])
        if self.options.max_memory is None:
            return seeds, {}
        room = Room(self.options.max_memory)
        found = {seed: too_large(Deal.from_seed(seed), seed % 10, room) for seed in seeds}
        left_out = {seed: refused[1] for seed, refused in found.items() if refused is not None}
        if len(left_out) == len(seeds):
            raise ForgeError(
                f"every validation deal needs more memory than may be taken ({MAX_MEMORY})"
            )
        return [seed for seed in seeds if seed not in left_out], left_out

    def prepare_data(self) -> None:
        """Solve the validation deals once, before the other processes ask for them."""
        if self._val is None:
            for seed, reason in self._val_seeds[1].items():
                self._left_out(f"validation seed {seed}: {reason}")
        self._open_val()

    def setup(self, stage: str | None = None) -> None:
        """Open the validation rows.

        Args:
            stage: `fit`, `validate` or None; a stream has no test split.

        Raises:
            ForgeError: on `test`.
        """
        if stage == "test":
            raise ForgeError("a stream has no test split: use forge eval")
        self._open_val()

    def _open_val(self) -> Dataset[Batch]:
        if self._val is None:
            seeds, left_out = self._val_seeds
            if len(seeds) == len(REFERENCE_SEEDS["val"]):
                self._val = reference_rows("val", samples_per_deal=self.val_per_deal)
            else:
                solved = solve_seeds(seeds, self.val_per_deal)
                but = f" without {sorted(left_out)}" if left_out else ""
                self._val = ReferenceRows(solved, f"val seeds {seeds[0]}-{seeds[-1]}{but}")
            ops.release_memory()  # up to a gigabyte, for nothing but these deals
        return self._val

    def train_dataloader(self) -> StreamLoader:
        """The stream, from where it stands."""
        stream = PositionStream(
            self.options, self.batch_size, *self._place(), self.num_workers, self._left_out
        )
        n_batches = max(1, self.samples_per_epoch // stream.rows_per_step)
        self._train = StreamLoader(stream, n_batches, self.pin_memory)
        if self._resumed is not None:
            self._train.load_state_dict(self._resumed)
        return self._train

    def val_dataloader(self) -> DataLoader[Batch]:
        """Batches of the validation rows, in order."""
        rows = self._open_val()
        rank, world_size = self._place()
        return DataLoader(
            rows,
            batch_size=self.batch_size,
            sampler=RankSampler(rows, world_size, rank, shuffle=False, seed=0),
            collate_fn=as_is,
            pin_memory=self.pin_memory,
            generator=torch.Generator(),
        )

    def teardown(self, stage: str | None = None) -> None:
        """End the workers."""
        if self._train is not None:
            self._train.close()

    def _place(self) -> tuple[int, int]:
        """This process and the number of processes."""
        trainer = self.trainer
        return (trainer.global_rank, trainer.world_size) if trainer else (0, 1)

    def state_dict(self) -> dict[str, int]:
        """Where the stream stands, empty before training."""
        return self._train.state_dict() if self._train is not None else {}

    def load_state_dict(self, state_dict: dict[str, int]) -> None:
        """Go on there; Lightning calls this before the loader is made."""
        self._resumed = state_dict
