"""`forge arena`: two players against each other on duplicate deals."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from forge.arena.registry import players_help
from forge.cli import values
from forge.cli.command import command
from forge.cli.contract_options import bid_option, contract_rule, trump_option
from forge.cli.on_ray import where_to_work
from forge.cli.room_options import DiskOptions, end_if_full
from forge.cli.shared_options import device_option, ray_option
from forge.cli.values import console
from forge.options import MOST_PROCESSES, MOST_ROWS, MOST_SEED, option
from forge.work.devices import n_cores
from forge.work.paths import writable_file
from forge.work.progress import progress_bar
from forge.work.rates import rate_text
from forge.work.wording import counted

if TYPE_CHECKING:
    from forge.arena.comparison import Comparison, PairedResults, Sides
    from forge.arena.series import ArenaOptions, ArenaRun
    from forge.stats.figures import Figure


@dataclass(frozen=True)
class ArenaArgs:
    """What may be said to `forge arena`."""

    a: str = option(help="A player, see below.", metavar="A", is_argument=True, reads=values.player)
    b: str = option(help="Its opponent.", metavar="B", is_argument=True, reads=values.player)
    games: int = option(
        1400, "Deals; each is played twice, with the teams swapped.", least=1, most=MOST_ROWS
    )
    seed: int = option(0, "Of the series of deals.", least=0, most=MOST_SEED)
    bid: str = bid_option()
    trump: str = trump_option()
    sides: bool = option(
        False,
        "Tell apart what A gains declaring and defending: B also meets itself, which --out keeps "
        "beside its file, as FILE.b.jsonl.",
    )
    workers: int | None = option(
        None, "Processes, one thread each. Default: one a core.", least=1, most=MOST_PROCESSES
    )
    out: Path | None = option(
        None,
        "Keep results here, and go on from what is there. Default: keep nothing.",
        metavar="FILE.jsonl",
        reads=writable_file,
    )
    device: str = device_option("cpu")
    ray: str | None = ray_option(None)
    as_json: bool = option(False, "Print a JSON report instead of tables.", "--json")


@command(epilog=players_help)
def arena(args: ArenaArgs, disk: DiskOptions) -> None:
    """Let two players meet on duplicate deals, and tell who plays better.

    No auction: a bid of 30 is forced on a random seat, trump is its best pip suit (most dominoes;
    of equals with the double, then more count points, then the higher pip); --bid and --trump say
    otherwise. Every deal is played twice with the teams swapped. Intervals are of 95 %, paired by
    deal.

    Players are written like random, make:n=300 or model:PATH: see below.
    """
    from dataclasses import replace

    from forge.arena.comparison import compare, compare_sides
    from forge.arena.series import ArenaOptions, run_arena

    n_workers = args.workers or n_cores()
    # With --json, stdout is the report and nothing else.
    screen = console(stderr=args.as_json)
    a, b = values.player("A", args.a), values.player("B", args.b)
    rule = contract_rule(args.bid, args.trump)
    with (
        where_to_work(args.ray, args.device, args.workers, screen) as place,
        progress_bar(screen) as progress,
    ):
        options = ArenaOptions(a, b, args.seed, place.device, rule)
        task = progress.add_task("deals", total=args.games, rate="")

        def show(n_played: int, results: PairedResults) -> None:
            elapsed_s = progress.tasks[task].elapsed
            rate = rate_text(2 * n_played, elapsed_s, "hands")
            standing = f"make {results.made_a.mean():.1%} : {results.made_b.mean():.1%}"
            progress.update(task, completed=len(results), rate=f"{rate}, {standing}")

        def found_some(n_deals: int) -> None:
            there = f"{counted(n_deals, 'deal')} of {args.games:,} are there already"
            screen.print(f"going on with {args.out}: {there}", soft_wrap=True)

        def played(options: ArenaOptions, out: Path | None, found: Any = None) -> ArenaRun:
            return run_arena(
                options, args.games, n_workers, out, show, found, place.pool, disk.room()
            )

        done = played(options, args.out, found_some)
        sides = None
        if args.sides and done.stopped_by is None and done.disk_low is None:
            progress.update(task, description="deals of B alone", completed=0, rate="")
            out_b = None if args.out is None else args.out.with_suffix(".b.jsonl")
            of_b = played(replace(options, a=options.b), out_b)
            if of_b.stopped_by is None and of_b.disk_low is None and place.is_complete:
                sides = compare_sides(done.results, of_b.results)
            done = replace(done, stopped_by=of_b.stopped_by, disk_low=of_b.disk_low)
    if len(done.results):
        found = compare(done.results)
        if args.as_json:
            report = _report(options, n_workers, done, found)
            report["sides"] = None if sides is None else asdict(sides)
            print(json.dumps(report, allow_nan=False))
        else:
            _show(options, done, found, screen)
            if sides is not None:
                _show_sides(sides, screen)
    place.end(screen, done.stopped_by)
    end_if_full(done)


def _report(
    options: ArenaOptions, n_workers: int, done: ArenaRun, found: Comparison
) -> dict[str, Any]:
    from forge import __version__

    return {
        **options.record(),
        "device": options.device,
        "workers": n_workers,
        "forge_version": __version__,
        **found.to_json(),
        "cpu_s_a_hand": dict(zip("ab", done.cpu_s_a_hand, strict=True)),
        "forfeits": dict(zip("ab", done.forfeits, strict=True)),
        "n_hands_played": done.n_hands_played,
        "elapsed_s": done.elapsed_s,
        "hands_per_s": _hands_per_s(done),
        "stopped_by": done.stopped_by,
    }


def _hands_per_s(done: ArenaRun) -> float | None:
    """Of this run; None where it had nothing to play."""
    return done.n_hands_played / done.elapsed_s if done.n_hands_played else None


def _show(options: ArenaOptions, done: ArenaRun, found: Comparison, screen: Console) -> None:
    # Names are as long as their options: lines of their own leave the table within 80 columns.
    lines = [
        f"{counted(found.n_deals, 'deal')}, each played twice (seed {options.seed})",
        f"A: {options.a.text}",
        f"B: {options.b.text}",
    ]
    for line in lines:
        screen.print(line, markup=False, highlight=False, soft_wrap=True)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("")
    for name in ("A", "B", "A - B"):
        table.add_column(name, justify="right")
    makes = (found.make_a, found.make_b, found.make_difference)
    table.add_row("make rate", *(_shown(each, percent=True) for each in makes))
    marks = (found.marks_a, found.marks_b)
    table.add_row(
        "marks a hand", *(_shown(each, 2) for each in marks), _shown(found.marks_difference)
    )
    points = (found.points_a, found.points_b)
    difference = _shown(found.points_difference, 2)
    table.add_row("points a hand", *(_shown(each, 1) for each in points), difference)
    table.add_row("games (7 marks)", *map(str, (found.games_a, found.games_b)), "")
    table.add_row("CPU s a hand", *(f"{each:.4f}" for each in done.cpu_s_a_hand), "")
    screen.print(table)
    for name, n_given_up in zip("AB", done.forfeits, strict=True):
        if n_given_up:
            screen.print(f"{name} gave up {counted(n_given_up, 'hand')}: they count as lost by it")
    test = found.mcnemar
    lines = [
        f"McNemar: only A makes {counted(test.only_a, 'deal')}, only B {test.only_b}: "
        f"p = {test.p:.2g} (exact), chi2 = {test.chi2:.2f}"
    ]
    rate = _hands_per_s(done)
    if rate is not None:
        lines.append(
            f"{counted(done.n_hands_played, 'hand')} in {done.elapsed_s:.1f} s: {rate:,.1f} hands "
            "a second"
        )
    screen.print("\n".join(lines), highlight=False, soft_wrap=True)


def _show_sides(sides: Sides, screen: Console) -> None:
    screen.print(
        "The difference in make rate is the sum of what A gains over B\n"
        f"  declaring: {_shown(sides.declaring, percent=True)}\n"
        f"  defending: {_shown(sides.defending, percent=True)}",
        highlight=False,
        soft_wrap=True,
    )


def _shown(figure: Figure, decimals: int = 3, *, percent: bool = False) -> str:
    """Value and interval; an interval that is not defined (one deal) is left out."""
    low, high = figure.interval
    if percent:
        return f"{100 * figure.value:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"
    interval = f" [{low:.{decimals}f}, {high:.{decimals}f}]" if low == low else ""
    return f"{figure.value:.{decimals}f}{interval}"


main = arena.main


if __name__ == "__main__":
    main()
