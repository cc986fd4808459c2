"""One hand on one sheet of paper: the tiles, a heat map of chances, points, and what to bid."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from forge.extras import extra
from forge.game.constants import HAND_POINTS
from forge.game.contract import LOWEST_BID, Bid
from forge.game.declarations import declaration_name
from forge.look.tiles import BLUE, FAINT, INK, MUTED, PAPER, VERMILION, draw_hand, inch_axes

with extra("look"):
    from matplotlib import colormaps, rc_context
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_pdf import FigureCanvasPdf
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

FloatArray = npt.NDArray[np.float64]

# Papers, in inches. What is drawn is laid out for US letter and put in the middle of others.
PAPERS: Final = {"letter": (8.5, 11.0), "a4": (8.27, 11.69)}
_PAGE: Final = PAPERS["letter"]
_LEFT: Final = 0.6
_RIGHT: Final = 7.9
# The smallest letters on the page, in points.
MIN_FONT_PT: Final = 7.0

_ROW: Final = 0.33
_LABEL_WIDTH: Final = 1.08
_TWO_MARKS_GAP: Final = 0.08
# Light ends of one hue: ink stays readable on all of it, and a grey printer keeps the order.
_COLOURS: Final[Colormap] = colormaps["Blues"]
_DARKEST: Final = 0.55
# Points in threes, so that a bid of 30 begins a bar; 42, every trick, stands alone.
_BIN_EDGES: Final = np.array([*range(0, 43, 3), 43])
_BID_LINE: Final = LOWEST_BID.points


@dataclass(frozen=True)
class PosterPage:
    """What a poster shows.

    Args:
        hand: seven domino ids.
        decls: D declarations, in the order of the rows.
        bids: B bids, in the order of the columns.
        chance, low, high: float64 [D, B], the chance to make a bid and its interval, 0..1.
        points: D times int8 [N], team 0's points of 42 a deal.
        marked: row and column of the recommended bid; None to pass.
        advice: what to do, in a few words.
        warning: how far off the chances may be because of few deals; "" where they are enough.
        reasons: the sentences below it.
        chance_title: what the chances are.
        points_title: what the points are.
        notes: paragraphs on what the figures mean.
        footer: how the figures were made.
    """

    hand: Sequence[int]
    decls: Sequence[int]
    bids: Sequence[Bid]
    chance: FloatArray
    low: FloatArray
    high: FloatArray
    points: Sequence[npt.NDArray[np.int8]]
    marked: tuple[int, int] | None
    advice: str
    warning: str
    reasons: str
    chance_title: str
    points_title: str
    notes: Sequence[str]
    footer: str


def poster_pdf(page: PosterPage, paper: str = "letter") -> bytes:
    """The page as PDF; the same page gives the same bytes. `paper` is one of `PAPERS`."""
    figure = draw_poster(page, paper)
    file = io.BytesIO()
    # TrueType letters can be searched and copied. No date: it would be all that differs.
    with rc_context({"pdf.fonttype": 42}):
        figure.savefig(
            file, format="pdf", metadata={"CreationDate": None, "Title": "Texas 42: a hand to bid"}
        )
    return file.getvalue()


def draw_poster(page: PosterPage, paper: str = "letter") -> Figure:
    """The page as a figure, for one of `PAPERS`."""
    width, height = PAPERS[paper]
    figure = Figure(figsize=(width, height))
    FigureCanvasPdf(figure)
    axes = inch_axes(figure)
    left, below = (_LEFT + _RIGHT - width) / 2, (_PAGE[1] - height) / 2
    axes.set_xlim(left, left + width)
    axes.set_ylim(below, below + height)
    _head(axes, page)
    top = _heat_map(axes, page, 8.32)
    top = _distributions(axes, page, top - 0.45)
    _notes(axes, page, top - 0.32)
    return figure


def _text(axes: Axes, x: float, y: float, text: str, size: float, **style: Any) -> None:
    style = {"color": INK, "va": "center", "ha": "left"} | style
    axes.text(x, y, text, fontsize=max(size, MIN_FONT_PT), **style)


def _box(
    axes: Axes, x: float, y: float, width: float, height: float, colour: Any, **style: Any
) -> None:
    style = {"linewidth": 0, "zorder": 1.0} | style
    axes.add_artist(Rectangle((x, y), width, height, facecolor=colour, **style))


def _head(axes: Axes, page: PosterPage) -> None:
    """Title, the hand as tiles, and what to bid with it."""
    _text(axes, _LEFT, 10.4, "Your hand", 12, weight="bold")
    dominoes = sorted(page.hand, reverse=True)
    width, gap = 0.47, 0.14
    row = width * (7 + 6 * gap)
    draw_hand(axes, dominoes, _LEFT + row / 2, 9.65, width, gap=gap, badge=True)
    left = _LEFT + row + 0.35
    _text(axes, left, 10.4, "What to bid", 12, weight="bold")
    y = 10.06
    # A bid is short; what cannot be told is a sentence.
    size, width = (15, 30) if len(page.advice) <= 30 else (11, 38)
    for line in textwrap.wrap(page.advice, width):
        _text(axes, left, y, line, size, weight="bold", color=VERMILION)
        y -= 0.19
    y -= 0.07
    for line in textwrap.wrap(page.warning, 42):
        _text(axes, left, y, line, 9, weight="bold")
        y -= 0.17
    for line in textwrap.wrap(page.reasons, 50):
        _text(axes, left, y, line, 8.5)
        y -= 0.16


def _heat_map(axes: Axes, page: PosterPage, top: float) -> float:
    """Chances by trump and bid; returns where it ends."""
    _text(axes, _LEFT, top + 0.42, page.chance_title, 10, weight="bold")
    n_bids = len(page.bids)
    has_two = any(bid.marks > 1 for bid in page.bids)
    width = (_RIGHT - _LEFT - _LABEL_WIDTH - _TWO_MARKS_GAP * has_two) / n_bids
    lefts = [
        _LEFT + _LABEL_WIDTH + width * i + _TWO_MARKS_GAP * (bid.marks > 1)
        for i, bid in enumerate(page.bids)
    ]
    _text(axes, _LEFT, top + 0.12, "trump        bid", 8, color=MUTED)
    for left, bid in zip(lefts, page.bids, strict=True):
        _text(axes, left + width / 2, top + 0.12, str(bid), 9, ha="center", weight="bold")
    for row, decl in enumerate(page.decls):
        y = top - _ROW * (row + 1)
        _text(axes, _LEFT, y + _ROW / 2, declaration_name(decl), 9)
        for column, left in enumerate(lefts):
            _cell(axes, page, (row, column), (left, y, width))
    if page.marked is not None:
        row, column = page.marked
        place = (lefts[column], top - _ROW * (row + 1), width, _ROW)
        _box(axes, *place, "none", edgecolor=VERMILION, linewidth=2.2, zorder=3.0)
    return _legend(axes, top - _ROW * len(page.decls) - 0.2)


def _cell(
    axes: Axes, page: PosterPage, at: tuple[int, int], place: tuple[float, float, float]
) -> None:
    left, y, width = place
    chance = float(page.chance[at])
    _box(axes, left, y, width, _ROW, _colour(chance), edgecolor=PAPER, linewidth=0.6)
    middle = left + width / 2
    bold = "bold" if chance > 0.5 else "normal"
    _text(axes, middle, y + 0.215, _hundred(chance), 8.5, ha="center", weight=bold, zorder=2)
    ends = f"{_hundred(float(page.low[at]))}\N{EN DASH}{_hundred(float(page.high[at]))}"
    _text(axes, middle, y + 0.085, ends, MIN_FONT_PT, ha="center", zorder=2)


def _colour(chance: float) -> Any:
    return _COLOURS(_DARKEST * chance)


def _hundred(chance: float) -> str:
    """A chance as so many in 100; 0 and 100 are for what rounds to them."""
    return f"{100 * chance:.0f}"


def _legend(axes: Axes, y: float) -> float:
    text = "large: times made in 100 hands (bold: more often than not) \N{MIDDLE DOT} small: 95 % "
    _text(axes, _LEFT, y, text + "interval", 7.5, color=MUTED)
    left, width, n = _RIGHT - 1.95, 0.15, 10
    _text(axes, left - 0.06, y, "0", 7.5, color=MUTED, ha="right")
    for i in range(n):
        _box(axes, left + width * i, y - 0.055, width, 0.11, _colour(i / (n - 1)))
    _text(axes, left + width * n + 0.06, y, "100", 7.5, color=MUTED)
    return y


def _distributions(axes: Axes, page: PosterPage, top: float) -> float:
    """Histograms of points, three in a row; returns where they end."""
    _text(axes, _LEFT, top, page.points_title, 10, weight="bold")
    shares = np.stack([np.histogram(row, _BIN_EDGES)[0] / row.size for row in page.points])
    n_columns, gap, height = 3, 0.3, 0.4
    width = (_RIGHT - _LEFT - (n_columns - 1) * gap) / n_columns
    scale = height / float(shares.max())
    y = top
    for i, decl in enumerate(page.decls):
        row, column = divmod(i, n_columns)
        x, y = _LEFT + column * (width + gap), top - 0.78 - 0.84 * row
        _text(axes, x, y + height + 0.1, declaration_name(decl), 8, weight="bold")
        mean = f"average {page.points[i].mean():.1f}"
        _text(axes, x + width, y + height + 0.1, mean, 7.5, ha="right", color=MUTED)
        _histogram(axes, (x, y, width), shares[i] * scale)
    return y - 0.1


def _histogram(axes: Axes, place: tuple[float, float, float], heights: FloatArray) -> None:
    """Bars of a declaration in their place, with the scale below."""
    x, y, width = place
    step = width / len(heights)
    for i, height in enumerate(heights):
        colour = BLUE if _BIN_EDGES[i] >= _BID_LINE else "#9b9b96"
        _box(axes, x + step * i + 0.01, y, step - 0.02, float(height), colour)
    axes.plot((x, x + width), (y, y), color=INK, linewidth=0.6)
    for i, edge in enumerate(_BIN_EDGES[:-1]):
        if edge % 6 == 0:
            place_x = x + step * (i + (0.5 if edge == HAND_POINTS else 0))
            _text(axes, place_x, y - 0.075, str(edge), MIN_FONT_PT, ha="center", color=MUTED)
    at_bid = x + step * list(_BIN_EDGES).index(_BID_LINE)
    axes.plot((at_bid, at_bid), (y, y + 0.4), color=FAINT, linewidth=0.8, zorder=0.5)


def _notes(axes: Axes, page: PosterPage, top: float) -> None:
    y = top
    for note in page.notes:
        for line in textwrap.wrap(note, 132):
            _text(axes, _LEFT, y, line, 7.5)
            y -= 0.135
        y -= 0.045
    for i, line in enumerate(textwrap.wrap(page.footer, 140)):
        _text(axes, _LEFT, 0.5 - 0.13 * i, line, MIN_FONT_PT, color=MUTED)
