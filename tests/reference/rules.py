"""Dominoes, declarations, following and trick winners, one question at a time.

A suit is an int: 0..6 are the pip suits, ``CALLED_SUIT`` (7) is the suit of the called dominoes.
A declaration is its id 0..9. A seat is 0..3; seats 0 and 2 are team 0.
"""

from collections.abc import Sequence
from functools import cache

Domino = tuple[int, int]
"""``(high, low)`` with 6 >= high >= low >= 0."""

ALL_DOMINOES: tuple[Domino, ...] = tuple(
    (high, low) for high in range(7) for low in range(high + 1)
)
"""The 28 dominoes; the position of a domino is its id."""

DOUBLES_TRUMP = 7
DOUBLES_SUIT = 8
NOTRUMP = 9
DECLARATIONS = range(10)

CALLED_SUIT = 7
SUITS = range(8)

TEN_COUNTS: tuple[Domino, ...] = ((5, 5), (6, 4))
FIVE_COUNTS: tuple[Domino, ...] = ((5, 0), (4, 1), (3, 2))


def domino_id(domino: Domino) -> int:
    """Return the id 0..27 of a domino."""
    high, low = domino
    return high * (high + 1) // 2 + low


def is_double(domino: Domino) -> bool:
    """Say whether both ends show the same pip."""
    high, low = domino
    return high == low


def count_points(domino: Domino) -> int:
    """Return the count points of a domino: 10, 5 or 0."""
    if domino in TEN_COUNTS:
        return 10
    if domino in FIVE_COUNTS:
        return 5
    return 0


def is_called(declaration: int, domino: Domino) -> bool:
    """Say whether a domino belongs to the called suit of a declaration."""
    if declaration == NOTRUMP:
        return False
    if declaration in (DOUBLES_TRUMP, DOUBLES_SUIT):
        return is_double(domino)
    return declaration in domino


def led_suit(declaration: int, led: Domino) -> int:
    """Return the suit that others have to follow when ``led`` opens a trick."""
    if is_called(declaration, led):
        return CALLED_SUIT
    high, _ = led
    return high


def can_follow(declaration: int, suit: int, domino: Domino) -> bool:
    """Say whether a domino can follow a led suit."""
    if suit == CALLED_SUIT:
        return is_called(declaration, domino)
    return suit in domino and not is_called(declaration, domino)


def legal_dominoes(declaration: int, hand: Sequence[Domino], led: Domino | None) -> list[Domino]:
    """Return the dominoes of ``hand`` that may be played, in hand order; ``led`` None: a lead."""
    if led is None:
        return list(hand)
    suit = led_suit(declaration, led)
    following = [domino for domino in hand if can_follow(declaration, suit, domino)]
    return following or list(hand)


def called_order(declaration: int) -> list[Domino]:
    """Return the called dominoes of a declaration, the highest first."""
    called = [domino for domino in ALL_DOMINOES if is_called(declaration, domino)]
    if declaration in (DOUBLES_TRUMP, DOUBLES_SUIT):
        return sorted(called, key=lambda domino: domino[0], reverse=True)
    return sorted(called, key=lambda domino: (is_double(domino), sum(domino)), reverse=True)


def suit_order(declaration: int, suit: int) -> list[Domino]:
    """Return the dominoes that follow a led suit, the highest first."""
    if suit == CALLED_SUIT:
        return called_order(declaration)
    followers = [domino for domino in ALL_DOMINOES if can_follow(declaration, suit, domino)]
    return sorted(followers, key=lambda domino: (is_double(domino), sum(domino)), reverse=True)


@cache
def winning_order(declaration: int, suit: int) -> tuple[Domino, ...]:
    """Return every domino that can win a trick of a led suit, the highest first."""
    if suit == CALLED_SUIT:
        return tuple(called_order(declaration))
    # The doubles suit has no trump power: its dominoes win only when a double was led.
    trumps = called_order(declaration) if declaration != DOUBLES_SUIT else []
    return (*trumps, *suit_order(declaration, suit))


def trick_winner(declaration: int, dominoes: Sequence[Domino]) -> int:
    """Return the index, in play order, of the domino that wins among those played so far."""
    for contender in winning_order(declaration, led_suit(declaration, dominoes[0])):
        if contender in dominoes:
            return list(dominoes).index(contender)
    raise AssertionError("the led domino itself can always win")


def trick_points(dominoes: Sequence[Domino]) -> int:
    """Return what a complete trick is worth: 1 and the count points in it."""
    return 1 + sum(count_points(domino) for domino in dominoes)


def team(seat: int) -> int:
    """Return the team of a seat: 0 for seats 0 and 2, 1 for seats 1 and 3."""
    return seat % 2
