"""Plots of an analysis, as PNG."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NamedTuple

import numpy as np

from forge.eq.analysis.decisions import FloatArray
from forge.eq.analysis.measurements import Measurements
from forge.eq.analysis.report import Analysis, SamplingRow
from forge.extras import extra
from forge.look.plots.evaluation import draw_png
from forge.stats.figures import Figure
from forge.stats.intervals import CONFIDENCE

with extra("look"):
    from matplotlib import colormaps
    from matplotlib.axes import Axes
    from matplotlib.ticker import LogLocator, PercentFormatter

_FAINT: Final = "#9a9a9a"
_MRV: Final = "#dd8452"
_NETWORK: Final = "#c44e52"
# Colour and mark of each trick: told apart by people who see fewer colours, and in grey.
_LOOKS: Final = (
    ("#0072b2", "o"),
    ("#d55e00", "s"),
    ("#009e73", "^"),
    ("#e69f00", "D"),
    ("#cc79a7", "v"),
    ("#56b4e9", "P"),
    ("#22252a", "X"),
)


def analysis_plots(found: Analysis, measured: Measurements, footer: str) -> dict[str, bytes]:
    """All plots of an analysis.

    Args:
        found: the figures.
        measured: the single decisions.
        footer: what was analysed, in small print.

    Returns:
        PNG files by name without suffix: `error` and `standard_error` against the number of worlds,
        `coverage`, `points_lost` by trick, and with a network `network` (its E[Q] against that of
        the search).
    """
    drawn: dict[str, Callable[[Axes], None]] = {}
    if found.sampling:
        drawn["error"] = partial(_errors, found)
        drawn["standard_error"] = partial(_standard_errors, found)
        drawn["coverage"] = partial(_coverage, found)
    drawn["points_lost"] = partial(_points_lost, found)
    if found.network:
        drawn["network"] = partial(_network, found, measured)
    return {name: draw_png(draw, footer) for name, draw in drawn.items()}


class Line(NamedTuple):
    """What is drawn of the decisions of one trick."""

    label: str
    colour: str
    marker: str
    rows: list[SamplingRow]


def _lines(found: Analysis) -> list[Line]:
    """A line for the decisions of each trick that are not exact; no two alike in colour or mark."""
    groups = {row.group.label: row.group for row in found.sampling if row.group.trick is not None}
    tricks = sorted({group.trick for group in groups.values() if group.trick is not None})
    lines: list[Line] = []
    for label, group in groups.items():
        rows = [r for r in found.sampling if r.group == group and _is_positive(r.sem.value)]
        if rows and group.trick is not None:
            look = _LOOKS[tricks.index(group.trick)]
            lines.append(Line(f"trick {label}", *look, rows))
    return lines


def _is_positive(value: float) -> bool:
    return value > 0.0  # and not NaN


def _style(rows: Sequence[SamplingRow]) -> str:
    """Dashed where a reference sample stands for all worlds."""
    return "-" if rows[0].group.complete else "--"


def _errors(found: Analysis, axes: Axes) -> None:
    """Actual error against the number of worlds, with the slope that independent worlds give."""
    top, left = 0.0, np.inf
    for line in _lines(found):
        rows = line.rows
        sizes = [row.n_worlds for row in rows]
        _bars(axes, sizes, [row.actual for row in rows], line)
        top = max(top, rows[0].actual.value * sizes[0] ** 0.5)
        left = min(left, sizes[0])
    if top:
        ends = np.array([left, max(row.n_worlds for row in found.sampling)])
        guide = 1.3 * top / np.sqrt(ends)
        axes.plot(ends, guide, color=_FAINT, linewidth=1, linestyle=":", label="slope of 1/√n")
    _worlds_axis(axes, found)
    _points_axis(axes)
    axes.set_ylabel("root mean square error of E[Q] (points)")
    axes.set_title("How wrong E[Q] of a sample is (decisions with more worlds than that)")
    axes.legend(frameon=False, fontsize=8)


def _standard_errors(found: Analysis, axes: Axes) -> None:
    """What samples say of their own error (lines), and what it is (circles)."""
    for label, colour, marker, rows in _lines(found):
        sizes = [row.n_worlds for row in rows]
        sems = [row.sem.value for row in rows]
        axes.plot(sizes, sems, color=colour, linestyle=_style(rows), label=label)
        actual = [row.actual.value for row in rows]
        axes.scatter(
            sizes, actual, s=30, marker=marker, facecolors="none", edgecolors=[colour], zorder=3
        )
    axes.scatter([], [], s=30, facecolors="none", edgecolors="black", label="actual error")
    _worlds_axis(axes, found)
    _points_axis(axes)
    axes.set_ylabel("standard error of E[Q] (points, root mean square)")
    axes.set_title("Standard error that samples claim, and the error they have")
    axes.legend(frameon=False, fontsize=8)


def _coverage(found: Analysis, axes: Axes) -> None:
    """How often the interval of 1.96 standard errors holds E[Q] of all worlds."""
    lines = _lines(found)
    for k, line in enumerate(lines):
        shift = 1.03 ** (k - (len(lines) - 1) / 2)  # so that intervals do not hide each other
        sizes = [row.n_worlds * shift for row in line.rows]
        _bars(axes, sizes, [row.coverage for row in line.rows], line)
    axes.axhline(CONFIDENCE, color=_FAINT, linewidth=1, linestyle=":")
    _worlds_axis(axes, found)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_ylabel("E[Q] of all worlds within ±1.96 standard errors")
    axes.set_title("Coverage: 95 % where the standard error is right")
    axes.legend(frameon=False, fontsize=8)


def _points_lost(found: Analysis, axes: Axes) -> None:
    """E[Q] that greedy plays lose, by trick and by what they rely on."""
    sources = list(dict.fromkeys(row.source for row in found.losses))
    tricks = sorted({row.group.trick for row in found.losses if row.group.trick is not None})
    places: list[int | None] = [*tricks, None]
    n_uniform = sum(source.endswith("worlds") for source in sources)
    colours = [*colormaps["Blues"](np.linspace(0.9, 0.35, n_uniform)), _MRV, _NETWORK]
    width = 0.8 / len(sources)
    for k, source in enumerate(sources):
        rows = [row for row in found.losses if row.source == source]
        x = np.array([places.index(row.group.trick) for row in rows])
        colour = _NETWORK if source == "network" else colours[k]
        values, ends = _values_and_ends([row.lost for row in rows])
        x = x + (k - (len(sources) - 1) / 2) * width
        axes.bar(x, values, width, color=colour, label=source)
        axes.errorbar(x, values, ends, fmt="none", ecolor="#444444", elinewidth=0.8)
    axes.set_xticks(range(len(places)), [str(place or "all") for place in places])
    axes.set_xlabel("trick")
    axes.set_ylabel("E[Q] lost a decision with a choice (points)")
    axes.set_title("What the greedy play gives away, with 95 % intervals")
    axes.legend(frameon=False, fontsize=8)


def _network(found: Analysis, measured: Measurements, axes: Axes) -> None:
    """E[Q] of the network against that of the search, one point a legal play."""
    legal = ~np.isnan(measured.network)
    exact, guess = measured.same_worlds[legal], measured.network[legal]
    ends = float(min(exact.min(), guess.min())) - 1, float(max(exact.max(), guess.max())) + 1
    drawn = axes.hexbin(
        exact, guess, gridsize=45, extent=(*ends, *ends), bins="log", mincnt=1, cmap="viridis"
    )
    axes.plot(ends, ends, color=_FAINT, linewidth=1, linestyle="--")
    bar = axes.figure.colorbar(drawn, ax=axes, label="plays")
    bar.ax.yaxis.set_major_formatter("{x:g}")
    bar.ax.yaxis.set_minor_formatter("{x:g}")
    axes.set_xlabel("E[Q] of the exact search (points, acting team)")
    axes.set_ylabel("E[Q] of the network (points, acting team)")
    every = found.network[-1]
    axes.set_title(
        f"The same worlds: mean absolute error {every.mae.value:.2f}, bias {every.bias.value:+.2f}"
    )


def _bars(axes: Axes, x: Sequence[float], figures: Sequence[Figure], line: Line) -> None:
    """A line with intervals."""
    values, ends = _values_and_ends(figures)
    axes.errorbar(
        x,
        values,
        ends,
        color=line.colour,
        linestyle=_style(line.rows),
        marker=line.marker,
        markersize=5,
        elinewidth=0.9,
        label=line.label,
    )


def _values_and_ends(figures: Sequence[Figure]) -> tuple[FloatArray, FloatArray]:
    """Values [K], and how far intervals reach below and above [2, K]; 0 where there is none."""
    values = np.array([figure.value for figure in figures])
    low, high = np.array([figure.interval for figure in figures]).T
    return values, np.maximum(np.nan_to_num([values - low, high - values]), 0.0)


def _points_axis(axes: Axes) -> None:
    """A logarithmic one with numbers as people write them."""
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_locator(LogLocator(subs=(2.0, 5.0)))
    axes.yaxis.set_minor_formatter("{x:g}")
    axes.tick_params(axis="y", which="minor", labelsize=7)


def _worlds_axis(axes: Axes, found: Analysis) -> None:
    sizes = sorted({row.n_worlds for row in found.sampling})
    axes.set_xscale("log")
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()
    axes.set_xlabel("worlds sampled (log)")
