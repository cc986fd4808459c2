"""What the plays told, as a strip: who may hold each hidden domino, in per cent."""

from __future__ import annotations

from typing import Final

from forge.extras import extra
from forge.game.constants import N_SEATS, N_SLOTS
from forge.look.frames.parts import SMALL, Box, panel, write
from forge.look.inference import Told
from forge.look.tiles import INK, MUTED, draw_tile

with extra("look"):
    from matplotlib.axes import Axes

_MOST: Final = (N_SEATS - 1) * N_SLOTS
_NAMES: Final = 0.65
_TILE: Final = 0.44
_MUCH: Final = 0.1


def draw_inference(axes: Axes, box: Box, told: Told) -> None:
    """A column a domino; below it the chances of the left, the partner and the right."""
    about = f"{told.n_worlds:,} hidden hands fit; weighed, they count as {told.effective:,.0f}"
    title = "What the plays told: who holds a domino, % before→after, underlined: holds it"
    inner = panel(axes, box, title, about)
    names = Box(inner.x, inner.y, _NAMES, inner.height - _TILE)
    for k, name in enumerate(("left", "partner", "right")):
        write(axes, names.x, names.row(k, 3).centre, name, size=SMALL, colour=MUTED)
    columns = Box(names.right, inner.y, inner.right - names.right, inner.height)
    for i, each in enumerate(told.dominoes):
        column = columns.column(i, _MOST)
        draw_tile(axes, each.domino, column.middle, column.top - _TILE / 2, _TILE)
        below = Box(column.x, inner.y, column.width, inner.height - _TILE)
        for k, (before, after) in enumerate(zip(each.before, each.after, strict=True)):
            row = below.row(k, 3)
            text = f"{100 * before:.0f}→{100 * after:.0f}" if before > 0 else "·"
            is_much = abs(after - before) >= _MUCH
            write(
                axes,
                row.middle,
                row.centre,
                text,
                size=SMALL,
                colour=INK if is_much else MUTED,
                bold=is_much,
                ha="center",
            )
            if k == each.holder:
                y = row.centre - 0.09
                axes.plot([row.middle - 0.2, row.middle + 0.2], [y, y], color=INK, linewidth=1)
