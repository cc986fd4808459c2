"""A play without a choice: one distribution over the whole width, and its numbers beside it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from forge.eq.moments import N_BINS
from forge.extras import extra
from forge.look.decision_view import Action
from forge.look.frames.parts import NORMAL, SMALL, Box, write
from forge.look.tiles import BLUE, FAINT, INK, MUTED, PAPER, VERMILION

with extra("look"):
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator, MultipleLocator, PercentFormatter

POINTS: Final = np.arange(N_BINS) - N_BINS // 2  # of the 85 bins
CAPTION: Final = "circle: mean    ticks: ± std. error    bars: how often"

_BAR: Final = 1.5  # points: Q of a decision has one parity
_LABELLED: Final = 0.04  # shares from here on are written over their bars
_APART: Final = 6  # points; of bars that are closer the highest is labelled
_COLUMN_WIDTH: Final = 2.3
_NAME_WIDTH: Final = 1.0


def draw_distribution(figure: Figure, box: Box, action: Action, limit: float) -> None:
    """The points to come as bars from the worst to the best, with the mean.

    Args:
        figure: to draw on.
        box: for the plot and its ticks and labels.
        action: the one legal play.
        limit: points shown to either side.
    """
    width, height = figure.get_size_inches()
    left, below = 0.55, 0.5
    plot = figure.add_axes(
        (
            (box.x + left) / width,
            (box.y + below) / height,
            (box.width - left) / width,
            (box.height - below) / height,
        )
    )
    pdf = np.asarray(action.pdf)
    there = np.flatnonzero(pdf)
    top = float(pdf.max()) if there.size else 1.0
    plot.set_xlim(-limit - 1.5, limit + 1.5)
    plot.set_ylim(0.0, 1.28 * top)
    plot.bar(POINTS[there], pdf[there], _BAR, color=BLUE, edgecolor=INK, linewidth=0.8, zorder=2)
    for i in there[pdf[there] >= _LABELLED]:
        near = pdf[max(0, i - _APART) : i + _APART + 1]
        if pdf[i] == near.max() and not (near[: min(i, _APART)] == pdf[i]).any():
            plot.text(
                POINTS[i],
                pdf[i] + 0.025 * top,
                f"{pdf[i]:.0%}",
                fontsize=SMALL,
                color=INK,
                ha="center",
                va="bottom",
                zorder=6,
                bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.5},
            )
    _mean(plot, action, 1.18 * top)
    plot.axvline(0.0, color=MUTED, linewidth=1, zorder=1)
    plot.grid(axis="x", color=FAINT, linewidth=0.6)
    plot.set_axisbelow(True)
    step = next(step for step in (1, 2, 5, 7, 14) if limit <= 8 * step)
    plot.xaxis.set_major_locator(MultipleLocator(step))
    plot.xaxis.set_major_formatter(lambda value, _: f"{value:+.0f}" if value else "0")
    plot.yaxis.set_major_locator(MaxNLocator(4, prune="upper"))
    plot.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    plot.tick_params(labelsize=SMALL, colors=MUTED, length=3)
    plot.set_xlabel("points to come, own minus other", fontsize=SMALL, color=MUTED)
    plot.spines[["top", "right"]].set_visible(False)
    plot.spines[["left", "bottom"]].set_color(FAINT)


def _mean(plot: Axes, action: Action, y: float) -> None:
    """Mean and standard error on a line above the bars."""
    mean, sem = action.mean, action.sem
    plot.axvline(mean, color=VERMILION, linewidth=1.6, zorder=3)
    if math.isfinite(sem) and sem > 0.0:
        for end in (mean - sem, mean + sem):
            plot.plot([end, end], [0.96 * y, 1.04 * y], color=INK, linewidth=1.6, zorder=4)
    plot.plot([mean], [y], marker="o", markersize=7, color=PAPER, markeredgecolor=INK, zorder=5)


def draw_numbers(
    axes: Axes, box: Box, rows: Sequence[tuple[str, Callable[[Action], str]]], action: Action
) -> None:
    """Names and values in as many columns as there is room for, filled column by column."""
    n_columns = max(1, int(box.width / _COLUMN_WIDTH))
    n_rows = -(-len(rows) // n_columns)
    for i, (name, text) in enumerate(rows):
        column, row = divmod(i, n_rows)
        x = box.x + column * _COLUMN_WIDTH
        y = box.row(row, n_rows).centre
        write(axes, x, y, name, size=SMALL, colour=MUTED)
        write(axes, x + _NAME_WIDTH, y, text(action), size=NORMAL, bold=i == 0)
