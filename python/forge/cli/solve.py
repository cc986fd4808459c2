"""`forge solve`: the exact Q of any position."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from forge.cli.command import command
from forge.cli.show.moves import moves_table, ranked_moves
from forge.cli.values import console
from forge.options import option

if TYPE_CHECKING:
    from forge.oracle.position import Position


@dataclass(frozen=True)
class SolveArgs:
    """What may be said to `forge solve`."""

    deal: str = option(
        help="Four hands of seven dominoes, seats 0..3, as they were dealt.",
        metavar='"6-6,5-4,... / ... / ... / ..."',
    )
    decl: str = option(help="Declaration: name or id 0..9.", metavar="NAME|ID")
    plays: str = option(
        "", "The dominoes played so far, in order; seat 0 led first.", metavar='"6-6,5-4,..."'
    )
    as_json: bool = option(False, "Print JSON.", "--json")


@command()
def solve(args: SolveArgs) -> None:
    """Print the exact Q of a position: the deal and the plays so far.

    Values are team 0's points minus team 1's still to be won (team-0 frame); seats 0 and 2 are team
    0. The best move of the seat to act stands first.
    """
    from forge.game.deal import Deal
    from forge.game.declarations import parse_declaration
    from forge.game.tables import parse_dominoes
    from forge.oracle.position import Position

    position = Position.from_plays(
        Deal.from_text(args.deal), parse_declaration(args.decl), parse_dominoes(args.plays)
    )
    seat = position.seat_to_act
    moves = ranked_moves(position.deal.hands[seat], position.q(), seat)
    if args.as_json:
        print(json.dumps(_as_json(position, moves)))
        return
    console().print(_as_text(position, moves))


def _as_text(position: Position, moves: Sequence[tuple[int, int]]) -> Group:
    from forge.game.declarations import declaration_name
    from forge.game.tables import domino_name

    lines = [f"declaration {declaration_name(position.decl)}"]
    for seat, hand in enumerate(position.deal.hands):
        kept = [domino_name(domino) for domino in hand if domino not in position.plays]
        lines.append(f"seat {seat}: {' '.join(kept) or '-'}")
    if position.plays:
        lines.append(f"played: {' '.join(map(domino_name, position.plays))}")
    lines.append(f"points so far: team 0 {position.points[0]}, team 1 {position.points[1]}")
    if not moves:
        return Group(Text("\n".join([*lines, "the hand is over"])))
    lines.append(f"seat {position.seat_to_act} to act, value {moves[0][1]:+d} (team-0 frame)")
    return Group(Text("\n".join(lines)), moves_table(moves))


def _as_json(position: Position, moves: Sequence[tuple[int, int]]) -> dict[str, object]:
    from forge.game.declarations import declaration_name
    from forge.game.tables import domino_name

    return {
        "deal": position.deal.text,
        "declaration": declaration_name(position.decl),
        "plays": [domino_name(domino) for domino in position.plays],
        "state": int(position.state),
        "points": list(position.points),
        "seat_to_act": position.seat_to_act if moves else None,
        "value": moves[0][1] if moves else 0,
        "q": {domino_name(domino): q for domino, q in moves},
        "frame": "team 0",
    }


main = solve.main


if __name__ == "__main__":
    main()
