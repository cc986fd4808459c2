"""The work loop of every generator: find what is missing, claim it, solve it, write it.

The main thread solves; background writers compress and write the shards before it, because writing
a shard takes longer than solving it and pyarrow works outside the GIL. Any number of processes may
run on one directory: each takes only what it can claim, and none waits for another.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from forge.oracle.shards.naming import ShardFormat, ShardKey
from forge.oracle.shards.timer import ShardTiming
from forge.oracle.shards.writers import BackgroundWriters, Solved
from forge.work.claims import claim_missing
from forge.work.rates import rate_text
from forge.work.seed_files import prepare_splits
from forge.work.stop import StopSignal

PassedOver = Literal["present", "busy", "too large"]


@dataclass(frozen=True)
class PipelineOptions:
    """How to work. `out_dir` None writes nothing; `limit` counts the shards solved by this run;
    `max_states` skips deals with more states.
    """

    out_dir: Path | None
    format: ShardFormat = "parquet"
    device: str = "auto"
    overwrite: bool = False
    max_states: int | None = None
    limit: int | None = None


@dataclass
class PipelineReport:
    """What a run did."""

    n_solved: int = 0
    n_states: int = 0
    n_bytes: int = 0
    n_present: int = 0  # there before, or made by another worker meanwhile
    n_busy: int = 0  # left to another worker
    n_too_large: int = 0
    elapsed_s: float = 0.0
    stopped_by: int | None = None  # the signal that ended the run early

    def summary(self) -> str:
        """One line for people."""
        parts = [
            f"{self.n_solved} solved: {self.n_states:,} states in {self.elapsed_s:.1f} s "
            f"({rate_text(self.n_states, self.elapsed_s, 'states')})"
        ]
        if self.n_bytes:
            per_state = self.n_bytes / self.n_states
            parts.append(f"{self.n_bytes / 1e6:.1f} MB written, {per_state:.2f} B/state")
        for count, what in (
            (self.n_present, "already there"),
            (self.n_busy, "left to other workers"),
            (self.n_too_large, "skipped as too large"),
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
        """A shard was found present, busy or too large."""


def run_pipeline(
    keys: Iterable[ShardKey], options: PipelineOptions, listener: ShardListener | None = None
) -> PipelineReport:
    """Make the missing shards among `keys`, in order, until done, stopped or at the limit.

    Ctrl+C or SIGTERM ends the run after the file in hand (`stopped_by` in the report), a second one
    at once with KeyboardInterrupt. ForgeError for a device that is not there or a directory that
    can't be written; what was queued before it is written all the same.
    """
    return _Run(options, listener or ShardListener()).work_through(keys)


class _Run:
    """One run over a list of keys."""

    def __init__(self, options: PipelineOptions, listener: ShardListener) -> None:
        from forge.ops import resolve_device

        self._options = options
        self._listener = listener
        self._device = resolve_device(options.device)
        self._started_at = time.time()
        self._busy: list[ShardKey] = []
        self.report = PipelineReport()

    def work_through(self, keys: Iterable[ShardKey]) -> PipelineReport:
        start = time.perf_counter()
        if self._options.out_dir is not None:
            prepare_splits(self._options.out_dir)
        with StopSignal() as stop, BackgroundWriters() as writers:
            for key in self._with_second_look(keys):
                if stop.requested or self.report.n_solved == self._options.limit:
                    break
                self._work_on(key, writers)
            for timing in writers.drain():
                self._finish(timing)
        self.report.elapsed_s = time.perf_counter() - start
        self.report.stopped_by = stop.signum
        return self.report

    def _with_second_look(self, keys: Iterable[ShardKey]) -> Iterator[ShardKey]:
        """All keys, then once more those that were busy: their worker may have died."""
        yield from keys
        again, self._busy = self._busy, []
        self.report.n_busy -= len(again)
        yield from again

    def _work_on(self, key: ShardKey, writers: BackgroundWriters) -> None:
        out_dir = self._options.out_dir
        if out_dir is None:
            if (result := self._solve(key)) is not None:
                self._finish(result[1])
            return
        target = key.path(out_dir, self._options.format)
        if self._is_done(target):
            self._pass_over(key, "present")
            return
        with ExitStack() as held:
            claim = claim_missing(target, self._is_done)
            if claim == "busy":
                self._busy.append(key)
            if isinstance(claim, str):
                self._pass_over(key, claim)
                return
            held.enter_context(claim)
            result = self._solve(key)
            if result is None:
                return
            solved, timing = result
            for earlier in writers.make_room(timing.n_states):
                self._finish(earlier)
            writers.submit(solved, claim, timing)
            held.pop_all()  # the claim is the writer's now

    def _solve(self, key: ShardKey) -> tuple[Solved, ShardTiming] | None:
        """Solve one deal; None if it has too many states."""
        from forge.ops import count_states
        from forge.oracle.tablebase import Tablebase

        deal = key.deal()
        limit = self._options.max_states
        if limit is not None and count_states(deal.tensor, key.decl) > limit:
            self._pass_over(key, "too large")
            return None
        is_written = self._options.out_dir is not None
        timing = ShardTiming(key.file_name(self._options.format) if is_written else key.title)
        with timing.solving():
            solved = Solved(key, Tablebase.solve(deal, key.decl, self._device))
        timing.n_states = len(solved.table)
        self.report.n_solved += 1
        self._listener.solved(solved)
        return solved, timing

    def _finish(self, timing: ShardTiming) -> None:
        self.report.n_states += timing.n_states
        self.report.n_bytes += timing.n_bytes
        self._listener.finished(timing)

    def _pass_over(self, key: ShardKey, reason: PassedOver) -> None:
        if reason == "present":
            self.report.n_present += 1
        elif reason == "busy":
            self.report.n_busy += 1
        else:
            self.report.n_too_large += 1
        self._listener.passed_over(key, reason)

    def _is_done(self, target: Path) -> bool:
        """Whether the file is there; when overwriting, whether it was made since this run began."""
        try:
            made_at = target.stat().st_mtime
        except FileNotFoundError:
            return False
        return not self._options.overwrite or made_at >= self._started_at
