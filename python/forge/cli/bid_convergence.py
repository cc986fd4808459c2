"""`python -m forge.bidding.convergence`: how many deals an estimate needs."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from forge.cli.bidding_options import (
    EXAMPLE_HAND,
    PlayerOption,
    SeedOption,
    TrumpsOption,
    WorkersOption,
    deals_progress,
    make_simulator,
)
from forge.cli.common import DeviceOption, at_least_one, command, console, run, table_bid
from forge.errors import ForgeError
from forge.game.contract import LOWEST_BID, VALID_BIDS

if TYPE_CHECKING:
    from forge.bidding.stability import SizeFigures

app = command()

SIZES: Final = "25,50,100,200,400,800"


@app.command()
def convergence(
    hand: Annotated[
        str,
        typer.Option("--hand", help="The declarer's seven dominoes.", metavar='"6-4,5-5,..."'),
    ] = EXAMPLE_HAND,
    bid: Annotated[int, typer.Option("--bid", help=f"{VALID_BIDS}.")] = LOWEST_BID.number,
    trumps: TrumpsOption = "all",
    sizes: Annotated[
        str, typer.Option("--sizes", help="Numbers of deals to judge.", metavar="N,N,...")
    ] = SIZES,
    samples: Annotated[
        int, typer.Option("--samples", help="Deals in the pool that samples are drawn from.")
    ] = 1600,
    resamples: Annotated[int, typer.Option("--resamples", help="Samples of each size.")] = 1000,
    seed: SeedOption = 0,
    player: PlayerOption = "oracle",
    plot: Annotated[
        str, typer.Option("--plot", help="Picture; /dev/null draws none.", metavar="FILE.png")
    ] = "convergence.png",
    workers: WorkersOption = None,
    device: DeviceOption = "cpu",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show how the interval and the ranking of trumps settle with the number of deals.

    One pool of deals, common to all trumps, is simulated; samples of each size are drawn from it
    with replacement, whole deals at a time.
    """
    from forge import __version__
    from forge.bidding.hand import hand_text, parse_hand, parse_trumps
    from forge.bidding.stability import stability
    from forge.game.declarations import declaration_name
    from forge.look.plots.stability import stability_png
    from forge.work.atomic import write_file

    dominoes, decls = parse_hand(hand), parse_trumps(trumps)
    promised = table_bid("--bid", bid)
    numbers = parse_sizes(sizes)
    at_least_one("--samples", samples)
    at_least_one("--resamples", resamples)
    simulator = make_simulator(player, seed, device, workers, promised)
    screen = Console(stderr=True) if as_json else console()
    with deals_progress(screen, len(decls) * samples) as advance:
        made = simulator.made(dominoes, decls, 0, samples, promised, advance)
    figures = stability(made, numbers, resamples, seed)
    shares = made.mean(axis=1)
    best = int(shares.argmax())
    name = declaration_name(decls[best])
    if plot != "/dev/null":
        title = f"{hand_text(dominoes)}: chance to make {promised} in {name}"
        footer = (
            f"{resamples:,} samples a size from {samples:,} deals (seed {seed}), "
            f"{simulator.player.text}, forge {__version__}"
        )
        write_file(Path(plot), stability_png(figures, title, footer))
    if as_json:
        print(
            json.dumps(
                {
                    "hand": hand_text(dominoes),
                    "bid": promised.number,
                    "player": simulator.player.text,
                    "seed": seed,
                    "samples": samples,
                    "resamples": resamples,
                    "pool": {
                        declaration_name(decl): float(share)
                        for decl, share in zip(decls, shares, strict=True)
                    },
                    "best": name,
                    "sizes": [each.to_json() for each in figures],
                }
            )
        )
        return
    screen.print(
        f"{hand_text(dominoes)}, bid {promised}: {name} is best, made in "
        f"{shares[best]:.1%} of {samples:,} deals (seed {seed}, {simulator.player.text}).",
        highlight=False,
        soft_wrap=True,
    )
    screen.print(_table(figures), highlight=False)
    if plot != "/dev/null":
        screen.print(f"drawn: {plot}", highlight=False, soft_wrap=True)


def parse_sizes(text: str) -> list[int]:
    """Numbers of deals, ascending.

    Raises:
        ForgeError: for anything but numbers of 1 or more, separated by commas.
    """
    parts = [part for part in re.split(r"[,\s]+", text) if part]
    if not parts or not all(part.isdecimal() and int(part) for part in parts):
        raise ForgeError(f"--sizes must be numbers of 1 or more like {SIZES}, got {text!r}")
    return sorted({int(part) for part in parts})


def _table(figures: Sequence[SizeFigures]) -> Table:
    table = Table(show_edge=False)
    for name in ("deals", "interval", "1.96 s.e.", "covers", "best found", "lost", "in order"):
        table.add_column(name, justify="right")
    for each in figures:
        table.add_row(
            str(each.n),
            f"\N{PLUS-MINUS SIGN}{each.half_width:.3f}",
            f"\N{PLUS-MINUS SIGN}{each.error:.3f}",
            f"{each.coverage:.1%}",
            f"{each.same_best:.1%}",
            f"{each.regret:.3f}",
            f"{each.pairs_in_order:.1%}",
        )
    table.caption = (
        "interval: half-width at 95 %; covers: how often it holds the pool's share; best found: "
        "how often the pool's best trump came out best; lost: chance given up by taking the one "
        "that did, mean; in order: pairs of trumps"
    )
    table.caption_justify = "left"
    return table


def main(args: Sequence[str] | None = None, prog: str | None = None) -> None:
    """Run the command line."""
    run(app, args, prog)


if __name__ == "__main__":
    main()
