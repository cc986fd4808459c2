"""Players that users bring: a class in a module of theirs, or an entry point of their package."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from inspect import getdoc
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, Any, Final

from forge.arena.specs import Find, PlayerKind, PlayerSpec
from forge.arena.written_options import options_of, read_options, usage_of
from forge.errors import ForgeError

if TYPE_CHECKING:
    import torch

    from forge.game.contract import Bid
    from forge.play.player import Player

GROUP: Final = "forge.players"
USAGE: Final = "MODULE:CLASS[:OPTIONS]"
_NAME: Final = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
_REFERENCE: Final = re.compile(f"({_NAME}):({_NAME})")


class UserKind(PlayerKind):
    """A class with the method `slots` of `Player`, or a kind of its own, found by name.

    The fields of a class that is a dataclass are its options. It holds names alone, so that it goes
    to any process.

    Args:
        name: as it is written.
        reference: where the class or kind is, `module:Name`.

    Raises:
        ForgeError: if it is not there, or no player.
    """

    def __init__(self, name: str, reference: str) -> None:
        self.name, self.reference = name, reference
        found = self._found()
        if not (isinstance(found, PlayerKind) or callable(getattr(found, "slots", None))):
            raise ForgeError(f"{reference} is no player: it has no method slots(games, keys)")
        if not isinstance(found, PlayerKind | type):
            raise ForgeError(f"{reference} must be a class, not an instance of one")
        self.sees_all_hands = bool(getattr(found, "sees_all_hands", False))
        self.help = found.help if isinstance(found, PlayerKind) else _first_line(found)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UserKind) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((self.name, self.reference))

    @property
    def usage(self) -> str:
        """See `PlayerKind`."""
        return f"{self.name}[:OPTIONS]" if self.options_usage else self.name

    @property
    def options_usage(self) -> str:
        """See `PlayerKind`."""
        found = self._found()
        if isinstance(found, PlayerKind):
            return found.options_usage
        return usage_of(options_of(found))

    def parse(self, rest: str | None, find: Find) -> PlayerSpec:
        """See `PlayerKind`; options of a class are kept as a dict."""
        found = self._found()
        if isinstance(found, PlayerKind):
            spec = found.parse(rest, find)
            return PlayerSpec(self, self.name + spec.text.removeprefix(found.name), spec.options)
        options = options_of(found)
        if rest is not None and not options:
            raise ForgeError(f"{self.name} takes no options")
        if rest == "":
            raise ForgeError(f"options are {usage_of(options)}")
        values, spelled = read_options(options, rest or "")
        return PlayerSpec(self, f"{self.name}:{spelled}" if spelled else self.name, values)

    def build(self, options: Any, device: torch.device | str, bid: Bid) -> Player:
        """See `PlayerKind`; what the player does is checked.

        Raises:
            ForgeError: where it cannot be made.
        """
        from forge.arena.players.checked import CheckedPlayer

        found = self._found()
        try:
            if isinstance(found, PlayerKind):
                player = found.build(options, device, bid)
            else:
                player = found(**options)
        except Exception as error:
            raise ForgeError(f"player {self.name!r} cannot be made: {self.told(error)}") from error
        return CheckedPlayer(player, self)

    def checkpoint(self, options: Any) -> Path | None:
        """See `PlayerKind`; forge knows of none."""
        return None

    def file(self, options: Any) -> Path | None:
        """See `PlayerKind`; the source of the module, if the kind names no other."""
        found = self._found()
        if isinstance(found, PlayerKind) and (own := found.file(options)) is not None:
            return own
        source = self._source
        return Path(source) if source is not None and Path(source).is_file() else None

    def told(self, error: BaseException) -> str:
        """An error of the user's code in one line: what, and where in their module."""
        if isinstance(error, ForgeError):
            return str(error)
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        what = ": ".join([type(error).__name__, *lines[:1]])
        frames = extract_tb(error.__traceback__)
        own = [frame for frame in frames if frame.filename == self._source] or frames[-1:]
        if isinstance(error, SyntaxError) or not own:
            return what
        return f"{what} ({Path(own[-1].filename).name}, line {own[-1].lineno})"

    @property
    def _source(self) -> str | None:
        module = sys.modules.get(self.reference.partition(":")[0])
        return getattr(module, "__file__", None)

    def _found(self) -> Any:
        """The class or kind; its module is imported the first time."""
        name, _, path = self.reference.partition(":")
        try:
            found: Any = import_module(name)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{name}.".startswith(f"{error.name}."):
                raise ForgeError(f"cannot import {name}: {self.told(error)}") from error
            raise ForgeError(
                f"no module {error.name!r}, neither in {Path.cwd()} nor installed"
            ) from None
        except (Exception, SystemExit) as error:
            raise ForgeError(f"cannot import {name}: {self.told(error)}") from error
        for part in path.split("."):
            if not hasattr(found, part):
                raise ForgeError(f"module {name} has no {path}")
            found = getattr(found, part)
        return found


def find_kind(text: str) -> tuple[UserKind, str | None] | None:
    """The kind that a user's player is of, and what follows its colon; None if it is none.

    A module is looked for in the current directory too, here and in the processes that this one
    starts.

    Args:
        text: the player as it is written.

    Raises:
        ForgeError: where it cannot be imported, or is no player.
    """
    name, colon, rest = text.partition(":")
    installed = entry_points(group=GROUP, name=name)
    if installed:
        return _installed(name, list(installed)), rest if colon else None
    cls, colon, rest = rest.partition(":")
    if not _REFERENCE.fullmatch(f"{name}:{cls}"):
        return None
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    reference = f"{name}:{cls}"
    return UserKind(reference, reference), rest if colon else None


def installed_names() -> list[str]:
    """Names of the players that installed packages bring."""
    return sorted(entry_points(group=GROUP).names)


def _installed(name: str, found: list[EntryPoint]) -> UserKind:
    places = sorted({f"{each.module}:{each.attr}" for each in found})
    if len(places) > 1:
        raise ForgeError(f"several packages bring a player of this name: {', '.join(places)}")
    return UserKind(name, places[0])


def _first_line(found: type) -> str:
    return (getdoc(found) or "").partition("\n")[0].rstrip(".")
