"""`forge generate-eq`: the E[Q] games of a few seeds, in one file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from forge.cli.command import command
from forge.cli.eq_options import EqOptions
from forge.cli.shared_options import device_option
from forge.cli.values import console
from forge.options import LAST_START, MOST_GAMES, MOST_TOGETHER, option
from forge.work.paths import writable_file
from forge.work.wording import counted


@dataclass(frozen=True)
class GenerateEqArgs:
    """What may be said to `forge generate-eq`."""

    output: Path = option(
        help="The file to write (or write anew).",
        metavar="FILE.pt|URI",
        stores=True,
        reads=writable_file,
    )
    start_seed: int = option(0, "The first game.", metavar="N", least=0, most=LAST_START)
    n_games: int = option(1, "How many.", metavar="N", least=1, most=MOST_GAMES)
    batch_size: int = option(
        32, "Games played in lock step.", metavar="N", least=1, most=MOST_TOGETHER
    )
    device: str = device_option("auto")


@command()
def generate_eq(args: GenerateEqArgs, eq_options: EqOptions) -> None:
    """Play a few games by E[Q] and record every decision in one file.

    The games are those of generate-eq-continuous with the same options.
    """
    from forge.cli.show.eq_progress import EqProgress
    from forge.eq.pipeline import play_games
    from forge.eq.records import join_records, write_record
    from forge.ops import resolve_device
    from forge.work.tracking import NoTracker

    on = resolve_device(args.device)
    how = eq_options.open(on)
    seeds = range(args.start_seed, args.start_seed + args.n_games)
    screen, records = console(), []
    with EqProgress(screen, NoTracker(), args.n_games) as progress:
        for start in range(0, args.n_games, args.batch_size):
            some = seeds[start : start + args.batch_size]
            records.append(
                play_games(
                    some, how.oracle, how.settings, on, progress.decided, how.player, how.policy
                )
            )
    n_bytes = write_record(args.output, join_records(records))
    screen.print(
        f"{args.output}: {counted(args.n_games, 'game')}, {n_bytes / 1e6:.1f} MB, {progress.rate}",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


main = generate_eq.main


if __name__ == "__main__":
    main()
