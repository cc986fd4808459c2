"""The lines by which players of other programs are asked, and answer.

A line asks, a line answers; all numbers are whole and parted by blanks:

``seat decl bidder h0 .. h6 n a1 d1 .. an dn``: what does `seat` play? It was dealt h0..h6;
`bidder` has declared `decl` and led first; the n plays so far are pairs of who played and what. The
answer is ``domino leader points0 points1``: the play, who leads the trick as the answering program
sees it, and the points that seats 0 and 2, and 1 and 3, have won before this play.

``declare bidder h0 .. h6``: what does `bidder` declare with that hand? The answer is a declaration.

Seats are 0..3 to the left, dominoes 0..27, declarations 0..9, as in files of forge.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TextIO

from forge.errors import ForgeError, brief
from forge.game.constants import N_DECLARATIONS, N_DOMINOES, N_PLAYS, N_SEATS, N_SLOTS

DECLARE: Final = "declare"
# What asks for most, all plays made but one, is far shorter.
MAX_CHARACTERS: Final = 1000


@dataclass(frozen=True)
class PlayRequest:
    """Asks for a play.

    Args:
        seat: 0..3, who is to play.
        decl: declaration 0..9.
        bidder: seat 0..3 that declared.
        hand: seven domino ids dealt to the seat, in any order.
        plays: seat and domino id of each play so far.
    """

    seat: int
    decl: int
    bidder: int
    hand: tuple[int, ...]
    plays: tuple[tuple[int, int], ...]

    @property
    def line(self) -> str:
        """As it is sent, without the end of the line."""
        flat = [number for play in self.plays for number in play]
        numbers = (self.seat, self.decl, self.bidder, *self.hand, len(self.plays), *flat)
        return " ".join(map(str, numbers))


@dataclass(frozen=True)
class DeclareRequest:
    """Asks for a declaration.

    Args:
        bidder: seat 0..3.
        hand: seven domino ids.
    """

    bidder: int
    hand: tuple[int, ...]

    @property
    def line(self) -> str:
        """As it is sent, without the end of the line."""
        return " ".join(map(str, (DECLARE, self.bidder, *self.hand)))


def read_request(line: str) -> PlayRequest | DeclareRequest:
    """A line that asks.

    Raises:
        ForgeError: where it is none.
    """
    words = _words(line)
    if words[:1] == [DECLARE]:
        numbers = _numbers(words[1:])
        if len(numbers) != 1 + N_SLOTS:
            raise ForgeError(
                f"'{DECLARE}' is followed by the bidder and {N_SLOTS} dominoes, "
                f"got {len(numbers)} numbers"
            )
        return DeclareRequest(_within("bidder", numbers[0], N_SEATS), _hand(numbers[1:]))
    numbers = _numbers(words)
    before = 3 + N_SLOTS
    if len(numbers) <= before or len(numbers) != before + 1 + 2 * numbers[before]:
        raise ForgeError(
            "a line is 'seat decl bidder h0 .. h6 n' and n pairs of who played and what, or "
            f"'{DECLARE} bidder h0 .. h6', got {len(numbers)} numbers"
        )
    if numbers[before] >= N_PLAYS:
        raise ForgeError(f"the hand is over after {N_PLAYS} plays")
    pairs = zip(numbers[before + 1 :: 2], numbers[before + 2 :: 2], strict=True)
    plays = tuple(
        (_within("who played", seat, N_SEATS), _within("a play", domino, N_DOMINOES))
        for seat, domino in pairs
    )
    seat = _within("seat", numbers[0], N_SEATS)
    decl = _within("decl", numbers[1], N_DECLARATIONS)
    bidder = _within("bidder", numbers[2], N_SEATS)
    return PlayRequest(seat, decl, bidder, _hand(numbers[3:before]), plays)


@dataclass(frozen=True)
class PlayAnswer:
    """Says what is played.

    Args:
        domino: its id.
        leader: seat that leads the trick; None where the program does not say.
        points: of seats 0 and 2, and of 1 and 3, before the play; None likewise.
    """

    domino: int
    leader: int | None = None
    points: tuple[int, int] | None = None

    @property
    def line(self) -> str:
        """As it is sent, without the end of the line."""
        if self.leader is None or self.points is None:
            return str(self.domino)
        return " ".join(map(str, (self.domino, self.leader, *self.points)))


def request_lines(stream: TextIO) -> Iterator[str]:
    """The lines of a stream as they come; of one that is too long no more than shows that."""
    while line := stream.readline(MAX_CHARACTERS + 2):
        yield line
        while not line.endswith("\n") and (line := stream.readline(MAX_CHARACTERS)):
            pass


def read_play(line: str) -> PlayAnswer:
    """A line that answers a `PlayRequest`.

    Raises:
        ForgeError: where it is none.
    """
    numbers = _numbers(_words(line))
    if len(numbers) not in (1, 4):
        raise ForgeError(
            f"an answer is 'domino leader points0 points1' or 'domino', got {brief(line.strip())}"
        )
    domino = _within("domino", numbers[0], N_DOMINOES)
    if len(numbers) == 1:
        return PlayAnswer(domino)
    return PlayAnswer(domino, _within("leader", numbers[1], N_SEATS), (numbers[2], numbers[3]))


def read_declaration(line: str) -> int:
    """A line that answers a `DeclareRequest`: a declaration 0..9.

    Raises:
        ForgeError: where it is none.
    """
    numbers = _numbers(_words(line))
    if len(numbers) != 1:
        raise ForgeError(f"an answer is a declaration 0..9, got {brief(line.strip())}")
    return _within("declaration", numbers[0], N_DECLARATIONS)


def _words(line: str) -> list[str]:
    if len(line) > MAX_CHARACTERS:
        raise ForgeError(f"a line has at most {MAX_CHARACTERS} characters, got {len(line):,}")
    return line.split()


def _numbers(words: list[str]) -> list[int]:
    for word in words:
        if not (word.isascii() and word.isdecimal() and len(word) <= 9):
            raise ForgeError(f"numbers are expected, got {brief(word)}")
    return [int(word) for word in words]


def _within(name: str, number: int, n: int) -> int:
    if number >= n:
        raise ForgeError(f"{name} must be 0..{n - 1}, got {number}")
    return number


def _hand(numbers: list[int]) -> tuple[int, ...]:
    hand = tuple(_within("a domino", number, N_DOMINOES) for number in numbers)
    if len(set(hand)) != N_SLOTS:
        raise ForgeError(f"a hand is {N_SLOTS} different dominoes, got {list(hand)}")
    return hand
