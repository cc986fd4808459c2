"""`forge advise`: what to play, or to bid, from what a player may know."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console

from forge.advice.seat_view import (
    DEFAULT_PLAYER,
    PLAYERS,
    SeatView,
    check_for_bids,
    parse_declarer,
)
from forge.cli import values
from forge.cli.command import command
from forge.cli.shared_options import seed_option
from forge.cli.values import console
from forge.errors import ForgeError
from forge.game.bid_option import bid_option
from forge.game.contract import LOWEST_BID, VALID_BIDS, Bid
from forge.game.declarations import parse_declaration
from forge.game.tables import parse_dominoes, parse_hand
from forge.options import option

if TYPE_CHECKING:
    from forge.advice.bids import BidAdvice
    from forge.advice.plays import Advice


def _declarer(name: str, text: str) -> int:
    try:
        return parse_declarer(text)
    except ForgeError as error:
        raise ForgeError(f"{name}: {error}") from error


@dataclass(frozen=True)
class AdviseArgs:
    """What may be said to `forge advise`."""

    hand: str = option(
        help="The seven dominoes dealt to you, those already played included.",
        metavar='"6-4,5-5,..."',
        reads=values.hand,
    )
    decl: str | None = option(
        None,
        "Trump: name or id 0..9. Without it: what to bid.",
        metavar="NAME|ID",
        reads=values.declaration,
    )
    declarer: str = option(
        PLAYERS[0],
        f"Who declared, and led first: {', '.join(PLAYERS)}.",
        metavar="WHO",
        reads=_declarer,
    )
    plays: str = option(
        "",
        "All dominoes played so far, in order.",
        metavar='"6-4,4-4,..."',
        reads=values.dominoes,
    )
    bid: int = bid_option(LOWEST_BID.number, f"What the declarer's side promised: {VALID_BIDS}.")
    player: str | None = option(
        None,
        f"Who judges: seat, make or eq with options, as in make:n=200. Default: {DEFAULT_PLAYER}.",
        metavar="PLAYER",
        reads=values.player,
    )
    seed: int = seed_option(0)
    as_json: bool = option(False, "Print JSON.", "--json")

    def __post_init__(self) -> None:
        if self.decl is None:
            given = {
                "--plays": self.plays,
                "--player": self.player,
                "--declarer": parse_declarer(self.declarer),
                "--bid": self.bid != LOWEST_BID.number,
            }
            check_for_bids(given, "--decl")
            return
        _ = self.view

    @property
    def view(self) -> SeatView:
        """The decision."""
        assert self.decl is not None
        return SeatView(
            parse_hand(self.hand),
            parse_declaration(self.decl),
            parse_declarer(self.declarer),
            parse_dominoes(self.plays),
            Bid.of(self.bid),
        )


@command()
def advise(args: AdviseArgs) -> None:
    """Tell what to play now, from what you may know: no other hand is asked for.

    --hand is the seven dominoes dealt to you, those already played included. The chance is that of
    your side, to make the bid or to set it. Without --decl it tells what to bid.
    """
    if args.decl is None:
        _advise_bid(args)
        return
    from forge.advice.plays import advise_play

    found = advise_play(args.view, args.player or DEFAULT_PLAYER, args.seed)
    if args.as_json:
        print(json.dumps(found.to_json(), allow_nan=False))
    else:
        _show(found)


def _show(found: Advice) -> None:
    from rich.table import Table

    screen = console()
    screen.print(found.sentence, highlight=False, markup=False)
    table = Table(show_edge=False)
    table.add_column("play")
    by_chance = found.best.chance is not None
    table.add_column(f"{found.view.wanted}s the bid" if by_chance else "points", justify="right")
    if by_chance:
        table.add_column("error", justify="right")
    for play in found.plays:
        value = f"{play.chance:.1%}" if play.chance is not None else _points(play.points)
        error = [] if not by_chance else ["" if not play.error else f"{play.error:.1%}"]
        table.add_row(play.name, value, *error)
    screen.print(table, highlight=False)
    worlds = f"{found.n_worlds:,} of {found.n_possible:,}"
    if found.n_worlds >= found.n_possible:
        worlds = f"all {found.n_possible:,}"
    told = f"{found.player}, by {worlds} ways the other hands may be."
    told += " What was said in the bidding is not looked at."
    if not by_chance:
        told += " Points: what your side still wins minus what theirs does."
    screen.print(told, highlight=False)


def _points(points: float | None) -> str:
    return "" if points is None else f"{points:+.2f}"


def _advise_bid(args: AdviseArgs) -> None:
    from forge.advice.bids import advise_bid

    screen = console(stderr=args.as_json)
    found = advise_bid(parse_hand(args.hand), args.seed)
    if args.as_json:
        print(json.dumps(found.to_json(), allow_nan=False))
    else:
        _show_bid(found, screen)


def _show_bid(found: BidAdvice, screen: Console) -> None:
    from rich.table import Table

    from forge.advice.bids import COLUMNS

    screen.print(f"{found.headline}. {found.why}", highlight=False, markup=False)
    table = Table(show_edge=False)
    for number, name in enumerate(COLUMNS):
        table.add_column(name, justify="left" if number < 2 else "right")
    for row in found.rows:
        table.add_row(*row)
    screen.print(table, highlight=False)
    screen.print(found.basis, highlight=False, markup=False)


main = advise.main


if __name__ == "__main__":
    main()
