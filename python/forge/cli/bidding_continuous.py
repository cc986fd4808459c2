"""`forge bidding-continuous`: the chance to make each bid for hand after hand, gaps first."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forge.cli.bidding_options import WorkersOption
from forge.cli.common import DeviceOption, at_least_one, command, console, non_negative, run
from forge.cli.show.seed_gaps import show_gaps

if TYPE_CHECKING:
    from forge.bidding.continuous import Evaluated
    from forge.bidding.schema import BiddingResult

app = command()


@app.command()
def bidding_continuous(
    samples: Annotated[
        int, typer.Option("--samples", help="Deals around a hand.", metavar="N")
    ] = 500,
    start_seed: Annotated[
        int, typer.Option("--start-seed", help="Begin here; gaps before it stay.", metavar="N")
    ] = 0,
    limit: Annotated[
        int | None,
        typer.Option("--limit", help="Stop after this many hands. Default: never.", metavar="N"),
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", help="Of train/, val/, test/.", metavar="DIR")
    ] = Path("data/bidding-results"),
    checkpoint: Annotated[
        str | None,
        typer.Option(
            "--checkpoint",
            help="Let this network play, all hands open. Default: the exact solver.",
            metavar="FILE|NAME",
        ),
    ] = None,
    workers: WorkersOption = None,
    device: DeviceOption = "auto",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show missing seeds; evaluate nothing.")
    ] = False,
) -> None:
    """Evaluate seat 0's hand of seed after seed under nine trumps, one file a seed, until Ctrl+C.

    Files hold points and the share of deals that makes each bid, under perfect play with open hands
    (forge bid-evaluate has calibrated chances). A second start fills the gaps and goes on. Any
    number of these may run on one directory at once.
    """
    at_least_one("--samples", samples)
    non_negative("--start-seed", start_seed)
    if limit is not None:
        at_least_one("--limit", limit)
    from forge import __version__
    from forge.bidding.continuous import evaluate_seed, evaluate_seeds, seeds_a_day
    from forge.bidding.schema import SUFFIX
    from forge.cli.bidding_options import make_simulator
    from forge.work.progress import progress_bar

    player = "oracle" if checkpoint is None else f"model:{checkpoint}"
    simulator = make_simulator(player, 0, device, workers)
    simulator.player.build(simulator.device)  # what is wrong with it is told at once
    if dry_run:
        show_gaps(output, SUFFIX, "hands", start_seed, limit)
        return
    screen, start = console(), time.perf_counter()
    with progress_bar(screen) as progress:
        task = progress.add_task("hands", total=limit, rate="")

        def evaluate(seed: int) -> BiddingResult:
            return evaluate_seed(simulator, seed, samples, __version__)

        def show(hand: Evaluated) -> None:
            n_done = int(progress.tasks[task].completed) + 1
            rate = seeds_a_day(n_done, time.perf_counter() - start)
            progress.update(task, advance=1, rate=rate)
            number = f"{n_done}/{limit}" if limit is not None else str(n_done)
            line = f"[{number}] seed {hand.seed}: {hand.elapsed_s:.2f} s, {rate}"
            screen.print(line, markup=False, highlight=False, soft_wrap=True)

        report = evaluate_seeds(count(start_seed), evaluate, output, limit, show)
    screen.print(report.summary(), markup=False, highlight=False, soft_wrap=True)
    if report.stopped_by is not None:
        raise typer.Exit(128 + report.stopped_by)


def main(args: Sequence[str] | None = None, prog: str | None = None) -> None:
    """Run the command line."""
    run(app, args, prog)


if __name__ == "__main__":
    main()
