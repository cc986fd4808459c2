"""One trick as a picture: what each seat held and played, and who wins it by which rule.

What may be played, what it counts and who wins is asked of the native core; nothing of the rules
stands here.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from forge.errors import ForgeError
from forge.extras import extra
from forge.game.constants import CALLED_SUIT, N_SEATS
from forge.game.tables import (
    FOLLOWS,
    LED_SUIT,
    STRENGTH,
    domino_name,
    trick_points,
    trick_winner,
)
from forge.look.decision_view import Suit, suits_of
from forge.look.frames.parts import HEAD, NORMAL, SMALL, Box, panel, write
from forge.look.tiles import MUTED, PAPER, TileState, draw_hand, draw_tile, inch_axes
from forge.oracle.position import Position

with extra("look"):
    from matplotlib import rc_context
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure
    from matplotlib.patches import FancyBboxPatch

_SIZE: Final = (8.4, 2.5)
_MARGIN: Final = 0.14
_TILE: Final = 0.92
_HELD_TILE: Final = 0.2
_NOTE: Final = "below: what the seat held, and pale what it may not play"
_FINER: Final = re.compile(r"-?\d+\.\d{3,}")  # than hundredths of a point, which nobody sees
# Matplotlib writes a circle as eight curves, from its lowest point on.
_CIRCLE: Final = re.compile(r'<path d="M (\S+) (\S+)\s+((?:C [^CLQz"]+){8})z\s*"')


@dataclass(frozen=True)
class TrickPlay:
    """One play of a trick.

    Args:
        seat: 0..3.
        domino: id.
        held: ids that the seat held before, highest first.
        playable: those of them that it might play.
        role: what the domino is in this trick, in words.
    """

    seat: int
    domino: int
    held: tuple[int, ...]
    playable: frozenset[int]
    role: str


@dataclass(frozen=True)
class ToldTrick:
    """A trick and why it is won.

    Args:
        decl: declaration 0..9.
        led: the suit that was led.
        plays: four, in order.
        winner: place 0..3 in them.
        why: the rule that makes it win, in words.
        points: 1 + the count in it.
    """

    decl: int
    led: Suit
    plays: tuple[TrickPlay, ...]
    winner: int
    why: str
    points: int

    @property
    def text(self) -> str:
        """All of it in a sentence, for those who do not see the picture."""
        played = ", ".join(
            f"seat {play.seat} {play.role} {domino_name(play.domino)}" for play in self.plays
        )
        won = self.plays[self.winner]
        return (
            f"{trump_text(self.decl)}: {played}; seat {won.seat} wins {self.points} with {self.why}"
        )


def trump_text(decl: int) -> str:
    """What a declaration makes trump, in words."""
    called = next((suit for suit in suits_of(decl) if suit.suit == CALLED_SUIT), None)
    if called is None:
        return "No trump"
    name = called.name.capitalize()
    return f"{name} are trump" if called.trump else f"{name} are a suit, no trump"


def told_trick(before: Position, dominoes: Sequence[int]) -> ToldTrick:
    """The next trick of a hand.

    Args:
        before: between two tricks.
        dominoes: four ids, in the order played.

    Raises:
        ForgeError: for a play that is not legal, and inside a trick.
    """
    if len(before.plays) % N_SEATS or len(dominoes) != N_SEATS:
        raise ForgeError("a trick is four plays, the first of them a lead")
    suit = int(LED_SUIT[before.decl][dominoes[0]])
    led = next(each for each in suits_of(before.decl) if each.suit == suit)
    position = before
    plays: list[TrickPlay] = []
    for domino in dominoes:
        seat = position.seat_to_act
        mask = position.unpacked.hands[seat]
        hand = position.deal.hands[seat]
        held = tuple(each for slot, each in reversed(list(enumerate(hand))) if mask >> slot & 1)
        role = _role(before.decl, led, domino) if plays else "leads"
        playable = frozenset(position.legal_dominoes())
        plays.append(TrickPlay(seat, domino, held, playable, role))
        position = position.play_domino(domino)
    winner = trick_winner(before.decl, dominoes)
    why = _why(before.decl, led, dominoes, winner)
    return ToldTrick(before.decl, led, tuple(plays), winner, why, trick_points(dominoes))


def trick_svg(trick: ToldTrick) -> bytes:
    """The picture as SVG, its words as text; the same bytes for the same trick."""
    figure = Figure(figsize=_SIZE)
    FigureCanvasSVG(figure)
    axes = inch_axes(figure)
    _draw(axes, trick)
    file = io.BytesIO()
    # Identifiers are hashes of what they stand for and of this salt. Metadata would hold the date.
    with rc_context({"svg.hashsalt": "forge", "svg.fonttype": "none"}):
        no_metadata = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(file, format="svg", transparent=True, metadata=no_metadata)
    return _compact(file.getvalue().decode()).encode()


def _compact(svg: str) -> str:
    """The same picture in a tenth of the bytes."""
    return _FINER.sub(lambda found: f"{float(found[0]):.2f}", _CIRCLE.sub(_circle, svg))


def _circle(curves: re.Match[str]) -> str:
    x, lowest = float(curves[1]), float(curves[2])
    highest = float(curves[3].split("C")[4].split()[-1])
    return f'<circle cx="{x}" cy="{(lowest + highest) / 2}" r="{(lowest - highest) / 2}"'


def _role(decl: int, led: Suit, domino: int) -> str:
    if FOLLOWS[decl][led.suit][domino]:
        return "follows with"
    return "trumps with" if STRENGTH[decl][led.suit][domino] > 0 else "throws off"


def _why(decl: int, led: Suit, dominoes: Sequence[int], winner: int) -> str:
    """By the strength of what can win: those of the winner's suit."""
    follows = bool(FOLLOWS[decl][led.suit][dominoes[winner]])
    is_trump = led.trump or not follows
    rivals = [d for d in dominoes if bool(FOLLOWS[decl][led.suit][d]) == follows]
    rivals = [d for d in rivals if STRENGTH[decl][led.suit][d] > 0]
    name = "trump" if is_trump else f"of the {led.name}"
    if len(rivals) == 1:
        return "the only trump" if is_trump else f"the only one {name}"
    return f"the highest {name}"


