"""`forge bid-calibrate`: from perfect play to real play, as fitted to hands that were played."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from forge.bidding.calibration.play_options import PlayOptions
from forge.cli import values
from forge.cli.command import CommandGroup, command, end_if_stopped
from forge.cli.values import console, n_cores
from forge.extras import need
from forge.options import option

if TYPE_CHECKING:
    from forge.bidding.calibration.hands import PlayedHand


@dataclass(frozen=True)
class PlayArgs:
    """What may be said to `forge bid-calibrate play`."""

    out: Path = option(help="Where hands go; an old file goes on.", metavar="FILE")
    hands: int = option(10_000, "How many.", metavar="N", least=1)
    start: int = option(0, "Number of the first hand.", metavar="N", least=0)
    player: str = option(
        "make:n=100", "Who plays all four seats.", metavar="PLAYER", reads=values.player
    )
    deals: int = option(100, "Deals of perfect play a hand.", metavar="N", least=1)
    played: int = option(1, "Further deals, played, a hand.", metavar="N", least=1)
    workers: int | None = option(None, "Processes. Default: one a core.", metavar="N", least=1)

    def __post_init__(self) -> None:
        _ = self.options

    @property
    def options(self) -> PlayOptions:
        """What results depend on."""
        return PlayOptions(values.player("--player", self.player), self.deals, self.played)


@command()
def play(args: PlayArgs) -> None:
    """Play contracts from what each seat sees, beside perfect play of many deals; one line a hand.

    Hand, trump and bid follow from the hand's number. A second start goes on; the file does not
    depend on the number of workers.
    """
    from forge.bidding.calibration.hands import play_contracts
    from forge.work.progress import progress_bar

    n_workers = args.workers or n_cores()
    options = args.options
    screen, n_made = console(), 0.0
    with progress_bar(screen) as progress:
        task = progress.add_task("hands", total=args.hands, rate="")

        def show(row: PlayedHand) -> None:
            nonlocal n_made
            n_made += row.made / args.played
            progress.advance(task)
            n_shown = progress.tasks[task].completed
            elapsed_s = progress.tasks[task].elapsed
            rate = f"{n_shown / elapsed_s:.2f} hands/s, " if elapsed_s else ""
            progress.update(task, rate=f"{rate}made {n_made / n_shown:.1%}")

        done = play_contracts(
            options, range(args.start, args.start + args.hands), args.out, n_workers, show
        )
    screen.print(
        f"{args.out}: {done.n_hands} hands, {done.n_played} of them now",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    end_if_stopped(done.stopped_by)


@dataclass(frozen=True)
class FitArgs:
    """What may be said to `forge bid-calibrate fit`."""

    data: Path = option(help="Played hands to fit to.", metavar="FILE", reads=values.existing)
    validate: Path = option(
        help="Other played hands, to check.", metavar="FILE", reads=values.existing
    )
    output: Path = option(help="The calibration to write.", metavar="FILE.json")
    plot: Path | None = option(None, "Reliability plot to write.", metavar="FILE.png")


@command()
def fit(args: FitArgs) -> None:
    """Fit the chance at a table to played hands, choose the terms by held-out log loss, validate.

    Of the terms the simplest that are within one standard error of the best are taken.

    The calibration error is the mean distance between predicted and realised share over ten bins of
    equally many hands of --validate.
    """
    need("train", "pandas", "statsmodels")
    if args.plot is not None:
        need("look", "matplotlib")
    from forge.bidding.calibration import fit as fitting
    from forge.bidding.calibration.hands import HANDS
    from forge.errors import ForgeError

    options, hands = HANDS.read(args.data)
    other_options, others = HANDS.read(args.validate)
    if options["player"] != other_options["player"]:
        raise ForgeError(
            f"{args.validate} was played by {other_options['player']}, "
            f"{args.data} by {options['player']}"
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
    calibration.write(args.output)
    if args.plot is not None:
        from forge.look.plots.calibration import reliability_plot

        reliability_plot(args.plot, found, perfect, str(options["player"]))
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
    screen.print(
        f"{args.output}: {calibration.summary}", markup=False, highlight=False, soft_wrap=True
    )


main = CommandGroup(
    "bid-calibrate",
    "Fit what is made at the table to what perfect play with open hands makes.",
    (play, fit),
).main


if __name__ == "__main__":
    main()
