"""How a flywheel has done so far, as PNG."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Protocol

from forge.extras import extra
from forge.look.plots.evaluation import draw_png
from forge.look.tiles import BLUE, VERMILION

with extra("look"):
    from matplotlib.axes import Axes
    from matplotlib.ticker import MaxNLocator


class TrendMark(Protocol):
    """A point: see `forge.flywheel.trend.TrendPoint`."""

    @property
    def number(self) -> int: ...
    @property
    def q_gap(self) -> float | None: ...
    @property
    def interval(self) -> tuple[float, float] | None: ...
    @property
    def is_best(self) -> bool: ...


def trend_png(points: Sequence[TrendMark], footer: str) -> bytes:
    """q_gap of each iteration with its interval; those that were the best are marked.

    Args:
        points: in order; those without a figure are left out.
        footer: small print: whose, on what.
    """
    known = [point for point in points if point.q_gap is not None]
    return draw_png(partial(_trend, known), footer)


def _trend(points: Sequence[TrendMark], axes: Axes) -> None:
    numbers = [point.number for point in points]
    gaps = [float(point.q_gap or 0.0) for point in points]
    axes.plot(numbers, gaps, "-", color=BLUE, linewidth=1.2)
    for point, gap in zip(points, gaps, strict=True):
        colour = VERMILION if point.is_best else BLUE
        low, high = point.interval or (gap, gap)
        arms = [[max(gap - low, 0.0)], [max(high - gap, 0.0)]]
        axes.errorbar([point.number], [gap], yerr=arms, fmt="o", color=colour, capsize=3)
    axes.set_xlabel("iteration (0: the baseline; in red: better than the best before)")
    axes.set_ylabel("q_gap: mean regret of the chosen move, points")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylim(bottom=0.0)
    axes.set_title("Trend of the flywheel")
