"""The moves of a position as a table."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table


def ranked_moves(hand: Sequence[int], q: Sequence[int | None], seat: int) -> list[tuple[int, int]]:
    """(domino id, Q in the team-0 frame) of the legal slots of `seat`, its best move first."""
    sign = -1 if seat % 2 else 1
    moves = [(domino, value) for domino, value in zip(hand, q, strict=True) if value is not None]
    return sorted(moves, key=lambda move: -sign * move[1])


def moves_table(moves: Sequence[tuple[int, int]]) -> Table:
    """Domino, Q (team-0 frame) and distance from the best of (domino id, Q) pairs, best first."""
    from forge.game.tables import domino_name

    table = Table()
    table.add_column("domino")
    table.add_column("Q", justify="right")
    table.add_column("from best", justify="right")
    for domino, q in moves:
        table.add_row(domino_name(domino), f"{q:+d}", str(abs(q - moves[0][1])))
    return table
