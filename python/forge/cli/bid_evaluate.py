"""`forge bid-evaluate`: the chance to make each bid with a hand, under every trump."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console

from forge.cli.bidding_options import (
    HandOption,
    SeedOption,
    TrumpsOption,
    WorkersOption,
    make_simulator,
)
from forge.cli.common import DeviceOption, at_least_one, command, console, run, table_bid
from forge.game.contract import LOWEST_BID, VALID_BIDS

app = command()


@app.command()
def evaluate(
    hand: HandOption,
    samples: Annotated[
        int, typer.Option("--samples", help="Deals of the other hands.", metavar="N")
    ] = 100,
    trumps: TrumpsOption = "all",
    seed: SeedOption = 0,
    checkpoint: Annotated[
        str | None,
        typer.Option(
            "--checkpoint", help="Let this network play, all hands open.", metavar="FILE|NAME"
        ),
    ] = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="Draw its moves instead of the best (policy networks).")
    ] = False,
    player: Annotated[
        str | None,
        typer.Option(
            "--player", help="Who plays all four seats. Default: oracle.", metavar="PLAYER"
        ),
    ] = None,
    bid: Annotated[
        int | None,
        typer.Option(
            "--bid", help=f"Ask about this bid alone, faster: {VALID_BIDS}.", metavar="BID"
        ),
    ] = None,
    until: Annotated[
        float | None,
        typer.Option(
            "--until",
            help="Add deals until half the interval of the best trump at the bid is this narrow.",
            metavar="P",
        ),
    ] = None,
    drop_worse: Annotated[
        bool,
        typer.Option("--drop-worse", help="Stop dealing for trumps shown to be worse (99.9 %)."),
    ] = False,
    as_list: Annotated[
        bool, typer.Option("--list", help="One line a trump and bid, with intervals.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON report.")] = False,
    workers: WorkersOption = None,
    device: DeviceOption = "auto",
) -> None:
    """Tell how likely a hand makes each bid under each trump, and what to bid.

    The other hands are dealt at random, the same for all trumps. The headline is the chance at a
    table, where everybody sees one hand: perfect play with open hands, which flatters, turned into
    that by a calibration; beside it stands perfect play itself. With --player make:n=100 (all seats
    play for the contract of --bid, by default 30) or eq:n=100 (for points) hands are played out
    instead; players are written as for forge arena. Intervals are of 95 % (Wilson); differences
    between trumps are paired over the same deals. Marks are what a bid is worth: one mark won or
    lost, two for 84 (all seven tricks).
    """
    from forge.bidding.calibration import table as calibration
    from forge.bidding.hand import parse_hand, parse_trumps
    from forge.bidding.hand_evaluation import Plan, evaluate_hand
    from forge.cli.show import hand_tables as report
    from forge.work.progress import progress_bar

    at_least_one("--samples", samples)
    held, decls = parse_hand(hand), parse_trumps(trumps)
    asked = LOWEST_BID if bid is None else table_bid("--bid", bid)
    plan = Plan(samples, until, asked, bid is not None, drop_worse)
    simulator = make_simulator(_player(player, checkpoint, sample), seed, device, workers, asked)
    simulator.player.build(simulator.device)  # what is wrong with it is told at once
    # With --json, stdout is the report and nothing else.
    screen = Console(stderr=True) if as_json else console()
    with progress_bar(screen) as progress:
        total = None if until is not None or drop_worse else samples * len(decls)
        task = progress.add_task("deals", total=total, rate="")
        found = evaluate_hand(
            held,
            decls,
            simulator,
            plan,
            calibration.shipped(),
            lambda n: progress.advance(task, n),
        )
    if as_json:
        print(json.dumps(found.to_json(), allow_nan=False))
    elif as_list:
        report.show_list(found, screen)
    else:
        report.show_matrix(found, screen)


def _player(player: str | None, checkpoint: str | None, sample: bool) -> str:
    """The player that the options ask for, as it is written."""
    from forge.errors import ForgeError

    if checkpoint is not None and player is not None:
        raise ForgeError("--checkpoint says who plays: leave --player out, or the other way round")
    if sample and checkpoint is None:
        raise ForgeError("--sample draws the moves of a network: give one with --checkpoint")
    if checkpoint is None:
        return player or "oracle"
    return f"model:{checkpoint}{',sample' if sample else ''}"


def main(args: Sequence[str] | None = None, prog: str | None = None) -> None:
    """Run the command line."""
    run(app, args, prog)


if __name__ == "__main__":
    main()
