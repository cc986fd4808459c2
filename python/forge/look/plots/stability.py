"""The figures of `stability` as a picture."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Final

from forge.bidding.stability import SizeFigures
from forge.extras import extra
from forge.look.tiles import BLUE, MUTED, VERMILION

with extra("look"):
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullLocator

# Inches and dots per inch: 1400 x 630 pixels.
_SIZE: Final = (10.0, 4.5)
_DPI: Final = 140


def stability_png(figures: Sequence[SizeFigures], title: str, footer: str) -> bytes:
    """Width of intervals on the left, steadiness of the ranking on the right, as PNG."""
    figure = Figure(figsize=_SIZE, dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontsize=11)
    figure.supxlabel(footer, fontsize=7.5, color=MUTED)
    widths, ranking = figure.subplots(1, 2)
    sizes = [each.n for each in figures]
    for axes in (widths, ranking):
        _dress(axes, sizes)
    for label, colour, style, marker, values in (
        ("half-width of the 95 % interval", BLUE, "-", "o", [f.half_width for f in figures]),
        ("1.96 standard errors, measured", VERMILION, "--", "s", [f.error for f in figures]),
    ):
        widths.plot(sizes, values, style, marker=marker, color=colour, label=label)
    widths.set_ylabel("chance to make the bid")
    widths.set_ylim(bottom=0.0)
    widths.set_title("How narrow", fontsize=10)
    widths.legend(frameon=False)
    for label, colour, style, marker, values in (
        ("pairs of trumps in order", BLUE, "-", "o", [f.pairs_in_order for f in figures]),
        ("best trump found", VERMILION, "--", "s", [f.same_best for f in figures]),
    ):
        ranking.plot(
            sizes, [100 * v for v in values], style, marker=marker, color=colour, label=label
        )
    ranking.set_ylabel("of samples (%)")
    ranking.set_ylim(0.0, 103.0)
    ranking.set_title("How steady the ranking", fontsize=10)
    ranking.legend(frameon=False, loc="lower right")
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()


def _dress(axes: Axes, sizes: Sequence[int]) -> None:
    axes.set_xscale("log")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(sizes, [str(n) for n in sizes])
    axes.set_xlabel("deals (N)")
    axes.grid(alpha=0.3)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
