"""The page of a flywheel: what it does, how it has done, what comes next."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from forge.flywheel.next_line import next_line
from forge.flywheel.state_file import FlywheelState, HistoryEntry
from forge.flywheel.trend import TrendPoint, mean_seconds, trend_of
from forge.work.wording import counted

SHOWN_ITERATIONS: Final = 5
_WIDTH: Final = 100
_CHART: Final = 30
_STYLES: Final = {"ready": "green", "running": "cyan", "failed": "red", "done": "blue"}


def show_flywheel(folder: Path, state: FlywheelState, pid: int | None, screen: Console) -> None:
    """Print the page.

    Args:
        folder: of the flywheel.
        state: of it.
        pid: of the process at work, 0 if it is not known; None if there is none.
        screen: where to.
    """
    parts: list[RenderableType] = [_head(state, pid)]
    if state.history:
        parts.append(_iterations(state))
    points = [point for point in trend_of(folder, state) if point.q_gap is not None]
    if points:
        parts.append(_trend(points, state.unit))
    if seconds := mean_seconds(state):
        times = ", ".join(f"{stage} {time_text(s)}" for stage, s in seconds.items())
        parts.append(Text(f"time a stage: {times}"))
    parts.append(_coming(folder, state, pid))
    title = f"flywheel {state.wandb_group or folder}"
    width = min(screen.width, _WIDTH)
    apart = [part for each in parts for part in (each, Text(""))][:-1]
    screen.print(Panel(Group(*apart), title=Text(title), width=width, padding=(1, 2)))


def gap_text(value: float | None, ends: Sequence[float] | None) -> str:
    """`0.163 [0.151, 0.175]`; `-` for what is not known."""
    if value is None:
        return "-"
    return f"{value:.3f}" if ends is None else f"{value:.3f} [{ends[0]:.3f}, {ends[1]:.3f}]"


def time_text(seconds: float) -> str:
    """`8 s`, `12 min`, `3.4 h`."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5970 else f"{seconds / 3600:.1f} h"


def _head(state: FlywheelState, pid: int | None) -> Text:
    text = Text(f"iteration {state.number}")
    if state.iterations is not None:
        text.append(f" of {state.iterations}" if state.status != "done" else "")
    if state.status == "done":
        text = Text(f"{counted(len(state.history), 'iteration')}")
    text.append(" · ")
    text.append(state.status, style=f"bold {_STYLES[state.status]}")
    if state.status == "running":
        text.append(f" (process {pid})" if pid else " elsewhere" if pid == 0 else "")
        text.append(" (its process is gone: the next start goes on)" if pid is None else "")
        text.append(_since(state.current.started_at))
    text.append(f" · {'a stream' if state.settings.get('stream') else state.kind}")
    if state.last_error is not None:
        text.append(f"\n{state.last_error}", style="red")
    return text


def _since(started_at: str | None) -> str:
    try:
        began = datetime.fromisoformat((started_at or "").replace("Z", "+00:00"))
        elapsed_s = (datetime.now(timezone.utc) - began).total_seconds()
    except (ValueError, TypeError):
        return ""
    return f", since {time_text(max(elapsed_s, 0.0))}"


def _iterations(state: FlywheelState) -> Table:
    table = Table("", "seeds", "q_gap", "accuracy", "less the best so far", "time")
    table.box = None
    for column in (*table.columns[:1], *table.columns[2:]):
        column.justify = "right"
    first = max(0, len(state.history) - SHOWN_ITERATIONS)
    for number, each in enumerate(state.history[first:], start=first + 1):
        table.add_row(*_row(number, each), style="bold" if each.is_best else "")
    return table


def _row(number: int, each: HistoryEntry) -> list[str]:
    seconds = sum(each.seconds.values())
    gain = each.over_best
    return [
        f"{'*' if each.is_best else ''}{number}",
        each.seed_range,
        gap_text(each.q_gap, None),
        "-" if each.accuracy is None else f"{each.accuracy:.2%}",
        _match_text(each) if gain is None else f"{gain[0]:+.3f} [{gain[1]:+.3f}, {gain[2]:+.3f}]",
        time_text(seconds) if seconds else "-",
    ]


def _match_text(each: HistoryEntry) -> str:
    """How the match with the best went: points of make rate."""
    found = (each.match or {}).get("make_difference")
    if not isinstance(found, list) or not all(isinstance(x, float) for x in found):
        return "-"
    value, low, high = (100 * x for x in found)
    return f"{value:+.1f} [{low:+.1f}, {high:+.1f}] pts"


def _trend(points: Sequence[TrendPoint], unit: str) -> Table:
    """q_gap with its interval on a common scale, a line an iteration."""
    shown = points[-SHOWN_ITERATIONS - 1 :]
    reach = [end for point in shown for end in (point.interval or ()) if end > 0]
    most = max([*reach, *(point.q_gap or 0.0 for point in shown)]) or 1.0
    table = Table("", f"q_gap, 95 % over {unit}", f"0{most:>{_CHART - 1}.3f}")
    table.box = None
    table.columns[0].justify = "right"
    for point in shown:
        name = "baseline" if point.number == 0 else str(point.number)
        table.add_row(name, gap_text(point.q_gap, point.interval), _bar(point, most))
    return table


def _bar(point: TrendPoint, most: float) -> Text:
    def place(value: float) -> int:
        return min(max(round(value / most * (_CHART - 1)), 0), _CHART - 1)

    assert point.q_gap is not None
    low, high = point.interval or (point.q_gap, point.q_gap)
    line = [" "] * _CHART
    for at in range(place(low), place(high) + 1):
        line[at] = "─"
    line[place(point.q_gap)] = "●" if point.is_best else "○"
    return Text("".join(line).rstrip(), style="green" if point.is_best else "")


def _coming(folder: Path, state: FlywheelState, pid: int | None) -> Text:
    lines = []
    if state.status != "done":
        lines.append(
            f"{'now' if pid is not None else 'next'}: seeds {state.current.seed_range}, "
            f"{counted(state.epochs, 'epoch')}, from {state.parent}"
        )
    if state.next_action is not None:
        lines.append(f"type: {state.next_action}")
    elif state.status == "running" and pid is None:
        lines.append(f"type: {next_line(folder, '--once')}")
    if state.best:
        lines.append(f"the best is iteration {state.best}: {promote_line(folder, state)}")
    return Text("\n".join(lines))


def promote_line(folder: Path, state: FlywheelState) -> str:
    """What makes the best iteration a model of a catalogue."""
    path = folder / str(state.history[state.best - 1].checkpoint)
    data = "games" if state.kind == "seat" else "tokenized"
    return (
        f"forge promote --checkpoint {shlex.quote(str(path))} "
        f"--to {shlex.quote(str(folder / 'models'))} "
        f"--data {shlex.quote(str(folder / data))}"
    )
