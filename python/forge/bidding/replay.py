"""A played hand under the eyes of the exact solver: where points were lost, and what was best.

Every figure is in hindsight, with all hands open: a play that "lost" points may well have been
right for somebody who sees one hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from forge import ops
from forge.arena.players.open_hands import OraclePlayer
from forge.errors import ForgeError
from forge.game.constants import HAND_POINTS, ILLEGAL, N_PLAYS, N_SEATS
from forge.game.deal import Deal
from forge.game.tables import trick_points, trick_winner
from forge.oracle.position import Position
from forge.play.games import Games


@dataclass(frozen=True)
class ReplayedPlay:
    """One play of a hand.

    Args:
        seat: who played, 0..3.
        domino: what.
        points_before, points_after: team 0's points at the end of the hand, 0..42, if everybody
            plays perfectly with open hands before and after this play.
        best: the dominoes that were best for the acting team, ascending.
    """

    seat: int
    domino: int
    points_before: int
    points_after: int
    best: tuple[int, ...]

    @property
    def swing(self) -> int:
        """Points of team 0: negative where team 0 lost them, positive where team 1 did."""
        return self.points_after - self.points_before


@dataclass(frozen=True)
class ReplayedTrick:
    """One trick.

    Args:
        plays: four, the leader's first.
        winner: the seat that won it.
        points: what it was worth.
    """

    plays: tuple[ReplayedPlay, ...]
    winner: int
    points: int


@dataclass(frozen=True)
class Replay:
    """A whole hand, judged play by play.

    Args:
        deal: seat 0 is the declarer.
        decl: the declaration.
        plays: all 28, in order.
        tricks: the same plays by trick.
    """

    deal: Deal
    decl: int
    plays: tuple[ReplayedPlay, ...]
    tricks: tuple[ReplayedTrick, ...]

    @property
    def perfect_points(self) -> int:
        """Team 0's points, 0..42, if everybody had played perfectly."""
        return self.plays[0].points_before

    @property
    def points(self) -> int:
        """Team 0's points as the hand was played, 0..42."""
        return self.plays[-1].points_after

    @property
    def lost(self) -> int:
        """Points that plays of team 0 threw away."""
        return -sum(min(play.swing, 0) for play in self.plays)

    @property
    def given(self) -> int:
        """Points that plays of team 1 gave to team 0."""
        return sum(max(play.swing, 0) for play in self.plays)


def replay(deal: Deal, decl: int, plays: Sequence[int]) -> Replay:
    """Judge every play of a hand.

    Args:
        deal: seat 0 leads first.
        decl: declaration 0..9.
        plays: 28 domino ids in the order played.

    Raises:
        ForgeError: if the hand is not complete or a play is not legal.
    """
    if len(plays) != N_PLAYS:
        raise ForgeError(f"a hand has {N_PLAYS} plays, got {len(plays)}")
    positions = [Position(deal, decl)]
    for domino in plays:
        positions.append(positions[-1].play_domino(domino))
    judged = judge_plays(positions[:-1], plays)
    return Replay(deal, decl, judged, tuple(_tricks(decl, judged)))


def judge_plays(positions: Sequence[Position], plays: Sequence[int]) -> tuple[ReplayedPlay, ...]:
    """Plays of one hand, judged with open hands.

    Args:
        positions: of one deal and declaration, one at least.
        plays: the domino that was played in each.
    """
    q = ops.search(
        positions[0].deal.tensor[None],
        torch.tensor([positions[0].decl], dtype=torch.int8),
        torch.tensor([position.state for position in positions]),
    )
    rows = zip(positions, plays, q.tolist(), strict=True)
    return tuple(_judged(position, domino, row) for position, domino, row in rows)


def _judged(position: Position, domino: int, q: Sequence[int]) -> ReplayedPlay:
    """One play, given the Q of its position (team-0 frame)."""
    seat = position.seat_to_act
    hand = position.deal.hands[seat]
    values = {hand[slot]: value for slot, value in enumerate(q) if value != ILLEGAL}
    best = min(values.values()) if seat & 1 else max(values.values())
    won, lost = position.points

    def total(value: int) -> int:
        return (HAND_POINTS + won - lost + value) // 2

    equals = tuple(sorted(each for each, value in values.items() if value == best))
    return ReplayedPlay(seat, domino, total(best), total(values[domino]), equals)


def _tricks(decl: int, plays: Sequence[ReplayedPlay]) -> list[ReplayedTrick]:
    tricks = []
    for first in range(0, N_PLAYS, N_SEATS):
        four = tuple(plays[first : first + N_SEATS])
        dominoes = [play.domino for play in four]
        winner = four[trick_winner(decl, dominoes)].seat
        tricks.append(ReplayedTrick(four, winner, trick_points(dominoes)))
    return tricks


def perfect_plays(deals: Tensor, decl: int) -> list[tuple[int, ...]]:
    """The same deals played perfectly by all four, hands open.

    Args:
        deals: int8 [N, 4, 7].
        decl: declaration 0..9.

    Returns:
        28 domino ids a deal. Of equally good plays the lowest slot is taken, so a play that could
        have waited may come early: there are other perfect lines, all with the same points.
    """
    games = Games.start([Deal.from_hands(deal) for deal in deals.tolist()], [decl] * len(deals))
    player = OraclePlayer()
    while games.n_plays < N_PLAYS:
        games = games.play(player.slots(games, torch.zeros_like(games.states)))
    return [tuple(plays) for plays in games.plays.tolist()]
