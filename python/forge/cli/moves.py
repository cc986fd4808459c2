"""The moves of a position as a table."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table


def moves_table(moves: Sequence[tuple[int, int]], title: str) -> Table:
    """Domino, Q (team-0 frame) and distance from the best of (domino id, Q) pairs, best first."""
    from forge.oracle.tables import domino_name

    table = Table(title=title, title_justify="left")
    table.add_column("domino")
    table.add_column("Q", justify="right")
    table.add_column("from best", justify="right")
    for domino, q in moves:
        table.add_row(domino_name(domino), f"{q:+d}", str(abs(q - moves[0][1])))
    return table
