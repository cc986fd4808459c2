"""The learning curve of a run: what validation said, against the samples seen."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from forge.errors import ForgeError
from forge.extras import extra
from forge.work.atomic import write_file

with extra("train"):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

CURVE_FILE: Final = "learning_curve.png"
_SHOWN: Final = (
    ("val/q_gap", "mean regret of the chosen move (points)"),
    ("val/q_mae", "mean absolute error of Q (points)"),
)


@dataclass(frozen=True)
class CurvePoint:
    """One validation.

    Args:
        n_samples: rows trained on before it, all processes together, repeats counted.
        metrics: what was logged, by name (`val/q_gap`, ...).
    """

    n_samples: int
    metrics: dict[str, float]


def read_curve(run_folder: Path) -> list[CurvePoint]:
    """The validations of a run, in order.

    Args:
        run_folder: `runs/domino/version_N`, as `forge train` leaves it.

    Raises:
        ForgeError: if the folder is not one of a run, or no validation was logged.
    """
    try:
        with open(run_folder / "metrics.csv", newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row.get("val/q_gap")]
        points = [CurvePoint(int(float(row["samples"])), _figures(row)) for row in rows]
    except (OSError, KeyError, ValueError) as error:
        raise ForgeError(f"{run_folder}: not the folder of a run of forge train") from error
    if not points:
        raise ForgeError(f"{run_folder}: no validation was logged yet")
    return points


def _figures(row: dict[str, str]) -> dict[str, float]:
    return {name: float(value) for name, value in row.items() if value}


def plot_curve(points: list[CurvePoint], title: str) -> bytes:
    """Q-gap (and Q-MAE, where there is one) against samples seen, on logarithmic axes, as PNG."""
    shown = [(name, label) for name, label in _SHOWN if name in points[-1].metrics]
    figure = Figure(figsize=(5.5 * len(shown), 4.2), dpi=140, layout="constrained")
    FigureCanvasAgg(figure)
    samples = [point.n_samples / 1e6 for point in points]
    places = figure.subplots(1, len(shown), squeeze=False)[0]
    for axes, (name, label) in zip(places, shown, strict=True):
        figures = [point.metrics[name] for point in points]
        axes.plot(samples, figures, marker="o", markersize=3.5, color="#2c6fbb")
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel("samples seen (millions)")
        axes.set_ylabel(label)
        axes.grid(which="both", alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter("{x:g}")
            axis.set_minor_formatter("{x:g}")
        axes.tick_params(which="minor", labelsize=7)
        axes.annotate(
            f"{figures[-1]:.3f}",
            (samples[-1], figures[-1]),
            xytext=(0, 7),
            textcoords="offset points",
            ha="center",
            fontsize=9,
        )
    figure.suptitle(title, fontsize=10)
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


def write_curve(run_folder: Path) -> Path:
    """Draw the curve of a run into its folder; returns the file.

    Raises:
        ForgeError: as `read_curve`.
    """
    points = read_curve(run_folder)
    path = run_folder / CURVE_FILE
    write_file(path, plot_curve(points, f"{run_folder.name}: validation"))
    return path
