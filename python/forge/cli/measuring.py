"""Progress of commands that measure a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rich.console import Console
from rich.progress import TaskID

from forge.cli.values import console
from forge.work.progress import progress_bar
from forge.work.rates import rate_text

# What the bar of `Stage.open_rows` says.
SOLVING: Final = "solving the reference deals, once"


class Bars:
    """Progress bars that are there while something moves, and gone in the end.

    Args:
        screen: where to; None is stdout.
    """

    def __init__(self, screen: Console | None = None) -> None:
        self._progress = progress_bar(screen or console(), transient=True)
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Bars:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def mover(self, text: str, unit: str = "") -> Callable[[int, int], None]:
        """What to call with (done, in all) to move the bar of this name; a unit shows a rate."""

        def move(done: int, total: int) -> None:
            if text not in self._tasks:
                self._tasks[text] = self._progress.add_task(text, total=total, rate="")
            task = self._tasks[text]
            elapsed_s = self._progress.tasks[task].elapsed or 0.0
            rate = rate_text(done, elapsed_s, unit) if unit else ""
            self._progress.update(task, completed=done, rate=rate)

        return move
