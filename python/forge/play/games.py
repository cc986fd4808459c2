"""Hands in lock step: what was played, and what everybody may infer from it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import torch
from torch import Tensor

from forge import ops
from forge.errors import ForgeError
from forge.game.constants import (
    INITIAL_STATE,
    N_DOMINOES,
    N_SEATS,
)
from forge.game.deal import Deal
from forge.game.state import held_slots, seats_to_act
from forge.game.tables import FOLLOWERS

ALL_DOMINOES: Final = (1 << N_DOMINOES) - 1

_FOLLOWERS = torch.tensor(FOLLOWERS)


@dataclass(frozen=True)
class Games:
    """B hands after the same number of plays, seat 0 having led.

    All tensors are on one device. `play` gives new games; nothing is changed in place.

    Args:
        deals: int8 [B, 4, 7], domino ids in slot order.
        decls: int8 [B].
        states: int64 [B], packed.
        plays: int8 [B, n_plays], domino ids in the order played.
        seats: int8 [B, n_plays], who played them.
        excluded: int32 [B, 4], dominoes that a seat has shown not to hold, by not following.
        diff: int8 [B], points won by team 0 minus points won by team 1.
    """

    deals: Tensor
    decls: Tensor
    states: Tensor
    plays: Tensor
    seats: Tensor
    excluded: Tensor
    diff: Tensor

    @classmethod
    def start(cls, deals: Sequence[Deal], decls: Sequence[int]) -> "Games":
        """Hands before the first lead.

        Raises:
            ForgeError: if there is not one declaration 0..9 a deal.
        """
        if len(deals) != len(decls) or not all(0 <= decl <= 9 for decl in decls):
            raise ForgeError(f"one declaration 0..9 a deal, got {list(decls)} for {len(deals)}")
        n = len(deals)
        return cls(
            deals=torch.stack([deal.tensor for deal in deals]),
            decls=torch.tensor(decls, dtype=torch.int8),
            states=torch.full((n,), INITIAL_STATE),
            plays=torch.empty((n, 0), dtype=torch.int8),
            seats=torch.empty((n, 0), dtype=torch.int8),
            excluded=torch.zeros((n, N_SEATS), dtype=torch.int32),
            diff=torch.zeros(n, dtype=torch.int8),
        )

    def __len__(self) -> int:
        return self.states.shape[0]

    @property
    def n_plays(self) -> int:
        """Plays so far, 0..28."""
        return self.plays.shape[1]

    @property
    def players(self) -> Tensor:
        """int64 [B]: whose turn it is, 0..3."""
        return seats_to_act(self.states)

    @property
    def signs(self) -> Tensor:
        """int64 [B]: 1 where team 0 acts, -1 where team 1 does; turns one frame into the other."""
        return 1 - 2 * (self.players & 1)

    @property
    def hand(self) -> Tensor:
        """int8 [B, 7]: dominoes dealt to the seat to act, in slot order."""
        return self.deals[torch.arange(len(self), device=self.deals.device), self.players]

    @property
    def legal(self) -> Tensor:
        """bool [B, 7]: which slots of the seat to act may be played; none after the last play."""
        return ops.legal_slots(self.deals, self.decls, self.states)

    def to(self, device: torch.device) -> "Games":
        """The same games on a device."""
        return replace(self, **{name: value.to(device) for name, value in vars(self).items()})

    def take(self, rows: Tensor) -> "Games":
        """Some of the games: rows int64 [K] or bool [B]."""
        return replace(self, **{name: value[rows] for name, value in vars(self).items()})

    def play(self, slots: Tensor) -> "Games":
        """One play in each game.

        Args:
            slots: integer [B], slots of the seats to act.

        Raises:
            ForgeError: if a slot may not be played.
        """
        slots = slots.to(torch.int8)
        states, points = ops.play(self.deals, self.decls, self.states, slots)
        if bool((states < 0).any()):
            row = int((states < 0).nonzero()[0])
            raise ForgeError(f"game {row}: slot {int(slots[row])} may not be played")
        players = self.players
        dominoes = self.hand.gather(1, slots[:, None].long())  # [B, 1]
        shown = self._shown(dominoes, players)
        return Games(
            self.deals,
            self.decls,
            states,
            torch.cat([self.plays, dominoes], dim=1),
            torch.cat([self.seats, players[:, None].to(torch.int8)], dim=1),
            self.excluded | shown,
            self.diff + points,
        )

    def _shown(self, dominoes: Tensor, players: Tensor) -> Tensor:
        """int32 [B, 4]: what a play excludes of its seat; dominoes int8 [B, 1]."""
        place = self.n_plays % N_SEATS
        shown = torch.zeros_like(self.excluded)
        if place == 0:
            return shown
        followers = self._followers(place)
        follows = (followers >> dominoes[:, 0].int()) & 1
        return shown.scatter(1, players[:, None], torch.where(follows > 0, 0, followers)[:, None])

    def _followers(self, place: int) -> Tensor:
        """int32 [B]: masks of what follows the lead of the trick that `place` plays began."""
        led = self.plays[:, self.n_plays - place].long()
        return _FOLLOWERS.to(led.device)[self.decls.long(), led]

    def hidden(self, seats: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """What seats know of the three others.

        Args:
            seats: int64 [B], who looks, 0..3; None: the seats to act.

        Returns:
            allowed: int32 [B, 3], masks of the dominoes that the seat 1, 2, 3 places to the left
                may still hold: neither own nor played nor excluded.
            sizes: int8 [B, 3], how many it holds.
        """
        players = self.players if seats is None else seats
        own = domino_mask(self.deals[torch.arange(len(self), device=players.device), players])
        unseen = ALL_DOMINOES & ~(own | domino_mask(self.plays))
        others = (players[:, None] + torch.arange(1, N_SEATS, device=players.device)) % N_SEATS
        allowed = unseen[:, None] & ~self.excluded.gather(1, others)
        held = held_slots(self.states[:, None], others)
        return allowed, popcount(held).to(torch.int8)

    def played_masks(self) -> Tensor:
        """int32 [B, 4]: masks of the dominoes each seat has played."""
        return played_by_seat(self.plays, self.seats)


def played_by_seat(plays: Tensor, seats: Tensor) -> Tensor:
    """int32 [B, 4]: masks of the dominoes int8 [B, K] that each seat int8 [B, K] played."""
    masks = torch.zeros((plays.shape[0], N_SEATS), dtype=torch.int32, device=plays.device)
    bits = torch.ones_like(plays, dtype=torch.int32) << plays.int()
    return masks.scatter_add(1, seats.long(), bits)


def domino_mask(dominoes: Tensor) -> Tensor:
    """int32 [...]: the 28-bit mask of distinct domino ids int8 [..., K]."""
    bits = torch.ones_like(dominoes, dtype=torch.int32) << dominoes.int()
    return bits.sum(dim=-1, dtype=torch.int32)


def popcount(masks: Tensor) -> Tensor:
    """int64: how many of the lowest 28 bits are set, elementwise."""
    bits = torch.arange(N_DOMINOES, device=masks.device)
    return ((masks[..., None] >> bits) & 1).sum(dim=-1)
