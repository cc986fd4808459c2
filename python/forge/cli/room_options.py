"""How much memory and disk long work may take: options, and how its end is told."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import typer

from forge.cli.on_ray import EXIT_LEFT_OUT
from forge.options import option
from forge.work.room import DEFAULT_MIN_DISK_MB, Room
from forge.work.wording import counted

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True)
class DiskOptions:
    """Of work that fills a disk."""

    min_disk: int = option(
        DEFAULT_MIN_DISK_MB,
        "End cleanly where less of the disk than this is free, in MB.",
        metavar="MB",
        least=0,
        most=10**9,
    )

    def room(self) -> Room:
        """For Python."""
        return Room(min_disk=self.min_disk * 10**6)


@dataclass(frozen=True)
class MemoryOptions:
    """Of work that solves deals."""

    max_memory: int | None = option(
        None,
        "Leave out a deal that needs more memory than this, in MB. "
        "[default: four fifths of what is free]",
        metavar="MB",
        least=1,
        most=10**8,
    )

    def room(self) -> Room:
        """For Python."""
        return Room(None if self.max_memory is None else self.max_memory * 10**6)


@dataclass(frozen=True)
class RoomOptions(MemoryOptions, DiskOptions):
    """Of work that does both."""

    def room(self) -> Room:
        """For Python."""
        return Room(MemoryOptions.room(self).max_memory, self.min_disk * 10**6)


def tell_disk(
    screen: Console, room: Room, folder: Path | None, what: str, each_bytes: float, n: int | None
) -> None:
    """Before a long run: what is free, and what the run takes; see `Room.disk_line`."""
    line = None if folder is None else room.disk_line(folder, what, each_bytes, n)
    if line is not None:
        screen.print(line, markup=False, highlight=False, soft_wrap=True)


class MayBeFull(Protocol):
    """What a run did, in any case whether the disk ended it."""

    @property
    def disk_low(self) -> str | None:
        """Why the run ended early, where the disk is full."""


def end_if_full(run: MayBeFull) -> None:
    """End the command with 1 where a run stopped because the disk is full."""
    if run.disk_low is not None:
        print(f"error: stopped: {run.disk_low}", file=sys.stderr)
        raise typer.Exit(EXIT_LEFT_OUT)


def tell_left_out(lines: Sequence[str], what: str = "shard") -> None:
    """Name the shards, or what else was not made, `NAME: REASON` each, and end the command with
    1."""
    for line in lines:
        print(f"left out: {line}", file=sys.stderr)
    if lines:
        n = counted(len(lines), what)
        print(f"error: {n} left out: the same line tries again", file=sys.stderr)
        raise typer.Exit(EXIT_LEFT_OUT)
