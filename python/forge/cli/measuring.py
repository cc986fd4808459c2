"""The positions that commands measure a model on, with a progress bar."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from forge.cli.common import console

if TYPE_CHECKING:
    from forge.ml.evaluate import Rows


class Bars:
    """Progress bars that are there while something moves, and gone in the end."""

    def __init__(self) -> None:
        screen = console()
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("ETA"),
            TimeRemainingColumn(),
            console=screen,
            disable=not screen.is_terminal,
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Bars:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def mover(self, text: str) -> Callable[[int, int], None]:
        """What to call with (done, in all) to move the bar of this name."""

        def move(done: int, total: int) -> None:
            if text not in self._tasks:
                self._tasks[text] = self._progress.add_task(text, total=total)
            self._progress.update(self._tasks[text], completed=done)

        return move


def open_rows(data: Path | None, bars: Bars) -> tuple[Rows, str]:
    """Val positions and what they are, in words.

    Args:
        data: a tokenised folder; None is the reference protocol, whose deals are solved the first
            time (about a minute) and then cached.
        bars: to show that on.

    Raises:
        ForgeError: if the folder is unusable.
    """
    if data is not None:
        from forge.ml.data import DominoDataModule

        return DominoDataModule(data).open_split("val"), f"val split of {data}"
    from forge.ml.protocol import reference_rows

    rows = reference_rows("val", on_deal=bars.mover("solving the reference deals"))
    return rows, rows.source
