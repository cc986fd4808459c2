"""What the plays told, as a strip: who may hold each hidden domino, in per cent."""

from __future__ import annotations

from typing import Final

from forge.extras import extra
from forge.look.frames.parts import SMALL, Box, panel, write
from forge.look.inference import Told
from forge.look.tiles import INK, MUTED, draw_tile

with extra("look"):
    from matplotlib.axes import Axes

_LEAST: Final = 14  # columns, so that few dominoes do not lie far apart
_NAMES: Final = 0.65
_TILE: Final = 0.44
_MUCH: Final = 0.1
_BOTH: Final = 0.66  # inches that `100→100` takes


def draw_inference(axes: Axes, box: Box, told: Told, *, holders: bool = True) -> None:
    """A column a domino; below it the chances of the left, the partner and the right.

    Args:
        axes: to draw on.
        box: for the panel.
        told: what the plays told.
        holders: whether to underline who holds a domino, which the seat to act does not see.
    """
    n_columns = max(len(told.dominoes), _LEAST)
    both = (box.width - _NAMES) / n_columns >= _BOTH
    title = "What the plays told: who holds a domino, %"
    title += " before→after" if both else ", up ▴ or down ▾ by 10 or more"
    title += ", underlined: holds it" if holders else ""
    inner = panel(axes, box, title, told.summary)
    names = Box(inner.x, inner.y, _NAMES, inner.height - _TILE)
    for k, name in enumerate(("left", "partner", "right")):
        write(axes, names.x, names.row(k, 3).centre, name, size=SMALL, colour=MUTED)
    columns = Box(names.right, inner.y, inner.right - names.right, inner.height)
    for i, each in enumerate(told.dominoes):
        column = columns.column(i, n_columns)
        draw_tile(axes, each.domino, column.middle, column.top - _TILE / 2, _TILE)
        below = Box(column.x, inner.y, column.width, inner.height - _TILE)
        for k, (before, after) in enumerate(zip(each.before, each.after, strict=True)):
            row = below.row(k, 3)
            is_much = abs(after - before) >= _MUCH
            write(
                axes,
                row.middle,
                row.centre,
                _chance(before, after, both=both),
                size=SMALL,
                colour=INK if is_much else MUTED,
                bold=is_much,
                ha="center",
            )
            if holders and k == each.holder:
                y = row.centre - 0.09
                axes.plot([row.middle - 0.2, row.middle + 0.2], [y, y], color=INK, linewidth=1)


def _chance(before: float, after: float, *, both: bool) -> str:
    """In per cent; a dot for a seat that cannot have it."""
    if before <= 0:
        return "·"
    if both:
        return f"{100 * before:.0f}→{100 * after:.0f}"
    mark = "" if abs(after - before) < _MUCH else "▴" if after > before else "▾"
    return f"{100 * after:.0f}{mark}"
