"""Pieces of work, and how any number of them is worked through: once, for every generator.

Two shapes occur. *One file a piece*: what is missing is claimed, made, put in place whole and told,
by whoever makes it; any number of processes may work on one folder, each takes only what it can
claim, and none waits for another. *Rows in order*: what comes of the pieces goes, in their order,
into one file that this process holds.

Who does the work is a pool's business (`forge.work.pools`): files and rows are the same on any.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Generic, Protocol, TypeVar

from forge.work.atomic import FileClaim
from forge.work.claims import claim_missing
from forge.work.room import ANY_ROOM, Room
from forge.work.stop import StopSignal
from forge.work.store_path import is_listed

if TYPE_CHECKING:
    from forge.work.pools import Pool
    from forge.work.results_file import ResultsFile

Piece = TypeVar("Piece")
Told = TypeVar("Told")
Row = TypeVar("Row")
Out = TypeVar("Out", covariant=True)
# The pieces to make at one go; None where they have no file.
Claims = Mapping[Piece, FileClaim | None]
# Of a piece: `present` (there before, or made by another worker meanwhile), `busy` (left to another
# worker), or what `FileWork.refusal` says.
Reason = str


class Maker(Protocol[Piece, Out]):
    """Makes pieces, where `FileWork.maker` was entered."""

    def make(self, claims: Claims[Piece], held: ExitStack) -> Iterable[Out]:
        """Make some pieces; what is finished by now, of these or of earlier ones.

        Args:
            claims: of the pieces.
            held: gives the claims up when this is over; who keeps them empties it (`pop_all`).
        """

    def finish(self) -> Iterable[Out]:
        """What is still under way, when it is finished."""


class FileWork(Generic[Piece, Told]):
    """What the pieces of some work are, where their files lie, and how they are made.

    It is sent (pickled) to workers in other processes; what cannot be sent is made there.
    """

    in_hand: ClassVar[str] = "file"  # what a stopped run finishes first, in a word
    together: int = 1  # pieces made at one go
    per_gpu: ClassVar[int] = 1  # so many workers share a GPU

    def path(self, piece: Piece) -> Path | None:
        """Where the file of a piece lies; None where none is written."""
        raise NotImplementedError

    def is_done(self, path: Path) -> bool:
        """Whether it is there."""
        return is_listed(path)

    def name(self, piece: Piece) -> str:
        """A piece in messages."""
        path = self.path(piece)
        return str(piece) if path is None else path.name

    def refusal(self, piece: Piece) -> Reason | None:
        """Why a piece is not made at all; None where it is. Asked by who has claimed it."""
        return None

    def make(self, claims: Claims[Piece]) -> Told:
        """Make some pieces and put their files in place: all that a simple maker does."""
        raise NotImplementedError

    def maker(self) -> AbstractContextManager[Maker[Piece, Told]]:
        """Who makes them, for as long as the context is open."""
        return nullcontext(_AtOnce(self))


class _AtOnce(Generic[Piece, Told]):
    """Makes what it is given before it returns."""

    def __init__(self, work: FileWork[Piece, Told]) -> None:
        self._work = work

    def make(self, claims: Claims[Piece], held: ExitStack) -> Iterable[Told]:
        return (self._work.make(claims),)

    def finish(self) -> Iterable[Told]:
        return ()


class MayStop(Protocol):
    """What is asked whether to begin another piece."""

    @property
    def requested(self) -> bool:
        """Whether not."""


@dataclass
class WorkReport:
    """What a run over files did."""

    n_present: int = 0  # made by another worker meanwhile
    n_busy: int = 0  # left to another worker
    elapsed_s: float = 0.0
    stopped_by: int | None = None  # the signal that ended the run early
    disk_low: str | None = None  # why the run ended early, where the disk is full


@dataclass(frozen=True)
class FileRun(Generic[Piece, Told]):
    """A run over pieces of one file each, as a pool gets it.

    Args:
        pieces: may be endless.
        work: how they are made.
        made: hears, in this thread, of what is finished.
        passed_over: hears of pieces that were not made.
        limit: of pieces made by this run.
        stop: asked before each piece.
    """

    pieces: Iterable[Piece]
    work: FileWork[Piece, Told]
    made: Callable[[Told], None]
    passed_over: Callable[[Piece, Reason], None]
    limit: int | None
    stop: MayStop

    def n_wanted(self, n_made: int) -> int:
        """How many pieces may be made at one go after so many; 0 at the end."""
        if self.limit is None:
            return self.work.together
        return max(0, min(self.work.together, self.limit - n_made))


def work_through(
    pieces: Iterable[Piece],
    work: FileWork[Piece, Told],
    report: WorkReport,
    made: Callable[[Told], None],
    *,
    passed_over: Callable[[Piece, Reason], None] = lambda piece, reason: None,
    limit: int | None = None,
    stop: MayStop | None = None,
    pool: Pool | None = None,
    folder: Path | None = None,
    room: Room = ANY_ROOM,
) -> None:
    """Make the missing files of pieces, in order, until done, stopped or at the limit.

    Those that were busy are looked at once more at the end: their worker may have died. Ctrl+C or
    SIGTERM ends the run after the pieces in hand (`stopped_by` in the report), a second one at once
    with KeyboardInterrupt; nothing is left half written. So does a disk that gets too full
    (`disk_low` in the report).

    Args:
        pieces: may be endless.
        work: how they are made.
        report: gets what this run did, but for what `made` is told.
        made: hears, in this thread, of what is in place.
        passed_over: hears of each piece that was not made, and why.
        limit: of pieces made by this run.
        stop: asked instead of listening to signals.
        pool: who works; this process by default.
        folder: where files go, whose disk is watched; None watches none.
        room: how much of the disk has to stay free.

    Raises:
        ForgeError: where a file can't be written; what was begun before is finished all the same.
    """
    from forge.work.pools import ThisMachine

    start = time.perf_counter()
    busy: list[Piece] = []

    def over(piece: Piece, reason: Reason) -> None:
        if reason == "busy":
            busy.append(piece)
            report.n_busy += 1
        elif reason == "present":
            report.n_present += 1
        passed_over(piece, reason)

    watched: DiskWatch | None = None
    with ExitStack() as stack:
        signals = None if stop is not None else stack.enter_context(StopSignal(work.in_hand))
        asked: MayStop = stop or signals or _NEVER
        if folder is not None:
            asked = watched = DiskWatch(asked, folder, room)
        worker = pool or ThisMachine()
        n_made = worker.make_files(FileRun(pieces, work, made, over, limit, asked))
        if busy and n_made != limit and not asked.requested:
            again, busy = busy, []
            report.n_busy -= len(again)
            left = None if limit is None else limit - n_made
            worker.make_files(FileRun(again, work, made, over, left, asked))
    report.elapsed_s = time.perf_counter() - start
    report.stopped_by = None if signals is None else signals.signum
    report.disk_low = None if watched is None else watched.low


@dataclass
class DiskWatch:
    """Asks another one whether to stop, and the disk; `low` is why, where that is the disk."""

    other: MayStop
    folder: Path
    room: Room
    low: str | None = None

    @property
    def requested(self) -> bool:
        if self.other.requested or self.low is not None:
            return True
        self.low = self.room.disk_shortage(self.folder)
        return self.low is not None


def make_here(run: FileRun[Piece, Told]) -> int:
    """Work through the pieces in this process; returns how many were made."""
    work, coming, n_made = run.work, iter(run.pieces), 0
    with work.maker() as maker:
        while not run.stop.requested and (n_wanted := run.n_wanted(n_made)):
            with ExitStack() as held:
                claims = claim_some(work, coming, n_wanted, held, run.passed_over, run.stop)
                if not claims or run.stop.requested:
                    break
                n_made += len(claims)
                for told in maker.make(claims, held):
                    run.made(told)
        for told in maker.finish():
            run.made(told)
    return n_made


def claim_some(
    work: FileWork[Piece, Told],
    coming: Iterator[Piece],
    n_wanted: int,
    held: ExitStack,
    passed_over: Callable[[Piece, Reason], None],
    stop: MayStop,
) -> dict[Piece, FileClaim | None]:
    """Claims of the next pieces that are to be made, released with `held`; fewer at the end."""
    claims: dict[Piece, FileClaim | None] = {}
    for piece in coming:
        if stop.requested:
            break
        found = _claim(work, piece)
        if isinstance(found, str):
            passed_over(piece, found)
            continue
        claims[piece] = found if found is None else held.enter_context(found)
        if len(claims) == n_wanted:
            break
    return claims


def _claim(work: FileWork[Piece, Told], piece: Piece) -> FileClaim | Reason | None:
    path = work.path(piece)
    if path is None:
        return work.refusal(piece)
    if work.is_done(path):
        return "present"
    claim = claim_missing(path, work.is_done)
    if isinstance(claim, str):
        return claim
    with ExitStack() as held:
        held.enter_context(claim)
        refusal = work.refusal(piece)
        if refusal is None:
            held.pop_all()
    return refusal or claim


@dataclass(frozen=True)
class Outcome(Generic[Piece, Told]):
    """What one worker, asked for some pieces, did."""

    told: tuple[Told, ...]
    made: tuple[Piece, ...]
    passed_over: tuple[tuple[Piece, Reason], ...]


def make_some(work: FileWork[Piece, Told], pieces: Sequence[Piece]) -> Outcome[Piece, Told]:
    """What a worker elsewhere does: claim the pieces, make them, put their files in place."""
    over: list[tuple[Piece, Reason]] = []
    told: list[Told] = []
    with work.maker() as maker, ExitStack() as held:
        claims = claim_some(
            work, iter(pieces), len(pieces), held, lambda *each: over.append(each), _NEVER
        )
        if claims:
            told += maker.make(claims, held)
        told += maker.finish()
    return Outcome(tuple(told), tuple(claims), tuple(over))


@dataclass(frozen=True)
class _Never:
    requested: bool = False


_NEVER = _Never()


@dataclass(frozen=True)
class RowsRun:
    """What a run over rows did: rows made now; the signal, or the full disk, that ended it
    early."""

    n_done: int
    stopped_by: int | None
    disk_low: str | None = None


def rows_in_order(
    work: Callable[[Piece], Row],
    todo: Sequence[Piece],
    pool: Pool,
    in_hand: str,
    file: ResultsFile[Row] | None = None,  # type: ignore[type-var]
    told: Callable[[Row], None] | None = None,
    room: Room = ANY_ROOM,
) -> RowsRun:
    """Rows of the pieces, in their order, until done or stopped; each on disk before it is told.

    Ctrl+C or SIGTERM ends the run after the pieces in hand, a second one at once. So does a disk
    that gets too full for the file.

    Args:
        work: makes the row of a piece; sent (pickled) to workers elsewhere.
        todo: the pieces.
        pool: who works.
        in_hand: what a stopped run finishes first, in a word.
        file: where rows go; None keeps none.
        told: hears of each row.
        room: how much of the disk of the file has to stay free.
    """
    n_done = 0
    with StopSignal(in_hand) as stop:
        watched = None if file is None else DiskWatch(stop, file.path.parent, room)
        for row in pool.in_order(work, todo, watched or stop):
            if file is not None:
                file.append(row)
            n_done += 1
            if told is not None:
                told(row)
    return RowsRun(n_done, stop.signum, None if watched is None else watched.low)
