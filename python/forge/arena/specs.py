"""Kinds of players, and a player as it is written: `eq:n=100,posterior`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forge.arena.written_options import help_of, options_of, read_options, usage_of
from forge.errors import ForgeError
from forge.game.contract import LOWEST_BID, Bid
from forge.work.hashing import sha256_of

if TYPE_CHECKING:
    import torch

    from forge.play.player import Player

Find = Callable[[str], Path]


class PlayerKind:
    """One kind of player: what it is called, what may be said of it, and how it is built.

    A kind itself costs nothing: what a player needs is imported when one is built.
    """

    name: str
    """As it is written, before the colon."""
    help: str
    """What it does, in half a sentence."""
    options: type | None = None
    """A frozen dataclass of what may follow the colon, see `written_options`; None: nothing."""
    sees_all_hands: bool = False
    """Whether it looks at the other hands."""
    plays_perfectly: bool = False
    """Whether four of it do the best there is with all hands open, so that no hand of theirs need
    be played to know what it comes to."""

    @property
    def usage(self) -> str:
        """How it is written."""
        return self.name if self.options is None else f"{self.name}[:OPTIONS]"

    @property
    def options_usage(self) -> str:
        """How its options are written."""
        return "" if self.options is None else usage_of(options_of(self.options))

    @property
    def options_help(self) -> str:
        """The same, with defaults."""
        return "" if self.options is None else help_of(options_of(self.options))

    def parse(self, rest: str | None, find: Find) -> PlayerSpec:
        """A player of this kind.

        Args:
            rest: what follows the colon; None where there is no colon.
            find: turns what stands for a checkpoint into a file.

        Raises:
            ForgeError: where that is nothing it can be; whatever `find` raises.
        """
        if self.options is None:
            if rest is not None:
                raise ForgeError(f"{self.name} takes no options")
            return PlayerSpec(self, self.name)
        if rest == "":
            raise ForgeError(f"options are {self.options_usage}")
        values, spelled = read_options(options_of(self.options), rest or "", find)
        text = f"{self.name}:{spelled}" if spelled else self.name
        return PlayerSpec(self, text, self.options(**values))

    def build(self, options: Any, device: torch.device | str, bid: Bid) -> Player:
        """The player.

        Args:
            options: an instance of the class `options`; None without one.
            device: where it computes.
            bid: what team 0 has promised.
        """
        raise NotImplementedError

    def races(self, options: Any) -> bool:
        """Whether it stops asking about plays that are clearly behind, which 0.1.0 did not."""
        return False

    def checkpoint(self, options: Any) -> Path | None:
        """The file of the network that it asks, if it asks one: the path among its options."""
        values = vars(options).values() if options is not None else ()
        return next((each for each in values if isinstance(each, Path)), None)

    def file(self, options: Any) -> Path | None:
        """The file whose content decides how it plays, if there is one."""
        return self.checkpoint(options)


@dataclass(frozen=True)
class PlayerSpec:
    """A player that can be built anywhere, in a worker process too.

    Args:
        kind: of the player.
        text: how it is written, in one spelling whatever order options were given in.
        options: of its kind.
    """

    kind: PlayerKind
    text: str
    options: Any = None

    def build(self, device: torch.device | str = "cpu", bid: Bid = LOWEST_BID) -> Player:
        """The player.

        Args:
            device: where it computes.
            bid: what team 0 has promised; most kinds do not ask.

        Raises:
            ForgeError: for a checkpoint that is missing, damaged or of the wrong kind.
        """
        return self.kind.build(self.options, device, bid)

    @property
    def sees_all_hands(self) -> bool:
        """Whether it looks at the other hands."""
        return self.kind.sees_all_hands

    @property
    def plays_perfectly(self) -> bool:
        """See `PlayerKind.plays_perfectly`."""
        return self.kind.plays_perfectly

    @property
    def races(self) -> bool:
        """See `PlayerKind.races`."""
        return self.kind.races(self.options)

    @property
    def checkpoint(self) -> Path | None:
        """The file of the network that it asks, if it asks one."""
        return self.kind.checkpoint(self.options)

    @property
    def file(self) -> Path | None:
        """The file whose content decides how it plays, if there is one."""
        return self.kind.file(self.options)

    @property
    def sha256(self) -> str | None:
        """Of that file; None if there is none."""
        return None if self.file is None else sha256_of(self.file)
