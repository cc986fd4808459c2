"""Domino tiles on a matplotlib Axes, and the colours of all pictures with dominoes.

Everything is a filled shape in data coordinates, text included, so that a tile looks the same at
any size and stays vector in PDF and SVG. The axes must have equal aspect: `inch_axes` makes such
ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from forge.extras import extra
from forge.game.tables import COUNT_POINTS, HIGH, LOW

with extra("look"):
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import Circle, FancyBboxPatch, Patch, PathPatch, Rectangle
    from matplotlib.text import TextPath
    from matplotlib.transforms import Affine2D

# Okabe and Ito's colours, which colour-blind people tell apart, on neutral ones.
PAPER: Final = "#ffffff"
INK: Final = "#22242a"
MUTED: Final = "#6a6d75"  # 5:1 against paper, for smaller text
FAINT: Final = "#d4d3cd"
GONE: Final = "#bfbeb6"
PANEL: Final = "#f4f3ef"
IVORY: Final = "#fffaec"
BLUE: Final = "#0072b2"
SKY: Final = "#56b4e9"
ORANGE: Final = "#e69f00"
VERMILION: Final = "#d55e00"

TileState = Literal["normal", "ghost", "highlight"]

# Pips of a half, in thirds from its centre, of a tile that stands upright.
_PIPS: Final[dict[int, tuple[tuple[int, int], ...]]] = {
    0: (),
    1: ((0, 0),),
    2: ((-1, 1), (1, -1)),
    3: ((-1, 1), (0, 0), (1, -1)),
    4: ((-1, 1), (1, 1), (-1, -1), (1, -1)),
    5: ((-1, 1), (1, 1), (0, 0), (-1, -1), (1, -1)),
    6: ((-1, 1), (1, 1), (-1, 0), (1, 0), (-1, -1), (1, -1)),
}
# In short sides of the tile.
_PIP_RADIUS: Final = 0.1
_PIP_STEP: Final = 0.26
_ROUNDING: Final = 0.14
_EDGE: Final = 0.035
_HALO: Final = 0.085
_BADGE_RADIUS: Final = 0.21
_BADGE_TEXT: Final = 0.25


class _Look(NamedTuple):
    edge: str
    face: str
    pip: str
    badge: str


_LOOKS: Final[dict[TileState, _Look]] = {
    "normal": _Look(INK, IVORY, INK, ORANGE),
    "ghost": _Look(GONE, PANEL, GONE, GONE),
    "highlight": _Look(INK, IVORY, INK, ORANGE),
}


class TilePatches(NamedTuple):
    """What a tile was drawn with.

    Args:
        body: outline, face and centre line, with the halo of a highlighted tile first.
        pips: circles, those of the high half first.
        badge: disc and figures of the count points; empty without a badge.
    """

    body: list[Patch]
    pips: list[Circle]
    badge: list[Patch]


def inch_axes(figure: Figure) -> Axes:
    """Invisible axes over a whole figure whose data coordinates are inches from its lower left."""
    width, height = figure.get_size_inches()
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0), frameon=False)
    axes.set_axis_off()
    axes.set_xlim(0.0, width)
    axes.set_ylim(0.0, height)
    return axes


def draw_tile(
    axes: Axes,
    domino: int,
    x: float,
    y: float,
    width: float,
    *,
    vertical: bool = False,
    state: TileState = "normal",
    badge: bool = False,
    zorder: float = 2.0,
) -> TilePatches:
    """Draw one domino, its high half on the left (on top if vertical).

    Args:
        axes: with equal aspect; limits are left alone.
        domino: id 0..27.
        x, y: centre of the tile, data coordinates.
        width: of the tile along x; the other side is half of that, or twice if vertical.
        vertical: stand it upright.
        state: `ghost` for a domino that is gone, `highlight` for one to look at (a halo around it).
        badge: put the count points, if it has any, on the upper right corner, a quarter of the
            short side beyond it.
        zorder: of the whole tile, with what is drawn up to one above.

    Returns:
        The patches, which are on the axes already.
    """
    look = _LOOKS[state]
    short = width if vertical else width / 2
    size = (short, 2 * short) if vertical else (2 * short, short)
    body = _body(x, y, size, short, look, zorder, halo=state == "highlight")
    pips = [
        Circle(at, _PIP_RADIUS * short, facecolor=look.pip, linewidth=0, zorder=zorder + 0.2)
        for at in _pip_places(domino, x, y, short, vertical)
    ]
    points = int(COUNT_POINTS[domino])
    corner = (x + 0.5 * size[0], y + 0.5 * size[1])
    shown = _badge(points, *corner, short, look, zorder + 0.3) if badge and points else []
    for patch in (*body, *pips, *shown):
        axes.add_artist(patch)
    return TilePatches(body, pips, shown)


def draw_hand(
    axes: Axes,
    dominoes: Sequence[int],
    x: float,
    y: float,
    width: float,
    *,
    gap: float = 0.15,
    vertical: bool = True,
    states: Sequence[TileState] | None = None,
    badge: bool = False,
    zorder: float = 2.0,
) -> list[TilePatches]:
    """Draw a row of dominoes around (x, y).

    Args:
        axes: as in `draw_tile`, and so are vertical, badge and zorder.
        dominoes: ids, from left to right.
        x, y: centre of the row, data coordinates.
        width: of one tile along x.
        gap: between two tiles, in widths.
        states: one a domino; all normal by default.

    Returns:
        The patches of each tile.
    """
    shown: Sequence[TileState] = ["normal"] * len(dominoes) if states is None else states
    step = (1 + gap) * width
    first = x - step * (len(dominoes) - 1) / 2
    return [
        draw_tile(
            axes,
            domino,
            first + i * step,
            y,
            width,
            vertical=vertical,
            state=state,
            badge=badge,
            zorder=zorder,
        )
        for i, (domino, state) in enumerate(zip(dominoes, shown, strict=True))
    ]


def _body(
    x: float,
    y: float,
    size: tuple[float, float],
    short: float,
    look: _Look,
    zorder: float,
    *,
    halo: bool,
) -> list[Patch]:
    def rounded(grow: float, colour: str, above: float) -> Patch:
        width, height = (side + 2 * grow for side in size)
        return FancyBboxPatch(
            (x - width / 2, y - height / 2),
            width,
            height,
            boxstyle=f"round,pad=0,rounding_size={_ROUNDING * short + grow}",
            mutation_aspect=1,
            facecolor=colour,
            linewidth=0,
            zorder=zorder + above,
        )

    edge = _EDGE * short
    outline = [rounded(0.0, look.edge, 0.01), rounded(-edge, look.face, 0.02)]
    if halo:
        outline.insert(0, rounded(_HALO * short, VERMILION, 0.0))
    # The centre line runs across the long side.
    across = 0.72 * short
    width, height = (edge, across) if size[0] > size[1] else (across, edge)
    line = Rectangle(
        (x - width / 2, y - height / 2),
        width,
        height,
        facecolor=look.edge,
        linewidth=0,
        zorder=zorder + 0.1,
    )
    return [*outline, line]


def _pip_places(
    domino: int, x: float, y: float, short: float, vertical: bool
) -> list[tuple[float, float]]:
    step = _PIP_STEP * short
    places = []
    for n_pips, half in ((int(HIGH[domino]), 0.5 * short), (int(LOW[domino]), -0.5 * short)):
        for across, along in _PIPS[n_pips]:
            u, v = step * across, half + step * along
            # A quarter turn to the left brings the upper half to the left.
            places.append((x + u, y + v) if vertical else (x - v, y + u))
    return places


def _badge(
    points: int, x: float, y: float, short: float, look: _Look, zorder: float
) -> list[Patch]:
    disc = Circle((x, y), _BADGE_RADIUS * short, facecolor=look.badge, linewidth=0, zorder=zorder)
    figures = TextPath((0.0, 0.0), str(points), size=_BADGE_TEXT * short)
    box = figures.get_extents()
    to_centre = Affine2D().translate(x - (box.x0 + box.x1) / 2, y - (box.y0 + box.y1) / 2)
    colour = INK if look.badge == ORANGE else PAPER
    text = PathPatch(
        figures.transformed(to_centre), facecolor=colour, linewidth=0, zorder=zorder + 0.1
    )
    return [disc, text]
