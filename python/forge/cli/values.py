"""How values of options are read, and where results are printed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from forge.errors import ForgeError
from forge.game.contract import BIDS, VALID_BIDS, Bid
from forge.work.devices import check_device

if TYPE_CHECKING:
    from forge.arena.specs import PlayerSpec


def parse_seed_range(text: str) -> range:
    """`A:B` -> seeds A..B-1; ForgeError for anything else, empty and backward ranges included."""
    first, colon, end = text.partition(":")
    if not (colon and first.isdecimal() and end.isdecimal() and text.isascii()):
        raise ForgeError(f"seed range {text!r} must be A:B with whole numbers, like 0:40")
    seeds = range(int(first), int(end))
    if not seeds:
        raise ForgeError(f"seed range {text!r} is empty or backwards: A:B needs A < B (B excluded)")
    return seeds


def parse_out_dir(text: str) -> Path | None:
    """A directory to write to; None for `/dev/null`, which means writing nothing."""
    return None if text == "/dev/null" else Path(text)


def console() -> Console:
    """The console for results and progress: stdout, so that both share one terminal."""
    return Console()


def n_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def table_bid(name: str, number: int) -> Bid:
    """The bid that an option asks for, or a ForgeError that names the option."""
    if number not in {bid.number for bid in BIDS}:
        raise ForgeError(f"{name} must be {VALID_BIDS}, got {number}")
    return Bid.of(number)


def seed_range(name: str, text: str) -> range:
    """`A:B` -> seeds A..B-1."""
    with _told_of(name):
        return parse_seed_range(text)


def hand(name: str, text: str) -> tuple[int, ...]:
    """Seven dominoes, as ids."""
    from forge.bidding.hand import parse_hand

    with _told_of(name):
        return parse_hand(text)


def trumps(name: str, text: str) -> tuple[int, ...]:
    """Declarations 0..9."""
    from forge.bidding.hand import parse_trumps

    with _told_of(name):
        return parse_trumps(text)


def declaration(name: str, text: str) -> int:
    """One declaration 0..9."""
    from forge.game.declarations import parse_declaration

    with _told_of(name):
        return parse_declaration(text)


def player(name: str, text: str) -> PlayerSpec:
    """A player; its errors name it."""
    from forge.arena.registry import parse_player
    from forge.models.catalog import resolve

    return parse_player(text, resolve)


def network(name: str, text: str | Path) -> Path:
    """The checkpoint that a path or a name of the catalogue stands for."""
    from forge.models.catalog import resolve

    with _told_of(name):
        return resolve(text)


def device(name: str, text: str) -> str:
    """The name of a device, which need not be there."""
    with _told_of(name):
        check_device(text)
    return text


def sizes(name: str, text: str) -> tuple[int, ...]:
    """`10,50,200` as whole numbers of 1 or more."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and part.isascii() and int(part) for part in parts):
        raise ForgeError(f"{name} must be whole numbers and commas, like 10,50,200, got {text!r}")
    return tuple(int(part) for part in parts)


def existing(name: str, path: Path) -> Path:
    """A file or folder that is there."""
    if not path.exists():
        raise ForgeError(f"{name}: there is no file {path}")
    return path


@contextmanager
def _told_of(name: str) -> Iterator[None]:
    """Name the option in what is wrong with its value."""
    try:
        yield
    except ForgeError as error:
        raise ForgeError(f"{name}: {error}") from error
