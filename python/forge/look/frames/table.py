"""The table: trick in hand, tricks before, suits that seats are out of, hands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from forge.extras import extra
from forge.game.constants import CALLED_SUIT, N_SEATS, N_SLOTS, N_TRICKS
from forge.game.tables import LED_SUIT
from forge.look.decision_view import DecisionView, Play, Suit, Trick, WonTrick
from forge.look.frames.parts import NORMAL, SMALL, Box, panel, write
from forge.look.tiles import FAINT, INK, MUTED, PAPER, VERMILION, draw_hand, draw_tile

with extra("look"):
    from matplotlib.axes import Axes
    from matplotlib.patches import FancyBboxPatch, Rectangle

# Clockwise from the seat to act, who sits at the bottom; in shares of where tiles may be.
_PLACES: Final = ((0.5, 0.0), (0.0, 0.5), (0.5, 1.0), (1.0, 0.5))
_WHERE: Final = ("to play", "left", "partner", "right")
_TABLE_TILE: Final = 0.78
_CROSS: Final = "\N{MULTIPLICATION SIGN}"


def draw_trick(axes: Axes, box: Box, view: DecisionView) -> None:
    """The four seats and what they have played to the trick, the seat to act at the bottom."""
    trick = view.trick
    led = _led_suit(view.decl, view.suits, trick)
    inner = panel(axes, box, "Trick", f"led: {led}" if led else "to be led")
    places = Box(inner.x + 0.5, inner.y + 0.42, inner.width - 1.0, inner.height - 0.66)
    played = {play.seat: play.domino for play in trick.plays}
    for relative, (across, up) in enumerate(_PLACES):
        seat = (view.player + relative) % N_SEATS
        x, y = places.x + across * places.width, places.y + up * places.height
        if seat in played:
            draw_tile(axes, played[seat], x, y, _TABLE_TILE, badge=True)
        else:
            _empty(axes, x, y, _TABLE_TILE, is_next=relative == 0)
        leads = ", led" if trick.plays and seat == trick.leader else ""
        text = f"{seat} {_WHERE[relative]}{leads}"
        write(
            axes,
            x,
            y - 0.31,
            text,
            size=SMALL,
            colour=INK if relative == 0 else MUTED,
            bold=relative == 0,
            ha="center",
        )


def _led_suit(decl: int, suits: Sequence[Suit], trick: Trick) -> str:
    """Name of the suit that was led, empty if none was."""
    if not trick.plays:
        return ""
    led = int(LED_SUIT[decl][trick.plays[0].domino])
    suit = next(each for each in suits if each.suit == led)
    return f"{suit.name}, trump" if suit.trump else suit.name


def _empty(axes: Axes, x: float, y: float, width: float, *, is_next: bool) -> None:
    """Where a tile will lie."""
    axes.add_patch(
        FancyBboxPatch(
            (x - width / 2, y - width / 4),
            width,
            width / 2,
            boxstyle=f"round,pad=0,rounding_size={0.07 * width}",
            facecolor=PAPER,
            edgecolor=VERMILION if is_next else FAINT,
            linewidth=2.0 if is_next else 1.0,
            linestyle="--" if is_next else "-",
            zorder=1,
        )
    )


def draw_history(axes: Axes, box: Box, view: DecisionView) -> None:
    """The tricks that are over, oldest first, with places for those to come."""
    own, other = view.points[view.team], view.points[1 - view.team]
    standing = f"points won: own team {own}, other team {other}"
    inner = panel(axes, box, "Tricks before", standing)
    for i in range(N_TRICKS):
        column = inner.column(i, N_TRICKS, gap=0.12)
        axes.add_patch(Rectangle(column[:2], *column[2:], facecolor=PAPER, linewidth=0, zorder=0.8))
        if i < len(view.tricks):
            _won_trick(axes, column, i, view.tricks[i])
        else:
            write(axes, column.middle, column.centre, str(i + 1), colour=FAINT, ha="center")


def _won_trick(axes: Axes, box: Box, i: int, trick: WonTrick) -> None:
    """Four plays in order over their seats; the winner's seat is underlined."""
    heading = box.top - 0.14
    write(axes, box.x + 0.08, heading, str(i + 1), size=NORMAL, bold=True)
    text = f"seat {trick.winner} won {trick.points}"
    write(axes, box.right - 0.08, heading, text, size=SMALL, ha="right")
    row = Box(box.x + 0.05, box.y + 0.04, box.width - 0.1, box.height - 0.3)
    for k, play in enumerate(trick.plays):
        _past_play(axes, row.column(k, N_SEATS), play, won=play.seat == trick.winner)


