"""A flywheel at work: one process, one iteration after the other, from whatever state it is in.

Every stage of an iteration finds out whether its outcome is there and whole, so going on after an
end of any kind is doing the iteration again: what is done is found done.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Final, Protocol

from forge.errors import ForgeError, reason_of
from forge.flywheel import transitions
from forge.flywheel.holding import holding
from forge.flywheel.next_line import next_line
from forge.flywheel.oracle_turn import OracleTurn, TurnStage
from forge.flywheel.seat_turn import SeatTurn
from forge.flywheel.state_file import (
    Current,
    FlywheelState,
    HistoryEntry,
    NotNowError,
    read_state,
    write_state,
)
from forge.flywheel.trend import TREND_FILE, trend_of
from forge.flywheel.wandb_runs import IterationRun, NoRun, is_set_up
from forge.flywheel.watching import StoppedByError, Watch
from forge.work.atomic import write_file
from forge.work.room import MIN_DISK

_ROOM_ERRORS: Final = ("No space left on device", "File too large", "Disk quota exceeded", MIN_DISK)


class WheelTurn(Protocol):
    """One iteration of a kind of flywheel."""

    found: HistoryEntry | None

    def stages(self) -> Sequence[TurnStage]:
        """What is done, in order; after the last one `found` says what it brought."""

    def config(self) -> dict[str, Any]:
        """What a W&B run is told."""

    @property
    def total_seeds(self) -> int:
        """Seeds trained on so far, this iteration's included."""


class FailedError(ForgeError):
    """An iteration failed; the state says so."""


