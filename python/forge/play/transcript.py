"""Stage 2 tokens: what a seat may know, in the order it came to know it.

Token 0 is the declaration, then come the own dominoes still held, in slot order, then all plays in
order; up to 36 tokens of 8 features, the rest zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from forge.errors import ForgeError
from forge.game.constants import N_DOMINOES, N_PLAYS, N_SEATS, N_SLOTS
from forge.game.state import held_slots
from forge.game.tables import COUNT_POINTS, HIGH, LOW
from forge.play.games import Games

MAX_TOKENS: Final = 1 + N_SLOTS + N_PLAYS
N_FEATURES: Final = 8
HIGH_PIP, LOW_PIP, IS_DOUBLE, COUNT_CLASS, SEAT, IN_HAND, DECL, TYPE = range(N_FEATURES)
TYPE_DECLARATION, TYPE_HAND, TYPE_PLAY = range(3)

# int8 [28, 4]: high pip, low pip, double, count class (0, 1, 2 for 0, 5, 10 points).
_DOMINO_FEATURES = torch.tensor(
    [
        [int(high), int(low), int(high == low), int(points) // 5]
        for high, low, points in zip(HIGH, LOW, COUNT_POINTS, strict=True)
    ],
    dtype=torch.int8,
)


def transcript_tokens(games: Games) -> tuple[Tensor, Tensor]:
    """What the seats to act know.

    Args:
        games: B games, none of them over.

    Returns:
        tokens: int8 [B, 36, 8].
        lengths: int64 [B], 1..36.
    """
    n_games, device = len(games), games.states.device
    players = games.players
    features = _DOMINO_FEATURES.to(device)
    tokens = torch.zeros((n_games, MAX_TOKENS, N_FEATURES), dtype=torch.int8, device=device)
    decls = games.decls[:, None].expand(n_games, MAX_TOKENS)

    slots = torch.arange(N_SLOTS, device=device)
    held = (held_slots(games.states, players)[:, None] >> slots) & 1 > 0
    n_held = held.sum(dim=1)
    # Held slots first, in slot order.
    order = torch.argsort((~held).int(), dim=1, stable=True)
    hand = games.hand.gather(1, order).long()
    tokens[:, 1 : 1 + N_SLOTS, :SEAT] = features[hand]
    tokens[:, 1 : 1 + N_SLOTS, IN_HAND] = 1
    tokens[:, 1 : 1 + N_SLOTS, TYPE] = TYPE_HAND

    n_plays = games.n_plays
    plays = torch.zeros((n_games, n_plays, N_FEATURES), dtype=torch.int8, device=device)
    plays[..., :SEAT] = features[games.plays.long()]
    plays[..., SEAT] = ((games.seats.long() - players[:, None]) % N_SEATS).to(torch.int8)
    plays[..., TYPE] = TYPE_PLAY
    # Plays start behind the hand, which may differ in size where games are in the same trick.
    places = 1 + n_held[:, None] + torch.arange(n_plays, device=device)
    tokens.scatter_(1, places[..., None].expand(-1, -1, N_FEATURES), plays)

    lengths = 1 + n_held + n_plays
    tokens[..., DECL] = decls
    is_token = torch.arange(MAX_TOKENS, device=device) < lengths[:, None]
    return tokens * is_token[..., None], lengths


@dataclass(frozen=True)
class Transcript:
    """What one token block says.

    Args:
        decl: declaration id.
        hand: domino ids still held, in slot order.
        plays: (relative seat, domino id), in order; seat 0 is the seat to act.
    """

    decl: int
    hand: tuple[int, ...]
    plays: tuple[tuple[int, int], ...]


def read_transcript(tokens: Tensor, length: int) -> Transcript:
    """The inverse of `transcript_tokens`, of one row.

    Args:
        tokens: int8 [36, 8].
        length: 1..36.

    Raises:
        ForgeError: if it is no transcript.
    """
    if tuple(tokens.shape) != (MAX_TOKENS, N_FEATURES) or not 1 <= length <= MAX_TOKENS:
        raise ForgeError(
            f"a transcript is int8 [{MAX_TOKENS}, {N_FEATURES}] with a length of 1..{MAX_TOKENS}, "
            f"got {list(tokens.shape)} and {length}"
        )
    rows: Sequence[Sequence[int]] = tokens[:length].tolist()
    types = [row[TYPE] for row in rows]
    if types != sorted(types) or types.count(TYPE_DECLARATION) != 1:
        raise ForgeError("a transcript is a declaration token, then the hand, then the plays")
    dominoes = [_domino_of(row) for row in rows[1:]]
    if len(set(dominoes)) != len(dominoes):
        raise ForgeError("a domino stands twice in the transcript")
    n_held = types.count(TYPE_HAND)
    plays = zip(rows[1 + n_held :], dominoes[n_held:], strict=True)
    return Transcript(
        rows[0][DECL], tuple(dominoes[:n_held]), tuple((row[SEAT], domino) for row, domino in plays)
    )


def _domino_of(row: Sequence[int]) -> int:
    high, low = row[HIGH_PIP], row[LOW_PIP]
    domino = high * (high + 1) // 2 + low
    if not (0 <= low <= high <= 6 and domino < N_DOMINOES):
        raise ForgeError(f"{high}-{low} is no domino")
    return domino
