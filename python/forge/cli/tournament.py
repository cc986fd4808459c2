"""`forge tournament`: every player against every other."""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forge.arena.registry import players_help
from forge.cli import values
from forge.cli.command import command
from forge.cli.contract_options import bid_option, contract_rule, trump_option
from forge.cli.on_ray import where_to_work
from forge.cli.room_options import DiskOptions, end_if_full
from forge.cli.shared_options import device_option, ray_option
from forge.cli.values import console
from forge.errors import ForgeError, reason_of
from forge.options import MOST_PROCESSES, MOST_ROWS, MOST_SEED, option
from forge.work.devices import n_cores
from forge.work.paths import writable_file, writable_folder
from forge.work.progress import progress_bar

if TYPE_CHECKING:
    from forge.arena.tournament import Pairing, Ranked, TournamentOptions, TournamentRun


@dataclass(frozen=True)
class TournamentArgs:
    """What may be said to `forge tournament`."""

    players: list[str] = option(help="At least two, see below.", is_argument=True)
    games: int = option(
        700, "Deals a pair; each is played twice, with the teams swapped.", least=1, most=MOST_ROWS
    )
    seed: int = option(0, "Of the series of deals, one for all pairs.", least=0, most=MOST_SEED)
    bid: str = bid_option()
    trump: str = trump_option()
    sprt: bool = option(
        False,
        "End a pair once it is decided who makes 2 points more of the contracts (a sequential "
        "test, wrong in 5 % at most); what it shows by then is more than it would in the end.",
    )
    workers: int | None = option(
        None, "Processes, one thread each. Default: one a core.", least=1, most=MOST_PROCESSES
    )
    out: Path | None = option(
        None,
        "Keep a results file a pair here, and go on from what is there. Default: keep nothing.",
        metavar="DIR",
        reads=writable_folder,
    )
    plot: Path | None = option(None, "Draw the ratings.", metavar="FILE.png", reads=writable_file)
    markdown: Path | None = option(
        None,
        "Put the tables into this text, in the place of those of an earlier tournament.",
        metavar="FILE.md",
        reads=writable_file,
    )
    device: str = device_option("cpu")
    ray: str | None = ray_option(None)
    as_json: bool = option(False, "Print a JSON report instead of tables.", "--json")


@command(epilog=players_help)
def tournament(args: TournamentArgs, disk: DiskOptions) -> None:
    """Let every player meet every other on the same duplicate deals, and rank them.

    Deals are those of forge arena, and so are the files: a player more is a new line, and only its
    pairs are played. Ratings are Elo (Bradley-Terry) with 95 % intervals over the deals; a deal is
    won by who alone makes the contract with it, else halved.

    Players are written like random, make:n=300 or model:PATH: see below.
    """
    from forge.arena.tournament import (
        WHO_IS_BETTER,
        TournamentOptions,
        ranking,
        run_tournament,
    )
    from forge.cli.show.tournament import show_tournament

    screen = console(stderr=args.as_json)
    players = tuple(values.player("PLAYERS", text) for text in args.players)
    rule = contract_rule(args.bid, args.trump)
    test = WHO_IS_BETTER if args.sprt else None
    with (
        where_to_work(args.ray, args.device, args.workers, screen) as place,
        progress_bar(screen) as progress,
    ):
        options = TournamentOptions(players, args.games, args.seed, place.device, rule, test)
        task = progress.add_task("pairs", total=len(options.pairs), rate="")

        def show(pairing: Pairing, n_deals: int) -> None:
            a, b = players[pairing.a].text, players[pairing.b].text
            done = options.pairs.index((pairing.a, pairing.b))
            progress.update(task, completed=done, rate=f"{a} : {b}, {n_deals:,} deals")

        n_workers = args.workers or n_cores()
        done = run_tournament(options, n_workers, args.out, show, place.pool, disk.room())
        progress.update(task, completed=len(done.pairings), rate="")
    is_whole = len(done.pairings) == len(options.pairs) and done.disk_low is None
    table = ranking(options, done.pairings) if is_whole else []
    if args.as_json:
        print(json.dumps(_report(options, done, table), allow_nan=False))
    elif done.pairings:
        show_tournament(options, done.pairings, table, screen)
    if is_whole:
        _write(args, options, done, table)
    place.end(screen, done.stopped_by)
    end_if_full(done)


def _write(
    args: TournamentArgs, options: TournamentOptions, done: TournamentRun, table: list[Ranked]
) -> None:
    """The plot and the text that were asked for."""
    from forge.cli.show.tournament import heading, markdown, put_between_marks
    from forge.work.atomic import write_file

    if args.markdown is not None:
        try:
            text = args.markdown.read_text(encoding="utf-8") if args.markdown.exists() else ""
        except (OSError, UnicodeDecodeError) as error:
            raise ForgeError(f"{args.markdown}: {reason_of(error)}") from error
        line = shlex.join(["forge", *sys.argv[1:]])
        tables = markdown(options, done.pairings, table, line)
        write_file(args.markdown, put_between_marks(text, tables, str(args.markdown)).encode())
    if args.plot is not None:
        from forge.look.plots.ratings import ratings_png

        write_file(args.plot, ratings_png(table, heading(options)))


def _report(options: TournamentOptions, done: TournamentRun, table: list[Ranked]) -> dict[str, Any]:
    from forge import __version__

    return {
        "players": [player.text for player in options.players],
        "games": options.n_deals,
        "seed": options.seed,
        "bid": options.rule.told,
        "trump": options.rule.trump.name,
        "forge_version": __version__,
        "places": [asdict(place) for place in table],
        "pairings": [
            {
                "a": options.players[each.a].text,
                "b": options.players[each.b].text,
                "winner": each.winner,
                "forfeits": dict(zip("ab", each.run.forfeits, strict=True)),
                **each.comparison.to_json(),
            }
            for each in done.pairings
        ],
        "stopped_by": done.stopped_by,
    }


main = tournament.main


if __name__ == "__main__":
    main()
