"""What `forge tokenize` shows while it works."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from forge.ml.tokenize import Report, ShardDone, TokenizeListener
from forge.ml.tokenized.sources import SOLVED
from forge.oracle.shards.naming import ShardKey
from forge.work.progress import progress_bar
from forge.work.rates import rate_text
from forge.work.tracking import Tracker
from forge.work.wording import counted


class TokenizeProgress(TokenizeListener):
    """A line a deal, a bar with rate and ETA on a terminal, and numbers for a tracker.

    Args:
        console: where to show it.
        tracker: where the numbers go.
    """

    def __init__(self, console: Console, tracker: Tracker) -> None:
        self._console = console
        self._tracker = tracker
        self._total = 0
        self._n_done = 0
        self._n_samples = 0
        self._progress = progress_bar(console)
        self._task = self._progress.add_task("deals", total=None, rate="")

    def planned(self, n_deals: int) -> None:
        """Give the bar its length."""
        self._total = n_deals
        self._progress.update(self._task, total=n_deals)

    def resumed(self, n_deals: int) -> None:
        """Move the bar past deals that an interrupted run has done."""
        self._n_done += n_deals
        self._progress.update(self._task, advance=n_deals)

    def shard_done(self, done: ShardDone) -> None:
        """Report one deal."""
        entry = done.entry
        self._n_done += 1
        self._n_samples += entry.samples
        # A deal that was solved here has no file.
        key = ShardKey.parse(entry.file) if entry.fingerprint == SOLVED else None
        name = f"{done.split}/{entry.file}" if key is None else f"{done.split}, {key.title}"
        self._console.print(
            f"[{self._n_done}/{self._total}] {name}: {counted(entry.states, 'state')}, "
            f"{counted(entry.samples, 'sample')}, {done.elapsed_s:.2f} s",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
        elapsed_s = self._progress.tasks[0].elapsed
        rate = self._n_samples / elapsed_s if elapsed_s else 0.0
        self._tracker.log(
            {
                "tokenize/deals": self._n_done,
                "tokenize/samples": self._n_samples,
                "tokenize/samples_per_s": rate,
                "tokenize/states": entry.states,
                "tokenize/shard_s": done.elapsed_s,
            }
        )
        self._progress.update(
            self._task, advance=1, rate=rate_text(self._n_samples, elapsed_s, "samples")
        )

    def left_out(self, line: str) -> None:
        """Report a deal that has no rows."""
        self._n_done += 1
        self._console.print(
            f"[{self._n_done}/{self._total}] left out: {line}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
        self._progress.update(self._task, advance=1)

    def summary(self, output: Path, report: Report) -> str:
        """One line about the whole run."""
        if not (report.n_tokenized or report.total_samples or report.is_cut_short):
            if report.left_out:
                return f"{output}: nothing to do but {counted(len(report.left_out), 'deal')}"
            return f"{output}: nothing to do, all deals are there"
        parts = [
            f"{counted(report.n_tokenized, 'deal')} tokenised: "
            f"{counted(report.n_samples, 'sample')} in "
            f"{report.elapsed_s:.1f} s ({rate_text(report.n_samples, report.elapsed_s, 'samples')})"
        ]
        if report.n_resumed:
            parts.append(f"{report.n_resumed} done by an interrupted run")
        if report.left_out:
            parts.append(f"{len(report.left_out)} left out for want of memory")
        if report.n_copied:
            parts.append(f"{report.n_copied} taken over")
        if report.is_cut_short:
            parts.append("stopped; the next start goes on from here")
        else:
            sizes = ", ".join(f"{split} {n:,}" for split, n in report.total_samples.items())
            parts.append(f"{output} holds {sizes}")
        return ", ".join(parts)

    def __enter__(self) -> TokenizeProgress:
        self._progress.start()
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._progress.stop()
