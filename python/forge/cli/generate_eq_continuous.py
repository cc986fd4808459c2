"""`forge generate-eq-continuous`: E[Q] files of seed after seed, gaps first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from forge.cli.command import command
from forge.cli.eq_options import EqOptions, GamesElsewhere
from forge.cli.on_ray import where_to_work
from forge.cli.room_options import DiskOptions, end_if_full, tell_disk
from forge.cli.shared_options import device_option, ray_option, wandb_group_option, wandb_option
from forge.cli.show.seed_gaps import show_gaps
from forge.cli.values import console
from forge.options import LAST_START, MOST_PIECES, MOST_TOGETHER, option
from forge.work.paths import writable_folder

if TYPE_CHECKING:
    from forge.eq.records import EqRecord


@dataclass(frozen=True)
class GenerateEqContinuousArgs:
    """What may be said to `forge generate-eq-continuous`."""

    start_seed: int = option(
        0, "Begin here; gaps before it stay.", metavar="N", least=0, most=LAST_START
    )
    batch_size: int = option(
        32, "Games played in lock step.", metavar="N", least=1, most=MOST_TOGETHER
    )
    limit: int | None = option(
        None, "Stop after this many games. Default: never.", metavar="N", least=1, most=MOST_PIECES
    )
    output_dir: Path = option(
        Path("data/eq-games"),
        "Of train/, val/, test/.",
        metavar="DIR|URI",
        stores=True,
        reads=writable_folder,
    )
    device: str = device_option("auto")
    ray: str | None = ray_option(None)
    dry_run: bool = option(False, "Show missing seeds; generate nothing.")
    wandb: bool = wandb_option(False)
    wandb_group: str | None = wandb_group_option(None)


@command()
def generate_eq_continuous(
    args: GenerateEqContinuousArgs, disk: DiskOptions, eq_options: EqOptions
) -> None:
    """Play games by E[Q] and record each decision, one file a seed, until Ctrl+C.

    A second start fills the gaps and goes on. Any number of these may run on one directory at once;
    a game's file does not depend on batch size or workers.
    """
    from forge.cli.show.eq_progress import EqProgress
    from forge.eq.continuous import BYTES_A_GAME, GameBatch, generate_games
    from forge.eq.pipeline import play_games
    from forge.eq.records import SUFFIX
    from forge.ops import resolve_device
    from forge.work.tracking import open_tracker

    on = resolve_device(args.device if args.ray is None else "cpu")
    how = eq_options.open(on)
    if args.dry_run:
        show_gaps(args.output_dir, SUFFIX, "game", args.start_seed, args.limit)
        return
    screen = console()
    tell_disk(screen, disk.room(), args.output_dir, "game", BYTES_A_GAME, args.limit)
    with where_to_work(args.ray, args.device, None, screen) as place:
        config = how.settings.as_dict() | {"batch_size": args.batch_size, "device": place.device}
        tracker = open_tracker(
            args.wandb, job_type="eq-continuous", group=args.wandb_group, config=config
        )
        with tracker, EqProgress(screen, tracker, args.limit) as progress:

            def play_here(seeds: Sequence[int]) -> EqRecord:
                return play_games(
                    seeds, how.oracle, how.settings, on, progress.decided, how.player, how.policy
                )

            def finished(batch: GameBatch) -> None:
                if place.pool is not None:
                    progress.decided(batch.n_decisions)
                progress.finished(batch)

            elsewhere = place.pool is not None
            report = generate_games(
                count(args.start_seed),
                GamesElsewhere(eq_options, place.device) if elsewhere else play_here,
                args.output_dir,
                args.batch_size,
                args.limit,
                finished,
                place.pool,
                disk.room(),
            )
    screen.print(report.summary(), markup=False, highlight=False, soft_wrap=True)
    place.end(screen, report.stopped_by)
    end_if_full(report)


main = generate_eq_continuous.main


if __name__ == "__main__":
    main()
