"""Pictures of one decision: a frame of a game, and one with everything that is known."""

from __future__ import annotations

from typing import Final

from forge.extras import extra
from forge.game.constants import N_PLAYS, N_SEATS
from forge.look.decision_view import DecisionView
from forge.look.frames.actions import LONG_ROWS, SHORT_ROWS, draw_actions, signed
from forge.look.frames.inference import draw_inference
from forge.look.frames.parts import HEAD, SMALL, TITLE, Box, gauge, panel, table, write
from forge.look.frames.table import draw_hands, draw_history, draw_trick, draw_voids
from forge.look.inference import Told
from forge.look.tiles import INK, MUTED, PAPER, inch_axes

with extra("look"):
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

_DPI: Final = 100
_FRAME_SIZE: Final = (12.0, 8.0)
_OVERLOAD_SIZE: Final = (16.0, 10.0)
_STRIP: Final = 1.6
_MARGIN: Final = 0.2
_GAP: Final = 0.12
_LOW_ESS_SHARE: Final = 0.1
_WIDE_GAP: Final = 10.0  # points that fill the gauge: a count of ten decides most hands


def frame(view: DecisionView, about: str = "", told: Told | None = None) -> Figure:
    """A decision as the seat to act saw it, 1200 x 800 pixels.

    With what the plays told, who may hold the hidden dominoes, it is 1200 x 960.

    Args:
        view: the decision.
        about: one line on where it is from.
        told: what the plays told.

    Returns:
        A figure with an Agg canvas, drawn without pyplot.
    """
    width, height = _FRAME_SIZE
    strip = 0.0 if told is None else _STRIP
    figure, axes, body = _sheet((width, height + strip), view, about)
    history = Box(body.x, body.y, body.width, 1.55)
    if told is not None:
        below = Box(body.x, history.top + _GAP, body.width, strip - _GAP)
        draw_inference(axes, below, told, holders=False)
    bottom = history.top + _GAP + strip
    above = Box(body.x, bottom, body.width, body.top - bottom)
    side = Box(above.right - 3.6, above.y, 3.6, above.height)
    left = Box(above.x, above.y, side.x - above.x - 2 * _GAP, above.height)
    draw_actions(figure, axes, left, view, SHORT_ROWS)
    voids = Box(side.x, side.y, side.width, 1.4)
    gauges = Box(side.x, voids.top + _GAP, side.width, 1.75)
    trick = Box(side.x, gauges.top + _GAP, side.width, side.top - gauges.top - _GAP)
    draw_trick(axes, trick, view)
    _gauges(axes, gauges, view)
    draw_voids(axes, voids, view)
    draw_history(axes, history, view)
    return figure


def overload(view: DecisionView, about: str = "", told: Told | None = None) -> Figure:
    """A decision with all hands and all numbers, 1600 x 1000 pixels; as `frame`.

    With what the plays told, who may hold the hidden dominoes, it is 1600 x 1160.
    """
    width, height = _OVERLOAD_SIZE
    strip = 0.0 if told is None else _STRIP
    figure, axes, body = _sheet((width, height + strip), view, about)
    history = Box(body.x, body.y, body.width, 1.75)
    if told is not None:
        below = Box(body.x, history.top + _GAP, body.width, strip - _GAP)
        draw_inference(axes, below, told)
    bottom = history.top + _GAP + strip
    above = Box(body.x, bottom, body.width, body.top - bottom)
    side = Box(above.right - 6.6, above.y, 6.6, above.height)
    left = Box(above.x, above.y, side.x - above.x - 2 * _GAP, above.height)
    draw_actions(figure, axes, left, view, LONG_ROWS)
    hands = Box(side.x, side.y, side.width, 2.3)
    middle = Box(side.x, hands.top + _GAP, side.width, 2.0)
    top = Box(side.x, middle.top + _GAP, side.width, side.top - middle.top - _GAP)
    draw_trick(axes, top.column(0, 2, _GAP), view)
    _numbers(axes, top.column(1, 2, _GAP), view)
    _gauges(axes, middle.column(0, 2, _GAP), view)
    draw_voids(axes, middle.column(1, 2, _GAP), view)
    draw_hands(axes, hands, view)
    draw_history(axes, history, view)
    return figure


