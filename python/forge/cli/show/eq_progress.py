"""What the commands that play E[Q] games show meanwhile."""

from __future__ import annotations

import time

from rich.console import Console

from forge.eq.continuous import GameBatch, rates
from forge.game.constants import N_PLAYS
from forge.work.progress import progress_bar
from forge.work.tracking import Tracker
from forge.work.wording import counted


class EqProgress:
    """A line a batch, and on a terminal a bar of decisions with rates and ETA.

    `n_games` is how many are to be played, None without an end.
    """

    def __init__(self, screen: Console, tracker: Tracker, n_games: int | None) -> None:
        self._screen, self._tracker, self._n_games = screen, tracker, n_games
        self._n_finished = self._n_decided = 0
        self._start = time.perf_counter()
        self._bar = progress_bar(screen)
        total = None if n_games is None else n_games * N_PLAYS
        self._task = self._bar.add_task("decisions", total=total, rate="")

    @property
    def rate(self) -> str:
        """Games and decisions a second since the start."""
        elapsed_s = time.perf_counter() - self._start
        return rates(self._n_decided / N_PLAYS, self._n_decided, elapsed_s)

    def decided(self, n_decisions: int) -> None:
        """Decisions were made."""
        self._n_decided += n_decisions
        self._bar.update(self._task, advance=n_decisions, rate=self.rate)

    def finished(self, batch: GameBatch) -> None:
        """A batch of games is in place."""
        n_games = len(batch.seeds)
        self._n_finished += n_games
        done = f"{self._n_finished}/{self._n_games}" if self._n_games else str(self._n_finished)
        first, last = min(batch.seeds), max(batch.seeds)
        named = (
            f"seed {first}"
            if first == last
            else f"{counted(n_games, 'game')}, seeds {first}..{last}"
        )
        rate = rates(n_games, batch.n_decisions, batch.elapsed_s)
        self._screen.print(
            f"[{done}] {named}: {counted(batch.n_worlds, 'world')} in {batch.elapsed_s:.2f} s "
            f"({rate})",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
        self._tracker.log(
            {
                "eq/games": self._n_finished,
                "eq/games_per_s": n_games / batch.elapsed_s,
                "eq/decisions_per_s": batch.n_decisions / batch.elapsed_s,
                "eq/worlds_per_s": batch.n_worlds / batch.elapsed_s,
                "eq/bytes": batch.n_bytes,
            }
        )

    def __enter__(self) -> EqProgress:
        self._bar.start()
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._bar.stop()
