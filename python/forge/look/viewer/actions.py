"""E[Q] of the seven slots as text: figures, and a distribution as block characters."""

from collections.abc import Callable
from typing import Final

from rich.text import Text

from forge.game.tables import domino_name
from forge.look.decision_view import Action, DecisionView
from forge.look.distribution import (
    Bins,
    bars,
    chance_of_contract,
    hand_points,
    least_q,
    zoomed,
)
from forge.look.viewer.text import BEST, TAKEN, WORDS, Look, line, lines, titled

# A column of figures: its head, its width, its text.
_Column = tuple[str, int, Callable[[Action], str]]
_PREFIX: Final = 6  # marks, blank, domino
_WIDEST_BAR: Final = 5  # characters a bar


def actions(view: DecisionView, look: Look, width: int) -> Text:
    """The seven slots; figures first, as many as there is room for, then bars."""
    columns = _columns(view, look, width)
    used = _PREFIX + sum(size for _, size, _ in columns) + 1
    room = max(1, width - used)
    bins = zoomed(view, room)
    bar_width = max(1, min(_WIDEST_BAR, room // bins.n))
    head = " " * _PREFIX + "".join(f"{name:>{size}}" for name, size, _ in columns) + " "
    rows = [line((head, "dim"), (_axis(view, bins, bar_width, look), "dim"))]
    top = max((share for a in view.actions if a.legal for share in bins.shares(a.pdf)), default=1.0)
    for action in view.actions:
        rows += _rows(action, columns, used, _heights(action, bins, top, look), bar_width, look)
    return titled(_title(view, look, width), lines(rows))


def _title(view: DecisionView, look: Look, width: int) -> str:
    marks = f"{TAKEN} played {BEST} best"
    if look.chances:
        long = f"Chance that team {view.team} gets at least so many points of the hand ({marks})"
        return long if len(long) <= width else f"Chance of points ({marks})"
    long = f"E[Q]: points to come, team {view.team} minus team {1 - view.team} ({marks})"
    return long if len(long) <= width else f"E[Q] ({marks})"


def _columns(view: DecisionView, look: Look, width: int) -> list[_Column]:
    contract = f"{'make' if view.team == 0 else 'set'} {look.bid}"
    mean: _Column = ("E[Q]", 7, lambda action: f"{action.mean:+.2f}")
    error: _Column = ("±sem", 6, lambda action: _error(action, view.complete))
    spread: _Column = ("sd", 6, lambda action: f"{action.sd:.1f}")
    chance: _Column = (
        contract,
        8,
        lambda action: f"{100 * chance_of_contract(view, action, look.bid):.1f}%",
    )
    figures = [mean, error, spread]
    wanted = [chance, *figures] if look.chances else [*figures, chance]
    return wanted[: 2 if width < 48 else 3 if width < WORDS else 4]


def _error(action: Action, complete: bool) -> str:
    if complete:
        return "exact"
    return f"±{action.sem:.2f}" if action.sem < 100.0 else "±?"


def _heights(action: Action, bins: Bins, top: float, look: Look) -> list[float]:
    if look.chances:
        return bins.at_least(action.pdf)
    return [share / top if top > 0.0 else 0.0 for share in bins.shares(action.pdf)]


def _rows(
    action: Action,
    columns: list[_Column],
    used: int,
    heights: list[float],
    bar_width: int,
    look: Look,
) -> list[Text]:
    """The lines of a slot: figures stand in the last one, on the foot of the bars."""
    name = domino_name(action.domino)
    if not action.legal:
        why = "not legal" if action.held else "played before"
        return [line((f"   {name} {why}", "dim"))]
    style = "bold green" if action.taken else "bold" if action.best else ""
    marks = f"{TAKEN if action.taken else ' '}{BEST if action.best else ' '}"
    figures = "".join(f"{text(action):>{size}}" for _, size, text in columns)
    *above, foot = bars(heights, look.bar_rows, bar_width)
    rows = [line(" " * used, (bar, style or "cyan")) for bar in above]
    return [*rows, line((f"{marks} {name}{figures} ", style), (foot, style or "cyan"))]


def _axis(view: DecisionView, bins: Bins, bar_width: int, look: Look) -> str:
    """The ends of the range in figures, and where 0 (or what the contract takes) lies."""
    if look.chances:
        first, last = (f"{hand_points(view, bins.q(k)):.0f}" for k in (0, bins.n - 1))
        needed = look.bid.points_for(view.team)
        middle = (f"{needed}", bins.column(least_q(view, look.bid)))
    else:
        first, last = (f"{bins.q(k):+d}" for k in (0, bins.n - 1))
        middle = ("0", bins.column(0))
    cells = [" "] * (bins.n * bar_width)
    _write(cells, 0, first)
    _write(cells, len(cells) - len(last), last)
    if middle[1] is not None:
        _write(cells, middle[1] * bar_width, middle[0])
    return "".join(cells)


def _write(cells: list[str], start: int, text: str) -> None:
    """Put text where there is room: not over other text, nor touching it."""
    around = cells[max(0, start - 1) : start + len(text) + 1]
    if 0 <= start <= len(cells) - len(text) and not "".join(around).strip():
        cells[start : start + len(text)] = text
