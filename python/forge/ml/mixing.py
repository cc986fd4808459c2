"""An endless stream of batches, each drawn from many deals, the same for any number of workers.

A *unit* is what a worker makes at a time: the rows of one deal (`positions.unit_rows`). Every
process mixes `mix_deals` units: unit u is cut into as many slices, and *chunk* t is slice 0 of
unit t + mix_deals - 1, slice 1 of the unit before it, and so on, shuffled. A chunk so has rows of
`mix_deals` units, costs one new unit, and has as many rows as a unit. Batches are cut from the
chunks one after another. Where a stream stands is therefore one number, the rows taken so far, and
going on costs `mix_deals` units, however long it has run.

No Lightning here: worker processes import this module.
"""

import atexit
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import count, islice, pairwise

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from forge.errors import ForgeError
from forge.learn.batches import Batch
from forge.ml.positions import StreamOptions, unit_rows
from forge.work.lifeline import owned

# Tells the numbers that shuffle chunks from those that draw units.
_SHUFFLE_KEY = 1


# Rows of a unit, and the deals that were left out on the way to them.
Unit = tuple[Batch, list[str]]


class Units(Dataset[Unit]):
    """The units of a stream, made when they are asked for: `units[k]` is `unit_rows` of unit k."""

    def __init__(self, options: StreamOptions) -> None:
        self.options = options

    def __getitem__(self, unit: int) -> Unit:
        left_out: list[str] = []
        return unit_rows(self.options, unit, left_out.append), left_out


class PositionStream:
    """The batches of one process.

    Args:
        options: of the stream.
        batch_size: rows of a batch.
        rank: this process, 0..world_size-1; it takes every `world_size`-th unit.
        world_size: number of processes.
        num_workers: processes that make units, 0 to make them in this one.
        left_out: hears of deals that need more memory than there is; others take their place.

    Raises:
        ForgeError: on a value that makes no sense.
    """

    def __init__(
        self,
        options: StreamOptions,
        batch_size: int,
        rank: int = 0,
        world_size: int = 1,
        num_workers: int = 0,
        left_out: Callable[[str], None] = lambda line: None,
    ) -> None:
        if batch_size < 1:
            raise ForgeError(f"batch_size must be at least 1, got {batch_size}")
        if num_workers < 0:
            raise ForgeError(f"num_workers must be at least 0, got {num_workers}")
        self.options = options
        self.batch_size = batch_size
        self.rank, self.world_size = rank, world_size
        self.num_workers = num_workers
        self._left_out = left_out

    @property
    def rows_per_step(self) -> int:
        """Rows that all processes draw together."""
        return self.batch_size * self.world_size

    def batches(self, first: int = 0) -> Iterator[Batch]:
        """The batches from number `first` on, without end.

        A batch is a dict of int8 tensors as `make_rows` gives them, `qvals` and `values` in the
        **team-0 frame**.
        """
        chunk, offset = divmod(first * self.batch_size, self.options.per_deal)
        chunks = self._chunks(chunk)
        rest = {name: rows[offset:] for name, rows in next(chunks).items()}
        while True:
            parts, n_rows = [rest], len(rest["targets"])
            while n_rows < self.batch_size:
                parts.append(next(chunks))
                n_rows += len(parts[-1]["targets"])
            rows = parts[0] if len(parts) == 1 else _joined(parts)
            yield {name: column[: self.batch_size] for name, column in rows.items()}
            rest = {name: column[self.batch_size :] for name, column in rows.items()}

    def _chunks(self, first: int) -> Iterator[Batch]:
        """The chunks from number `first` on: `per_deal` rows each."""
        options = self.options
        units = self._units(first)
        # The oldest first.
        window: deque[list[Batch]] = deque(
            (self._slices(rows) for rows in islice(units, options.mix_deals - 1)),
            maxlen=options.mix_deals,
        )
        for chunk in count(first):
            window.append(self._slices(next(units)))
            mixed = _joined([slices[-1 - age] for age, slices in enumerate(window)])
            rng = np.random.default_rng((options.seed, _SHUFFLE_KEY, self.rank, chunk))
            order = torch.from_numpy(rng.permutation(options.per_deal))
            yield {name: column[order] for name, column in mixed.items()}

    def _slices(self, rows: Batch) -> list[Batch]:
        """A unit in `mix_deals` slices, in private memory: what workers send is shared memory."""
        bounds = np.linspace(0, self.options.per_deal, self.options.mix_deals + 1).astype(int)
        return [
            {name: column[start:end].clone() for name, column in rows.items()}
            for start, end in pairwise(bounds)
        ]

    def _units(self, first: int) -> Iterator[Batch]:
        """The units of this process from its `first` on, in order, made ahead by the workers."""
        numbers = count(first * self.world_size + self.rank, self.world_size)
        if not self.num_workers:
            return self._heard(iter(self._loader(numbers)))
        # Forking a process with threads (solver, progress bar, W&B, CUDA) may deadlock.
        loader = self._loader(numbers, "spawn")
        with owned():
            return self._heard(iter(loader))

    def _heard(self, units: Iterator[Unit]) -> Iterator[Batch]:
        for rows, lines in units:
            for line in lines:
                self._left_out(line)
            yield rows

    def _loader(self, units: Iterable[int], context: str | None = None) -> DataLoader[Unit]:
        return DataLoader(
            Units(self.options),
            batch_size=None,
            sampler=units,
            num_workers=self.num_workers,
            worker_init_fn=_start_worker,
            multiprocessing_context=context,
            # Its own generator: starting must not move the global random state.
            generator=torch.Generator(),
        )


def _joined(parts: list[Batch]) -> Batch:
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def _start_worker(worker_id: int) -> None:
    """One thread a worker."""
    torch.set_num_threads(1)
    # Python's shutdown would end the thread that sends tensors in the middle of torch's C++, which
    # then says "terminate called without an active exception" now and then.
    atexit.register(os._exit, 0)
