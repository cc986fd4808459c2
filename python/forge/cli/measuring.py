"""The positions and decisions that commands measure a model on, with a progress bar."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import TaskID

from forge.cli.common import console
from forge.errors import ForgeError
from forge.work.progress import progress_bar

if TYPE_CHECKING:
    from forge.learn.batches import RowSource
    from forge.stage2.decisions import JudgedDecisions


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
            rate = f"{done / elapsed_s:,.0f} {unit}/s" if unit and elapsed_s else ""
            self._progress.update(task, completed=done, rate=rate)

        return move


def open_rows(
    data: Path | None, bars: Bars, split: str = "val", device: str = "cpu"
) -> tuple[RowSource, str]:
    """Positions to measure on and what they are, in words.

    Args:
        data: a tokenised folder; None is the reference protocol, whose deals are solved the first
            time (about a minute) and then cached.
        bars: to show that on.
        split: `val` or `test`.
        device: where to solve.

    Raises:
        ForgeError: if the folder is unusable.
    """
    if data is not None:
        from forge.ml.data import DominoDataModule

        return DominoDataModule(data).open_split(split), f"{split} split of {data}"
    from forge.ml.measure.protocol import reference_rows
    from forge.ops import resolve_device

    rows = reference_rows(
        split,
        device=resolve_device(device),
        on_deal=bars.mover("solving the reference deals, once"),
    )
    return rows, rows.source


def open_decisions(data: Path | None, split: str = "val") -> tuple[JudgedDecisions, str]:
    """Decisions to measure a Stage 2 network on and what they are, in words.

    Args:
        data: a folder of E[Q] files.
        split: `val` or `test`.

    Raises:
        ForgeError: if there is no folder, or it is unusable.
    """
    from forge.stage2.decisions import JudgedDecisions

    if data is None:
        raise ForgeError(
            "a Stage 2 network is measured on E[Q] files: give --data DIR "
            "(forge generate-eq-continuous makes such files)"
        )
    rows = JudgedDecisions(data / split)
    return rows, f"{split} split of {data}: {rows.source}"
