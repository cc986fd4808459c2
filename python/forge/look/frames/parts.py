"""Boxes, panels, text and gauges: what pictures of decisions are put together from.

Everything is in inches on the axes of `forge.look.tiles.inch_axes`, font sizes are in points.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from forge.extras import extra
from forge.look.tiles import BLUE, FAINT, INK, MUTED, PANEL, PAPER, VERMILION

with extra("look"):
    from matplotlib.axes import Axes
    from matplotlib.patches import FancyBboxPatch, Rectangle

SMALL: Final = 8.5
NORMAL: Final = 9.5
HEAD: Final = 10.5
TITLE: Final = 15.0

_PADDING: Final = 0.12
_HEAD_HEIGHT: Final = 0.3


class Box(NamedTuple):
    """A rectangle; (x, y) is its lower left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right border."""
        return self.x + self.width

    @property
    def top(self) -> float:
        """Its upper border."""
        return self.y + self.height

    @property
    def middle(self) -> float:
        """Halfway from left to right."""
        return self.x + self.width / 2

    @property
    def centre(self) -> float:
        """Halfway from bottom to top."""
        return self.y + self.height / 2

    def column(self, i: int, n: int, gap: float = 0.0) -> Box:
        """Column i of n, from the left."""
        width = (self.width - gap * (n - 1)) / n
        return Box(self.x + i * (width + gap), self.y, width, self.height)

    def row(self, i: int, n: int, gap: float = 0.0) -> Box:
        """Row i of n, from the top."""
        height = (self.height - gap * (n - 1)) / n
        return Box(self.x, self.top - i * gap - (i + 1) * height, self.width, height)


def write(
    axes: Axes,
    x: float,
    y: float,
    text: str,
    *,
    size: float = NORMAL,
    colour: str = INK,
    bold: bool = False,
    ha: str = "left",
    va: str = "center",
    **more: Any,
) -> None:
    """Write one line of text."""
    weight = "bold" if bold else "normal"
    # A dollar sign, from a file's name perhaps, is not mathematics.
    more |= {"parse_math": False, "zorder": 6}
    axes.text(x, y, text, fontsize=size, color=colour, fontweight=weight, ha=ha, va=va, **more)


def panel(axes: Axes, box: Box, head: str, note: str = "") -> Box:
    """A tinted panel with a heading and, on its right, a note; returns what is left inside."""
    axes.add_patch(
        FancyBboxPatch(
            (box.x, box.y),
            box.width,
            box.height,
            boxstyle="round,pad=0,rounding_size=0.08",
            facecolor=PANEL,
            linewidth=0,
            zorder=0.5,
        )
    )
    line = box.top - 0.6 * _HEAD_HEIGHT
    write(axes, box.x + _PADDING, line, head, size=HEAD, bold=True)
    write(axes, box.right - _PADDING, line, note, size=SMALL, colour=MUTED, ha="right")
    return Box(
        box.x + _PADDING,
        box.y + _PADDING / 2,
        box.width - 2 * _PADDING,
        box.height - _HEAD_HEIGHT - _PADDING,
    )


def gauge(
    axes: Axes,
    box: Box,
    head: str,
    value: str,
    share: float,
    note: str,
    *,
    ends: tuple[str, str],
    alarm: bool = False,
) -> None:
    """A bar filled from the left, between a heading with its value and a note.

    Args:
        axes: to draw on.
        box: for all of it.
        head, value: what is measured, and how much.
        share: of the bar, cut off at 0 and 1.
        note: below the middle of the bar.
        ends: what an empty and a full bar mean.
        alarm: whether the value is a bad sign; the note should say so too.
    """
    filled = min(max(share, 0.0), 1.0)
    bar = Box(box.x, box.y + 0.24, box.width, 0.15)
    write(axes, box.x, bar.top + 0.14, head, size=NORMAL, bold=True)
    write(axes, box.right, bar.top + 0.14, value, size=NORMAL, ha="right")
    colour = VERMILION if alarm else BLUE
    for width, fill in ((bar.width, FAINT), (filled * bar.width, colour)):
        axes.add_patch(
            Rectangle((bar.x, bar.y), width, bar.height, facecolor=fill, linewidth=0, zorder=1)
        )
    for quarter in (0.25, 0.5, 0.75):
        x = bar.x + quarter * bar.width
        axes.plot([x, x], [bar.y, bar.top], color=PAPER, linewidth=1, zorder=2)
    below = bar.y - 0.12
    write(axes, bar.x, below, ends[0], size=SMALL, colour=MUTED)
    write(axes, bar.right, below, ends[1], size=SMALL, colour=MUTED, ha="right")
    write(axes, bar.middle, below, note, size=SMALL, colour=INK, ha="center", bold=alarm)


def table(axes: Axes, box: Box, rows: list[tuple[str, str]]) -> None:
    """Names on the left and values on the right, a row each, evenly spaced over the box."""
    for i, (name, value) in enumerate(rows):
        line = box.row(i, len(rows)).centre
        write(axes, box.x, line, name, size=SMALL, colour=MUTED)
        write(axes, box.right, line, value, size=NORMAL, ha="right")
