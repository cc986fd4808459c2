"""A hand that was played, play by play: what each cost, as its seat saw it and with open hands."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any, Final

import torch
from torch import Tensor

from forge import ops
from forge.advice.hand_text import SEATS, TableHand
from forge.advice.judge import judge_of
from forge.advice.seat_view import DEFAULT_PLAYER
from forge.bidding.replay import ReplayedPlay, judge_plays
from forge.errors import ForgeError
from forge.game.constants import N_PLAYS, N_SEATS
from forge.game.tables import domino_name
from forge.oracle.position import Position
from forge.play.games import Games
from forge.play.keys import decision_keys, seed_tensor
from forge.play.seen import Seen, needed_by, seen_by

# Chances that a play may cost and still be called so.
GRADES: Final = ((0.005, "best"), (0.02, "good"), (0.06, "inexact"), (0.15, "mistake"))
WORST_GRADE: Final = "blunder"
# Grades of plays that cost nothing worth a word.
_FINE: Final = ("best", "good")
_REVIEW: Final = 51


@dataclass(frozen=True)
class GradedPlay:
    """One play that was a choice.

    Args:
        number: of the play, from 1.
        seat: 0 (declarer) to 3.
        domino: played.
        best: domino that the player would have chosen.
        chance: that the **acting side** gets what it wants of the bid after the play made, as the
            seat saw it.
        best_chance: the same after the best play.
        open_lost: whether with open hands the play gave away what the side wanted.
        points_lost: by the play with open hands, of the 42.
    """

    number: int
    seat: int
    domino: int
    best: int
    chance: float
    best_chance: float
    open_lost: bool
    points_lost: int

    @property
    def trick(self) -> int:
        """Number of the trick, from 1."""
        return (self.number - 1) // N_SEATS + 1

    @property
    def cost(self) -> float:
        """Chance that the play cost, as the seat saw it."""
        return max(0.0, self.best_chance - self.chance)

    @property
    def grade(self) -> str:
        """In a word."""
        return next((word for most, word in GRADES if self.cost <= most), WORST_GRADE)

    @property
    def is_best(self) -> bool:
        """Whether it cost nothing."""
        return self.grade == GRADES[0][1]

    def __str__(self) -> str:
        played = f"{SEATS[self.seat]:8}  {domino_name(self.domino)}"
        told = f"play {self.number:2}  {played}  {self.grade}"
        if self.is_best:
            return told
        return f"{told}, {domino_name(self.best)} better by {100 * self.cost:.0f} in 100"

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "play": self.number,
            "trick": self.trick,
            "seat": SEATS[self.seat],
            "domino": domino_name(self.domino),
            "best": domino_name(self.best),
            "chance": self.chance,
            "best_chance": self.best_chance,
            "cost": self.cost,
            "grade": self.grade,
            "open_hands_lost": self.open_lost,
            "points_lost": self.points_lost,
        }


def _slip(play: GradedPlay) -> str:
    return (
        f"{SEATS[play.seat]}'s {domino_name(play.domino)} instead of {domino_name(play.best)} "
        f"cost {100 * play.cost:.0f} in 100 as the seat saw it"
    )


@dataclass(frozen=True)
class Review:
    """A hand, graded.

    Args:
        hand: that was played.
        player: who judged, as it is written.
        plays: those that were a choice while the bid was open, in order.
    """

    hand: TableHand
    player: str
    plays: tuple[GradedPlay, ...]

    @property
    def turning(self) -> GradedPlay | None:
        """The decision that turned the hand: of the side that did not get what it wanted, the play
        that gave it away with open hands and cost most as its seat saw it; None without one."""
        given_away = [play for play in self._slips if play.open_lost]
        return max(given_away, key=lambda play: play.cost, default=None)

    @property
    def costliest(self) -> GradedPlay | None:
        """The play of that side (of both while the bid is open) that cost most as its seat saw it;
        None if none cost anything worth a word."""
        return max(self._slips, key=lambda play: play.cost, default=None)

    @property
    def _slips(self) -> list[GradedPlay]:
        loser = {"made": 1, "set": 0}.get(self.standing)
        of_side = [play for play in self.plays if loser is None or play.seat % 2 == loser]
        return [play for play in of_side if play.grade not in _FINE]

    @property
    def standing(self) -> str:
        """`made`, `set` or `open`."""
        return self.hand.contract.bid.standing(*self.hand.position.points)

    @property
    def outcome(self) -> str:
        """What came of the bid, and by what."""
        (won, lost), n_plays = self.hand.position.points, len(self.hand.plays)
        told = "still open" if self.standing == "open" else self.standing
        so_far = "" if n_plays == N_PLAYS else f" after {n_plays} of {N_PLAYS} plays"
        return f"{told}, {won} to {lost}{so_far}"

    @property
    def sentence(self) -> str:
        """What turned the hand, in words."""
        said = str(self.hand.contract)
        head = f"{said[0].upper()}{said[1:]}: {self.outcome}."
        turning, costliest = self.turning, self.costliest
        if turning is not None and self.standing != "open":
            return f"{head} Play {turning.number} turned it: {_slip(turning)}."
        if costliest is None:
            whose = "" if self.standing == "open" else " of the side that lost it"
            return f"{head} No play{whose} cost anything worth a word."
        same = "" if costliest.open_lost else "; with open hands the bid came out the same way"
        return f"{head} The costliest play was number {costliest.number}: {_slip(costliest)}{same}."

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        turning = self.turning
        return {
            "hand": self.hand.text,
            "link": self.hand.fragment,
            "player": self.player,
            "outcome": self.outcome,
            "sentence": self.sentence,
            "turning_play": None if turning is None else turning.number,
            "plays": [play.to_json() for play in self.plays],
        }

    def __str__(self) -> str:
        return "\n".join([self.sentence, *map(str, self.plays)])

    def _repr_html_(self) -> str:
        head = "".join(
            f"<th>{name}</th>" for name in ("play", "seat", "domino", "best", "cost", "")
        )
        rows = "".join(
            f"<tr><td>{play.number}</td><td>{SEATS[play.seat]}</td>"
            f"<td>{domino_name(play.domino)}</td><td>{domino_name(play.best)}</td>"
            f"<td>{100 * play.cost:.0f}</td><td>{play.grade}</td></tr>"
            for play in self.plays
        )
        return f"<p>{escape(self.sentence)}</p><table><tr>{head}</tr>{rows}</table>"


def review_hand(hand: TableHand, player: str = DEFAULT_PLAYER, seed: int = 0) -> Review:
    """Grade every play of a hand that was a choice while the bid was open.

    Args:
        hand: with at least one play.
        player: who judges as the seats saw it: `seat` or `make`, with options.
        seed: of the worlds.

    Raises:
        ForgeError: for another player, or a hand without plays.
    """
    if not hand.plays:
        raise ForgeError("nothing to review: the hand has no plays")
    judge = judge_of(player, hand.contract.bid, by_chance=True)
    positions = _choices(hand)
    if not positions:
        return Review(hand, player, ())
    seen, keys = _questions(hand, positions, seed)
    found = ops.decide(*seen, keys, judge.weights, **vars(judge.how))
    judged = judge_plays(positions, [hand.plays[len(each.plays)] for each in positions])
    plays = tuple(
        _graded(hand, position, judged[row], found.chances[row], int(found.slots[row]))
        for row, position in enumerate(positions)
    )
    return Review(hand, player, plays)


def _choices(hand: TableHand) -> list[Position]:
    """Before each play that was a choice while the bid was open."""
    found, position = [], Position(hand.deal, hand.contract.decl)
    for domino in hand.plays:
        is_open = hand.contract.bid.standing(*position.points) == "open"
        if is_open and len(position.legal_slots()) > 1:
            found.append(position)
        position = position.play_domino(domino)
    return found


def _questions(hand: TableHand, positions: list[Position], seed: int) -> tuple[Seen, Tensor]:
    """What each seat saw, and the keys of its worlds."""
    seen, keys = [], []
    games, n_done = Games.start([hand.deal], [hand.contract.decl]), 0
    needed = needed_by(hand.contract.bid, 1)
    for position in positions:
        for domino in hand.plays[n_done : len(position.plays)]:
            games = games.play(torch.tensor([games.hand[0].tolist().index(domino)]))
        n_done = len(position.plays)
        seen.append(seen_by(games, needed))
        keys.append(decision_keys(seed_tensor(seed), n_done, _REVIEW))
    return Seen(*(torch.cat(columns) for columns in zip(*seen, strict=True))), torch.cat(keys)


def _graded(
    hand: TableHand, position: Position, judged: ReplayedPlay, chances: Tensor, chosen: int
) -> GradedPlay:
    seat, dominoes = judged.seat, hand.deal.hands[judged.seat]
    slot = dominoes.index(judged.domino)
    # Of equals the play that was made is as good as the chosen one.
    best = slot if float(chances[slot]) >= float(chances[chosen]) else chosen
    made = map(hand.contract.bid.is_made, (judged.points_before, judged.points_after))
    worked, works = (is_made == (seat % 2 == 0) for is_made in made)
    return GradedPlay(
        len(position.plays) + 1,
        seat,
        judged.domino,
        dominoes[best],
        float(chances[slot]),
        float(chances[best]),
        worked and not works,
        abs(judged.swing),
    )