def _draw(axes: Axes, trick: ToldTrick) -> None:
    width, height = _SIZE
    # A sheet of its own: the page around it may be dark.
    axes.add_patch(
        FancyBboxPatch(
            (0.0, 0.0),
            width,
            height,
            boxstyle="round,pad=-0.02,rounding_size=0.12",
            facecolor=PAPER,
            linewidth=0,
            zorder=0,
        )
    )
    top = height - 0.2
    write(axes, _MARGIN + 0.04, top, trump_text(trick.decl), size=HEAD + 1.5, bold=True)
    led = f"{trick.led.name} led, the trick is worth {trick.points}"
    write(axes, width - _MARGIN - 0.04, top, led, size=NORMAL, ha="right")
    row = Box(_MARGIN, 0.3, width - 2 * _MARGIN, height - 0.68)
    for place, play in enumerate(trick.plays):
        _draw_play(axes, row.column(place, N_SEATS, gap=0.1), trick, play, place == trick.winner)
    write(axes, _MARGIN + 0.04, 0.16, _NOTE, size=SMALL, colour=MUTED)


def _draw_play(axes: Axes, box: Box, trick: ToldTrick, play: TrickPlay, won: bool) -> None:
    inner = panel(axes, box, f"Seat {play.seat}", "wins" if won else "")
    y = inner.top - 0.31
    state: TileState = "highlight" if won else "normal"
    draw_tile(axes, play.domino, inner.middle, y, _TILE, state=state, badge=True)
    role = trick.why if won else play.role.removesuffix(" with")
    write(axes, inner.middle, y - 0.42, role, size=NORMAL, bold=won, ha="center")
    states: list[TileState] = [
        "normal" if domino in play.playable else "ghost" for domino in play.held
    ]
    tiles = Box(inner.x, inner.y, inner.width, 2 * _HELD_TILE)
    draw_hand(axes, play.held, tiles.middle, tiles.centre, _HELD_TILE, gap=0.2, states=states)
