"""The hand of the seat to act: a violin of E[Q] over each domino, numbers below it.

Slots keep their places over a whole game; what was played is left as a ghost.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from forge.eq.moments import N_BINS
from forge.extras import extra
from forge.game.constants import HAND_POINTS, N_SLOTS
from forge.look.decision_view import Action, DecisionView
from forge.look.frames.forced import CAPTION, POINTS, draw_distribution, draw_numbers
from forge.look.frames.parts import NORMAL, SMALL, Box, write
from forge.look.tiles import BLUE, FAINT, INK, MUTED, PAPER, SKY, VERMILION, TileState, draw_tile

with extra("look"):
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.ticker import MultipleLocator

_Array = npt.NDArray[np.float64]
Row = tuple[str, Callable[[Action], str]]

_AXIS_WIDTH: Final = 0.72
_ROW_HEIGHT: Final = 0.19
_MARK_HEIGHT: Final = 0.32
_HALF_VIOLIN: Final = 0.4
_LEAST_LIMIT: Final = 6
# Q of a decision has one parity, so that every second bin is empty. Binomial kernels fill these and
# leave the mean where it is: one with a sd of 1.4 points, and a narrow one for the end of a hand.
_WIDE: Final = np.array([1, 8, 28, 56, 70, 56, 28, 8, 1]) / 256
_NARROW: Final = np.array([1, 2, 1]) / 4
_NARROW_LIMIT: Final = 14
_CAPTION: Final = "circle: mean    ticks: ± std. error    line: ± std. dev.    width: how often"


def signed(value: float) -> str:
    """One decimal and always a sign, no minus before zero."""
    rounded = round(value, 1)
    return f"{rounded + 0.0:+.1f}"


def standard_error(action: Action) -> str:
    """`± 0.8`, or why there is none."""
    if action.sem == 0.0:
        return "exact"
    return f"± {action.sem:.1f}" if math.isfinite(action.sem) else "± ?"


SHORT_ROWS: Final[tuple[Row, ...]] = (
    ("E[Q]", lambda action: signed(action.mean)),
    ("std. error", standard_error),
    ("std. dev.", lambda action: f"{action.sd:.1f}"),
)


def quantile(pdf: Sequence[float], share: float) -> int:
    """The least Q that occurs, in points, with at least this share of the weight at or below it."""
    weights = np.asarray(pdf)
    occurs = np.flatnonzero(weights)
    cumulated = np.cumsum(weights[occurs])
    # Shares are of float32: a hair short of the share is there.
    found = int(np.searchsorted(cumulated, share * cumulated[-1] - 1e-6))
    return int(POINTS[occurs[min(found, len(occurs) - 1)]])


def _at(share: float) -> Callable[[Action], str]:
    return lambda action: f"{quantile(action.pdf, share):+d}" if any(action.pdf) else "?"


def _chance_positive(action: Action) -> str:
    total = sum(action.pdf)
    return f"{sum(action.pdf[N_BINS // 2 + 1 :]) / total:.0%}" if total else "?"


LONG_ROWS: Final[tuple[Row, ...]] = (
    *SHORT_ROWS,
    ("least", _at(0.0)),
    ("5 %", _at(0.05)),
    ("25 %", _at(0.25)),
    ("median", _at(0.5)),
    ("75 %", _at(0.75)),
    ("95 %", _at(0.95)),
    ("greatest", _at(1.0)),
    ("P(Q > 0)", _chance_positive),
)


def draw_actions(
    figure: Figure, axes: Axes, box: Box, view: DecisionView, rows: Sequence[Row]
) -> None:
    """Draw violins, tiles and numbers into a box.

    Args:
        figure, axes: of `inch_axes`.
        box: for all of it.
        view: what to draw.
        rows: name and text of the numbers below each domino that may be played.
    """
    columns = Box(box.x + _AXIS_WIDTH, box.y, box.width - _AXIS_WIDTH, box.height)
    tile_width = min(0.62 * columns.width / N_SLOTS, 0.62)
    numbers = _ROW_HEIGHT * len(rows)
    tile_y = box.y + numbers + 0.12 + tile_width
    legal = [action for action in view.actions if action.legal]
    if len(legal) > 1:
        for i, (name, _) in enumerate(rows):
            line = box.y + numbers - (i + 0.5) * _ROW_HEIGHT
            write(axes, box.x, line, name, size=SMALL, colour=MUTED)
    else:
        below = Box(columns.x, box.y, columns.width, numbers - 1.2 * _ROW_HEIGHT)
        draw_numbers(axes, below, rows, legal[0])
    for action in view.actions:
        x = columns.column(action.slot, N_SLOTS).middle
        state: TileState = "highlight" if action.taken else "normal" if action.held else "ghost"
        draw_tile(
            axes, action.domino, x, tile_y, tile_width, vertical=True, state=state, badge=True
        )
        first = box.y + numbers - 0.5 * _ROW_HEIGHT
        if not action.legal:
            reason = "not legal" if action.held else "played"
            write(axes, x, first, reason, size=SMALL, colour=MUTED, ha="center")
            continue
        if len(legal) == 1:
            write(axes, x, first, "forced", size=NORMAL, bold=True, ha="center")
            rows = ()
        for i, (_, text) in enumerate(rows):
            is_first = i == 0
            write(
                axes,
                x,
                first - i * _ROW_HEIGHT,
                text(action),
                size=NORMAL if is_first else SMALL,
                bold=is_first,
                ha="center",
            )
        _mark(axes, x, tile_y + tile_width + 0.6 * _MARK_HEIGHT, action)
    bottom = tile_y + tile_width + _MARK_HEIGHT + 0.08
    caption = _CAPTION if len(legal) > 1 else CAPTION
    write(axes, columns.right, box.top - 0.07, caption, size=SMALL, colour=MUTED, ha="right")
    above = Box(columns.x, bottom, columns.width, box.top - 0.2 - bottom)
    if len(legal) > 1:
        _violins(figure, above, view)
    else:
        draw_distribution(figure, above, legal[0], _limit(view))


def _mark(axes: Axes, x: float, y: float, action: Action) -> None:
    """`best`, `taken` or both, over a tile."""
    names = [name for name, is_so in (("best", action.best), ("taken", action.taken)) if is_so]
    colour = VERMILION if action.taken else BLUE
    write(axes, x, y, " · ".join(names), size=NORMAL, colour=colour, bold=True, ha="center")


def _violins(figure: Figure, box: Box, view: DecisionView) -> None:
    width, height = figure.get_size_inches()
    plot = figure.add_axes((box.x / width, box.y / height, box.width / width, box.height / height))
    limit = _limit(view)
    plot.set_xlim(-0.5, N_SLOTS - 0.5)
    kernel = _WIDE if limit > _NARROW_LIMIT else _NARROW
    end = limit + _beyond(kernel) + 0.5
    plot.set_ylim(-end, end)
    plot.set_xticks([])
    plot.tick_params(axis="y", labelsize=SMALL, colors=MUTED, length=3)
    plot.yaxis.set_major_locator(_ticks(limit))
    plot.yaxis.set_major_formatter(lambda value, _: f"{value:+.0f}" if value else "0")
    plot.set_ylabel("points to come, own minus other", fontsize=SMALL, color=MUTED)
    plot.grid(axis="y", color=FAINT, linewidth=0.6)
    plot.set_axisbelow(True)
    plot.axhline(0.0, color=MUTED, linewidth=1, zorder=1)
    plot.spines[["top", "right", "bottom"]].set_visible(False)
    plot.spines["left"].set_color(FAINT)
    for action in view.actions:
        if action.legal:
            _violin(plot, action, kernel)


def _ticks(limit: float) -> MultipleLocator:
    """At most nine of them."""
    return MultipleLocator(next(step for step in (1, 2, 5, 7, 14) if limit <= 4 * step))


def _limit(view: DecisionView) -> float:
    """The points that are still at stake, or more if a network thinks there are more."""
    at_stake = HAND_POINTS - sum(view.points)
    supports = [np.abs(POINTS[np.array(action.pdf) > 0.0]) for action in view.actions]
    farthest = max((int(support.max()) for support in supports if support.size), default=0)
    means = [abs(action.mean) for action in view.actions]
    return max(at_stake, farthest, *means, _LEAST_LIMIT)


def _violin(plot: Axes, action: Action, kernel: _Array) -> None:
    """The distribution, the mean with its standard error, and one sd both ways."""
    x = float(action.slot)
    density = shape(action.pdf, kernel)
    there = np.flatnonzero(action.pdf)
    if there.size:
        beyond = _beyond(kernel)
        ends = slice(max(int(there[0]) - beyond, 0), int(there[-1]) + beyond + 1)
        half = _HALF_VIOLIN * density[ends]
        plot.fill_betweenx(
            POINTS[ends],
            x - half,
            x + half,
            facecolor=BLUE if action.best else SKY,
            edgecolor=VERMILION if action.taken else INK,
            linewidth=2.0 if action.taken else 0.8,
            zorder=2,
        )
    mean, sd = action.mean, action.sd
    lines = [((x, x), (mean - sd, mean + sd))]
    if math.isfinite(action.sem) and action.sem > 0.0:
        lines += [
            ((x - 0.07, x + 0.07), (end, end)) for end in (mean - action.sem, mean + action.sem)
        ]
    # A light border first: ink alone is hard to see on a blue violin.
    for colour, width in ((PAPER, 3.4), (INK, 1.6)):
        for xs, ys in lines:
            plot.plot(xs, ys, color=colour, linewidth=width, solid_capstyle="butt", zorder=3)
    plot.plot([x], [mean], marker="o", markersize=7, color=PAPER, markeredgecolor=INK, zorder=4)


def _beyond(kernel: _Array) -> int:
    """Bins that a violin goes on past the least and the greatest Q."""
    return len(kernel) // 3


def shape(pdf: Sequence[float], kernel: _Array) -> _Array:
    """[85]: the half-widths of a violin, the widest 1; all zero where nothing is known."""
    smooth = np.convolve(np.asarray(pdf, dtype=np.float64), kernel, mode="same")
    top = smooth.max()
    return smooth / top if top > 0.0 else smooth
