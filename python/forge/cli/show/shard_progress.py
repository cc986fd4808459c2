"""What a generator shows while it works: a line a shard, a bar with rate and ETA on a terminal."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console

from forge.oracle.shards.naming import ShardKey
from forge.oracle.shards.pipeline import PassedOver, ShardListener
from forge.oracle.shards.timer import ShardTiming
from forge.oracle.shards.writers import Solved
from forge.work.progress import memory_use, progress_bar
from forge.work.rates import rate_text
from forge.work.tracking import Tracker


class ProgressListener(ShardListener):
    """Prints each shard's timing, moves the bar, and passes the numbers to a tracker.

    `total` is the number of shards to make, None without an end (the bar then has no ETA). Shards
    of the total that others made or that are too large move the bar too, unless `own_only`.
    """

    def __init__(
        self,
        console: Console,
        tracker: Tracker,
        total: int | None,
        *,
        own_only: bool = False,
        log_memory: bool = False,
        on_solved: Callable[[Solved], None] | None = None,
    ) -> None:
        self._console = console
        self._on_solved = on_solved
        self._tracker = tracker
        self._own_only = own_only
        self._log_memory = log_memory
        self._n_states = 0
        self._total = total
        self._n_done = 0
        self._progress = progress_bar(console)
        self._task = self._progress.add_task("shards", total=total, rate="")

    def solved(self, solved: Solved) -> None:
        """Hand the solved deal on to who asked for it."""
        if self._on_solved is not None:
            self._on_solved(solved)

    def finished(self, timing: ShardTiming) -> None:
        """Report one shard."""
        self._n_states += timing.n_states
        self._n_done += 1
        count = f"{self._n_done}/{self._total}" if self._total else str(self._n_done)
        line = f"[{count}] {timing.summary()}"
        values = timing.as_dict()
        if self._log_memory:
            memory = timing.memory or memory_use()
            values |= {f"memory/{name}": n_bytes for name, n_bytes in memory.items()}
            line += "".join(f", {name} {n / 2**20:,.0f} MiB" for name, n in memory.items())
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)
        self._tracker.log(values)
        elapsed_s = self._progress.tasks[0].elapsed
        rate = rate_text(self._n_states, elapsed_s, "states")
        self._progress.update(self._task, advance=1, rate=rate)

    def passed_over(self, key: ShardKey, reason: PassedOver) -> None:
        """Move the bar past a shard that needs no work (any more)."""
        if reason not in ("present", "busy"):
            line = f"{key.file_name()}: {reason}, skipped"
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)
        if not self._own_only and reason != "busy":
            self._progress.update(self._task, advance=1)

    def __enter__(self) -> ProgressListener:
        self._progress.start()
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._progress.stop()
