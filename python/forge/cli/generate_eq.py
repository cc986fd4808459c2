"""`forge generate-eq`: the E[Q] games of a few seeds, in one file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from forge.cli.common import DeviceOption, at_least_one, command, console, non_negative, run
from forge.cli.eq_options import EqOptions, takes_eq_options

app = command()


@app.command()
@takes_eq_options
def generate_eq(
    eq_options: EqOptions,
    output: Annotated[
        Path, typer.Option("--output", help="The file to write (or write anew).", metavar="FILE.pt")
    ],
    start_seed: Annotated[
        int, typer.Option("--start-seed", help="The first game.", metavar="N")
    ] = 0,
    n_games: Annotated[int, typer.Option("--n-games", help="How many.", metavar="N")] = 1,
    batch_size: Annotated[
        int, typer.Option("--batch-size", help="Games played in lock step.", metavar="N")
    ] = 32,
    device: DeviceOption = "auto",
) -> None:
    """Play a few games by E[Q] and record every decision in one file.

    The games are those of generate-eq-continuous with the same options.
    """
    non_negative("--start-seed", start_seed)
    at_least_one("--n-games", n_games)
    at_least_one("--batch-size", batch_size)
    from forge.cli.show.eq_progress import EqProgress
    from forge.eq.pipeline import play_games
    from forge.eq.records import join_records, write_record
    from forge.ops import resolve_device
    from forge.work.tracking import NoTracker

    on = resolve_device(device)
    oracle, settings, player = eq_options.open(on)
    seeds = range(start_seed, start_seed + n_games)
    screen, records = console(), []
    with EqProgress(screen, NoTracker(), n_games) as progress:
        for start in range(0, n_games, batch_size):
            some = seeds[start : start + batch_size]
            records.append(play_games(some, oracle, settings, on, progress.decided, player))
    n_bytes = write_record(output, join_records(records))
    screen.print(
        f"{output}: {n_games} games, {n_bytes / 1e6:.1f} MB, {progress.rate}",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


def main(args: Sequence[str] | None = None, prog: str | None = None) -> None:
    """Run the command line."""
    run(app, args, prog)


if __name__ == "__main__":
    main()
