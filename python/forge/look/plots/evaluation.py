"""Plots of an evaluation, as PNG."""

import io
from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np

from forge.extras import extra
from forge.ml.measure.report import OracleEvaluation, group_label
from forge.stats.reliability import BIN_EDGES, ERROR_EDGES, Reliability

with extra("look"):
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

# Inches and dots per inch: 1120 x 700 pixels.
_SIZE: Final = (8.0, 5.0)
_DPI: Final = 140
_LARGE_SHARE: Final = 0.01
_COLOUR: Final = "#2c6fbb"
_FAINT: Final = "#9a9a9a"


def evaluation_plots(evaluation: OracleEvaluation) -> dict[str, bytes]:
    """All plots of an evaluation.

    Args:
        evaluation: what to draw.

    Returns:
        PNG files by name without suffix: `regret_by_trick`, `regret_by_declaration`,
        `value_calibration`, and for a Q-value network `q_calibration` and `q_error`. They are
        drawn without pyplot, so no display is needed and no global state changes.
    """
    drawn: dict[str, Callable[[Axes], None]] = {
        f"regret_by_{name}": partial(_regret, evaluation, name) for name in evaluation.groups
    }
    drawn["value_calibration"] = partial(_reliability, evaluation.value_calibration, "V")
    q = evaluation.q_calibration
    if q is not None:
        drawn["q_calibration"] = partial(_reliability, q, "Q")
        drawn["q_error"] = partial(_errors, q, evaluation.metrics["q_mae"])
    footer = _footer(evaluation)
    return {name: draw_png(draw, footer) for name, draw in drawn.items()}


def draw_png(draw: Callable[[Axes], None], footer: str) -> bytes:
    """One plot as a PNG file, with a line of small print below it."""
    figure = Figure(figsize=_SIZE, dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.grid(axis="y", alpha=0.3)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    draw(axes)
    figure.supxlabel(footer, fontsize=7, color=_FAINT)
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


def _footer(evaluation: OracleEvaluation) -> str:
    name = evaluation.about.get("checkpoint")
    named = f"{str(name).rsplit('/', 1)[-1]} · " if name else ""
    source = evaluation.source if len(evaluation.source) <= 110 else f"{evaluation.source[:107]}..."
    return f"{named}{evaluation.n_positions:,} positions · {source}"


def _regret(evaluation: OracleEvaluation, name: str, axes: Axes) -> None:
    """Mean regret by group with its interval, and how many positions stand behind it."""
    groups = [group for group in evaluation.groups[name] if group["n"]]
    places = np.arange(len(groups))
    means = np.array([group["regret"] for group in groups])
    ends = np.array([[group["regret_low"], group["regret_high"]] for group in groups]).T
    # The interval of a skewed figure need not contain it to the last digit.
    arms = np.nan_to_num(np.maximum(np.abs(ends - means), 0.0))
    axes.bar(places, means, color=_COLOUR, width=0.7)
    axes.errorbar(places, means, yerr=arms, fmt="none", ecolor="black", capsize=3, linewidth=1)
    labels = [
        f"{group_label(name, int(group[name]))}\n{_short(int(group['n']))}" for group in groups
    ]
    is_long = name == "declaration"
    axes.set_xticks(
        places, labels, rotation=35 if is_long else 0, ha="right" if is_long else "center"
    )
    axes.axhline(evaluation.metrics["q_gap"], color=_FAINT, linestyle="--", linewidth=1)
    axes.annotate(
        f"all: {evaluation.metrics['q_gap']:.3f}",
        (1.0, evaluation.metrics["q_gap"]),
        xycoords=("axes fraction", "data"),
        xytext=(-2, 3),
        textcoords="offset points",
        ha="right",
        fontsize=8,
        color="#555555",
    )
    # The interval of a handful of positions would flatten everything else: it may leave the plot.
    is_large = np.array([group["n"] for group in groups]) >= _LARGE_SHARE * evaluation.n_positions
    top = max(means.max(), evaluation.metrics["q_gap"], np.nan_to_num(ends[1][is_large]).max())
    axes.set_ylim(0, 1.15 * top or 1.0)
    axes.set_ylabel("mean regret (points)")
    axes.set_xlabel("trick, positions" if name == "trick" else "declaration, positions")
    axes.set_title(f"Regret by {name}, with 95 % intervals")


def _reliability(calibration: Reliability, symbol: str, axes: Axes) -> None:
    """Mean truth against mean prediction, bin by bin; the size of a dot is how many."""
    bins = calibration.bins()
    predicted = np.array([each["mean_predicted"] for each in bins])
    true = np.array([each["mean_true"] for each in bins])
    counts = np.array([each["n"] for each in bins], dtype=float)
    limits = (float(BIN_EDGES[0]), float(BIN_EDGES[-1]))
    axes.plot(limits, limits, color=_FAINT, linestyle="--", linewidth=1, label="perfect")
    axes.plot(predicted, true, color=_COLOUR, linewidth=1)
    sizes = 12 + 140 * counts / counts.max()
    axes.scatter(predicted, true, s=sizes, color=_COLOUR, zorder=3)
    axes.scatter([], [], s=40, color=_COLOUR, label="bins of 4 points, size = count")
    axes.set_xlim(*limits)
    axes.set_ylim(*limits)
    axes.set_xlabel(f"predicted {symbol} (points, acting team)")
    axes.set_ylabel(f"mean true {symbol} (points, acting team)")
    error = calibration.expected_error
    axes.set_title(f"Calibration of {symbol}: expected error {error:.2f} points")
    axes.legend(loc="upper left", frameon=False)


def _errors(calibration: Reliability, q_mae: float, axes: Axes) -> None:
    """Histogram of predicted minus true Q, the outermost bars taking everything beyond."""
    counts = calibration.error_counts
    centres = (ERROR_EDGES[:-1] + ERROR_EDGES[1:]) / 2
    axes.bar(centres, counts / max(counts.sum(), 1), width=1.0, color=_COLOUR)
    axes.set_yscale("log")
    axes.set_xlabel("predicted minus true Q (points; outermost bars: and beyond)")
    axes.set_ylabel("share of legal moves (log)")
    axes.set_title(f"Error of Q: mean absolute error {q_mae:.2f} points")


def _short(n: int) -> str:
    """A count in a few characters: 987, 12.3k, 3.4M."""
    for unit, suffix in ((1_000_000, "M"), (1000, "k")):
        if n >= unit:
            return f"{n / unit:.1f}".removesuffix(".0") + suffix
    return str(n)
