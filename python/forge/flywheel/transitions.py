"""How the state of a flywheel changes: functions from one state to the next, without a file."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from forge.flywheel.state_file import (
    MOST_ITERATIONS,
    Current,
    FlywheelState,
    HistoryEntry,
    NotNowError,
)
from forge.work.seed_files import SPLIT_BUCKETS, split_of

_THOUSAND: Final = 1000


def begin(state: FlywheelState, now: str) -> FlywheelState:
    """Work begins, or goes on where a process that is gone has left it.

    Args:
        state: ready, or running without a process.
        now: ISO 8601, UTC.

    Raises:
        NotNowError: after a failure, and when it is over.
    """
    if state.status == "failed":
        raise NotNowError(f"the last iteration failed: {state.last_error}; {state.next_action}")
    if state.status == "done":
        raise NotNowError("the flywheel is done")
    current = state.current
    if state.status == "ready" or current.started_at is None:
        current = replace(current, started_at=now)
    return replace(state, status="running", current=current, last_error=None, next_action=None)


def stop(state: FlywheelState, action: str) -> FlywheelState:
    """A signal ended the work: no failure; what is done is kept."""
    current = replace(state.current, started_at=None)
    return replace(state, status="ready", current=current, next_action=action)


def fail(state: FlywheelState, error: str, action: str) -> FlywheelState:
    """The iteration cannot go on before someone has looked."""
    return replace(state, status="failed", last_error=error, next_action=action)


def retry(state: FlywheelState, action: str) -> FlywheelState:
    """Someone has looked.

    Raises:
        NotNowError: where nothing failed.
    """
    if state.status != "failed":
        raise NotNowError(f"there is nothing to retry: the flywheel is {state.status}")
    current = replace(state.current, started_at=None)
    return replace(state, status="ready", current=current, last_error=None, next_action=action)


def succeed(state: FlywheelState, entry: HistoryEntry, action: str) -> FlywheelState:
    """An iteration is over; the next one, or the end, comes.

    Args:
        state: running.
        entry: what it brought.
        action: what to type next, unless it is the end.
    """
    history = [*state.history, entry]
    over = len(history) >= (state.iterations or MOST_ITERATIONS)
    seeds = next_range(state.current.seeds, state.step)
    return replace(
        state,
        status="done" if over else "ready",
        current=Current(f"{seeds.start}:{seeds.stop}", entry.checkpoint),
        last_error=None,
        next_action=None if over else action,
        history=history,
    )


def next_range(seeds: range, step: int) -> range:
    """The seeds after a range; seeds of val and test, with which none may begin, are left out.

    Args:
        seeds: the range that is over.
        step: how many come.
    """
    start = seeds.stop
    if split_of(start) != "train":
        start += _THOUSAND - start % _THOUSAND + SPLIT_BUCKETS["train"].start
    return range(start, start + step)


def train_seeds(seeds: range) -> list[int]:
    """Those of a range that may be trained on: val and test seeds never are."""
    return [seed for seed in seeds if split_of(seed) == "train"]
