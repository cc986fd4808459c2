"""A decision as text of any width: what the terminal program shows and what `--text` prints.

Nothing is told by colour alone: marks and words say it too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.text import Text

from forge.game.constants import N_PLAYS, N_SEATS
from forge.game.contract import LOWEST_BID, Bid
from forge.game.tables import domino_name
from forge.look.decision_view import DecisionView, HandDomino, WonTrick

TAKEN, BEST, VOID, TO_ACT = "▶", "★", "✗", "▶"
WORDS: Final = 64  # columns from which there is room for words
_GHOST: Final = "dim"
_TITLE: Final = "bold underline"


@dataclass(frozen=True)
class Look:
    """How a decision is shown.

    Args:
        hidden: also what the seat to act does not see.
        chances: chances instead of points.
        bid: of team 0: what chances are about.
        bar_rows: lines an action.
        policy: file of the policy that says what plays told; None: the one that comes with forge.
    """

    hidden: bool = False
    chances: bool = False
    bid: Bid = LOWEST_BID
    bar_rows: int = 1
    policy: Path | None = None


class Fitted:
    """A rich renderable drawn for the width it gets."""

    def __init__(self, draw: Callable[[int], Text]) -> None:
        self.draw = draw

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The text."""
        yield self.draw(max(1, options.max_width))

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Any width."""
        return Measurement(1, options.max_width)


def line(*parts: str | tuple[str, str]) -> Text:
    """One line of text that is cut off, not wrapped."""
    return Text.assemble(*parts, no_wrap=True, overflow="ellipsis")


def lines(rows: list[Text]) -> Text:
    """Lines below each other; each is cut off, not wrapped."""
    text = Text("\n", no_wrap=True, overflow="ellipsis").join(rows)
    text.no_wrap, text.overflow = True, "ellipsis"
    return text


def packed(parts: list[str], separator: str, width: int, style: str = "") -> Text:
    """Parts in as few lines as they fit in, none of them broken."""
    rows = [""]
    for part in parts:
        longer = rows[-1] + separator + part if rows[-1] else part
        if len(longer) <= width or not rows[-1]:
            rows[-1] = longer
        else:
            rows.append(part)
    return lines([line((row, style)) for row in rows])


def heading(view: DecisionView, place: str, width: int) -> Text:
    """Which decision this is; `place` says where in the files."""
    trick, nth = divmod(view.decision, N_SEATS)
    if width < WORDS:
        parts = [
            f"decision {view.decision + 1}",
            f"trick {trick + 1} play {nth + 1}",
            f"seat {view.player}",
            view.decl_name,
            f"points {view.points[0]}:{view.points[1]}",
            f"seed {view.seed}",
            place,
        ]
        return packed(parts, " | ", width, "bold")
    parts = [
        f"decision {view.decision + 1} of {N_PLAYS}",
        f"trick {trick + 1} play {nth + 1}",
        f"seat {view.player} of team {view.team} acts",
        f"declared {view.decl_name}",
        f"points won: team 0 {view.points[0]}, team 1 {view.points[1]}",
        f"seed {view.seed}",
        place,
    ]
    return packed(parts, " | ", width, "bold")


def facts(view: DecisionView, width: int) -> Text:
    """How well E[Q] is known, and how the play was chosen."""
    share = view.ess / view.n_samples if view.n_samples else 0.0
    known = "all there are: exact" if view.complete else "sampled"
    parts = [
        f"worlds {view.n_samples} ({known})",
        f"ESS {view.ess:.1f} ({100 * share:.0f} %) {text_gauge(share)}",
        f"max weight {view.max_w:.3f}",
        f"converged {'yes' if view.converged else 'no'}",
        f"exploration {view.mode}",
        f"q_gap {view.q_gap:.2f}" if view.train else "forced play: no choice",
        f"u_mean {view.u_mean:.2f}",
        f"u_max {view.u_max:.2f}",
    ]
    return titled("Worlds and choice", packed(parts, "  ", width))


def text_gauge(share: float, n_cells: int = 8) -> str:
    """A share 0..1 as a bar between brackets."""
    full = round(n_cells * min(1.0, max(0.0, share)))
    return f"[{'█' * full}{'·' * (n_cells - full)}]"


def titled(title: str, body: Text) -> Text:
    """A section."""
    text = Text.assemble((title, _TITLE), "\n", body)
    text.no_wrap, text.overflow = body.no_wrap, body.overflow
    return text


def trick(view: DecisionView, width: int) -> Text:
    """What lies on the table, and what was played then."""
    seat = "seat " if width >= WORDS else ""
    parts: list[str | tuple[str, str]] = []
    for k, play in enumerate(view.trick.plays):
        parts += [
            f"{seat}{play.seat}{' led' if k == 0 else ''} ",
            (domino_name(play.domino), "bold"),
        ]
        parts += [", "]
    verb = "plays" if view.trick.plays else "leads"
    parts += [(f"{TAKEN} {seat}{view.player} {verb} {domino_name(view.taken.domino)}", "bold")]
    return titled("Trick on the table", line(*parts))


def hands(view: DecisionView, look: Look, width: int) -> Text:
    """The four hands: in brackets what is held, dim what was played."""
    rows = [_hand_row(view, seat, look, width) for seat in range(N_SEATS)]
    key = "[6-4] held, 6-4 played" + ("" if look.hidden else ", [ ? ] not seen")
    return titled(f"Hands ({key})" if width >= WORDS else "Hands", lines(rows))


def _hand_row(view: DecisionView, seat: int, look: Look, width: int) -> Text:
    acts = seat == view.player
    label = f"{TO_ACT if acts else ' '}{seat} "
    if width >= WORDS:
        label = f"{TO_ACT if acts else ' '} seat {seat} {_role(view, seat):<10}"
    if look.hidden or acts:
        tiles = [_tile(domino) for domino in view.hands[seat]]
    else:  # without places: they would tell what lies between
        n_held = sum(domino.held for domino in view.hands[seat])
        tiles = [("[ ? ]", "")] * n_held
        tiles += [_tile(HandDomino(domino, held=False)) for domino in _played(view, seat)]
    return line((label, "bold" if acts else ""), *tiles)


def _role(view: DecisionView, seat: int) -> str:
    """What a seat is to the seat to act."""
    return ("acts", "left", "partner", "right")[(seat - view.player) % N_SEATS]


def _tile(domino: HandDomino) -> tuple[str, str]:
    name = domino_name(domino.domino)
    return (f"[{name}]", "bold") if domino.held else (f" {name} ", _GHOST)


def _played(view: DecisionView, seat: int) -> list[int]:
    """What a seat played, in order."""
    plays = [play for won in view.tricks for play in won.plays] + list(view.trick.plays)
    return [play.domino for play in plays if play.seat == seat]


def voids(view: DecisionView, width: int) -> Text:
    """Which suits the seats have shown not to have."""
    names = [suit.name if width >= WORDS else suit.name[:3] for suit in view.suits]
    rows = [line("  ", *((f" {name}", "") for name in names))]
    for seat, shown in enumerate(view.voids):
        cells = [
            f" {VOID if s in shown else '·':^{len(n)}}"
            for s, n in zip(view.suits, names, strict=True)
        ]
        rows.append(line((f"{TO_ACT if seat == view.player else ' '}{seat}"), *cells))
    trumps = [suit.name for suit in view.suits if suit.trump]
    title = f"Voids shown ({VOID}); trumps: {', '.join(trumps) or 'none'}"
    return titled(title, lines(rows))


def history(view: DecisionView) -> Text:
    """The tricks that are over, a column a seat."""
    rows = [_history_row(k, won) for k, won in enumerate(view.tricks)]
    if not rows:
        return titled("Tricks before", line("none"))
    head = "   " + "".join(f"{seat:^6}" for seat in range(N_SEATS))
    return titled("Tricks before (>led, *won)", lines([line(head), *rows]))


def _history_row(k: int, won: WonTrick) -> Text:
    cells: list[tuple[str, str]] = []
    for play in sorted(won.plays, key=lambda play: play.seat):
        lead, wins = play.seat == won.leader, play.seat == won.winner
        text = f"{'>' if lead else ' '}{domino_name(play.domino)}{'*' if wins else ' '} "
        cells.append((text, "bold" if wins else ""))
    return line(f"{k + 1}  ", *cells, f"{won.points:>2} to team {won.winner % 2}")
