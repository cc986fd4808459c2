"""`forge review`: a hand that was played, each play graded."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from forge.advice.seat_view import DEFAULT_PLAYER
from forge.cli import values
from forge.cli.command import command
from forge.cli.shared_options import seed_option
from forge.cli.values import console
from forge.options import option
from forge.work.paths import writable_file
from forge.work.wording import counted

if TYPE_CHECKING:
    from forge.advice.hand_text import TableHand
    from forge.advice.reviewing import Review


@dataclass(frozen=True)
class ReviewArgs:
    """What may be said to `forge review`."""

    hand: str = option(
        help="The hand as text or link, or a file that holds one: four hands, the declarer's "
        "first; bid and trump; plays, as in '6-6,... / ... / ... / ... ; 31 fours ; 6-4,4-4,...'.",
        metavar="FILE|TEXT|LINK",
        is_argument=True,
    )
    player: str | None = option(
        None,
        f"Who judges as the seats saw it: seat or make with options. Default: {DEFAULT_PLAYER}.",
        metavar="PLAYER",
        reads=values.player,
    )
    seed: int = seed_option(0)
    as_json: bool = option(False, "Print JSON.", "--json")
    picture: Path | None = option(
        None,
        "Draw the chance of the bid, play by play: .png, .svg or .pdf.",
        metavar="FILE",
        reads=writable_file,
    )

    def __post_init__(self) -> None:
        _ = self.played

    @property
    def played(self) -> TableHand:
        """The hand."""
        return values.table_hand(self.hand)


@command()
def review(args: ReviewArgs) -> None:
    """Grade every play of a hand: what it cost as its seat saw it, and with open hands.

    Then the one decision that turned the hand. Plays that were forced, and those after the bid was
    made or set, are left out.
    """
    from forge.advice.reviewing import review_hand

    hand = args.played
    if args.picture is not None:
        from forge.look.plots.review import check_picture

        check_picture(args.picture)
    found = review_hand(hand, args.player or DEFAULT_PLAYER, args.seed)
    if args.picture is not None:
        from forge.look.plots.review import draw_review

        draw_review(found, args.picture)
    if args.as_json:
        print(json.dumps(found.to_json(), allow_nan=False))
    else:
        _show(found)


def _show(found: Review) -> None:
    from rich.table import Table

    from forge.advice.hand_text import SEATS
    from forge.game.tables import domino_name

    screen = console()
    screen.print(found.sentence, highlight=False, markup=False)
    table = Table(show_edge=False)
    for name in ("play", "trick"):
        table.add_column(name, justify="right")
    for name in ("seat", "played", "best"):
        table.add_column(name)
    for name in ("chance", "cost"):
        table.add_column(name, justify="right")
    for name in ("grade", "open hands"):
        table.add_column(name)
    for play in found.plays:
        best = "" if play.is_best else domino_name(play.best)
        table.add_row(
            str(play.number),
            str(play.trick),
            SEATS[play.seat],
            domino_name(play.domino),
            best,
            f"{play.chance:.0%}",
            f"{play.cost:.0%}" if play.cost >= 0.005 else "",
            play.grade,
            "lost by it" if play.open_lost else _points(play.points_lost),
        )
    screen.print(table, highlight=False)
    n_plays = len(found.hand.plays)
    screen.print(
        f"Chances are those of the seat's own side, judged by {found.player}; "
        "cost is what the best play had been worth beyond it. Open hands: what the play gave away "
        "if all had seen all hands, the bid (lost by it) or points. "
        f"{n_plays - len(found.plays)} of {n_plays} plays were forced or came when nothing was "
        "open.",
        highlight=False,
    )


def _points(lost: int) -> str:
    return "" if not lost else f"-{counted(lost, 'point')}"


main = review.main


if __name__ == "__main__":
    main()
