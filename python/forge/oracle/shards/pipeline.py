"""Shards as pieces of work: which are missing, how a deal is solved and its shard written.

The main thread solves; background writers compress and write the shards before it, because writing
a shard takes longer than solving it and pyarrow works outside the GIL.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from forge.oracle.deal_memory import (
    BYTES_A_STATE,
    BYTES_BESIDE,
    MOST_STATES,
    bytes_needed,
    want_of_memory,
)
from forge.oracle.shards.naming import ShardFormat, ShardKey
from forge.oracle.shards.timer import ShardTiming
from forge.oracle.shards.writers import MAX_WRITERS, BackgroundWriters, Solved
from forge.work.pieces import Claims, FileWork, Maker, WorkReport, work_through
from forge.work.progress import memory_use
from forge.work.rates import rate_text
from forge.work.room import Room
from forge.work.seed_files import prepare_splits
from forge.work.store_path import is_listed
from forge.work.wording import counted

if TYPE_CHECKING:
    from forge.work.pools import Pool

# `present`, `busy`, `too large` (`max_states`), or in words how the memory is too small.
PassedOver = str
_OTHER_REASONS: Final = ("present", "busy", "too large")

BYTES_A_SHARD: Final = 51_000_000  # on average: 23 million states at 2.2 bytes (docs/scale.md)


@dataclass(frozen=True)
class PipelineOptions:
    """How to work. `out_dir` None writes nothing; `limit` counts the shards solved by this run;
    `max_states` skips deals with more states, `room` those that the memory is too small for; under
    its floor of free disk a run ends.
    """

    out_dir: Path | None
    format: ShardFormat = "parquet"
    device: str = "auto"
    overwrite: bool = False
    max_states: int | None = None
    limit: int | None = None
    room: Room = field(default_factory=Room)


@dataclass
class PipelineReport(WorkReport):
    """What a run did; `n_present` counts those that were there before, too."""

    n_solved: int = 0
    n_states: int = 0
    n_bytes: int = 0
    n_too_large: int = 0
    no_room: list[str] = field(default_factory=list)  # what needs more memory: `NAME: REASON`

    def summary(self) -> str:
        """One line for people."""
        parts = [
            f"{self.n_solved} solved: {counted(self.n_states, 'state')} in {self.elapsed_s:.1f} s "
            f"({rate_text(self.n_states, self.elapsed_s, 'states')})"
        ]
        if self.n_bytes:
            per_state = self.n_bytes / self.n_states
            parts.append(f"{self.n_bytes / 1e6:.1f} MB written, {per_state:.2f} B/state")
        for count, what in (
            (self.n_present, "already there"),
            (self.n_busy, "left to other workers"),
            (self.n_too_large, "skipped as too large"),
            (len(self.no_room), "skipped for want of memory"),
        ):
            if count:
                parts.append(f"{count} {what}")
        return ", ".join(parts)


class ShardListener:
    """Hears, in the main thread, what a run does; this one ignores it."""

    def solved(self, solved: Solved) -> None:
        """A deal was solved (and goes to a writer next)."""

    def finished(self, timing: ShardTiming) -> None:
        """A shard is done: in place on disk, where one is written."""

    def passed_over(self, key: ShardKey, reason: PassedOver) -> None:
        """A shard was found present, busy, too large, or to need more memory than there is."""


def run_pipeline(
    keys: Iterable[ShardKey],
    options: PipelineOptions,
    listener: ShardListener | None = None,
    pool: Pool | None = None,
) -> PipelineReport:
    """Make the missing shards among `keys`, in order, until done, stopped or at the limit.

    Ctrl+C or SIGTERM ends the run after the file in hand (`stopped_by` in the report), a second one
    at once with KeyboardInterrupt. ForgeError for a device that is not there or a directory that
    can't be written; what was queued before it is written all the same. A `pool` elsewhere has
    devices of its own, and its listener hears of no solved deals.
    """
    listener = listener or ShardListener()
    report = PipelineReport()
    if pool is None:
        from forge.ops import resolve_device

        options = replace(options, device=str(resolve_device(options.device)))
    if options.out_dir is not None:
        prepare_splits(options.out_dir)

    def finished(timing: ShardTiming) -> None:
        report.n_solved += 1
        report.n_states += timing.n_states
        report.n_bytes += timing.n_bytes
        listener.finished(timing)

    def passed_over(key: ShardKey, reason: str) -> None:
        report.n_too_large += reason == "too large"
        if reason not in _OTHER_REASONS:
            report.no_room.append(f"{work.name(key)}: {reason}")
        listener.passed_over(key, reason)

    work = ShardWork(options, listener.solved)
    work_through(
        keys,
        work,
        report,
        finished,
        passed_over=passed_over,
        limit=options.limit,
        pool=pool,
        folder=options.out_dir,
        room=options.room,
    )
    return report


class ShardWork(FileWork[ShardKey, ShardTiming]):
    """How shards are made.

    Args:
        options: how to work.
        solved: hears of each deal that is solved in this process.
    """

    # Writing takes a core about so many times as long as solving takes a GPU.
    per_gpu: ClassVar[int] = MAX_WRITERS

    def __init__(
        self, options: PipelineOptions, solved: Callable[[Solved], None] = lambda solved: None
    ) -> None:
        self._options, self._solved = options, solved
        self._started_at = time.time()
        self._is_elsewhere = False
        self._writers: BackgroundWriters | None = None
        self._counted: tuple[ShardKey, int] | None = None

    def __getstate__(self) -> dict[str, object]:
        return {"_options": self._options, "_started_at": self._started_at}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        self._solved, self._is_elsewhere = lambda solved: None, True
        self._writers = self._counted = None

    def path(self, piece: ShardKey) -> Path | None:
        """Of a shard."""
        out_dir = self._options.out_dir
        return None if out_dir is None else piece.path(out_dir, self._options.format)

    def is_done(self, path: Path) -> bool:
        """Whether the file is there; when overwriting, whether it was made since this run began."""
        if not self._options.overwrite:
            return is_listed(path)
        try:
            made_at = path.stat().st_mtime
        except FileNotFoundError:
            return False
        return made_at >= self._started_at

    def _states_of(self, key: ShardKey) -> int:
        """How many states a deal has, counted once for all questions about it in a row."""
        from forge.ops import count_states

        if self._counted is None or self._counted[0] != key:
            self._counted = (key, count_states(key.deal().tensor, key.decl))
        return self._counted[1]

    def refusal(self, piece: ShardKey) -> str | None:
        """Whether a deal has too many states, or needs more memory than there is."""
        limit, memory = self._options.max_states, self.memory()
        if limit is None and bytes_needed(MOST_STATES) <= memory:
            return None
        n_states = self._states_of(piece)
        if limit is not None and n_states > limit:
            return "too large"
        return want_of_memory(n_states, memory)

    def memory(self) -> int:
        """Bytes that may be taken, those that solved deals have already included."""
        from forge.ops.memory import kept_bytes

        held = 0 if self._writers is None else BYTES_A_STATE * self._writers.n_states
        return self._options.room.memory(held + kept_bytes())

    @contextmanager
    def maker(self) -> Iterator[Maker[ShardKey, ShardTiming]]:
        """Solves, and writes in the background."""
        with BackgroundWriters() as writers:
            self._writers = writers
            try:
                yield _ShardMaker(self, writers)
            finally:
                self._writers = None

    def room_for(self, key: ShardKey, writers: BackgroundWriters) -> Iterator[ShardTiming]:
        """Before a deal is solved: wait until enough of those before it are written, where the
        memory is too small for all of them; yields what is finished by now."""
        memory = self.memory()
        if bytes_needed(MOST_STATES + writers.n_states) <= memory:
            return
        most = (memory - BYTES_BESIDE) // BYTES_A_STATE
        yield from writers.make_room(self._states_of(key), most)

    def solve(self, key: ShardKey) -> tuple[Solved, ShardTiming]:
        """Solve one deal."""
        import torch

        from forge.oracle.tablebase import Tablebase

        is_written = self._options.out_dir is not None
        timing = ShardTiming(key.file_name(self._options.format) if is_written else key.title)
        device = torch.device(self._options.device)
        with timing.solving():
            solved = Solved(key, Tablebase.solve(key.deal(), key.decl, device))
        timing.n_states = len(solved.table)
        if self._is_elsewhere:
            timing.memory = memory_use()
        self._solved(solved)
        return solved, timing


class _ShardMaker:
    """Solves one shard at a time, while those before it are written."""

    def __init__(self, work: ShardWork, writers: BackgroundWriters) -> None:
        self._work, self._writers = work, writers

    def make(self, claims: Claims[ShardKey], held: ExitStack) -> Iterator[ShardTiming]:
        for key, claim in claims.items():
            yield from self._work.room_for(key, self._writers)
            solved, timing = self._work.solve(key)
            if claim is None:
                yield timing
                continue
            yield from self._writers.make_room(timing.n_states)
            self._writers.submit(solved, claim, timing)
            held.pop_all()  # the claim is the writer's now

    def finish(self) -> Iterator[ShardTiming]:
        return self._writers.drain()
