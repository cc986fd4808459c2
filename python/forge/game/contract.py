"""What is promised and what it is worth: a bid, and with a declaration a contract.

Seat 0 declares, so every promise is one of team 0, and team 1 wants to set it. Points are those of
the hand, 42 in all: what team 0 has not won at the end, team 1 has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, overload

from forge.errors import ForgeError
from forge.game.constants import HAND_POINTS
from forge.game.declarations import declaration_name

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Standing = Literal["made", "set", "open"]


def _marks(n: int) -> str:
    """`two marks`."""
    words = {2: "two", 3: "three", 4: "four"}
    return f"{words.get(n, n)} marks"


@dataclass(frozen=True, order=True)
class Bid:
    """What team 0 promises, whatever is trump; a higher bid is greater.

    Args:
        points: of the hand's 42 that team 0 must win, 1..42. A table hears none below 30, see
            `BIDS`; but a player may be given less to play for, and old files hold such games.
        marks: won by team 0 if the bid is made and by team 1 if it is set; a bid of more than one
            takes all points.

    Raises:
        ForgeError: for points or marks that cannot be.
    """

    points: int
    marks: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.points <= HAND_POINTS:
            raise ForgeError(f"a bid takes 1..{HAND_POINTS} points, got {self.points}")
        if self.marks < 1 or (self.marks > 1 and self.points < HAND_POINTS):
            raise ForgeError(
                f"a bid is worth one mark, or more with all {HAND_POINTS} points, "
                f"got {self.marks} with {self.points}"
            )

    @classmethod
    def of(cls, number: int) -> Bid:
        """The bid that a number stands for at a table: 30..42, or 84 for two marks.

        Raises:
            ForgeError: for any other number.
        """
        for bid in BIDS:
            if bid.number == number:
                return bid
        raise ForgeError(f"a bid is {VALID_BIDS}, got {number}")

    @classmethod
    def recorded(cls, number: Any) -> Bid:
        """The bid that a file holds: one of a table, or points 1..29.

        Raises:
            ForgeError: for anything else.
        """
        if isinstance(number, int) and 1 <= number < POINT_BIDS[0].number:
            return cls(number)
        return cls.of(number)

    @property
    def number(self) -> int:
        """How it is said, and what files record: points, or 42 times the marks above one."""
        return self.points * self.marks

    @property
    def text(self) -> str:
        """In a sentence: `30`, `two marks (84)`."""
        return str(self) if self.marks == 1 else f"{_marks(self.marks)} ({self})"

    def __str__(self) -> str:
        return str(self.number)

    def points_for(self, team: int) -> int:
        """Points of the whole hand that a team wants: 0 to make the bid, 1 to set it."""
        return self.points if team == 0 else HAND_POINTS + 1 - self.points

    def points_left(self, team: int, won: int) -> int:
        """Points that a team still wants, given what it has won; 0 where it has enough."""
        return max(0, self.points_for(team) - won)

    @overload
    def is_made(self, points: int) -> bool: ...

    @overload
    def is_made(self, points: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.bool_]: ...

    def is_made(self, points: int | npt.NDArray[np.integer[Any]]) -> bool | npt.NDArray[np.bool_]:
        """Whether a hand in which team 0 won so many of the 42 points makes it; elementwise."""
        return points >= self.points

    def standing(self, won: int, lost: int) -> Standing:
        """What is known of the bid inside a hand.

        Args:
            won: points of team 0 so far.
            lost: points of team 1 so far.

        Returns:
            `made` or `set` once that is so whatever is still played, else `open`.
        """
        if self.points_left(0, won) == 0:
            return "made"
        return "set" if self.points_left(1, lost) == 0 else "open"

    def target(self, won: int = 0, lost: int = 0) -> int:
        """The value-to-go that makes the bid, **team-0 frame**, as `search_at_least` takes it.

        Args:
            won: points of team 0 so far.
            lost: points of team 1 so far.

        Returns:
            The least value of the rest of the hand (points of team 0 minus points of team 1 still
            to be won) with which it is made. What is won moves the target alone: the value of a
            position does not depend on it.
        """
        return 2 * self.points - HAND_POINTS - (won - lost)

    @overload
    def worth(self, p: float) -> float: ...

    @overload
    def worth(self, p: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]: ...

    def worth(self, p: float | npt.NDArray[np.float64]) -> float | npt.NDArray[np.float64]:
        """Marks to expect where the chance to make it is `p`: those of team 0 less those of team 1,
        risk-neutral; elementwise."""
        return (2.0 * p - 1.0) * self.marks


# What may be bid at a table, ascending. 42 is a bid of one mark.
POINT_BIDS: Final = tuple(Bid(points) for points in range(30, HAND_POINTS + 1))
BIDS: Final = (*POINT_BIDS, Bid(HAND_POINTS, marks=2))
# What is played for where nothing else is said: nobody may bid less.
LOWEST_BID: Final = BIDS[0]
VALID_BIDS: Final = f"{POINT_BIDS[0]}..{POINT_BIDS[-1]}" + "".join(
    f" or {bid} ({_marks(bid.marks)})" for bid in BIDS[len(POINT_BIDS) :]
)


@dataclass(frozen=True)
class Contract:
    """A bid under a declaration: what a hand is played for.

    Args:
        decl: declaration 0..9.
        bid: what team 0 promises.

    Raises:
        ForgeError: for a declaration there is none of.
    """

    decl: int
    bid: Bid

    def __post_init__(self) -> None:
        declaration_name(self.decl)

    def __str__(self) -> str:
        return f"{self.bid.text} in {declaration_name(self.decl)}"
