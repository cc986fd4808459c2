"""The geometry of suits as network inputs: who holds what, who must follow, who can win.

A transformer has to learn from examples that a led 6-4 calls for sixes, that a void seat may trump,
and which plays can still win the trick. All of that follows from the rules alone, so these layers
compute it from a token block with constant tables (from `forge.game.tables`) and without
parameters.

**Canonical dominoes.** Under a pip declaration only the order of the other pips matters, so pips
are renamed: trumps become the sixes and the others close up. Seven declarations share one set of
inputs that way; doubles-trump, doubles-suit and notrump have their own (four *kinds* of
declaration). Counts do not survive the renaming and are inputs of their own.

Seats are relative to the seat to act: 0 itself, 1 left, 2 partner, 3 right.
"""

from typing import Final, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from forge.game.constants import N_DECLARATIONS, N_DOMINOES, N_PIPS, N_SEATS, N_SLOTS
from forge.game.tables import FOLLOWS, HIGH, LED_SUIT, LOW, STRENGTH
from forge.ml.networks.transformer import DECL_FEATURE

_COUNT_CLASS, _SEAT, _IN_HAND, _LEADER = 3, 5, 8, 11  # token features
_POINTS_OF_CLASS: Final = (0.0, 5.0, 10.0)

# A declaration of each kind; renamed dominoes are those of this declaration.
_KINDS: Final = (6, 7, 8, 9)
N_KINDS: Final = len(_KINDS)
# Places a live domino can be: in one of four hands, or on the table in front of one of three seats.
_N_HELD: Final = N_SEATS * N_DOMINOES
_N_PLACES: Final = _N_HELD + 3 * N_DOMINOES
_N_SPARSE: Final = (N_KINDS + 2) * _N_PLACES + N_DECLARATIONS + N_SEATS

# The features in order, and how many there are of each. `held` is seat * 28 + canonical domino, a
# `place` goes on with the table (112 + (seat - 1) * 28 + domino); seats are relative to the seat to
# act, except in the names: `_k` is the k-th seat after the holder of the domino.
FEATURE_GROUPS: Final[dict[str, int]] = {
    "place": N_KINDS * _N_PLACES,  # by kind of declaration
    "count_place": 2 * _N_PLACES,  # of five counts, of ten counts
    "decl": N_DECLARATIONS,
    "leader": N_SEATS,
    **{f"must_follow_{k}": _N_HELD for k in (1, 2, 3)},  # if the domino is led
    **{f"can_beat_{k}": _N_HELD for k in (1, 2, 3)},
    "legal": _N_HELD,  # in the trick on the table, as everything from here on
    "winning": _N_HELD,
    "stake": 1,  # count on the table, in tens
    "winner": N_SEATS - 1,  # seats 1..3
    "can_take": N_SEATS,  # seats 0..3 that can still beat the winner so far
    **{f"can_retake_{k}": N_DOMINOES for k in (1, 2, 3)},  # own winning play, by domino
}


def _canonical_dominoes() -> torch.Tensor:
    """int32 [10, 28]: what a domino is called once the pips are renamed."""
    names = np.tile(np.arange(N_DOMINOES), (N_DECLARATIONS, 1))
    for trump in range(N_PIPS):
        new = [p if p < trump else p - 1 for p in range(N_PIPS)]
        new[trump] = N_PIPS - 1
        pips = np.sort([[new[h], new[low]] for h, low in zip(HIGH, LOW, strict=True)], axis=1)
        names[trump] = pips[:, 1] * (pips[:, 1] + 1) // 2 + pips[:, 0]
    return torch.from_numpy(names).int()


def _led(table: np.ndarray, kind: int) -> torch.Tensor:
    """[28, 28] from a table by suit: row = the domino led, column = another domino."""
    decl = _KINDS[kind]
    return torch.from_numpy(table[decl][LED_SUIT[decl]].copy())


class Geometry(NamedTuple):
    """What `SuitGeometry` makes of a batch."""

    features: Tensor  # float [B, n_features]
    own: Tensor  # int64 [B, 7]: canonical domino of each own slot
    kind: Tensor  # int64 [B]: kind of declaration


