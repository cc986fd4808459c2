"""Other hands that a seat may be facing: every one that fits what it has seen, each as likely."""

from __future__ import annotations

import random
from functools import lru_cache
from typing import Final

import torch
from torch import Tensor

from forge import ops
from forge.adapters.whole_hand import WholeHand
from forge.game.constants import N_DOMINOES, N_SEATS, N_SLOTS
from forge.play.games import ALL_DOMINOES, Games, domino_mask

# A search asks again and again about one moment.
_REMEMBERED: Final = 64


def lock_step(hand: WholeHand) -> Games:
    """The play of one hand as a batch of one, the declarer as seat 0.

    Args:
        hand: with a declaration.
    """
    assert hand.position is not None
    deal = hand.position.deal
    games = Games.start([deal], [hand.position.decl])
    for domino in hand.plays:
        games = games.play((games.hand == domino).int().argmax(dim=1))
    return games


def redealt(hand: WholeHand, seat: int, key: int) -> tuple[int, ...]:
    """The dominoes in the order dealt, as they may be for all that a seat knows.

    Args:
        hand: at any moment.
        seat: 0..3 of the table, who looks; keeps its own dominoes as they came.
        key: any int64; another one gives another deal.

    Returns:
        As many dominoes as were dealt; each other seat holds what it has played, and the rest is
        drawn evenly from all hidden hands that fit (during the deal and the auction: from all).
    """
    own = hand.dealt[seat * N_SLOTS : (seat + 1) * N_SLOTS]
    if not hand.is_dealt:
        return _while_dealt(hand, own, seat, key)
    allowed, sizes = _hidden(hand, seat)
    drawn = ops.sample_worlds(allowed, sizes, torch.tensor([key]), 1)[0, 0].tolist()
    hands = [list(own)] * N_SEATS
    for place, mask in enumerate(drawn, start=1):
        other = (seat + place) % N_SEATS
        played = (d for d, who in zip(hand.plays, hand.players, strict=True) if who == other)
        hands[other] = sorted([*played, *(d for d in range(N_DOMINOES) if mask >> d & 1)])
    return tuple(domino for each in hands for domino in each)


@lru_cache(_REMEMBERED)
def _hidden(hand: WholeHand, seat: int) -> tuple[Tensor, Tensor]:
    """Masks int32 [1, 3] and sizes int8 [1, 3] of the other hands, see `Games.hidden`."""
    if hand.position is not None:
        assert hand.bidder is not None
        return lock_step(hand).hidden(torch.tensor([(seat - hand.bidder) % N_SEATS]))
    unseen = ALL_DOMINOES & ~domino_mask(torch.tensor([hand.hand_of(seat)], dtype=torch.int8))
    n_others = N_SEATS - 1
    return unseen[:, None].repeat(1, n_others), torch.full((1, n_others), N_SLOTS).to(torch.int8)


def _while_dealt(hand: WholeHand, own: tuple[int, ...], seat: int, key: int) -> tuple[int, ...]:
    others = [domino for domino in range(N_DOMINOES) if domino not in own]
    random.Random(key).shuffle(others)
    start = seat * N_SLOTS
    dealt = [*others[:start], *own, *others[start:]]
    return tuple(dealt[: len(hand.dealt)])
