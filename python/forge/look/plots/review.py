"""The chance of the bid, play by play, of a hand that was reviewed."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

from forge.advice.hand_text import SEATS
from forge.advice.reviewing import Review
from forge.errors import ForgeError
from forge.extras import extra
from forge.game.tables import domino_name
from forge.look.tiles import BLUE, VERMILION
from forge.work.atomic import write_file

with extra("look"):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

SUFFIXES: Final = (".png", ".svg", ".pdf")


def check_picture(path: Path) -> None:
    """Raises ForgeError for a file that no picture can be written to."""
    if path.suffix.lower() not in SUFFIXES:
        raise ForgeError(f"{path}: pictures are {', '.join(SUFFIXES)}")
    if not path.resolve().parent.is_dir():
        raise ForgeError(f"{path}: there is no folder {path.parent}")


def draw_review(found: Review, path: Path) -> None:
    """Draw the chance to make the bid after the best play (line) and after the play made (dots), as
    each seat saw it.

    Raises:
        ForgeError: as `check_picture`, or if it can't be written.
    """
    check_picture(path)
    figure = Figure(figsize=(8.0, 4.2), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    at = range(len(found.plays))
    best = [_made(play.seat, play.best_chance) for play in found.plays]
    made = [_made(play.seat, play.chance) for play in found.plays]
    axes.plot(at, best, color=BLUE, marker="o", markersize=4, label="best play")
    axes.plot(at, made, color=VERMILION, marker="s", markersize=5, linestyle="", label="as played")
    axes.vlines(at, best, made, color=VERMILION, linewidth=1.5)
    names = [f"{domino_name(play.domino)}\n{SEATS[play.seat]}" for play in found.plays]
    axes.set_xticks(at, names, fontsize=7)
    axes.set(ylim=(-3, 103), ylabel="chance to make the bid, as the seat saw it, %")
    turning = found.turning
    if turning is not None:
        k = found.plays.index(turning)
        axes.annotate(
            f"{domino_name(turning.best)} was better",
            (k, made[k]),
            xytext=(0, 14 if made[k] < 50 else -20),
            textcoords="offset points",
            ha="center",
            fontsize=8,
        )
    axes.set_title(f"{found.hand.contract}: {found.outcome}", fontsize=11)
    axes.grid(axis="y", color="0.9")
    axes.legend(loc="best", frameon=False, fontsize=8)
    buffer = io.BytesIO()
    kind = path.suffix.lower().removeprefix(".")
    metadata = {"Software": None} if kind == "png" else {"Date": None} if kind == "svg" else None
    figure.savefig(buffer, format=kind, metadata=metadata)
    write_file(path, buffer.getvalue())


def _made(seat: int, chance: float) -> float:
    """Percent that the bid is made, of a chance of the seat's own side."""
    return 100.0 * (chance if seat % 2 == 0 else 1.0 - chance)
