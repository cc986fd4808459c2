"""What there is to see of a recorded decision: plain values, for whoever draws them.

Points won and voids follow from the plays before the decision, E[Q] and diagnostics are those of
the file. Seats are 0..3, seat 0 is the declarer; seats 0 and 2 are team 0.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from forge.eq.collate import game_before, replays
from forge.eq.exploration import Mode
from forge.eq.moments import N_BINS
from forge.eq.records import EqRecord
from forge.eq.settings import weighing_of
from forge.errors import ForgeError
from forge.game.constants import CALLED_SUIT, N_DECLARATIONS, N_PLAYS, N_SEATS, N_SLOTS
from forge.game.declarations import DECLARATION_NAMES, declaration_name
from forge.game.tables import FOLLOWS, LED_SUIT, STRENGTH, trick_points, trick_winner
from forge.play.games import Games


@dataclass(frozen=True)
class HandDomino:
    """A dealt domino, and whether its seat still holds it."""

    domino: int
    held: bool


@dataclass(frozen=True)
class Play:
    """Who played what; `domino` is an id."""

    seat: int
    domino: int


@dataclass(frozen=True)
class Trick:
    """The trick on the table.

    Args:
        leader: seat.
        plays: 0..3, in order.
    """

    leader: int
    plays: tuple[Play, ...]


@dataclass(frozen=True)
class WonTrick:
    """A trick that is over.

    Args:
        leader, winner: seats.
        plays: four, in order.
        points: 1 + the count points in it.
    """

    leader: int
    plays: tuple[Play, ...]
    winner: int
    points: int


@dataclass(frozen=True)
class Suit:
    """A suit that may be led under a declaration.

    Args:
        suit: 0..6 for a pip, 7 for the called suit.
        name: `fives`; of the called suit the pip that is called, or `doubles`.
        trump: whether it beats the others.
    """

    suit: int
    name: str
    trump: bool


@dataclass(frozen=True)
class Action:
    """One slot of the seat to act; E[Q] in points, **acting-team frame**.

    Args:
        slot: 0..6.
        domino: id dealt there.
        legal: whether it may be played now; where not, all numbers are 0.
        held: whether it was not played before.
        taken: whether it was played.
        best: whether no legal slot has a greater mean; the lowest slot of equals.
        mean, sd: of Q over the worlds.
        sem: standard error of the mean, `sd / sqrt(ess - 1)`: 0 where every world was counted,
            infinite where one was.
        pdf: 85 shares of the weight, bin q + 42.
    """

    slot: int
    domino: int
    legal: bool
    held: bool
    taken: bool
    best: bool
    mean: float
    sd: float
    sem: float
    pdf: tuple[float, ...]


@dataclass(frozen=True)
class DecisionView:
    """A decision as it stood before the play.

    Args:
        seed, game: of the game, and its place 0..G-1 in the record.
        decl, decl_name: declaration.
        decision: 0..27.
        player: seat to act.
        hands: 4 x 7, in slot order.
        trick: on the table.
        tricks: won before, in order.
        points: won before by team 0 and team 1.
        voids: by seat, the suits that it has shown not to have, in the order of `suits`.
        suits: that may be led, ascending.
        actions: 7, in slot order.
        ess, max_w, n_samples: effective sample size, greatest weight and number of worlds.
        complete: whether these are all worlds.
        converged: whether every standard error is below the threshold of the settings.
        mode: how the play was chosen: greedy, boltzmann, epsilon or blunder.
        q_gap: best minus second best mean, 0 where there is no choice.
        u_mean, u_max: mean and greatest sd of the legal plays.
        train: whether there is a choice.
        weighing: what the worlds were weighed by; empty where they counted alike.
    """

    seed: int
    game: int
    decl: int
    decl_name: str
    decision: int
    player: int
    hands: tuple[tuple[HandDomino, ...], ...]
    trick: Trick
    tricks: tuple[WonTrick, ...]
    points: tuple[int, int]
    voids: tuple[tuple[Suit, ...], ...]
    suits: tuple[Suit, ...]
    actions: tuple[Action, ...]
    ess: float
    max_w: float
    n_samples: int
    complete: bool
    converged: bool
    mode: str
    q_gap: float
    u_mean: float
    u_max: float
    train: bool
    weighing: str = ""

    @property
    def team(self) -> int:
        """0 or 1, of the seat to act."""
        return self.player % 2

    @property
    def taken(self) -> Action:
        """The play that was made."""
        return next(action for action in self.actions if action.taken)

    @property
    def best(self) -> Action:
        """The play with the greatest mean."""
        return next(action for action in self.actions if action.best)

    @property
    def lead_in_points(self) -> int:
        """Points won before by the acting team minus those of the other one."""
        return self.points[self.team] - self.points[1 - self.team]


def decision_view(record: EqRecord, row: int) -> DecisionView:
    """One row of a record.

    Raises:
        ForgeError: where a play before breaks the rules, or there is no such row.
    """
    return _view(record, row, game_before(record, row))


def game_views(record: EqRecord, game: int) -> tuple[DecisionView, ...]:
    """The 28 decisions of game 0..G-1, in order.

    Raises:
        ForgeError: where a play breaks the rules, or there is no such game.
    """
    first = record.row(game, 0)
    return tuple(
        _view(record, first + k, games) for k, games in enumerate(replays(record.game(game)))
    )


def game_place(record: EqRecord, number: int) -> int:
    """The place 0..G-1 of the game that a user means by a number: its seed, else its place.

    Raises:
        ForgeError: if it is neither.
    """
    if number in record.seeds:
        return record.seeds.index(number)
    if 0 <= number < record.n_games:
        return number
    some = ", ".join(map(str, record.seeds[:5])) + (", ..." if record.n_games > 5 else "")
    raise ForgeError(
        f"no game {number}: give a seed ({some}) or a place 0..{record.n_games - 1} in the file"
    )


def suits_of(decl: int) -> tuple[Suit, ...]:
    """The suits that may be led under a declaration, ascending."""
    return _SUITS[decl]


def _suits(decl: int) -> tuple[Suit, ...]:
    led = sorted({int(suit) for suit in LED_SUIT[decl]})
    return tuple(Suit(suit, _suit_name(decl, suit), _is_trump(decl, suit)) for suit in led)


def _suit_name(decl: int, suit: int) -> str:
    if suit != CALLED_SUIT:
        return DECLARATION_NAMES[suit]
    return DECLARATION_NAMES[decl] if decl < CALLED_SUIT else "doubles"


def _is_trump(decl: int, suit: int) -> bool:
    """Whether the dominoes of a suit can win whatever was led."""
    return bool((STRENGTH[decl][:, FOLLOWS[decl][suit]] > 0).all())


_SUITS: Final = tuple(_suits(decl) for decl in range(N_DECLARATIONS))


def _view(record: EqRecord, row: int, games: Games) -> DecisionView:
    """A row of a record; `games` is the one game before its decision."""
    game, decision = divmod(row, N_PLAYS)
    decl, player = record.decls[game], int(games.players[0])
    plays = _plays(games)
    done = len(plays) - len(plays) % N_SEATS
    tricks = tuple(_won(decl, plays[k : k + N_SEATS]) for k in range(0, done, N_SEATS))
    hands = _hands(games)
    return DecisionView(
        seed=record.seeds[game],
        game=game,
        decl=decl,
        decl_name=declaration_name(decl),
        decision=decision,
        player=player,
        hands=hands,
        trick=Trick(tricks[-1].winner if tricks else 0, plays[done:]),
        tricks=tricks,
        points=(_points_of(tricks, 0), _points_of(tricks, 1)),
        voids=_voids(decl, plays),
        suits=suits_of(decl),
        actions=_actions(record, row, hands[player]),
        ess=float(record["ess"][row]),
        max_w=float(record["max_w"][row]),
        n_samples=int(record["n_samples"][row]),
        complete=bool(record["complete"][row]),
        converged=bool(record["converged"][row]),
        weighing=weighing_of(record.settings),
        mode=Mode(int(record["exploration_mode"][row])).name.lower(),
        q_gap=float(record["q_gap"][row]),
        u_mean=float(record["u_mean"][row]),
        u_max=float(record["u_max"][row]),
        train=bool(record["train_mask"][row]),
    )


def _plays(games: Games) -> tuple[Play, ...]:
    seats, dominoes = games.seats[0].tolist(), games.plays[0].tolist()
    return tuple(Play(seat, domino) for seat, domino in zip(seats, dominoes, strict=True))


def _hands(games: Games) -> tuple[tuple[HandDomino, ...], ...]:
    played = set(games.plays[0].tolist())
    return tuple(
        tuple(HandDomino(domino, domino not in played) for domino in hand)
        for hand in games.deals[0].tolist()
    )


def _won(decl: int, plays: tuple[Play, ...]) -> WonTrick:
    dominoes = [play.domino for play in plays]
    winner = plays[trick_winner(decl, dominoes)].seat
    return WonTrick(plays[0].seat, plays, winner, trick_points(dominoes))


def _points_of(tricks: Sequence[WonTrick], team: int) -> int:
    return sum(trick.points for trick in tricks if trick.winner % 2 == team)


def _voids(decl: int, plays: Sequence[Play]) -> tuple[tuple[Suit, ...], ...]:
    """By seat, the led suits that it did not follow."""
    shown: list[set[int]] = [set() for _ in range(N_SEATS)]
    for k, play in enumerate(plays):
        led = int(LED_SUIT[decl][plays[k - k % N_SEATS].domino])
        if not FOLLOWS[decl][led][play.domino]:
            shown[play.seat].add(led)
    return tuple(tuple(suit for suit in suits_of(decl) if suit.suit in seat) for seat in shown)


def _actions(record: EqRecord, row: int, hand: Sequence[HandDomino]) -> tuple[Action, ...]:
    legal = record["legal_mask"][row].tolist()
    means = record["e_q_mean"][row].masked_fill(~record["legal_mask"][row], 0.0).tolist()
    taken = int(record["action_taken"][row])
    best = max((slot for slot in range(N_SLOTS) if legal[slot]), key=means.__getitem__)
    actions = []
    for slot, (domino, mean) in enumerate(zip(hand, means, strict=True)):
        # Files of others may have anything where a slot is not legal.
        var = max(0.0, float(record["e_q_var"][row, slot])) if legal[slot] else 0.0
        pdf = record["e_q_pdf"][row, slot].tolist() if legal[slot] else [0.0] * N_BINS
        actions.append(
            Action(
                slot=slot,
                domino=domino.domino,
                legal=legal[slot],
                held=domino.held,
                taken=slot == taken,
                best=slot == best,
                mean=mean,
                sd=math.sqrt(var),
                sem=_sem(record, row, var) if legal[slot] else 0.0,
                pdf=tuple(pdf),
            )
        )
    return tuple(actions)


def _sem(record: EqRecord, row: int, var: float) -> float:
    """Standard error of a mean, as `forge.eq.moments` defines it."""
    if bool(record["complete"][row]):
        return 0.0
    free = float(record["ess"][row]) - 1.0
    return math.sqrt(var / free) if free > 0.0 else math.inf