def now_text() -> str:
    """ISO 8601, UTC, to the second."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def wheel_turn_of(folder: Path, state: FlywheelState, watch: Watch) -> WheelTurn:
    """The iteration that a state is about."""
    if state.kind == "seat":
        return SeatTurn(folder, state, watch)
    return OracleTurn(folder, state, watch)


class Flywheel:
    """The flywheel in a folder, held by this process; use as a context manager.

    Args:
        folder: with its state.
        watch: who hears of the work.
        wandb: whether iterations are runs at W&B; None: if it is set up.

    Raises:
        NotNowError: if another process works in it, or there is none.
        ForgeError: for a state that is none.
    """

    def __init__(self, folder: Path, watch: Watch, wandb: bool | None = None) -> None:
        self.folder, self.watch, self.wandb = folder, watch, wandb
        read_state(folder)  # where there is none, nothing is made
        with ExitStack() as stack:
            stack.enter_context(holding(folder))
            self.state = read_state(folder)
            self._held = stack.pop_all()

    def __enter__(self) -> Flywheel:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._held.close()

    @property
    def is_done(self) -> bool:
        """Whether no iteration is to come."""
        return self.state.status == "done"

    def choose(self, seed_range: str | None, epochs: int | None) -> None:
        """Change what comes next.

        Raises:
            NotNowError: after a failure, or when it is over.
        """
        if seed_range is None and epochs is None:
            return
        if self.state.status in ("failed", "done"):
            transitions.begin(self.state, "")  # says why not
        current = self.state.current
        if seed_range is not None and seed_range != current.seed_range:
            current = Current(seed_range, current.checkpoint, current.started_at)
        self._put(replace(self.state, current=current, epochs=epochs or self.state.epochs))

    def turn(self) -> HistoryEntry:
        """Do one iteration, or the rest of it.

        Raises:
            NotNowError: after a failure, and when it is over.
            StoppedByError: after a signal; the state is ready, and what is done is kept.
            FailedError: if it failed; the state says of what.
        """
        if self.state.status == "running":
            self.watch.tell(f"iteration {self.state.number} goes on where its process was ended")
        self._put(transitions.begin(self.state, now_text()))
        try:
            return self._do()
        except StoppedByError:
            self._put(transitions.stop(self.state, next_line(self.folder, "--once")))
            raise
        except Exception as error:
            line = _told(error)
            self._fail(line)
            if isinstance(error, ForgeError | OSError | MemoryError) or _is_of_device(error):
                raise FailedError(line) from error
            raise  # a defect of ours keeps its traceback

    def _do(self) -> HistoryEntry:
        turn = wheel_turn_of(self.folder, self.state, self.watch)
        current = self.state.current
        self.watch.tell(f"iteration {self.state.number}: seeds {current.seed_range}")
        with self._run(turn) as run:
            for number, stage in enumerate(turn.stages()):
                self.watch.check()
                self.watch.tell(f"{stage.name}:")
                run.stage(number, stage.name)
                start = time.monotonic()
                try:
                    stage.work()
                finally:
                    self._add_seconds(stage.name, time.monotonic() - start)
                self._put(self.state)
            assert turn.found is not None
            entry = replace(
                turn.found,
                completed_at=now_text(),
                seconds=dict(self.state.current.seconds),
            )
            checkpoint = None if entry.checkpoint is None else self.folder / entry.checkpoint
            run.finished(self.state, entry, checkpoint)
        done = transitions.succeed(self.state, entry, next_line(self.folder, "--once"))
        self.draw(done)
        self._put(done)
        return entry

    def draw(self, state: FlywheelState) -> None:
        """The plot of the trend beside the state, if it is not what is there."""
        from forge.look.plots.trend import trend_png

        path = self.folder / TREND_FILE
        name = state.wandb_group or "flywheel"
        footer = f"{name} · golden val set · bars: 95 % over {state.unit}"
        png = trend_png(trend_of(self.folder, state), footer)
        if not path.is_file() or path.read_bytes() != png:
            write_file(path, png)

    @contextmanager
    def _run(self, turn: WheelTurn) -> Iterator[NoRun]:
        wanted = is_set_up() if self.wandb is None else self.wandb
        if not wanted:
            if self.wandb is None:
                self.watch.tell("not logged at W&B: not logged in (WANDB_MODE=offline keeps runs)")
            with NoRun() as none:
                yield none
            return
        config = turn.config() | {"total_seeds_trained": turn.total_seeds}
        with IterationRun(self.state, self.folder, config) as run:
            yield run

    def _add_seconds(self, stage: str, elapsed_s: float) -> None:
        seconds = dict(self.state.current.seconds)
        seconds[stage] = round(seconds.get(stage, 0.0) + elapsed_s, 3)
        self.state = replace(self.state, current=replace(self.state.current, seconds=seconds))

    def _put(self, state: FlywheelState) -> None:
        write_state(self.folder, state)
        self.state = state

    def _fail(self, line: str) -> None:
        action = next_line(self.folder, "retry")
        if any(each in line for each in _ROOM_ERRORS):
            free = shutil.disk_usage(self.folder).free / 1e9
            action = f"make room ({free:.1f} GB are free), then: {action}"
        try:
            self._put(transitions.fail(self.state, line, action))
        except ForgeError as error:  # the disk that is full: the next start goes on all the same
            self.watch.tell(f"the failure could not be noted: {error}")


def _is_of_device(error: Exception) -> bool:
    """Whether a device has no memory left, which torch tells in its own way."""
    import torch

    return isinstance(error, torch.OutOfMemoryError)


def _told(error: Exception) -> str:
    if isinstance(error, ForgeError):
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        return (lines or [type(error).__name__])[0]
    if isinstance(error, MemoryError):
        return "out of memory"
    place = f": {error.filename}" if isinstance(error, OSError) and error.filename else ""
    prefix = "" if isinstance(error, OSError) else f"{type(error).__name__}: "
    return f"{prefix}{reason_of(error)}{place}"


def changed(folder: Path, change: Callable[[FlywheelState], FlywheelState]) -> FlywheelState:
    """Read the state, change it and write it, while no process works in the folder.

    Raises:
        NotNowError: if one does, there is no state, or the change does not fit it.
        ForgeError: for a state that is none.
    """
    read_state(folder)
    with holding(folder):
        state = change(read_state(folder))
        write_state(folder, state)
    return state


def go_back(state: FlywheelState, number: int) -> FlywheelState:
    """Let training go on from what an earlier iteration learnt.

    Args:
        state: not running.
        number: of the iteration; 0 is the baseline.

    Raises:
        NotNowError: if there is no such iteration.
    """
    if not 0 <= number <= len(state.history):
        raise NotNowError(
            f"there are iterations 0 (the baseline) to {len(state.history)}, got {number}"
        )
    told = state.history[number - 1].checkpoint if number else state.baseline_checkpoint
    return replace(state, current=replace(state.current, checkpoint=told))
