"""What the plays told, as text: who may hold each hidden domino, in per cent."""

from typing import Final

from rich.text import Text

from forge.game.tables import domino_name
from forge.look.decision_view import DecisionView
from forge.look.inference import HiddenDomino, Told, what_plays_told
from forge.look.viewer.text import Look, line, lines, titled

HOLDS: Final = "*"
_NAME: Final = 4  # a domino and a blank
_SEAT: Final = 9  # `100→100*` and a blank
_CELL: Final = _NAME + 3 * _SEAT
_GAP: Final = "   "
_NEVER: Final = "·"
_MUCH: Final = 0.1  # of a chance: told in bold


def inference(view: DecisionView, look: Look, width: int) -> Text:
    """Hidden dominoes in columns; `33→51`: the chance before, and after what was played."""
    told = what_plays_told(view, look.bid, look.policy)
    if not told.dominoes:
        return titled("What the plays told", line("no domino is hidden"))
    n_columns = max(1, (width + len(_GAP)) // (_CELL + len(_GAP)))
    n_rows = -(-len(told.dominoes) // n_columns)
    n_columns = -(-len(told.dominoes) // n_rows)
    head = " " * _NAME + "".join(f"{name:<{_SEAT}}" for name in ("left", "partner", "right"))
    rows = [line((_GAP.join([head] * n_columns), "dim"))]
    for row in range(n_rows):
        cells: list[tuple[str, str]] = []
        for each in told.dominoes[row::n_rows]:
            cells += [(_GAP, ""), *_cell(each, look)] if cells else _cell(each, look)
        rows.append(line(*cells))
    return titled(_title(look, width), lines([*rows, line((_summary(view, told, width), "dim"))]))


def _title(look: Look, width: int) -> str:
    long = "What the plays told: who holds a domino, % before→after"
    text = long if len(long) <= width else "Who holds what, %"
    holds = f", {HOLDS} holds it"
    return text + holds if look.hidden and len(text + holds) <= width else text


def _summary(view: DecisionView, told: Told, width: int) -> str:
    if view.decision == 0:
        return "nothing was played yet"
    short = f"{told.effective:.0f} of {told.n_worlds} worlds"
    return told.summary if len(told.summary) <= width else short


def _cell(each: HiddenDomino, look: Look) -> list[tuple[str, str]]:
    """Parts of a cell, `_CELL` characters together."""
    parts = [(f"{domino_name(each.domino):<{_NAME}}", "bold")]
    for k, (before, after) in enumerate(zip(each.before, each.after, strict=True)):
        text = f"{100 * before:.0f}→{100 * after:.0f}" if before > 0 else _NEVER
        text += HOLDS if look.hidden and k == each.holder else ""
        parts.append((f"{text:<{_SEAT}}", "bold" if abs(after - before) >= _MUCH else ""))
    return parts
