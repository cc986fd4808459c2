"""`forge bidding-continuous`: the chance to make each bid for hand after hand, gaps first."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from forge.cli import values
from forge.cli.command import command
from forge.cli.on_ray import where_to_work
from forge.cli.room_options import DiskOptions, end_if_full, tell_disk
from forge.cli.shared_options import device_option, ray_option, workers_option
from forge.cli.show.seed_gaps import show_gaps
from forge.cli.values import console
from forge.errors import ForgeError
from forge.options import LAST_START, MOST_DEALS, MOST_PIECES, option
from forge.work.paths import writable_folder

if TYPE_CHECKING:
    from forge.bidding.continuous import Evaluated


@dataclass(frozen=True)
class BiddingContinuousArgs:
    """What may be said to `forge bidding-continuous`."""

    samples: int = option(500, "Deals around a hand.", metavar="N", least=1, most=MOST_DEALS)
    start_seed: int = option(
        0, "Begin here; gaps before it stay.", metavar="N", least=0, most=LAST_START
    )
    limit: int | None = option(
        None, "Stop after this many hands. Default: never.", metavar="N", least=1, most=MOST_PIECES
    )
    output: Path = option(
        Path("data/bidding-results"),
        "Of train/, val/, test/.",
        metavar="DIR",
        stores=True,
        reads=writable_folder,
    )
    checkpoint: str | None = option(
        None,
        "Let this network play, all hands open. Default: the exact solver.",
        metavar="FILE|NAME",
        reads=values.network,
    )
    player: str | None = option(
        None, "Who plays all four seats instead.", metavar="PLAYER", reads=values.player
    )
    workers: int | None = workers_option(None)
    device: str = device_option("auto")
    ray: str | None = ray_option(None)
    dry_run: bool = option(False, "Show missing seeds; evaluate nothing.")

    def __post_init__(self) -> None:
        if self.checkpoint is not None and self.player is not None:
            raise ForgeError(
                "--checkpoint says who plays: leave --player out, or the other way round"
            )

    @property
    def who(self) -> str:
        """The player that the options ask for, as it is written."""
        if self.checkpoint is not None:
            return f"model:{self.checkpoint}"
        return self.player or "oracle"


@command()
def bidding_continuous(args: BiddingContinuousArgs, disk: DiskOptions) -> None:
    """Evaluate seat 0's hand of seed after seed under nine trumps, one file a seed, until Ctrl+C.

    Files hold points and the share of deals that makes each bid, under perfect play with open hands
    (forge bid-evaluate has calibrated chances). A second start fills the gaps and goes on. Any
    number of these may run on one directory at once.
    """
    from forge import __version__
    from forge.bidding.continuous import BYTES_A_HAND, EvaluateSeed, evaluate_seeds, seeds_a_day
    from forge.bidding.schema import SUFFIX
    from forge.cli.bidding_options import make_simulator
    from forge.work.progress import progress_bar

    here = args.ray is None
    simulator = make_simulator(args.who, 0, args.device if here else "cpu", args.workers)
    simulator.player.build(simulator.device)  # what is wrong with it is told at once
    if args.dry_run:
        show_gaps(args.output, SUFFIX, "hand", args.start_seed, args.limit)
        return
    screen, start = console(), time.perf_counter()
    tell_disk(screen, disk.room(), args.output, "hand", BYTES_A_HAND, args.limit)
    with (
        where_to_work(args.ray, args.device, args.workers, screen) as place,
        progress_bar(screen) as progress,
    ):
        task = progress.add_task("hands", total=args.limit, rate="")
        if not here:
            simulator = replace(simulator, device=place.device, n_workers=1)
        evaluate = EvaluateSeed(simulator, args.samples, __version__)

        def show(hand: Evaluated) -> None:
            n_done = int(progress.tasks[task].completed) + 1
            rate = seeds_a_day(n_done, time.perf_counter() - start)
            progress.update(task, advance=1, rate=rate)
            number = f"{n_done}/{args.limit}" if args.limit is not None else str(n_done)
            line = f"[{number}] seed {hand.seed}: {hand.elapsed_s:.2f} s, {rate}"
            screen.print(line, markup=False, highlight=False, soft_wrap=True)

        seeds = count(args.start_seed)
        report = evaluate_seeds(
            seeds, evaluate, args.output, args.limit, show, place.pool, disk.room()
        )
    screen.print(report.summary(), markup=False, highlight=False, soft_wrap=True)
    place.end(screen, report.stopped_by)
    end_if_full(report)


main = bidding_continuous.main


if __name__ == "__main__":
    main()
