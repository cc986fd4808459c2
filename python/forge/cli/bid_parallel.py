"""`python -m forge.bidding.parallel`: many hands, on all cores or one process a GPU."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from forge.cli import values
from forge.cli.bidding_options import make_simulator, shipped_calibration
from forge.cli.command import command
from forge.cli.on_ray import where_to_work
from forge.cli.room_options import DiskOptions, end_if_full
from forge.cli.shared_options import (
    device_option,
    player_option,
    ray_option,
    samples_option,
    seed_option,
    trumps_option,
    workers_option,
)
from forge.cli.values import console, parse_seed_range
from forge.errors import ForgeError
from forge.options import option
from forge.work.devices import n_cores
from forge.work.paths import writable_file
from forge.work.progress import progress_bar
from forge.work.rates import rate_text
from forge.work.wording import counted

if TYPE_CHECKING:
    from forge.bidding.hands_file import HandRow


@dataclass(frozen=True)
class ParallelArgs:
    """What may be said to `forge bid-parallel`."""

    hands: Path | None = option(
        None, "Text, a hand a line; # begins a comment.", metavar="FILE", reads=values.existing
    )
    seeds: str | None = option(
        None,
        "Seat 0's hands in the deals of these seeds.",
        metavar="A:B",
        reads=values.seed_range,
    )
    output: Path = option(
        Path("hands.jsonl"),
        "JSON lines; a file of the same options goes on.",
        metavar="FILE.jsonl",
        reads=writable_file,
    )
    samples: int = samples_option(100)
    trumps: str = trumps_option("all")
    seed: int = seed_option(0)
    player: str = player_option("oracle")
    workers: int | None = workers_option(None)
    device: str = device_option("cpu")
    ray: str | None = ray_option(None)

    def __post_init__(self) -> None:
        if (self.hands is None) == (self.seeds is None):
            raise ForgeError("give one of --hands FILE and --seeds A:B")


@command()
def parallel(args: ParallelArgs, disk: DiskOptions) -> None:
    """Evaluate many hands, each in one process, and keep a line for each.

    On CPU one process a core; with --device cuda (or auto, with a GPU) one process a GPU. A hand's
    line is the same whichever process makes it, and the same as a single process makes.
    """
    from forge.bidding.hand import hand_of_seed, parse_trumps
    from forge.bidding.hands_file import HandWork, evaluate_hands, read_hands, row_verdict
    from forge.bidding.plan import Plan
    from forge.bidding.sentences import doubt

    decls = parse_trumps(args.trumps)
    plan = Plan(args.samples)
    if args.hands is not None:
        todo = read_hands(args.hands)
    else:
        todo = [hand_of_seed(each) for each in parse_seed_range(args.seeds or "")]
    here = args.ray is None
    asked_for = args.device if here else "cpu"
    simulator = make_simulator(args.player, args.seed, asked_for, args.workers)
    screen = console()
    calibration = shipped_calibration(simulator, screen)
    with (
        where_to_work(args.ray, args.device, args.workers, screen) as place,
        progress_bar(screen) as progress,
    ):
        devices = _devices(args.device, simulator.device) if here else [place.device]
        work = HandWork(simulator, decls, plan, calibration, devices)
        default = len(devices) if simulator.device != "cpu" else n_cores()
        n_workers = default if args.workers is None else args.workers
        task = progress.add_task("hands", total=len(todo), rate="")

        def show(row: HandRow) -> None:
            progress.advance(task)
            at = progress.tasks[task]
            rate = rate_text(at.completed, at.elapsed, "hands")
            progress.update(task, rate=rate)
            screen.print(
                f"{row.hand}: {row.bid} in {row.trump}, {row.marks:+.2f} marks"
                f"{doubt(row_verdict(row, decls, plan.n_deals))}",
                highlight=False,
                soft_wrap=True,
            )

        done = evaluate_hands(work, todo, args.output, n_workers, show, place.pool, disk.room())
    screen.print(
        f"{args.output}: {counted(done.n_hands, 'hand')}, {done.n_done} of them now",
        highlight=False,
        soft_wrap=True,
        markup=False,
    )
    place.end(screen, done.stopped_by)
    end_if_full(done)


def _devices(asked_for: str, resolved: str) -> list[str]:
    """All GPUs where one is as good as another, else the one device."""
    import torch

    if resolved.startswith("cuda") and ":" not in asked_for:
        return [f"cuda:{i}" for i in range(torch.cuda.device_count())]
    return [resolved]


main = parallel.main


if __name__ == "__main__":
    main()