def _sheet(size: tuple[float, float], view: DecisionView, about: str) -> tuple[Figure, Axes, Box]:
    """A figure with its header and footer, and the box between them."""
    figure = Figure(figsize=size, dpi=_DPI, facecolor=PAPER)
    FigureCanvasAgg(figure)
    axes = inch_axes(figure)
    page = Box(_MARGIN, _MARGIN, size[0] - 2 * _MARGIN, size[1] - 2 * _MARGIN)
    line = page.top - 0.1
    trick, place = divmod(view.decision, N_SEATS)
    title = f"Seat {view.player} to play · {view.decl_name}"
    write(axes, page.x, line, title, size=TITLE, bold=True)
    when = (
        f"seed {view.seed}   trick {trick + 1}, play {place + 1}"
        f"   decision {view.decision + 1} of {N_PLAYS}"
    )
    write(axes, page.right, line, when, size=HEAD, colour=INK, ha="right")
    write(axes, page.x, line - 0.28, _what_happened(view), size=HEAD, colour=MUTED)
    write(axes, page.x, 0.14, about, size=SMALL, colour=MUTED)
    bottom = page.y + 0.06
    return figure, axes, Box(page.x, bottom, page.width, line - 0.48 - bottom)


def _what_happened(view: DecisionView) -> str:
    """How the play was chosen, in words."""
    if not view.train:
        return "Forced: there is one legal play."
    lost = view.best.mean - view.taken.mean
    if view.taken.best or lost <= 0.0:
        return f"Takes the best play ({view.mode})."
    return f"Gives away {lost:.1f} points against the best play ({view.mode})."


def _gauges(axes: Axes, box: Box, view: DecisionView) -> None:
    inner = panel(axes, box, "ESS and Q gap", "exact" if view.complete else "sampled")
    share = view.ess / view.n_samples if view.n_samples else 0.0
    is_low = share < _LOW_ESS_SHARE
    gauge(
        axes,
        _gauge_box(inner, 0),
        "Effective worlds",
        f"{view.ess:,.1f} of {view.n_samples:,}",
        share,
        f"low: {share:.0%}" if is_low else f"{share:.0%}",
        ends=("0", f"{view.n_samples:,}"),
        alarm=is_low,
    )
    gauge(
        axes,
        _gauge_box(inner, 1),
        "Best to second play",
        f"{view.q_gap:.1f} points" if view.train else "no choice",
        view.q_gap / _WIDE_GAP,
        f"beyond {_WIDE_GAP:.0f}" if view.q_gap > _WIDE_GAP else "",
        ends=("close call", "clear"),
    )


def _gauge_box(box: Box, i: int) -> Box:
    row = box.row(i, 2)
    return Box(row.x, row.centre - 0.31, row.width, 0.62)


def _numbers(axes: Axes, box: Box, view: DecisionView) -> None:
    inner = panel(axes, box, "Numbers")
    table(
        axes,
        inner,
        [
            ("chosen by", view.mode),
            ("a choice (train_mask)", "yes" if view.train else "no"),
            ("worlds", f"{view.n_samples:,}, {'all' if view.complete else 'a sample'}"),
            ("effective worlds (ESS)", f"{view.ess:.2f}"),
            ("greatest weight (max_w)", f"{view.max_w:.3f}"),
            ("converged", "yes" if view.converged else "no"),
            ("Q gap", f"{view.q_gap:.2f}"),
            ("mean std. dev. (u_mean)", f"{view.u_mean:.2f}"),
            ("greatest std. dev. (u_max)", f"{view.u_max:.2f}"),
            ("lead in points so far", f"{view.lead_in_points:+d}"),
            ("lead expected at the end", signed(view.lead_in_points + view.best.mean)),
        ],
    )
