"""How values of options are read, and where results are printed."""

from __future__ import annotations

import os
from pathlib import Path

from rich.console import Console

from forge.errors import ForgeError
from forge.game.contract import BIDS, VALID_BIDS, Bid


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
