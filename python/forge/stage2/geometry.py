"""What a transcript implies, as network inputs: who cannot hold what, who won, who can still win.

A network could learn from examples that a seat which did not follow a six holds no sixes, or that
nothing unseen beats the double. All of that follows from the rules and from what was played, so
this layer computes it from transcript tokens with the constant tables of
`forge.ml.networks.geometry` and without parameters. Dominoes are renamed as there, seats are
relative to the seat to act.
"""

from typing import Final, NamedTuple

import torch
from torch import Tensor, nn

from forge.game.constants import (
    HAND_POINTS,
    N_DECLARATIONS,
    N_DOMINOES,
    N_HIDDEN,
    N_PLAYS,
    N_SEATS,
    N_SLOTS,
    N_TRICKS,
)
from forge.game.tables import COUNT_POINTS
from forge.ml.networks.geometry import N_KINDS, SuitGeometry, compute_dtype, ones_at
from forge.play.transcript import (
    COUNT_CLASS,
    DECL,
    HIGH_PIP,
    LOW_PIP,
    MAX_TOKENS,
    SEAT,
    TYPE,
    TYPE_HAND,
    TYPE_PLAY,
)

_POINTS_PER_CLASS: Final = 5
# Places of a domino in the eyes of the seat to act: own hand, or played by one of four seats.
_N_PLACES: Final = (1 + N_SEATS) * N_DOMINOES

# The features in order, and how many there are of each. `_k` is the k-th seat to the left.
FEATURE_GROUPS: Final[dict[str, int]] = {
    "place": N_KINDS * _N_PLACES,  # by kind of declaration
    "count_place": 2 * _N_PLACES,  # of five counts, of ten counts
    "decl": N_DECLARATIONS,
    "order": N_PLAYS * N_DOMINOES,  # which domino was the k-th play
    "player": N_PLAYS * N_SEATS,  # who made it
    "unseen": N_DOMINOES,
    "unseen_count": 2 * N_DOMINOES,  # unseen dominoes of five counts, of ten counts
    "may_hold": N_HIDDEN * N_DOMINOES,  # what seats 1..3 may hold as far as one can know
    "winner": N_TRICKS * N_SEATS,  # who won each completed trick
    "score": 2,  # own minus their points so far, points still to be won; in units of the hand
    "own_legal": N_DOMINOES,
    "own_winning": N_DOMINOES,  # would have the trick on the table, for now
    "own_safe": N_DOMINOES,  # and no unseen domino beats it (as a lead: none at all)
    "own_beaten": N_DOMINOES,  # share of the unseen dominoes that beat it in the trick
    **{f"can_beat_{k}": N_DOMINOES for k in (1, 2, 3)},  # a seat that is to play may hold such
    **{f"may_follow_{k}": N_DOMINOES for k in (1, 2, 3)},  # a seat may hold the suit it would lead
    "table": N_KINDS * 3 * N_DOMINOES,  # the trick on the table, by kind of declaration
    "stake": 1,  # count points on the table, in tens
    "leading": N_HIDDEN,  # which of seats 1..3 has the trick so far
}


class TranscriptFeatures(NamedTuple):
    """What `TranscriptGeometry` makes of a batch."""

    features: Tensor  # float [B, n_features]
    own: Tensor  # int64 [B, 7]: renamed domino of each slot of the dealt hand
    kind: Tensor  # int64 [B]: kind of declaration
    legal: Tensor  # bool [B, 7]: what the rules let the seat play


class _Plays(NamedTuple):
    """The plays of a batch, in order; zero where `made` is false."""

    domino: Tensor  # int64 [B, 28], renamed
    seat: Tensor  # int64 [B, 28], relative
    classes: Tensor  # int64 [B, 28], of count points
    made: Tensor  # bool [B, 28]
    n: Tensor  # int64 [B]