class SuitGeometry(nn.Module):
    """Token blocks to binary features that spell out the trick; no parameters.

    `FEATURE_GROUPS` lists the `n_features` of them.
    """

    canonical: Tensor
    kind_of: Tensor
    replies: Tensor
    follows: Tensor
    strength: Tensor
    class_points: Tensor

    n_features: Final = sum(FEATURE_GROUPS.values())

    def __init__(self) -> None:
        super().__init__()
        follows = torch.stack([_led(FOLLOWS, kind) for kind in range(N_KINDS)])
        strength = torch.stack([_led(STRENGTH, kind) for kind in range(N_KINDS)]).int()
        beats = strength > strength.diagonal(dim1=1, dim2=2)[:, :, None]
        itself = torch.eye(N_DOMINOES, dtype=torch.bool)
        # [kind, led, other]: must follow, follows and wins, is void and wins.
        replies = torch.cat([follows & ~itself, beats & follows, beats & ~follows], dim=1)
        constants = {
            "canonical": _canonical_dominoes().flatten(),
            "kind_of": torch.tensor([0] * N_PIPS + [1, 2, 3], dtype=torch.int32),
            "replies": replies.transpose(1, 2).reshape(N_KINDS * N_DOMINOES, -1).float(),
            "follows": follows.flatten(0, 1),
            "strength": strength.flatten(0, 1),
            "class_points": torch.tensor(_POINTS_OF_CLASS),
        }
        for name, constant in constants.items():
            self.register_buffer(name, constant, persistent=False)

    @torch.no_grad()
    def forward(self, tokens: Tensor, masks: Tensor, current_player: Tensor) -> Geometry:
        """Spell out a batch; arguments as `DominoTransformer.forward`.

        Features are in the autocast type where autocast is on, in float32 otherwise.
        """
        n = tokens.shape[0]
        dtype = compute_dtype(tokens.device.type)
        decl = tokens[:, 0, DECL_FEATURE].int()
        kind = self.kind_of[decl][:, None]
        pips = tokens[:, 1:, :2].int()
        dominoes = ((pips[..., 0] * (pips[..., 0] + 1)) >> 1) + pips[..., 1]
        dominoes = self.canonical[decl[:, None] * N_DOMINOES + dominoes]  # [B, 31]
        hand, table = dominoes[:, :N_DOMINOES], dominoes[:, N_DOMINOES:]
        seats = tokens[:, 1:, _SEAT].int()
        in_hand = tokens[:, 1 : 1 + N_DOMINOES, _IN_HAND].bool()
        on_table = masks[:, 1 + N_DOMINOES :].bool()
        counts = tokens[:, 1:, _COUNT_CLASS].int()

        places = torch.cat(
            [seats[:, :N_DOMINOES], seats[:, N_DOMINOES:] + (N_SEATS - 1)], dim=1
        ) * N_DOMINOES + torch.cat([hand, table], dim=1)
        live = torch.cat([in_hand, on_table], dim=1)
        by_kind = torch.where(live, kind * _N_PLACES + places, _N_SPARSE)
        by_count = (N_KINDS - 1 + counts) * _N_PLACES + places
        by_count = torch.where(live & (counts > 0), by_count, _N_SPARSE)
        context = (N_KINDS + 2) * _N_PLACES + torch.stack(
            [decl, N_DECLARATIONS + tokens[:, 0, _LEADER].int()], dim=1
        )
        sparse = ones_at(torch.cat([by_kind, by_count, context], dim=1), _N_SPARSE, dtype)

        where = torch.where(
            in_hand,
            (seats[:, :N_DOMINOES] * N_KINDS + kind) * N_DOMINOES + hand,
            N_KINDS * _N_HELD,
        )
        by_seat = ones_at(where, N_KINDS * _N_HELD, dtype).view(n, N_SEATS, -1)
        held = by_seat.view(n, N_SEATS, N_KINDS, N_DOMINOES).sum(dim=2) > 0  # [B, 4, 28]
        leads = self._leads(by_seat, held)
        trick = self._trick(kind, table, on_table, held, seats[:, N_DOMINOES:], counts)
        own = hand.view(n, N_SEATS, N_SLOTS).gather(
            1, current_player.long()[:, None, None].expand(n, 1, N_SLOTS)
        )
        features = torch.cat([sparse, *(part.to(dtype) for part in leads + trick)], dim=1)
        return Geometry(features, own.squeeze(1).long(), kind.squeeze(1).long())

    def _leads(self, by_seat: Tensor, held: Tensor) -> list[Tensor]:
        """For a domino and its holder: may the next seats hold replies to it as a lead?

        Args:
            by_seat: float [B, 4, 4 * 28], 1 where a seat holds a domino, by kind of declaration.
            held: bool [B, 4, 28].

        Returns:
            Six bool [B, 4 * 28]: the first, second and third seat after the holder must follow;
            the same seats can beat it.
        """
        n = held.shape[0]
        table = self.replies.to(by_seat.dtype)
        found = (by_seat.flatten(0, 1) @ table).view(n, N_SEATS, 3, N_DOMINOES) > 0
        must_follow = found[:, :, 0]
        can_beat = torch.where(must_follow, found[:, :, 1], found[:, :, 2])
        return [
            (torch.roll(reply, -k, dims=1) & held).flatten(1)
            for reply in (must_follow, can_beat)
            for k in (1, 2, 3)
        ]

    def _trick(
        self,
        kind: Tensor,
        table: Tensor,
        on_table: Tensor,
        held: Tensor,
        seats: Tensor,
        counts: Tensor,
    ) -> list[Tensor]:
        """The trick on the table; all of it is zero for the seat on lead.

        Args:
            kind: int [B, 1].
            table: int [B, 3], canonical dominoes on the table, lead first.
            on_table: bool [B, 3].
            held: bool [B, 4, 28].
            seats: int [B, 3], relative seats of the plays.
            counts: int [B, 31], count classes of all tokens.

        Returns:
            Legal plays and winning plays (bool [B, 4 * 28]), the winner so far and the count at
            stake ([B, 4]), who can go over the winner (bool [B, 4]), and per own winning play
            whether the first, second and third next seat can go over it (three bool [B, 28]).
        """
        started = on_table[:, :1]
        led = (kind[:, 0] * N_DOMINOES + table[:, 0]).long()
        strength, follows = self.strength[led], self.follows[led]  # [B, 28]
        played = torch.where(on_table, strength.gather(1, table.long()), -1)
        best, winner = played.max(dim=1, keepdim=True)

        has_follower = (held & follows[:, None]).any(dim=2, keepdim=True)
        legal = held & (follows[:, None] | ~has_follower) & started[:, :, None]
        winning = legal & (strength > best)[:, None]

        # A winner sits 1..3 to the left of the seat to act; place 0 takes what is at stake.
        winner_seat = torch.where(started, seats.gather(1, winner), 0)
        stake = (self.class_points[counts[:, N_DOMINOES:]] * on_table).sum(dim=1, keepdim=True)
        state = torch.cat(
            [stake / _POINTS_OF_CLASS[2]] + [(winner_seat == s).float() for s in (1, 2, 3)], dim=1
        )

        n_played = on_table.sum(dim=1, keepdim=True)
        to_play = (torch.arange(N_SEATS, device=held.device) < N_SEATS - n_played) & started
        strongest = torch.where(legal, strength[:, None], -1).amax(dim=2)
        strongest = torch.where(to_play, strongest, -1)  # [B, 4]
        own_winning = winning[:, 0]
        over = [own_winning & (strongest[:, s : s + 1] > strength) for s in (1, 2, 3)]
        return [legal.flatten(1), winning.flatten(1), state, strongest > best, *over]


def ones_at(index: Tensor, size: int, dtype: torch.dtype) -> Tensor:
    """[B, size] of zeros with ones at `index` (int [B, K]); an index of `size` is dropped."""
    room = torch.zeros(index.shape[0], size + 1, dtype=dtype, device=index.device)
    return room.scatter(1, index.long(), 1.0)[:, :size]


def compute_dtype(device_type: str) -> torch.dtype:
    """The autocast type where autocast is on, else float32."""
    if torch.is_autocast_enabled(device_type):
        return torch.get_autocast_dtype(device_type)
    return torch.float32
