"""What one player at the table knows: own hand, trump, bid and the plays, and who made them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from forge.errors import ForgeError
from forge.game.constants import N_DOMINOES, N_PLAYS, N_SEATS, N_SLOTS
from forge.game.contract import LOWEST_BID, Bid
from forge.game.declarations import declaration_name
from forge.game.tables import FOLLOWERS, domino_name, trick_points, trick_winner
from forge.game.whole_numbers import whole_number
from forge.work.wording import counted

ME: Final = 0
# By places to the left.
PLAYERS: Final = ("me", "left", "partner", "right")
# Who judges: the strongest there is; with so many worlds chances are right to a few points of 100.
DEFAULT_PLAYER: Final = "seat:n=400"


def parse_declarer(text: str) -> int:
    """Places to the left of me of who declared.

    Raises:
        ForgeError: for another word.
    """
    if text not in PLAYERS:
        raise ForgeError(f"no declarer {text!r}: valid are {', '.join(PLAYERS)}")
    return PLAYERS.index(text)


def check_for_bids(given: Mapping[str, object], decl: str) -> None:
    """ForgeError for what is given but says nothing where a bid is asked for.

    Args:
        given: whether, by what it is called.
        decl: what the declaration is called.
    """
    for name, is_given in given.items():
        if is_given:
            raise ForgeError(f"{name} is about a play: say what is trump with {decl}")


@dataclass(frozen=True)
class SeatView:
    """A decision as the player sees who is to make it.

    Args:
        hand: the seven dominoes dealt to me, ascending.
        decl: declaration 0..9.
        declarer: places to the left of me, 0 (me) to 3; leads first.
        plays: all dominoes played so far, in order.
        bid: what the declarer's side has promised.

    Attributes:
        seats: who made each play, places to the left of me.
        points: won so far, by my side and by theirs.
        excluded: masks of dominoes that a player has shown not to hold, by places to the left.

    Raises:
        ForgeError: for a hand that is none, a play that the rules or what was shown before forbid,
            or if it is not my turn.
    """

    hand: tuple[int, ...]
    decl: int
    declarer: int
    plays: tuple[int, ...] = ()
    bid: Bid = LOWEST_BID
    seats: tuple[int, ...] = field(init=False)
    points: tuple[int, int] = field(init=False)
    excluded: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        hand = tuple(sorted(whole_number("a domino", d, 0, N_DOMINOES - 1) for d in self.hand))
        if len(hand) != N_SLOTS or len(set(hand)) != N_SLOTS:
            raise ForgeError(f"a hand is seven different dominoes, got {_names(self.hand)}")
        declaration_name(self.decl)
        whole_number("declarer", self.declarer, 0, N_SEATS - 1)
        plays = tuple(whole_number("a play", d, 0, N_DOMINOES - 1) for d in self.plays)
        object.__setattr__(self, "hand", hand)
        object.__setattr__(self, "plays", plays)
        walk = _Walk(self)
        for domino in plays:
            walk.play(domino)
        if len(plays) == N_PLAYS:
            raise ForgeError("the hand is over: all 28 dominoes are played")
        if walk.seat != ME:
            raise ForgeError(
                f"it is not your turn: after {counted(len(plays), 'play')} "
                f"{PLAYERS[walk.seat]} is to play (declarer: {PLAYERS[self.declarer]})"
            )
        object.__setattr__(self, "seats", tuple(walk.seats))
        object.__setattr__(self, "points", tuple(walk.points))
        object.__setattr__(self, "excluded", tuple(walk.excluded))

    @property
    def held(self) -> tuple[int, ...]:
        """What I still hold, ascending."""
        return tuple(domino for domino in self.hand if domino not in self.plays)

    @property
    def legal(self) -> tuple[int, ...]:
        """What I may play, ascending."""
        trick = self.plays[len(self.plays) - len(self.plays) % N_SEATS :]
        if not trick:
            return self.held
        mask = int(FOLLOWERS[self.decl, trick[0]])
        return tuple(d for d in self.held if mask >> d & 1) or self.held

    @property
    def is_declaring(self) -> bool:
        """Whether my side has promised the bid."""
        return self.declarer % 2 == 0

    @property
    def wanted(self) -> str:
        """`make` or `set`: what my side wants of the bid."""
        return "make" if self.is_declaring else "set"

    @property
    def standing(self) -> str:
        """`made`, `set` or `open`: what is known of the bid."""
        won, lost = self.points if self.is_declaring else self.points[::-1]
        return self.bid.standing(won, lost)

    @property
    def points_left(self) -> int:
        """Points that my side still wants for that; 0 where it has them."""
        return self.bid.points_left(0 if self.is_declaring else 1, self.points[0])


class _Walk:
    """The plays of a hand from one seat, checked one after another."""

    def __init__(self, view: SeatView) -> None:
        self.hand, self.decl = view.hand, view.decl
        self.leader = self.seat = view.declarer
        self.trick: list[int] = []
        self.seats: list[int] = []
        self.seen: dict[int, int] = {}  # number of the play by domino
        self.points = [0, 0]
        self.excluded = [0] * N_SEATS
        self.shown: list[dict[int, int]] = [{} for _ in range(N_SEATS)]  # play by led domino

    def play(self, domino: int) -> None:
        number = len(self.seats) + 1
        told = f"play {number}: {_subject(self.seat)} played {domino_name(domino)}"
        if domino in self.seen:
            raise ForgeError(f"{told}, which was play {self.seen[domino]} already")
        if (self.seat == ME) != (domino in self.hand):
            where = "not in your hand" if self.seat == ME else "in your hand"
            raise ForgeError(f"{told}, which is {where}")
        if self.excluded[self.seat] >> domino & 1:
            led, earlier = next(
                (led, k)
                for led, k in self.shown[self.seat].items()
                if int(FOLLOWERS[self.decl, led]) >> domino & 1
            )
            raise ForgeError(
                f"{told}, but did not follow {domino_name(led)} with it in play {earlier}"
            )
        if self.trick:
            self._follow(domino, number, told)
        self.seen[domino] = number
        self.seats.append(self.seat)
        self.trick.append(domino)
        self.seat = (self.seat + 1) % N_SEATS
        if len(self.trick) == N_SEATS:
            self.leader = (self.leader + trick_winner(self.decl, self.trick)) % N_SEATS
            self.points[self.leader % 2] += trick_points(self.trick)
            self.seat, self.trick = self.leader, []

    def _follow(self, domino: int, number: int, told: str) -> None:
        led = self.trick[0]
        followers = int(FOLLOWERS[self.decl, led])
        if followers >> domino & 1:
            return
        if self.seat == ME:
            could = [d for d in self.hand if followers >> d & 1 and d not in self.seen]
            if could:
                must = f"had to follow {domino_name(led)} with {_names(could)}"
                raise ForgeError(f"{told}, but {must}")
        self.excluded[self.seat] |= followers
        self.shown[self.seat].setdefault(led, number)


def _subject(seat: int) -> str:
    return "you" if seat == ME else PLAYERS[seat]


def _names(dominoes: Sequence[int]) -> str:
    return ", ".join(domino_name(d) if 0 <= d < N_DOMINOES else str(d) for d in dominoes)
