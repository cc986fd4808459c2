"""`python -m forge.bidding.parallel`: many hands, on all cores or one process a GPU."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forge.cli.arena import n_cores
from forge.cli.bidding_options import (
    PlayerOption,
    SamplesOption,
    SeedOption,
    TrumpsOption,
    WorkersOption,
    make_simulator,
    shipped_calibration,
)
from forge.cli.common import (
    DeviceOption,
    at_least_one,
    command,
    console,
    parse_seed_range,
    run,
)
from forge.errors import ForgeError
from forge.work.progress import progress_bar

if TYPE_CHECKING:
    from forge.bidding.hands_file import HandRow

app = command()


@app.command()
def parallel(
    hands: Annotated[
        Path | None,
        typer.Option("--hands", help="Text, a hand a line; # begins a comment.", metavar="FILE"),
    ] = None,
    seeds: Annotated[
        str | None,
        typer.Option("--seeds", help="Seat 0's hands in the deals of these seeds.", metavar="A:B"),
    ] = None,
    output: Annotated[
        Path,
        typer.Option(
            "--output", help="JSON lines; a file of the same options goes on.", metavar="FILE.jsonl"
        ),
    ] = Path("hands.jsonl"),
    samples: SamplesOption = 100,
    trumps: TrumpsOption = "all",
    seed: SeedOption = 0,
    player: PlayerOption = "oracle",
    workers: WorkersOption = None,
    device: DeviceOption = "cpu",
) -> None:
    """Evaluate many hands, each in one process, and keep a line for each.

    On CPU one process a core; with --device cuda (or auto, with a GPU) one process a GPU. A hand's
    line is the same whichever process makes it, and the same as a single process makes.
    """
    from forge.bidding.hand import hand_of_seed, parse_trumps
    from forge.bidding.hand_evaluation import Plan
    from forge.bidding.hands_file import HandWork, evaluate_hands, read_hands

    if (hands is None) == (seeds is None):
        raise ForgeError("give one of --hands FILE and --seeds A:B")
    decls = parse_trumps(trumps)
    plan = Plan(at_least_one("--samples", samples))
    if hands is not None:
        todo = read_hands(hands)
    else:
        todo = [hand_of_seed(each) for each in parse_seed_range(seeds or "")]
    simulator = make_simulator(player, seed, device, workers)
    screen = console()
    devices = _devices(device, simulator.device)
    calibration = shipped_calibration(simulator, screen)
    work = HandWork(simulator, decls, plan, calibration, devices)
    default = len(devices) if simulator.device != "cpu" else n_cores()
    n_workers = default if workers is None else workers
    with progress_bar(screen) as progress:
        task = progress.add_task("hands", total=len(todo), rate="")

        def show(row: HandRow) -> None:
            progress.advance(task)
            elapsed_s = progress.tasks[task].elapsed
            rate = f"{progress.tasks[task].completed / elapsed_s:.2f} hands/s" if elapsed_s else ""
            progress.update(task, rate=rate)
            screen.print(
                f"{row.hand}: {row.bid} in {row.trump}, {row.marks:+.2f} marks",
                highlight=False,
                soft_wrap=True,
            )

        done = evaluate_hands(work, todo, output, n_workers, show)
    screen.print(
        f"{output}: {done.n_hands} hands, {done.n_done} of them now",
        highlight=False,
        soft_wrap=True,
        markup=False,
    )
    if done.stopped_by is not None:
        raise typer.Exit(128 + done.stopped_by)


def _devices(asked_for: str, resolved: str) -> list[str]:
    """All GPUs where one is as good as another, else the one device."""
    import torch

    if resolved.startswith("cuda") and ":" not in asked_for:
        return [f"cuda:{i}" for i in range(torch.cuda.device_count())]
    return [resolved]


def main(args: Sequence[str] | None = None, prog: str | None = None) -> None:
    """Run the command line."""
    run(app, args, prog)


if __name__ == "__main__":
    main()
