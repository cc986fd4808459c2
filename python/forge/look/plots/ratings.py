"""Ratings of players with their intervals, as PNG."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from forge.arena.tournament import Ranked
from forge.extras import extra
from forge.look.plots.evaluation import draw_png
from forge.look.tiles import BLUE

with extra("look"):
    from matplotlib.axes import Axes

_LONGEST = 34


def ratings_png(places: Sequence[Ranked], footer: str) -> bytes:
    """Elo of each player with its 95 % interval, the best on top.

    Args:
        places: the best first.
        footer: small print: over how many deals of what.
    """
    return draw_png(partial(_ratings, places), footer)


def _ratings(places: Sequence[Ranked], axes: Axes) -> None:
    rows = range(len(places), 0, -1)
    for row, place in zip(rows, places, strict=True):
        value, (low, high) = place.elo.value, place.elo.interval
        arms = [[max(value - low, 0.0)], [max(high - value, 0.0)]]
        axes.errorbar([value], [row], xerr=arms, fmt="o", color=BLUE, capsize=3)
        axes.annotate(
            f"{value:+.0f}", (value, row), xytext=(0, 7), textcoords="offset points", ha="center"
        )
    names = [place.player for place in places]
    short = [name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…" for name in names]
    axes.set_yticks(list(rows), short)
    axes.set_ylim(0.4, len(places) + 0.7)
    axes.grid(axis="x", alpha=0.3)
    axes.set_xlabel("Elo (the mean of all is 0; bars: 95 %)")
