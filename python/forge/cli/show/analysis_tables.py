"""An analysis of E[Q] as tables on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from forge.eq.analysis.report import Analysis, Group
from forge.stats.figures import Figure
from forge.work.wording import counted

_UNDEFINED = "-"


def show_analysis(found: Analysis, screen: Console) -> None:
    """Print what the decisions are like, then the figures on samples, samplers and network."""
    tables = [_tricks(found)]
    if found.sampling:
        tables += [_sampling(found), _standard_errors(found)]
    if found.samplers:
        tables.append(_samplers(found))
    if found.network:
        tables.append(_network(found))
    for table in tables:
        screen.print(table)
    screen.print("\n".join(_a_hand(found)), highlight=False, soft_wrap=True)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for i, column in enumerate(columns):
        table.add_column(column, justify="right" if i else "left")
    return table


def _number(figure: Figure, digits: int = 2) -> str:
    """`1.23 [1.10, 1.36]`; an interval that is not defined is left out."""
    if figure.value != figure.value:
        return _UNDEFINED
    low, high = figure.interval
    interval = f" [{low:.{digits}f}, {high:.{digits}f}]" if low == low else ""
    return f"{figure.value:.{digits}f}{interval}"


def _share(figure: Figure) -> str:
    """`12.3 % [10.1, 14.5]`."""
    if figure.value != figure.value:
        return _UNDEFINED
    low, high = (100 * end for end in figure.interval)
    interval = f" [{low:.1f}, {high:.1f}]" if low == low else ""
    return f"{100 * figure.value:.1f} %{interval}"


def _start(table: Table, before: Group | None, group: Group) -> Group:
    """A line between groups; returns the one that has begun."""
    if before is not None and before.label != group.label:
        table.add_section()
    return group


def _tricks(found: Analysis) -> Table:
    columns = ("trick", "decisions", "enumerable", "median worlds", "measured", "sd of Q")
    table = _table("Decisions with a choice", *columns)
    for row in found.tricks:
        measured = str(row.n_complete)
        if row.n_reference:
            measured += f" + {row.n_reference} ref"
        table.add_row(
            str(row.trick),
            f"{row.n_decisions:,}",
            f"{row.enumerable:.0%}",
            f"{row.median_worlds:,.0f}",
            measured,
            _number(row.sd),
        )
    return table


def _sampling(found: Analysis) -> Table:
    table = _table(
        "E[Q] of uniform samples against all worlds",
        *("trick", "n", "worlds", "exact", "MAE", "RMSE", "bias", "worst"),
        *("not a best play", "points lost"),
    )
    before: Group | None = None
    for row in found.sampling:
        before = _start(table, before, row.group)
        table.add_row(
            row.group.label,
            f"{row.group.n:,}",
            f"{row.n_worlds:,}",
            f"{row.exact:.0%}",
            _number(row.mae),
            f"{row.rmse.value:.2f}",
            _number(row.bias),
            f"{row.worst:.1f}",
            _share(row.not_best),
            _number(row.lost, 3),
        )
    return table


def _standard_errors(found: Analysis) -> Table:
    table = _table(
        "Standard errors (SEM), where E[Q] of the sample is not exact",
        *("trick", "worlds", "SEM", "actual RMSE", "actual / SEM", "within 1.96 SEM"),
    )
    before: Group | None = None
    for row in found.sampling:
        if row.sem.value != row.sem.value:
            continue
        before = _start(table, before, row.group)
        table.add_row(
            row.group.label,
            f"{row.n_worlds:,}",
            _number(row.sem),
            _number(row.actual),
            _number(row.sem_ratio),
            _share(row.coverage),
        )
    return table


def _samplers(found: Analysis) -> Table:
    table = _table(
        "mrv against uniform, decisions with more worlds than the sample",
        *("trick", "n", "worlds", "RMSE uniform", "RMSE mrv", "systematic mrv"),
        *("play differs", "of two uniform", "points lost more"),
    )
    before: Group | None = None
    for row in found.samplers:
        before = _start(table, before, row.group)
        table.add_row(
            row.group.label,
            f"{row.group.n:,}",
            f"{row.n_worlds:,}",
            _number(row.rmse_uniform),
            _number(row.rmse_mrv),
            _number(row.systematic_mrv),
            _share(row.differs),
            _share(row.differs_uniform),
            _number(row.lost, 3),
        )
    return table


def _network(found: Analysis) -> Table:
    table = _table(
        "The network against the exact search on the same worlds",
        *("trick", "n", "bias", "MAE", "RMSE", "play differs", "not a best play", "points lost"),
    )
    for row in found.network:
        if row.group.trick is None:
            table.add_section()
        table.add_row(
            row.group.label,
            f"{row.group.n:,}",
            _number(row.bias),
            _number(row.mae),
            _number(row.rmse),
            _share(row.differs),
            _share(row.not_best),
            _number(row.lost, 3),
        )
    return table


def _a_hand(found: Analysis) -> list[str]:
    """What all four seats together lose in a hand."""
    lines = []
    if found.sampling:
        n_decisions = found.decisions_a_hand["sampling"]
        losses = [
            f"{n_decisions * row.lost.value:.2f} with {counted(row.n_worlds, 'world')}"
            for row in found.sampling
            if row.group.trick is None
        ]
        lines.append(
            f"points lost a hand by all four seats ({n_decisions:.1f} decisions with a choice "
            f"that the samples stand for): {', '.join(losses)}"
        )
    if found.network:
        n_decisions = found.decisions_a_hand["network"]
        lines.append(
            f"by the network on the same worlds ({n_decisions:.1f} decisions): "
            f"{n_decisions * found.network[-1].lost.value:.2f}"
        )
    return lines
