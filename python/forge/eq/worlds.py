"""From hidden hands to positions that an oracle can be asked about."""

import torch
from torch import Tensor

from forge.game.constants import N_DOMINOES, N_SEATS, N_SLOTS, NO_SLOT
from forge.game.state import pack_fields
from forge.play.games import Games, domino_mask, played_by_seat


class WorldPositions:
    """The positions of worlds, now and at earlier decisions of the same hand.

    Args:
        games: B games.
        hands: int32 [B, N, 3], masks of the dominoes still held by the seat 1, 2, 3 places
            to the left of the seat to act.
    """

    def __init__(self, games: Games, hands: Tensor) -> None:
        self.games = games
        self.shape = hands.shape[:2]
        n_games, n_worlds = self.shape
        players = games.players
        seats = torch.arange(N_SEATS, device=hands.device)
        played = games.played_masks()
        own = domino_mask(games.hand)
        # Hands as dealt, by absolute seat: what is still held and what was played.
        relative = (seats - players[:, None]) % N_SEATS  # [B, 4]
        own_hand = own[:, None, None].expand(n_games, n_worlds, 1)
        by_relative = torch.cat([own_hand, hands], dim=2)
        index = relative[:, None].expand(n_games, n_worlds, N_SEATS)
        dealt = by_relative.gather(2, index) | played[:, None]
        self.deals = dominoes_of(dealt.reshape(-1, N_SEATS))  # int8 [B*N, 4, 7]
        self.decls = games.decls.repeat_interleave(n_worlds)

    def states(self, n_plays: int) -> Tensor:
        """int64 [B * N]: the packed states of all worlds before play number `n_plays`."""
        games, (n_games, n_worlds) = self.games, self.shape
        place = n_plays % N_SEATS
        first = n_plays - place
        leader = self._seat_before(first)  # [B]
        gone = played_by_seat(games.plays[:, :n_plays], games.seats[:, :n_plays])
        deals = self.deals.view(n_games, n_worlds, N_SEATS, N_SLOTS).int()
        held = ~(gone[:, None, :, None] >> deals) & 1
        slots = torch.arange(N_SEATS * N_SLOTS, device=deals.device)
        masks = (held.flatten(2).long() << slots).sum(dim=2)  # [B, N]
        on_table = [self.slot_of_play(first + k).view(n_games, n_worlds) for k in range(place)]
        slots_played: list[Tensor | int] = [*on_table, *[NO_SLOT] * (3 - place)]
        return pack_fields(masks, leader[:, None], place, slots_played).flatten()

    def _seat_before(self, n_plays: int) -> Tensor:
        """int64 [B]: who is (was) to make play number `n_plays`."""
        if n_plays < self.games.n_plays:
            return self.games.seats[:, n_plays].long()
        return self.games.players

    def slot_of_play(self, n_plays: int) -> Tensor:
        """int64 [B * N]: the slot that play number `n_plays` took in the deals of the worlds."""
        games, (n_games, n_worlds) = self.games, self.shape
        deals = self.deals.view(n_games, n_worlds, N_SEATS, N_SLOTS)
        seat = games.seats[:, n_plays].long()
        index = seat[:, None, None, None].expand(n_games, n_worlds, 1, N_SLOTS)
        hand = deals.gather(2, index)[:, :, 0]
        return (hand < games.plays[:, n_plays, None, None]).sum(dim=2).flatten()


def dominoes_of(masks: Tensor) -> Tensor:
    """int8 [K, 4, 7]: the ids of hands of seven dominoes, ascending; masks int32 [K, 4]."""
    bits = torch.arange(N_DOMINOES, dtype=torch.int32, device=masks.device)
    held = (masks[..., None] >> bits) & 1 > 0
    return held.nonzero()[:, 2].to(torch.int8).view(-1, N_SEATS, N_SLOTS)
