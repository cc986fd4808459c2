"""Who works: this machine. `forge.work.ray_pool` has the other pool."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from forge.work.pieces import FileRun, MayStop, make_here
from forge.work.processes import in_order

Piece = TypeVar("Piece")
Told = TypeVar("Told")
Done = TypeVar("Done")


class Pool(Protocol):
    """Who works through pieces; what comes of them is the same whoever it is."""

    def make_files(self, run: FileRun[Piece, Told]) -> int:
        """Work through pieces of one file each; returns how many were made."""

    def in_order(
        self, work: Callable[[Piece], Done], todo: Sequence[Piece], stop: MayStop
    ) -> Iterator[Done]:
        """Results of `work(piece)`, in the order of `todo`, until done or stopped.

        Once stop is requested no piece is begun, and those in hand are finished.
        """


@dataclass(frozen=True)
class ThisMachine:
    """This machine. Files are made in this process, on its threads.

    Args:
        n_workers: processes for results in order, one thread each; 1 works in this one. None works
            in this one on all its threads.
    """

    n_workers: int | None = None

    def make_files(self, run: FileRun[Piece, Told]) -> int:
        """See `Pool`."""
        return make_here(run)

    def in_order(
        self, work: Callable[[Piece], Done], todo: Sequence[Piece], stop: MayStop
    ) -> Iterator[Done]:
        """See `Pool`."""
        if self.n_workers is None:
            return _one_by_one(work, todo, stop)
        return in_order(work, todo, self.n_workers, stop)


def _one_by_one(
    work: Callable[[Piece], Done], todo: Sequence[Piece], stop: MayStop
) -> Iterator[Done]:
    for piece in todo:
        if stop.requested:
            return
        yield work(piece)
