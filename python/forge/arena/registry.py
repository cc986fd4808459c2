"""Which players there are, and how one is found by the way it is written."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from forge.arena import users
from forge.arena.builtin import BUILTIN
from forge.arena.specs import Find, PlayerKind, PlayerSpec
from forge.errors import ForgeError

KINDS: Final[dict[str, PlayerKind]] = {kind.name: kind for kind in BUILTIN}


def parse_player(text: str, find: Find = Path) -> PlayerSpec:
    """Read a specification.

    Args:
        text: a kind of `KINDS`, alone or with what belongs to it after a colon: `random`,
            `model:PATH`, `eq:n=100,posterior`; or a user's, see `forge.arena.users`: the name of an
            entry point or `module:Class`, with options after a further colon.
        find: turns what stands for a checkpoint into a file.

    Raises:
        ForgeError: on anything else, saying what is valid; whatever `find` raises.
    """
    name, colon, rest = text.strip().partition(":")
    try:
        if name in KINDS:
            return KINDS[name].parse(rest if colon else None, find)
        theirs = users.find_kind(text.strip())
        if theirs is not None:
            kind, options = theirs
            return kind.parse(options, find)
    except ForgeError as error:
        raise ForgeError(f"player {text!r}: {error}") from error
    raise ForgeError(f"no player {text!r}: valid are {usages()}")


def usages() -> str:
    """How players are written, those of installed packages included."""
    usages = [kind.usage for kind in KINDS.values()]
    return ", ".join([*usages, *users.installed_names(), users.USAGE])


def players_help() -> str:
    """Two sentences and a hint for the help of commands that take players."""
    kinds = list(KINDS.values())
    by_options: dict[str, list[str]] = {}
    for kind in kinds:
        if ":OPTIONS" in kind.usage:
            by_options.setdefault(kind.options_help, []).append(kind.name)
    options = " ".join(
        f"Options of {' and '.join(names)}, separated by commas: {text}."
        for text, names in by_options.items()
    )
    told = "; ".join(f"{kind.usage} ({kind.help})" for kind in kinds)
    installed = ", ".join(users.installed_names())
    theirs = f"; installed: {installed}" if installed else ""
    return (
        f"Players: {told}{theirs}; {users.USAGE} (a class of yours with a method slots). {options} "
        "PATH is a checkpoint or the name of a model, without commas."
    )
