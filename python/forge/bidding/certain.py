"""What a hand takes whatever the others hold: which bids cannot be lost.

The holder leads, and goes on leading dominoes that nobody can beat: trumps from the top until none
is left outside, then each suit from the top. What comes after the last of them may all be lost.
"""

from __future__ import annotations

from collections.abc import Sequence

from forge.game.constants import CALLED_SUIT, HAND_POINTS, N_DOMINOES, N_SEATS
from forge.game.tables import COUNT_POINTS, FOLLOWS, LED_SUIT, STRENGTH


def certain_points(hand: Sequence[int], decl: int) -> int:
    """Points of the 42 that the side of a hand can take in every deal around it, at least.

    The play that takes them needs to see no other hand. It is a proof, not a search: more than that
    may be certain.

    Args:
        hand: seven domino ids, of the seat that declares and leads.
        decl: declaration 0..9.
    """
    leads = sure_leads(hand, decl)
    rest = [domino for domino in hand if domino not in leads]
    outside = [domino for domino in range(N_DOMINOES) if domino not in hand]
    # The last tricks take the own rest and, of what three others hold, the dearest.
    counts = sorted((int(COUNT_POINTS[domino]) for domino in outside), reverse=True)
    lost = len(rest) + sum(int(COUNT_POINTS[domino]) for domino in rest)
    return max(0, HAND_POINTS - lost - sum(counts[: (N_SEATS - 1) * len(rest)]))


def sure_leads(hand: Sequence[int], decl: int) -> set[int]:
    """Dominoes of a hand that win a trick each if they are led one after the other, in a suitable
    order, whoever holds the rest; arguments as `certain_points`."""
    outside = [domino for domino in range(N_DOMINOES) if domino not in hand]
    # Outside what is called, only trumps win a suit they don't follow.
    trumps = [d for d in outside if STRENGTH[decl, 0, d] and not FOLLOWS[decl, 0, d]]
    found = _sure_of_suit(hand, outside, decl, CALLED_SUIT)
    if trumps and not _are_drawn(hand, trumps, decl, CALLED_SUIT):
        return found
    for suit in range(CALLED_SUIT):
        found |= _sure_of_suit(hand, outside, decl, suit)
    return found


def _sure_of_suit(hand: Sequence[int], outside: Sequence[int], decl: int, suit: int) -> set[int]:
    """Of the leads of one suit; trumps are drawn where it is another."""
    leads = {domino for domino in hand if LED_SUIT[decl, domino] == suit}
    followers = [domino for domino in outside if FOLLOWS[decl, suit, domino]]
    if _are_drawn(hand, followers, decl, suit):
        return leads
    return {domino for domino in leads if _beats_all(domino, followers, decl, suit)}


def _are_drawn(hand: Sequence[int], followers: Sequence[int], decl: int, suit: int) -> bool:
    """Whether leads that win draw all that others may follow with, though one may hold it all."""
    tops = [
        domino
        for domino in hand
        if LED_SUIT[decl, domino] == suit and _beats_all(domino, followers, decl, suit)
    ]
    return len(tops) >= len(followers)


def _beats_all(domino: int, others: Sequence[int], decl: int, suit: int) -> bool:
    strength = STRENGTH[decl, suit]
    return all(strength[domino] > strength[other] for other in others)
