"""Who is told of the work of a flywheel, and asked whether to stop."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.console import Console

from forge.work.room import Room
from forge.work.stop import StopSignal

if TYPE_CHECKING:
    from forge.ml.tokenize import TokenizeListener
    from forge.oracle.shards.pipeline import ShardListener


class StoppedByError(Exception):
    """A signal ended a stage; what is done is kept. `signum` says which."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum


def _no_shards(n_shards: int) -> AbstractContextManager[ShardListener | None]:
    return nullcontext()


def _no_deals() -> AbstractContextManager[TokenizeListener | None]:
    return nullcontext()


def _nobody() -> Console:
    return Console(quiet=True)


@dataclass(frozen=True)
class Watch:
    """What a flywheel reports to.

    Args:
        signal: set by Ctrl+C.
        tell: takes a line for people.
        shards: opens what hears of so many shards.
        deals: opens what hears of tokenised deals.
        measuring: called with (rows done, rows in all).
        console: where training reports.
        room: memory and disk that may be taken.
    """

    signal: StopSignal = field(default_factory=StopSignal)
    tell: Callable[[str], None] = lambda line: None
    shards: Callable[[int], AbstractContextManager[ShardListener | None]] = _no_shards
    deals: Callable[[], AbstractContextManager[TokenizeListener | None]] = _no_deals
    measuring: Callable[[int, int], None] = lambda done, total: None
    console: Console = field(default_factory=_nobody)
    room: Room = field(default_factory=Room)

    def check(self, signum: int | None = None) -> None:
        """Raises StoppedByError after a signal.

        Args:
            signum: that a stage heard of itself.
        """
        heard = signum if signum is not None else self.signal.signum
        if heard is not None:
            raise StoppedByError(heard)
