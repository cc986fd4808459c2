"""A player that is not trusted: what it chooses is looked at before it is played."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from forge.errors import ForgeError
from forge.game.constants import N_SLOTS
from forge.play.games import Games

if TYPE_CHECKING:
    from forge.arena.users import UserKind
    from forge.play.player import Player

_WHOLE = (torch.int8, torch.uint8, torch.int16, torch.int32, torch.int64)


class CheckedPlayer:
    """Plays as another player does, or says in one line what that one did wrong.

    Args:
        player: who plays.
        kind: which it is of, for errors.
    """

    def __init__(self, player: Player, kind: UserKind) -> None:
        self.player, self.kind = player, kind

    def slots(self, games: Games, keys: Tensor) -> Tensor:
        """See `forge.play.player.Player`.

        Raises:
            ForgeError: if the player raises anything, or does not give a legal slot for each game.
        """
        try:
            found = self.player.slots(games, keys)
        except Exception as error:
            raise ForgeError(f"{self._name}: slots failed: {self.kind.told(error)}") from error
        wanted = f"{self._name}: slots must give an int64 tensor [{len(games)}], a slot a game"
        if not isinstance(found, Tensor):
            raise ForgeError(f"{wanted}, got {type(found).__name__}")
        if found.shape != keys.shape or found.dtype not in _WHOLE:
            dtype = str(found.dtype).removeprefix("torch.")
            raise ForgeError(f"{wanted}, got {dtype} {list(found.shape)}")
        legal = games.legal
        slots = found.to(legal.device, torch.int64)
        inside = (slots >= 0) & (slots < N_SLOTS)
        fine = inside & legal.gather(1, slots.clamp(0, N_SLOTS - 1)[:, None])[:, 0]
        if not bool(fine.all()):
            row = int((~fine).nonzero()[0])
            valid = ", ".join(map(str, legal[row].nonzero()[:, 0].tolist()))
            raise ForgeError(
                f"{self._name}: slot {int(slots[row])} may not be played after {games.n_plays} "
                f"plays: legal are {valid}"
            )
        return slots

    @property
    def _name(self) -> str:
        return f"player {self.kind.name!r}"
