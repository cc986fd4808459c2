"""An evaluation as tables on a terminal."""

from __future__ import annotations

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from forge.ml.measure.report import N_TARGET_ROWS, OracleEvaluation, TableRow, group_label
from forge.work.wording import counted

_COLOURS = {"met": "green", "missed": "red", "as expected": "green", "unusual": "yellow"}
_UNDEFINED = "-"


def show_evaluation(found: OracleEvaluation, screen: Console) -> None:
    """Print what was measured on what, the figures, regret by group, slots, and the worst."""
    screen.print(
        f"{found.loss_mode} network on {found.source}: {counted(found.n_positions, 'position')}, "
        f"{found.n_positions / found.elapsed_s:,.0f} a second",
        highlight=False,
        soft_wrap=True,
    )
    screen.print(_figures(found))
    screen.print(f"95 % intervals: {found.interval_method}", highlight=False, soft_wrap=True)
    screen.print(Group(*(_groups(found, name) for name in found.groups)))
    screen.print(_slots(found))
    screen.print(_calibration(found), highlight=False)
    if found.worst:
        screen.print(_worst(found))
        first = found.worst[0].command
        if first is not None:
            screen.print("the first of them, exactly (all are in worst.txt):", highlight=False)
            screen.print(first, highlight=False, soft_wrap=True, markup=False)


def new_table(title: str, *columns: str, left: int = 1) -> Table:
    """An empty table; the first `left` columns hold words."""
    table = Table(title=title, title_justify="left")
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i < left else "right")
    return table


def number(figure: float | None, is_share: bool = False) -> str:
    """A figure as tables show it."""
    if figure is None or figure != figure:
        return _UNDEFINED
    return f"{100 * figure:.2f} %" if is_share else f"{figure:.3f}"


def _figures(found: OracleEvaluation) -> Table:
    table = new_table("Figures", "figure", "value", "95 % interval", "target", "verdict")
    for i, row in enumerate(found.table()):
        if row.figure is None:
            undefined = f"not defined for a {found.loss_mode} network"
            table.add_row(row.name, _UNDEFINED, _UNDEFINED, _target(row), undefined)
        else:
            low, high = row.interval or (None, None)
            interval = f"{number(low, row.is_share)} .. {number(high, row.is_share)}"
            table.add_row(
                row.name,
                number(row.figure, row.is_share),
                _UNDEFINED if low is None else interval,
                _target(row),
                Text(row.verdict, _COLOURS.get(row.verdict.partition(" (")[0], "")),
            )
        if i == N_TARGET_ROWS - 1:
            table.add_section()
    return table


def _target(row: TableRow) -> str:
    """`< 3`, `< 1 %`, `about 74 %`, or nothing."""
    if row.target is None:
        return ""
    factor, unit = (100, " %") if row.is_share else (1, "")
    if row.target.below is not None:
        return f"< {row.target.below * factor:g}{unit}"
    assert row.target.about is not None
    return f"about {row.target.about[0] * factor:g}{unit}"


def _groups(found: OracleEvaluation, name: str) -> Table:
    table = new_table(
        f"Regret by {name}", name, "positions", "deals", "mean regret", "95 % interval", "blunders"
    )
    for group in found.groups[name]:
        if group["n"]:
            table.add_row(
                group_label(name, int(group[name])),
                f"{int(group['n']):,}",
                _UNDEFINED if group["n_deals"] != group["n_deals"] else f"{group['n_deals']:,}",
                number(group["regret"]),
                f"{number(group['regret_low'])} .. {number(group['regret_high'])}",
                number(group["blunder_rate"], is_share=True),
            )
    return table


def _slots(found: OracleEvaluation) -> Table:
    table = new_table("By slot", "slot", "mean regret where best", "Q bias", "tied where best")
    for slot in found.slots():
        table.add_row(
            str(slot["slot"]),
            number(slot["regret"]),
            number(slot["q_bias"]),
            number(slot["tie_rate"], is_share=True),
        )
    return table


def _calibration(found: OracleEvaluation) -> str:
    q = found.q_calibration
    of_q = f"not defined for a {found.loss_mode} network"
    if q is not None:
        of_q = f"{q.expected_error:.3f} points"
    of_v = f"{found.value_calibration.expected_error:.3f} points"
    return f"expected calibration error: Q {of_q}, V {of_v}"


def _worst(found: OracleEvaluation) -> Table:
    table = new_table(
        "Worst positions (Q in the team-0 frame)",
        *("declaration", "played", "best", "regret", "trick", "seat", "Q played", "Q best"),
        left=3,
    )
    for each in found.worst:
        table.add_row(
            each.declaration,
            each.chosen,
            " ".join(each.best),
            str(each.regret),
            str(each.trick),
            str(each.seat),
            f"{each.q[each.chosen]:+d}",
            f"{each.q[each.best[0]]:+d}",
        )
    return table
