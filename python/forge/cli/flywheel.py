"""`forge flywheel`: shards, rows, a better network, and again, by itself."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import typer

from forge.cli import values
from forge.cli.command import CommandGroup, Given, command, end_if_stopped
from forge.cli.room_options import RoomOptions
from forge.cli.values import console
from forge.errors import ForgeError
from forge.extras import need
from forge.flywheel.next_line import DEFAULT_FOLDER
from forge.flywheel.oracle_settings import OracleOptions, OracleSettings, TurnSettings
from forge.flywheel.seat_settings import PlayingOptions, SeatSettings
from forge.flywheel.state_file import MOST_ITERATIONS, NotNowError
from forge.options import LAST_START, MOST_LISTED, option
from forge.work.paths import check_paths, writable_folder
from forge.work.room import ANY_ROOM, Room
from forge.work.seed_files import seeds_of, split_of
from forge.work.tracking import wandb_or_not

if TYPE_CHECKING:
    from forge.flywheel.state_file import FlywheelState
    from forge.flywheel.watching import Watch
    from forge.work.stop import StopSignal

_FAILED = 1


def _looked_at(name: str, path: Path) -> None:
    check_paths(name, path)
    if path.exists() and not path.is_dir():
        raise ForgeError(f"{name} must be the folder of a flywheel, and {path} is a file")


@dataclass(frozen=True)
class Place:
    """Where a flywheel lies."""

    folder: Path = option(
        DEFAULT_FOLDER, "Folder of the flywheel.", "--dir", metavar="DIR", reads=writable_folder
    )


@dataclass(frozen=True)
class InitArgs:
    """What may be said to `forge flywheel init`, of flywheels of any kind."""

    kind: Literal["oracle", "seat"] = option("oracle", "Learn positions, or how a seat plays.")
    wandb_group: str = option("flywheel", "Group of its runs at W&B.")
    start_seed: int = option(0, "The first seed to train on.", least=0, most=LAST_START)
    seeds_per_iter: int = option(10, "Seeds of an iteration.", least=1, most=MOST_LISTED)
    baseline: str | None = option(
        None,
        "What the first iteration goes on from. [default: the best of the catalogue]",
        metavar="FILE|NAME",
        reads=values.network,
    )
    epochs: int = option(2, "Of an iteration.", least=1, most=1_000_000)
    iterations: int | None = option(
        None, "Be done after so many. [default: 500]", least=1, most=MOST_ITERATIONS
    )
    force: bool = option(False, "Begin anew where there is one; its files stay.")

    def __post_init__(self) -> None:
        if split_of(self.start_seed) != "train":
            raise ForgeError(f"--start-seed must be a train seed: {seeds_of('train')}")
        if not self.wandb_group.isprintable() or not self.wandb_group.strip():
            raise ForgeError(f"--wandb-group must be a name, got {self.wandb_group!r}")


@command()
def init(
    place: Place,
    args: InitArgs,
    learning: TurnSettings,
    oracle: OracleOptions,
    seat: PlayingOptions,
    given: Given,
) -> None:
    """Make the state of a new flywheel; nothing else is done yet."""
    from forge.flywheel.beginning import new_state
    from forge.flywheel.holding import holding
    from forge.flywheel.next_line import next_line
    from forge.flywheel.state_file import STATE_FILE, write_state

    settings = _settings(args.kind, learning, oracle, seat, given)
    path = place.folder / STATE_FILE
    with _told(), holding(place.folder):
        if path.exists() and not args.force:
            raise ForgeError(f"{path} is there already: --force begins anew")
        state = new_state(args, settings, next_line(place.folder, "--once"))
        write_state(place.folder, state)
    _say(f"{path}: seeds {state.current.seed_range} come first, from {state.baseline_checkpoint}")
    _say(f"next: {state.next_action}")


def _settings(
    kind: str, learning: TurnSettings, oracle: OracleOptions, seat: PlayingOptions, given: Given
) -> OracleSettings | SeatSettings:
    own, other, of = (seat, oracle, "oracle") if kind == "seat" else (oracle, seat, "seat")
    for each in fields(other):
        if each.name in given:
            raise ForgeError(f"--{each.name.replace('_', '-')} is for --kind {of}")
    values = {f.name: getattr(group, f.name) for group in (learning, own) for f in fields(group)}
    return SeatSettings(**values) if kind == "seat" else OracleSettings(**values)


@dataclass(frozen=True)
class StatusArgs:
    """What may be said to `forge flywheel status`."""

    folder: Path = option(
        DEFAULT_FOLDER, "Folder of the flywheel.", "--dir", metavar="DIR", reads=_looked_at
    )
    as_json: bool = option(False, "Print it for programs.", "--json")


@command()
def status(args: StatusArgs) -> None:
    """How far it is: the last five iterations, the trend, time by stage, and what comes next."""
    from forge.cli.show.flywheel_page import show_flywheel
    from forge.flywheel.holding import holder
    from forge.flywheel.state_file import read_state
    from forge.flywheel.trend import trend_of

    with _told():
        state = read_state(args.folder)
        pid = holder(args.folder)
    if args.as_json:
        found = asdict(state) | {
            "iteration": state.number,
            "is_alive": pid is not None,
            "best": state.best,
            "trend": [asdict(point) for point in trend_of(args.folder, state)],
        }
        print(json.dumps(found, allow_nan=False))
        return
    show_flywheel(args.folder, state, pid, console())


@dataclass(frozen=True)
class RetryArgs:
    """What may be said to `forge flywheel retry`."""

    from_iteration: int | None = option(
        None,
        "Go on from what iteration N learnt, 0 being the baseline, failed or not.",
        "--from",
        metavar="N",
        least=0,
        most=1_000_000,
    )


@command()
def retry(place: Place, args: RetryArgs) -> None:
    """After a failure: be ready again. With --from: go back to an older checkpoint."""
    from forge.flywheel import transitions
    from forge.flywheel.next_line import next_line
    from forge.flywheel.wheel import changed, go_back

    line = next_line(place.folder, "--once")

    def change(state: FlywheelState) -> FlywheelState:
        if args.from_iteration is not None:
            state = go_back(state, args.from_iteration)
            if state.status != "failed":
                return transitions.stop(state, line) if state.status == "running" else state
        return transitions.retry(state, line)

    with _told():
        state = changed(place.folder, change)
    _say(f"{state.status}: iteration {state.number} goes on from {state.parent}")
    _say(f"next: {state.next_action or line}")


@dataclass(frozen=True)
class TestArgs:
    """What may be said to `forge flywheel test`."""

    iteration: int | None = option(
        None,
        "Which one; 0 is the baseline. [default: the best]",
        metavar="N",
        least=0,
        most=1_000_000,
    )


@command("test")
def test_set(place: Place, args: TestArgs) -> None:
    """The figures of a checkpoint on the test set: for a last report, never for a choice."""
    need("train", "lightning")
    from forge.flywheel.final_test import figures_on_test
    from forge.flywheel.watching import StoppedByError
    from forge.work.stop import StopSignal

    with StopSignal("step") as signal, _told(), _watching(signal) as watch:
        try:
            watch.tell(figures_on_test(place.folder, args.iteration, watch))
        except StoppedByError as stopped:
            end_if_stopped(stopped.signum)


@dataclass(frozen=True)
class GoArgs:
    """What may be said to `forge flywheel`."""

    once: bool = option(False, "One iteration, then end.", "--once")
    seed_range: str | None = option(
        None, "Seeds of this iteration in place of the next ones.", reads=values.seed_range
    )
    epochs: int | None = option(None, "From this iteration on.", least=1, most=1_000_000)
    wandb: bool | None = option(
        None,
        "Log iterations at W&B. [default: if it is set up]",
        "--wandb/--no-wandb",
        reads=wandb_or_not,
    )

    def __post_init__(self) -> None:
        if self.seed_range is not None and not self.once:
            raise ForgeError("--seed-range is for one iteration: give --once too")


@command()
def go(place: Place, args: GoArgs, room: RoomOptions) -> None:
    """Go on, iteration after iteration, until stopped or the first failure."""
    need("train", "lightning", "matplotlib")
    from forge.flywheel.state_file import read_state
    from forge.work.stop import StopSignal

    with _told():
        read_state(place.folder)
    with StopSignal("step") as signal:
        signum = _go(place, args, room, signal)
    end_if_stopped(signum)


def _go(place: Place, args: GoArgs, room: RoomOptions, signal: StopSignal) -> int | None:
    from forge.flywheel.next_line import next_line
    from forge.flywheel.watching import StoppedByError
    from forge.flywheel.wheel import FailedError, Flywheel

    with (
        _told(),
        _watching(signal, room.room()) as watch,
        Flywheel(place.folder, watch, args.wandb) as wheel,
    ):
        if wheel.is_done:
            watch.tell("the flywheel is done")
            return None
        wheel.choose(args.seed_range, args.epochs)
        while True:
            try:
                entry = wheel.turn()
            except StoppedByError as stopped:
                watch.tell(f"stopped; go on with: {next_line(place.folder, '--once')}")
                return stopped.signum
            except FailedError as failed:
                raise NotNowError(f"{failed}; next: {wheel.state.next_action}") from failed
            watch.tell(_sentence(wheel.state, entry))
            if args.once or wheel.is_done:
                return None


def _sentence(state: FlywheelState, entry: Any) -> str:
    from forge.cli.show.flywheel_page import gap_text

    verdict = "the best so far" if entry.is_best else "not better than the best beyond its interval"
    gap = gap_text(entry.q_gap, entry.q_gap_interval)
    return f"iteration {state.number - 1}: q_gap {gap}, {verdict}"


@contextmanager
def _watching(signal: StopSignal, room: Room = ANY_ROOM) -> Iterator[Watch]:
    from forge.cli.measuring import Bars
    from forge.cli.show.shard_progress import ProgressListener
    from forge.cli.show.tokenizing import TokenizeProgress
    from forge.flywheel.watching import Watch
    from forge.work.tracking import NoTracker

    screen = console()

    def tell(line: str) -> None:
        screen.print(line, markup=False, highlight=False, soft_wrap=True)

    with Bars(screen) as bars:
        yield Watch(
            signal,
            tell,
            lambda n: ProgressListener(screen, NoTracker(), n),
            lambda: TokenizeProgress(screen, NoTracker()),
            bars.mover("evaluating", "positions"),
            screen,
            room,
        )


@contextmanager
def _told() -> Iterator[None]:
    """What is not possible as things stand is one line and exit code 1."""
    try:
        yield
    except NotNowError as error:
        from forge.cli.command import first_line

        print(f"error: {first_line(str(error))}", file=sys.stderr)
        raise typer.Exit(_FAILED) from None


def _say(line: str) -> None:
    console().print(line, markup=False, highlight=False, soft_wrap=True)


main = CommandGroup(
    "flywheel",
    "Shards, rows, a better network, and again: go on where it is, or one of these.",
    (init, status, retry, test_set),
    bare=go,
).main

if __name__ == "__main__":
    main()
