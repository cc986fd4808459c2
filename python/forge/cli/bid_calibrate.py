"""`forge bid-calibrate`: from perfect play to real play, as fitted to hands that were played."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forge.cli.arena import n_cores
from forge.cli.common import at_least_one, command, console, non_negative, run

if TYPE_CHECKING:
    from forge.bidding.calibration.hands import PlayedHand

app = command()


@app.callback()
def calibrate() -> None:
    """Fit what is made at the table to what perfect play with open hands makes."""


@app.command()
def play(
    out: Annotated[
        Path, typer.Option("--out", help="Where hands go; an old file goes on.", metavar="FILE")
    ],
    hands: Annotated[int, typer.Option("--hands", help="How many.", metavar="N")] = 10_000,
    start: Annotated[
        int, typer.Option("--start", help="Number of the first hand.", metavar="N")
    ] = 0,
    player: Annotated[
        str, typer.Option("--player", help="Who plays all four seats.", metavar="PLAYER")
    ] = "make:n=100",
    deals: Annotated[
        int, typer.Option("--deals", help="Deals of perfect play a hand.", metavar="N")
    ] = 100,
    played: Annotated[
        int, typer.Option("--played", help="Further deals, played, a hand.", metavar="N")
    ] = 1,
    workers: Annotated[
        int | None,
        typer.Option("--workers", help="Processes. Default: one a core.", metavar="N"),
    ] = None,
) -> None:
    """Play contracts from what each seat sees, beside perfect play of many deals; one line a hand.

    Hand, trump and bid follow from the hand's number. A second start goes on; the file does not
    depend on the number of workers.
    """
    from forge.arena.registry import parse_player
    from forge.bidding.calibration.hands import PlayOptions, play_contracts
    from forge.models.catalog import resolve
    from forge.work.progress import progress_bar

    at_least_one("--hands", hands)
    non_negative("--start", start)
    at_least_one("--deals", deals)
    at_least_one("--played", played)
    n_workers = at_least_one("--workers", workers) if workers is not None else n_cores()
    options = PlayOptions(parse_player(player, resolve), deals, played)
    screen, n_made = console(), 0.0
    with progress_bar(screen) as progress:
        task = progress.add_task("hands", total=hands, rate="")

        def show(row: PlayedHand) -> None:
            nonlocal n_made
            n_made += row.made / played
            progress.advance(task)
            n_shown = progress.tasks[task].completed
            elapsed_s = progress.tasks[task].elapsed
            rate = f"{n_shown / elapsed_s:.2f} hands/s, " if elapsed_s else ""
            progress.update(task, rate=f"{rate}made {n_made / n_shown:.1%}")

        done = play_contracts(options, range(start, start + hands), out, n_workers, show)
    screen.print(
        f"{out}: {done.n_hands} hands, {done.n_played} of them now",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    if done.stopped_by is not None:
        raise typer.Exit(128 + done.stopped_by)


@app.command()
def fit(
    data: Annotated[Path, typer.Option("--data", help="Played hands to fit to.", metavar="FILE")],
    validate: Annotated[
        Path, typer.Option("--validate", help="Other played hands, to check.", metavar="FILE")
    ],
    output: Annotated[
        Path, typer.Option("--output", help="The calibration to write.", metavar="FILE.json")
    ],
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Reliability plot to write.", metavar="FILE.png")
    ] = None,
) -> None:
    """Fit the chance at a table to played hands, choose the terms by held-out log loss, validate.

    Of the terms the simplest that are within one standard error of the best are taken.

    The calibration error is the mean distance between predicted and realised share over ten bins of
    equally many hands of --validate.
    """
    from forge.bidding.calibration import fit as fitting
    from forge.bidding.calibration.hands import HANDS
    from forge.errors import ForgeError
    from forge.look.plots.calibration import reliability_plot

    options, hands = HANDS.read(data)
    other_options, others = HANDS.read(validate)
    if options["player"] != other_options["player"]:
        raise ForgeError(
            f"{validate} was played by {other_options['player']}, {data} by {options['player']}"
        )
    if both := {hand.number for hand in hands} & {hand.number for hand in others}:
        raise ForgeError(f"{len(both)} hands are in both files, number {min(both)} first")
    screen = console()
    losses = fitting.held_out_losses(hands)
    best = fitting.chosen_formula(losses)
    for formula, loss in losses.items():
        mark = " <- chosen" if formula == best else ""
        screen.print(
            f"held-out log loss {loss.mean():.5f}  {formula}{mark}", markup=False, highlight=False
        )
    calibration = fitting.fit(hands, best, options)
    found = fitting.validate(calibration, others)
    perfect = fitting.validate_predictions(fitting.perfect_shares(others), others)
    calibration = fitting.validated(calibration, found)
    calibration.write(output)
    if plot is not None:
        reliability_plot(plot, found, perfect, str(options["player"]))
    for name, each in (("calibrated", found), ("perfect play", perfect)):
        low, high = (100 * end for end in each.interval)
        screen.print(
            f"{name}: calibration error {100 * each.error:.2f} points [{low:.2f}, {high:.2f}], "
            f"{100 * each.by_chance:.2f} by chance alone, log loss {each.log_loss:.5f} on "
            f"{each.n_hands:,} hands",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    screen.print(f"{output}: {calibration.summary}", markup=False, highlight=False, soft_wrap=True)


def main(args: Sequence[str] | None = None, prog: str | None = None) -> None:
    """Run the command line."""
    run(app, args, prog)


if __name__ == "__main__":
    main()
