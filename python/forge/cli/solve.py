"""`forge solve`: the exact Q of any position."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from forge.cli import values
from forge.cli.command import command
from forge.cli.show.moves import moves_table, ranked_moves
from forge.cli.values import console
from forge.errors import ForgeError
from forge.options import option

if TYPE_CHECKING:
    from forge.oracle.ending import Ending


@dataclass(frozen=True)
class SolveArgs:
    """What may be said to `forge solve`."""

    hand: str | None = option(
        None,
        "A whole hand as text or link, as `forge review` takes it, instead of --deal and --decl.",
        metavar="TEXT|LINK",
        is_argument=True,
    )
    deal: str | None = option(
        None,
        "Four hands, seats 0..3: seven dominoes each as they were dealt, or what is left of them, "
        "one to seven each.",
        metavar='"6-6,5-4,... / ... / ... / ..."',
    )
    decl: str | None = option(
        None, "Declaration: name or id 0..9.", metavar="NAME|ID", reads=values.declaration
    )
    leader: int = option(0, "Seat that leads first.", metavar="0..3", least=0, most=3)
    plays: str = option(
        "",
        "The dominoes played since, in order.",
        metavar='"6-6,5-4,..."',
        reads=values.dominoes,
    )
    as_json: bool = option(False, "Print JSON.", "--json")

    def __post_init__(self) -> None:
        if self.hand is None and (self.deal is None or self.decl is None):
            missing = "--deal" if self.deal is None else "--decl"
            raise ForgeError(f"{missing} is missing: --deal and --decl, or a whole hand as text")
        if self.hand is not None and (self.deal or self.decl or self.plays or self.leader):
            raise ForgeError("a whole hand says all: no --deal, --decl, --leader and --plays")

    @property
    def ending(self) -> Ending:
        """The position."""
        from forge.game.declarations import parse_declaration
        from forge.game.tables import parse_dominoes
        from forge.oracle.ending import Ending

        if self.hand is not None:
            from forge.advice.hand_text import TableHand

            hand = TableHand.from_text(self.hand)
            return Ending(hand.deal.hands, hand.contract.decl, 0, hand.plays)
        assert self.deal is not None and self.decl is not None
        plays = parse_dominoes(self.plays)
        return Ending.from_text(self.deal, parse_declaration(self.decl), self.leader, plays)


@command()
def solve(args: SolveArgs) -> None:
    """Print the exact Q of a position: a deal or the end of one, and the plays so far.

    Values are team 0's points minus team 1's still to be won (team-0 frame); seats 0 and 2 are team
    0, whoever declared. The best move of the seat to act stands first.
    """
    position = args.ending
    seat = position.seat_to_act
    moves = ranked_moves(position.deal.hands[seat], position.q(), seat)
    if args.as_json:
        print(json.dumps(_as_json(position, moves)))
        return
    console().print(_as_text(position, moves))


def _as_text(position: Ending, moves: Sequence[tuple[int, int]]) -> Group:
    from forge.game.declarations import declaration_name
    from forge.game.tables import domino_name

    lines = [f"declaration {declaration_name(position.decl)}"]
    for seat, hand in enumerate(position.kept):
        lines.append(f"seat {seat}: {' '.join(map(domino_name, hand)) or '-'}")
    if position.plays:
        lines.append(f"played: {' '.join(map(domino_name, position.plays))}")
    lines.append(f"points so far: team 0 {position.points[0]}, team 1 {position.points[1]}")
    if not moves:
        told = "the hand is over: with fewer plays it is a position; forge review grades the plays"
        return Group(Text("\n".join([*lines, told])))
    lines.append(f"seat {position.seat_to_act} to act, value {moves[0][1]:+d} (team-0 frame)")
    return Group(Text("\n".join(lines)), moves_table(moves))


def _as_json(position: Ending, moves: Sequence[tuple[int, int]]) -> dict[str, object]:
    from forge.game.declarations import declaration_name
    from forge.game.tables import domino_name

    return {
        "deal": position.text,
        "declaration": declaration_name(position.decl),
        "leader": position.leader,
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
