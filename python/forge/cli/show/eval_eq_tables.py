"""The evaluation of a Stage 2 network as tables on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.table import Table

from forge.cli.show.eval_tables import new_table, number
from forge.stage2.measure import EqEvaluation
from forge.work.wording import counted

# Figure, what it is, and whether it is a share; in order.
_ROWS: Final = (
    ("q_gap", "mean regret of the chosen plays, points", False),
    ("agreement", "chosen plays that are best", True),
    ("blunder_rate", "chosen plays that lose more than 10 points", True),
    ("q_mae", "mean absolute error of E[Q], points", False),
    ("label_rmse", "of the error, the noise of the labels, points", False),
    ("excess_rmse", "the rest of it", False),
    ("claimed_rmse", "what the network takes the rest to be", False),
    ("z_rms", "error in claimed deviations: 1 is right", False),
    ("coverage_68", "within one claimed deviation: 68 % is right", True),
    ("coverage_95", "within 1.96 of them: 95 % is right", True),
    ("spread_mae", "mean absolute error of the spread of Q, points", False),
)


def show_eq_evaluation(found: EqEvaluation, screen: Console) -> None:
    """Print what was measured on what, the figures, and some of them by trick."""
    screen.print(
        f"Stage 2 network on {found.source}: {counted(found.n_positions, 'decision')} with a "
        "choice",
        highlight=False,
        soft_wrap=True,
    )
    table = new_table("Figures", "figure", "value", "95 % interval", "meaning")
    table.columns[-1].justify = "left"
    for name, meaning, is_share in _ROWS:
        if name in found.metrics:
            value = number(found.metrics[name], is_share)
            table.add_row(name, value, _interval(found.intervals.get(name), is_share), meaning)
    screen.print(table)
    screen.print(f"95 % intervals: {found.interval_method}", highlight=False, soft_wrap=True)
    screen.print(_tricks(found))


def _tricks(found: EqEvaluation) -> Table:
    table = new_table(
        "By trick",
        *("trick", "decisions", "q_gap", "95 % interval", "agreement", "95 % interval", "q_mae"),
    )
    for trick in found.tricks():
        table.add_row(
            str(trick["trick"]),
            f"{trick['n_decisions']:,}",
            number(trick["q_gap"]),
            _interval(trick["q_gap_interval"]),
            number(trick["agreement"], is_share=True),
            _interval(trick["agreement_interval"], is_share=True),
            number(trick["q_mae"]),
        )
    return table


def _interval(ends: Sequence[float] | None, is_share: bool = False) -> str:
    if ends is None:
        return number(None)
    return f"{number(ends[0], is_share)} .. {number(ends[1], is_share)}"
