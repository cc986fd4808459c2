"""How values of options are read, and where results are printed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from forge.errors import ForgeError, brief, reason_of
from forge.options import MAX_WORLDS
from forge.work.devices import check_device
from forge.work.paths import NOWHERE, check_paths, existing
from forge.work.seed_files import parse_seed_range
from forge.work.store_path import place

__all__ = ["existing", "parse_seed_range"]  # what options read with, all under one name

if TYPE_CHECKING:
    from forge.advice.hand_text import TableHand
    from forge.arena.specs import PlayerSpec
    from forge.game.contract import Bid
    from forge.game.deal import Deal


def parse_out_dir(text: str) -> Path | None:
    """A directory to write to; None for `/dev/null`, which means writing nothing."""
    return None if text == NOWHERE else place(text)


def console(stderr: bool = False) -> Console:
    """The console for results and progress: stdout, so that both share one terminal.

    Text is text: nothing in a path is a style (`[red]`), an emoji (`:boom:`) or coloured.

    Args:
        stderr: there instead, where stdout is a report and nothing else.
    """
    return Console(stderr=stderr, markup=False, emoji=False, highlight=False)


def ray_address(name: str, text: str) -> None:
    """`local`, `auto` or `HOST:PORT`."""
    from forge.work.ray_cluster import check_address

    check_address(name, text)


def seed_range(name: str, text: str) -> range:
    """`A:B` -> seeds A..B-1."""
    with _told_of(name):
        return parse_seed_range(text)


def hand(name: str, text: str) -> tuple[int, ...]:
    """Seven dominoes, as ids."""
    from forge.bidding.hand import parse_hand

    with _told_of(name):
        return parse_hand(text)


def bids(name: str, text: str) -> tuple[Bid | None, ...]:
    """The bids of an auction so far; None is a pass."""
    from forge.bidding.auction import parse_bids

    with _told_of(name):
        return tuple(parse_bids(text))


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
    """A player."""
    from forge.arena.registry import parse_player
    from forge.models.catalog import resolve

    with _told_of(name):
        return parse_player(text, resolve)


def declarations(name: str, text: str) -> tuple[int, ...]:
    """Declarations as a list of names or ids, or all."""
    from forge.game.declarations import parse_declarations

    with _told_of(name):
        return tuple(parse_declarations(text))


def deal(name: str, text: str) -> Deal:
    """A deal."""
    from forge.game.deal import Deal

    with _told_of(name):
        return Deal.from_text(text)


def dominoes(name: str, text: str) -> tuple[int, ...]:
    """Any number of dominoes, as ids."""
    from forge.game.tables import parse_dominoes

    with _told_of(name):
        return tuple(parse_dominoes(text))


def network(name: str, text: str | Path) -> Path:
    """The checkpoint that a path or a name of the catalogue stands for."""
    from forge.models.catalog import resolve

    check_paths(name, text)
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
    if not all(part.isdecimal() and part.isascii() and part.strip("0") for part in parts):
        raise ForgeError(f"{name} must be whole numbers and commas, like 10,50,200, got {text!r}")
    if not all(len(part) < 20 and int(part) <= MAX_WORLDS for part in parts):
        raise ForgeError(f"{name} must be whole numbers up to {MAX_WORLDS}, got {text!r}")
    return tuple(int(part) for part in parts)


@contextmanager
def _told_of(name: str) -> Iterator[None]:
    """Name the option in what is wrong with its value."""
    try:
        yield
    except ForgeError as error:
        raise ForgeError(f"{name}: {error}") from error


def table_hand(text: str) -> TableHand:
    """A whole hand from its text or link, or from a file that holds one.

    Raises:
        ForgeError: for anything else, saying what is wrong.
    """
    from forge.advice.hand_text import TableHand

    return TableHand.from_text(_hand_text(text))


def _hand_text(text: str) -> str:
    """The text itself, or what is in the file that it names."""
    from forge.advice.hand_text import MAX_CHARACTERS, holds_link

    if holds_link(text):
        return text
    if any(mark in text for mark in (";", "/ ", ",")) and not _is_there(text):
        return text
    try:
        if Path(text).exists() and not Path(text).is_file():
            raise ForgeError(f"{brief(text)} is no file")
        with Path(text).open(encoding="utf-8-sig") as file:
            return file.read(MAX_CHARACTERS + 1)
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise ForgeError(
            f"{brief(text)}: neither a hand (four hands ; bid and trump ; plays) nor a file that "
            f"can be read: {reason_of(error)}"
        ) from error


def _is_there(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):  # too long for a name, or none at all
        return False
