"""`forge bid-calibrate`: from perfect play to real play, as fitted to hands that were played."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from forge.bidding.calibration.play_options import PlayOptions
from forge.cli import values
from forge.cli.command import CommandGroup, command, end_if_stopped
from forge.cli.room_options import DiskOptions, end_if_full
from forge.cli.values import console
from forge.extras import need
from forge.options import LAST_START, MOST_PROCESSES, MOST_ROWS, MOST_TOGETHER, option
from forge.work.devices import n_cores
from forge.work.paths import writable_file
from forge.work.rates import rate_text
from forge.work.wording import counted

if TYPE_CHECKING:
    from forge.bidding.calibration.hands import PlayedHand
    from forge.bidding.calibration.validation import Part


@dataclass(frozen=True)
class PlayArgs:
    """What may be said to `forge bid-calibrate play`."""

    out: Path = option(
        help="Where hands go; an old file goes on.", metavar="FILE", reads=writable_file
    )
    hands: int = option(10_000, "How many.", metavar="N", least=1, most=MOST_ROWS)
    start: int = option(0, "Number of the first hand.", metavar="N", least=0, most=LAST_START)
    player: str = option(
        "seat:n=60", "Who plays all four seats.", metavar="PLAYER", reads=values.player
    )
    deals: int = option(
        100, "Deals of perfect play a hand.", metavar="N", least=1, most=MOST_TOGETHER
    )
    played: int = option(
        1, "Further deals, played, a hand.", metavar="N", least=1, most=MOST_TOGETHER
    )
    workers: int | None = option(
        None, "Processes. Default: one a core.", metavar="N", least=1, most=MOST_PROCESSES
    )

    def __post_init__(self) -> None:
        _ = self.options

    @property
    def options(self) -> PlayOptions:
        """What results depend on."""
        return PlayOptions(values.player("--player", self.player), self.deals, self.played)


@command()
def play(args: PlayArgs, disk: DiskOptions) -> None:
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
            rate = f"{rate_text(n_shown, elapsed_s, 'hands')}, " if elapsed_s else ""
            progress.update(task, rate=f"{rate}made {n_made / n_shown:.1%}")

        done = play_contracts(
            options,
            range(args.start, args.start + args.hands),
            args.out,
            n_workers,
            show,
            disk.room(),
        )
    screen.print(
        f"{args.out}: {counted(done.n_hands, 'hand')}, {done.n_played} of them now",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    end_if_stopped(done.stopped_by)
    end_if_full(done)


@dataclass(frozen=True)
class FitArgs:
    """What may be said to `forge bid-calibrate fit`."""

    data: Path = option(help="Played hands to fit to.", metavar="FILE", reads=values.existing)
    output: Path = option(
        help="The calibration to write.", metavar="FILE.json", reads=writable_file
    )
    validate: Path | None = option(
        None,
        "Other played hands, to check. Default: each tenth of --data by a fit to the rest.",
        metavar="FILE",
        reads=values.existing,
    )
    plot: Path | None = option(
        None, "Reliability plot to write.", metavar="FILE.png", reads=writable_file
    )
    as_json: bool = option(False, "Print JSON instead of tables.", "--json")


@command()
def fit(args: FitArgs) -> None:
    """Fit the chance at a table to played hands, choose the terms by held-out log loss, validate.

    Of the terms the simplest that are within one standard error of the best are taken. Hands that
    cannot lose their bid are left out: their chance is 1.

    The calibration error is the mean distance between predicted and realised share over ten bins of
    equally many hands that were not fitted to; also by class of the declaration and by bid.
    """
    need("train", "pandas", "statsmodels")
    if args.plot is not None:
        need("look", "matplotlib")
    from forge.bidding.calibration import fit as fitting
    from forge.bidding.calibration import validation
    from forge.bidding.calibration.hands import HANDS

    options, hands = HANDS.read(args.data)
    others = hands if args.validate is None else _others(args.data, args.validate)
    screen = console(stderr=args.as_json)
    by_formula = fitting.held_out_predictions(hands)
    losses = fitting.held_out_losses(by_formula, hands)
    best = fitting.chosen_formula(losses)
    for formula, loss in losses.items():
        mark = " <- chosen" if formula == best else ""
        screen.print(
            f"held-out log loss {loss.mean():.5f}  {formula}{mark}", markup=False, highlight=False
        )
    calibration = fitting.fit(hands, best, options)
    predicted = by_formula[best] if others is hands else validation.predictions(calibration, others)
    found = validation.validate(predicted, others)
    perfect = validation.validate(validation.perfect_shares(others), others)
    calibration = validation.validated(calibration, found, args.validate is None)
    calibration.write(args.output)
    if args.plot is not None:
        from forge.look.plots.calibration import reliability_plot

        reliability_plot(args.plot, found, perfect, str(options["player"]))
    if args.as_json:
        report = {
            "held_out_log_loss": {str(each): float(loss.mean()) for each, loss in losses.items()},
            "chosen": str(best),
            "calibrated": found.to_json(),
            "perfect_play": perfect.to_json(),
            "output": str(args.output),
        }
        print(json.dumps(report, allow_nan=False))
        return
    for name, each in (("calibrated", found), ("perfect play", perfect)):
        low, high = (100 * end for end in each.interval)
        screen.print(
            f"{name}: calibration error {100 * each.error:.2f} points [{low:.2f}, {high:.2f}], "
            f"{100 * each.by_chance:.2f} by chance alone, log loss {each.log_loss:.5f} on "
            f"{counted(each.n_hands, 'hand')}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    screen.print(_parts("class", found.classes))
    screen.print(_parts("bid", found.bids))
    screen.print(
        f"{args.output}: {calibration.summary}", markup=False, highlight=False, soft_wrap=True
    )


def _others(data: Path, path: Path) -> list[PlayedHand]:
    """The hands of a second file, of the same players.

    Raises:
        ForgeError: if they are of others, or in the first file too.
    """
    from forge.bidding.calibration.hands import HANDS
    from forge.errors import ForgeError

    options, hands = HANDS.read(data)
    other_options, others = HANDS.read(path)
    for name in ("player", "sha256", "races"):
        if options.get(name) != other_options.get(name):
            raise ForgeError(
                f"{path} was played by {other_options['player']}, "
                f"{data} by {options['player']}: {name} differs"
            )
    if both := {hand.number for hand in hands} & {hand.number for hand in others}:
        raise ForgeError(f"{len(both)} hands are in both files, number {min(both)} first")
    return others


def _parts(what: str, parts: Mapping[str, Part]) -> Table:
    """A row a part of the hands, in percent."""
    table = Table(box=None, pad_edge=False)
    table.add_column(what)
    for name in ("hands", "predicted", "made", "error", "by chance alone"):
        table.add_column(name, justify="right")
    for name, part in parts.items():
        shares = (part.predicted, part.realised, part.error, part.by_chance)
        table.add_row(name, f"{part.n_hands:,}", *(f"{100 * share:.2f}" for share in shares))
    return table


main = CommandGroup(
    "bid-calibrate",
    "Fit what is made at the table to what perfect play with open hands makes.",
    (play, fit),
).main


if __name__ == "__main__":
    main()