def _past_play(axes: Axes, box: Box, play: Play, *, won: bool) -> None:
    label = 0.24
    width = min(0.84 * box.width, (box.height - label - 0.04) / 2)
    draw_tile(axes, play.domino, box.middle, box.top - width - 0.02, width, vertical=True)
    line = box.top - 2 * width - 0.14
    write(axes, box.middle, line, str(play.seat), size=SMALL, bold=won, ha="center")
    if won:
        bar = Rectangle((box.middle - 0.1, line - 0.11), 0.2, 0.03, facecolor=INK, zorder=1)
        axes.add_patch(bar)


def draw_voids(axes: Axes, box: Box, view: DecisionView) -> None:
    """What the plays have shown: a cross where a seat has none of a suit."""
    inner = panel(axes, box, "Out of suit", f"{_CROSS} has shown to have none")
    names = Box(inner.x, inner.y, 1.0, inner.height)
    grid = Box(names.right, inner.y, inner.right - names.right, inner.height)
    for i, suit in enumerate(view.suits):
        cell = grid.column(i, len(view.suits)).row(0, N_SEATS + 1)
        write(axes, cell.middle, cell.centre, _short_name(view, suit), size=SMALL, ha="center")
    for seat in range(N_SEATS):
        line = names.row(seat + 1, N_SEATS + 1)
        relative = (seat - view.player) % N_SEATS
        text = f"{seat} {_WHERE[relative]}"
        write(axes, line.x, line.centre, text, size=SMALL, bold=relative == 0)
        for i, suit in enumerate(view.suits):
            cell = grid.column(i, len(view.suits)).row(seat + 1, N_SEATS + 1)
            _void_cell(axes, cell, is_void=suit in view.voids[seat])


def _short_name(view: DecisionView, suit: Suit) -> str:
    """A pip, or `dbl`; trump is marked."""
    if suit.suit != CALLED_SUIT:
        return str(suit.suit)
    name = str(view.decl) if view.decl < CALLED_SUIT else "dbl"
    return f"{name}★" if suit.trump else name


def _void_cell(axes: Axes, box: Box, *, is_void: bool) -> None:
    axes.add_patch(
        Rectangle(
            (box.x + 0.02, box.y + 0.02),
            box.width - 0.04,
            box.height - 0.04,
            facecolor=INK if is_void else PAPER,
            linewidth=0,
            zorder=0.8,
        )
    )
    if is_void:
        write(axes, box.middle, box.centre, _CROSS, colour=PAPER, bold=True, ha="center")


def draw_hands(axes: Axes, box: Box, view: DecisionView) -> None:
    """All four hands as dealt, ghosts for what was played."""
    inner = panel(axes, box, "All hands", f"seat {view.player} sees only its own")
    names = 1.0
    width = (inner.width - names) / (1.12 * N_SLOTS)
    for seat in range(N_SEATS):
        line = inner.row(seat, N_SEATS)
        relative = (seat - view.player) % N_SEATS
        write(axes, line.x, line.centre, f"{seat} {_WHERE[relative]}", bold=relative == 0)
        draw_hand(
            axes,
            [each.domino for each in view.hands[seat]],
            line.x + names + (line.width - names) / 2,
            line.centre,
            min(width, 1.7 * line.height),
            gap=0.12,
            vertical=False,
            states=["normal" if each.held else "ghost" for each in view.hands[seat]],
            badge=True,
        )
