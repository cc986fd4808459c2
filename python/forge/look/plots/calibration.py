"""The reliability plot of a calibration."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

from forge.bidding.calibration.validation import Validation
from forge.extras import extra
from forge.work.atomic import write_file

with extra("look"):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

# Blue and orange of Okabe and Ito: told apart by everybody.
CALIBRATED: Final = "#0072B2"
PERFECT: Final = "#D55E00"


def reliability_plot(
    path: Path, calibrated: Validation, perfect: Validation, played_by: str
) -> None:
    """Predicted chance against the share really made, ten bins of equally many hands, as PNG.

    Args:
        path: of the PNG; the same bytes for the same figures.
        calibrated: of the calibration.
        perfect: of the share of perfect play, taken at its word.
        played_by: who played the hands.
    """
    figure = Figure(figsize=(6.4, 6.0), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.plot([0, 100], [0, 100], color="0.6", linewidth=1, zorder=1)
    for found, colour, marker, name in (
        (perfect, PERFECT, "s", "perfect play (all hands open)"),
        (calibrated, CALIBRATED, "o", "calibrated"),
    ):
        low, high = (100 * end for end in found.interval)
        axes.plot(
            [100 * each.predicted for each in found.bins],
            [100 * each.realised for each in found.bins],
            color=colour,
            marker=marker,
            label=f"{name}: off by {100 * found.error:.1f} points [{low:.1f}, {high:.1f}]",
        )
    axes.set(
        xlim=(-2, 102),
        ylim=(-2, 102),
        aspect="equal",
        xlabel="predicted to be made, %",
        ylabel="made, %",
    )
    axes.set_title(
        f"{calibrated.n_hands:,} hands not fitted to, played by {played_by}", fontsize=11
    )
    axes.grid(color="0.9")
    axes.legend(loc="upper left", frameon=False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    write_file(path, buffer.getvalue())
