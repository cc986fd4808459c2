"""`forge generate-eq-continuous`: E[Q] files of seed after seed, gaps first."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forge.cli.common import (
    DeviceOption,
    WandbGroupOption,
    WandbOption,
    at_least_one,
    command,
    console,
    non_negative,
    run,
)
from forge.cli.eq_options import EqOptions, takes_eq_options
from forge.cli.show.seed_gaps import show_gaps

if TYPE_CHECKING:
    from forge.eq.records import EqRecord

app = command()


@app.command()
@takes_eq_options
def generate_eq_continuous(
    eq_options: EqOptions,
    start_seed: Annotated[
        int, typer.Option("--start-seed", help="Begin here; gaps before it stay.", metavar="N")
    ] = 0,
    batch_size: Annotated[
        int, typer.Option("--batch-size", help="Games played in lock step.", metavar="N")
    ] = 32,
    limit: Annotated[
        int | None,
        typer.Option("--limit", help="Stop after this many games. Default: never.", metavar="N"),
    ] = None,
    output_dir: Annotated[
        Path, typer.Option("--output-dir", help="Of train/, val/, test/.", metavar="DIR")
    ] = Path("data/eq-games"),
    device: DeviceOption = "auto",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show missing seeds; generate nothing.")
    ] = False,
    wandb: WandbOption = False,
    wandb_group: WandbGroupOption = None,
) -> None:
    """Play games by E[Q] and record each decision, one file a seed, until Ctrl+C.

    A second start fills the gaps and goes on. Any number of these may run on one directory at once;
    a game's file does not depend on batch size or workers.
    """
    non_negative("--start-seed", start_seed)
    at_least_one("--batch-size", batch_size)
    if limit is not None:
        at_least_one("--limit", limit)
    from forge.cli.show.eq_progress import EqProgress
    from forge.eq.continuous import generate_games
    from forge.eq.pipeline import play_games
    from forge.eq.records import SUFFIX
    from forge.ops import resolve_device
    from forge.work.tracking import open_tracker

    on = resolve_device(device)
    oracle, settings, player = eq_options.open(on)
    if dry_run:
        show_gaps(output_dir, SUFFIX, "games", start_seed, limit)
        return
    screen = console()
    config = settings.as_dict() | {"batch_size": batch_size, "device": str(on)}
    tracker = open_tracker(wandb, job_type="eq-continuous", group=wandb_group, config=config)
    with tracker, EqProgress(screen, tracker, limit) as progress:

        def play(seeds: Sequence[int]) -> EqRecord:
            return play_games(seeds, oracle, settings, on, progress.decided, player)

        report = generate_games(
            count(start_seed), play, output_dir, batch_size, limit, progress.finished
        )
    screen.print(report.summary(), markup=False, highlight=False, soft_wrap=True)
    if report.stopped_by is not None:
        raise typer.Exit(128 + report.stopped_by)


def main(args: Sequence[str] | None = None, prog: str | None = None) -> None:
    """Run the command line."""
    run(app, args, prog)


if __name__ == "__main__":
    main()