class TranscriptGeometry(nn.Module):
    """Transcript tokens to features; no parameters.

    `FEATURE_GROUPS` lists the `n_features` of them.
    """

    play_order: Tensor
    has_count: Tensor

    n_features: Final = sum(FEATURE_GROUPS.values())

    def __init__(self) -> None:
        super().__init__()
        self.suits = SuitGeometry()
        classes = torch.from_numpy(COUNT_POINTS.copy()).long() // _POINTS_PER_CLASS
        canonical = self.suits.canonical.view(N_DECLARATIONS, N_DOMINOES).long()
        renamed = torch.zeros_like(canonical).scatter(1, canonical, classes.expand_as(canonical))
        constants = {
            "play_order": torch.arange(N_PLAYS),
            # [10, 2, 28], by declaration: the renamed dominoes of five and of ten counts.
            "has_count": torch.stack([renamed == 1, renamed == 2], dim=1),
        }
        for name, constant in constants.items():
            self.register_buffer(name, constant, persistent=False)

    @torch.no_grad()
    def forward(self, tokens: Tensor) -> TranscriptFeatures:
        """Spell out a batch.

        Args:
            tokens: int8 [B, 36, 8], see `forge.play.transcript`; at least one play is to be made.
        """
        n = tokens.shape[0]
        dtype = compute_dtype(tokens.device.type)
        tokens = tokens.long()
        decl = tokens[:, 0, DECL]
        kind = self.suits.kind_of[decl].long()
        ids = decl[:, None] * N_DOMINOES + _domino_ids(tokens)
        renamed = self.suits.canonical[ids].long()  # [B, 36]
        in_hand = tokens[..., TYPE] == TYPE_HAND
        plays = self._plays(tokens, renamed, in_hand)
        held = _marks(renamed, in_hand)  # [B, 28]
        seen = held | _marks(plays.domino, plays.made)
        follows, strength = self._tables(kind, plays)
        hidden = ~seen[:, None] & ~_excluded(plays, follows)  # [B, 3, 28]

        table = self._table(plays, kind)
        places, dealt = own_tokens(tokens)
        slots = renamed.gather(1, places)  # [B, 7]
        sparse = self._sparse(tokens, renamed, in_hand, kind, decl, plays)
        unseen_count = ~seen[:, None] & self.has_count[decl]
        may_play, trick = self._trick(kind, plays, table, slots, dealt, held, seen, hidden)
        won = _won_tricks(plays, strength, n)
        legal = may_play.gather(1, slots) & dealt
        dense = [~seen, unseen_count.flatten(1), hidden.flatten(1), *won, *trick]
        features = torch.cat([sparse.to(dtype), *(part.to(dtype) for part in dense)], dim=1)
        return TranscriptFeatures(features, slots, kind, legal)

    def _plays(self, tokens: Tensor, renamed: Tensor, in_hand: Tensor) -> _Plays:
        """The play tokens, moved to where play k stands at k."""
        n_held = in_hand.sum(dim=1, keepdim=True)
        places = (1 + n_held + self.play_order).clamp(max=MAX_TOKENS - 1)
        made = (tokens[..., TYPE] == TYPE_PLAY).gather(1, places)
        # Behind the last token of a full transcript the last play would be seen again.
        made = made & (1 + n_held + self.play_order < MAX_TOKENS)
        parts = (renamed, tokens[..., SEAT], tokens[..., COUNT_CLASS])
        domino, seat, count = (part.gather(1, places) * made for part in parts)
        return _Plays(domino, seat, count, made, made.sum(dim=1))

    def _tables(self, kind: Tensor, plays: _Plays) -> tuple[Tensor, Tensor]:
        """Of each trick bool [B, 7, 28], which dominoes follow its lead; of each play int [B, 28],
        its strength in its trick, -1 where there is none."""
        leads = plays.domino.view(-1, N_TRICKS, N_SEATS)[:, :, 0]
        index = kind[:, None] * N_DOMINOES + leads  # [B, 7]
        by_trick = plays.domino.view(-1, N_TRICKS, N_SEATS)
        strength = self.suits.strength[index].gather(2, by_trick).flatten(1)
        return self.suits.follows[index], torch.where(plays.made, strength, -1)

    def _sparse(
        self,
        tokens: Tensor,
        renamed: Tensor,
        in_hand: Tensor,
        kind: Tensor,
        decl: Tensor,
        plays: _Plays,
    ) -> Tensor:
        """`place` to `player`, as ones among zeros."""
        n_sparse = (N_KINDS + 2) * _N_PLACES + N_DECLARATIONS + N_PLAYS * (N_DOMINOES + N_SEATS)
        is_domino = tokens[..., TYPE] > 0
        where = torch.where(in_hand, 0, 1 + tokens[..., SEAT]) * N_DOMINOES + renamed
        counts = tokens[..., COUNT_CLASS]
        by_kind = torch.where(is_domino, kind[:, None] * _N_PLACES + where, n_sparse)
        by_count = (N_KINDS - 1 + counts) * _N_PLACES + where
        by_count = torch.where(is_domino & (counts > 0), by_count, n_sparse)
        start = (N_KINDS + 2) * _N_PLACES
        declared = start + decl[:, None]
        start += N_DECLARATIONS
        order = start + self.play_order * N_DOMINOES + plays.domino
        start += N_PLAYS * N_DOMINOES
        player = start + self.play_order * N_SEATS + plays.seat
        ordered = [torch.where(plays.made, index, n_sparse) for index in (order, player)]
        index = torch.cat([by_kind, by_count, declared, *ordered], dim=1)
        return ones_at(index, n_sparse, torch.float32)

    def _table(self, plays: _Plays, kind: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The trick on the table: int64 [B, 3] dominoes, bool [B, 3] whether there, [B, 3] index
        of the plays."""
        first = plays.n - plays.n % N_SEATS
        index = first[:, None] + self.play_order[: N_SEATS - 1]
        there = index < plays.n[:, None]
        index = index.clamp(max=N_PLAYS - 1)
        return plays.domino.gather(1, index) * there, there, index

    def _trick(
        self,
        kind: Tensor,
        plays: _Plays,
        table: tuple[Tensor, Tensor, Tensor],
        slots: Tensor,
        dealt: Tensor,
        held: Tensor,
        seen: Tensor,
        hidden: Tensor,
    ) -> tuple[Tensor, list[Tensor]]:
        """The legal dominoes bool [B, 28], and `own_legal` to `leading`.

        Args:
            kind: int64 [B].
            plays: all of them.
            table: see `_table`.
            slots, dealt: renamed dominoes of the dealt hand [B, 7], and whether they are there.
            held, seen: bool [B, 28], in the own hand; in it or played.
            hidden: bool [B, 3, 28], what seats 1..3 may hold.
        """
        domino, there, index = table
        started = there[:, :1]
        n_there = there.sum(dim=1, keepdim=True)
        led = kind * N_DOMINOES + domino[:, 0]
        strength = torch.where(there, self.suits.strength[led].gather(1, domino), -1)
        best, winner = strength.max(dim=1, keepdim=True)
        follows = self.suits.follows[led]
        duty = started & (held & follows).any(dim=1, keepdim=True)
        legal = held & (follows | ~duty)

        # Each own domino as it would stand: in the trick on the table, or as its lead.
        suit_of = torch.where(started, led[:, None], kind[:, None] * N_DOMINOES + slots)
        ranks = self.suits.strength[suit_of]  # [B, 7, 28]
        own_rank = ranks.gather(2, slots[:, :, None])
        playable = legal.gather(1, slots) & dealt
        winning = playable & (own_rank.squeeze(2) > best)
        beats = (ranks > own_rank) & ~seen[:, None]
        n_unseen = (~seen).sum(dim=1, keepdim=True).clamp(min=1)
        beaten = beats.sum(dim=2) / n_unseen * playable
        safe = winning & ~beats.any(dim=2)
        suit = self.suits.follows[suit_of]

        can_beat, may_follow = [], []
        for k in range(N_HIDDEN):
            to_play = k + 1 < N_SEATS - n_there  # seat k + 1 has yet to play to this trick
            may = hidden[:, k, None]
            can_beat.append(winning & to_play & (beats & may).any(dim=2))
            may_follow.append(playable & to_play & (suit & may).any(dim=2))
        own = [playable, winning, safe, beaten, *can_beat, *may_follow]
        # To where the dominoes are, whatever their slots; no two slots hold the same one.
        by_domino = torch.zeros(kind.shape[0], len(own), N_DOMINOES, device=kind.device)
        index_of = torch.where(dealt, slots, slots[:, :1])[:, None].expand(-1, len(own), -1)
        marks = torch.stack([part.float() for part in own], dim=1)
        by_domino = by_domino.scatter_add(2, index_of, marks)

        seats = plays.seat.gather(1, index)
        leader = torch.where(started, seats.gather(1, winner), 0)
        counts = plays.classes.gather(1, index) * there
        stake = counts.sum(dim=1, keepdim=True) * 0.5
        spread = ones_at(
            torch.where(
                there,
                (kind[:, None] * 3 + self.play_order[:3]) * N_DOMINOES + domino,
                N_KINDS * 3 * N_DOMINOES,
            ),
            N_KINDS * 3 * N_DOMINOES,
            torch.float32,
        )
        leading = leader == self.play_order[1:N_SEATS]
        return legal, [by_domino.flatten(1), spread, stake, leading]


def _marks(renamed: Tensor, marked: Tensor) -> Tensor:
    """bool [B, 28]: the dominoes of the tokens that are marked."""
    return ones_at(torch.where(marked, renamed, N_DOMINOES), N_DOMINOES, torch.float32) > 0


def _excluded(plays: _Plays, follows: Tensor) -> Tensor:
    """bool [B, 3, 28]: what seats 1..3 cannot hold, because they did not follow such a lead."""
    by_trick = plays.domino.view(-1, N_TRICKS, N_SEATS)
    failed = plays.made & ~follows.gather(2, by_trick).flatten(1)
    seats = torch.arange(1, N_SEATS, device=failed.device)
    by_seat = (plays.seat[:, None] == seats[:, None]) & failed[:, None]  # [B, 3, 28 plays]
    in_trick = by_seat.view(-1, N_HIDDEN, N_TRICKS, N_SEATS).any(dim=3)
    return (in_trick.float() @ follows.float()) > 0


def own_tokens(tokens: Tensor) -> tuple[Tensor, Tensor]:
    """Where the dominoes of the dealt hand stand in transcripts, in slot order.

    Args:
        tokens: int64 [B, 36, 8].

    Returns:
        int64 [B, 7] indices of tokens (of the hand, or of own plays), and bool [B, 7] whether there
        is such a domino: always, unless the transcript is not one.
    """
    kind = tokens[..., TYPE]
    own = (kind == TYPE_HAND) | ((kind == TYPE_PLAY) & (tokens[..., SEAT] == 0))
    # Slots ascend by domino id.
    ids = torch.where(own, _domino_ids(tokens), N_DOMINOES)
    index = ids.argsort(dim=1)[:, :N_SLOTS]
    return index, own.gather(1, index)


def _domino_ids(tokens: Tensor) -> Tensor:
    """int64 [B, 36]; 0 where the token is no domino."""
    high = tokens[..., HIGH_PIP]
    return ((high * (high + 1)) >> 1) + tokens[..., LOW_PIP]


def _won_tricks(plays: _Plays, strength: Tensor, n: int) -> list[Tensor]:
    """`winner` and `score`."""
    by_trick = strength.view(n, N_TRICKS, N_SEATS)
    complete = plays.made.view(n, N_TRICKS, N_SEATS).all(dim=2)
    seats = plays.seat.view(n, N_TRICKS, N_SEATS)
    winner = seats.gather(2, by_trick.argmax(dim=2, keepdim=True)).squeeze(2)
    winners = (winner[:, :, None] == torch.arange(N_SEATS, device=seats.device)) & complete[
        :, :, None
    ]
    points = plays.classes.view(n, N_TRICKS, N_SEATS).sum(dim=2) * _POINTS_PER_CLASS + 1
    points = points * complete
    mine = torch.where(winner % 2 == 0, points, -points)
    score = torch.stack([mine.sum(dim=1), HAND_POINTS - points.sum(dim=1)], dim=1) / HAND_POINTS
    return [winners.flatten(1), score]
