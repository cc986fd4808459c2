"""Hands played for a contract by players who see what a seat sees: what a calibration is fitted to.

A hand, its trump and its bid follow from a number. Beside the perfect-play points of many deals
around it, one further deal (or a few) is played: whether the bid was made there is one draw of the
chance that is to be predicted.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from forge.arena.protocol import best_pip_suit
from forge.bidding.calibration.logistic import CLASSES, class_of
from forge.bidding.calibration.play_options import PlayOptions
from forge.bidding.deals import deals_around
from forge.bidding.hand import BIDDING_DECLS, hand_text, parse_hand
from forge.bidding.simulate import perfect_made, perfect_points, play_keys, played_points
from forge.errors import ForgeError
from forge.game.constants import HAND_POINTS, N_DECLARATIONS, N_DOMINOES
from forge.game.contract import BIDS, Bid, Contract
from forge.game.tables import HIGH, LOW
from forge.play.player import Player
from forge.work.file_schema import in_file
from forge.work.pieces import rows_in_order
from forge.work.pools import ThisMachine
from forge.work.results_file import ResultsFile, ResultsFormat, are_numbers
from forge.work.room import ANY_ROOM, Room

# How hands are drawn: as they are dealt, and strong ones, to learn what is nearly sure as well.
SHARE_OF_STRONG: Final = 0.25
N_STRONG_OF: Final = 8
# How declarations are drawn: what a bidder would choose, a long suit, and all the rest, every class
# as often as another.
SHARE_OF_CHOSEN: Final = 0.4
SHARE_OF_BEST_SUIT: Final = 0.2
N_CHOOSING_DEALS: Final = 8
# How bids are drawn: the lowest, and all the rest evenly.
SHARE_OF_LOWEST_BID: Final = 0.4
N_HELD: Final = 7


@dataclass(frozen=True)
class DrawnHand:
    """A hand to play, seven ascending ids of seat 0, and for what."""

    hand: tuple[int, ...]
    contract: Contract


# What a bidder would choose to make a bid with a hand, by deals of a series.
Choose = Callable[[tuple[int, ...], Bid, int], int]


def most_made(hand: tuple[int, ...], bid: Bid, number: int) -> int:
    """The declaration that perfect play makes a bid with most often, in a few deals of a series of
    their own; of equals the best pip suit, then the first."""
    deals = deals_around(hand, choosing_seed(number), 0, N_CHOOSING_DEALS)
    best = best_pip_suit(hand)

    def rank(decl: int) -> tuple[int, bool]:
        return int(perfect_made(deals, decl, bid).sum()), decl == best

    return max(BIDDING_DECLS, key=rank)


def choosing_seed(number: int) -> int:
    """Of the deals that a declaration is chosen by: no deal that is solved or played later."""
    return number + 2**62


def drawn_hand(number: int, choose: Choose = most_made) -> DrawnHand:
    """Hand number 0, 1, ...; each is drawn by a generator of its own."""
    chance = random.Random(f"forge bidding calibration {number}")
    n_dealt = N_STRONG_OF if chance.random() < SHARE_OF_STRONG else 1
    dealt = [chance.sample(range(N_DOMINOES), N_HELD) for _ in range(n_dealt)]
    strongest = max(dealt, key=_strength)
    hand = tuple(sorted(strongest))
    lowest, *higher = BIDS
    bid = lowest if chance.random() < SHARE_OF_LOWEST_BID else chance.choice(higher)
    how = chance.random()
    if how < SHARE_OF_CHOSEN:
        decl = choose(hand, bid, number)
    elif how < SHARE_OF_CHOSEN + SHARE_OF_BEST_SUIT:
        decl = best_pip_suit(hand)
    else:
        kind = chance.choice(CLASSES)
        decl = chance.choice([each for each in range(N_DECLARATIONS) if class_of(each) == kind])
    return DrawnHand(hand, Contract(decl, bid))


def _strength(hand: Sequence[int]) -> int:
    """Dominoes of the longest suit, and doubles."""
    pips = [int(pip) for domino in hand for pip in {HIGH[domino], LOW[domino]}]
    n_doubles = sum(bool(HIGH[domino] == LOW[domino]) for domino in hand)
    return max(pips.count(pip) for pip in pips) + n_doubles


@in_file()
@dataclass(frozen=True)
class PlayedHand:
    """A hand that was played for its contract, and what came of it.

    Args:
        number: of the hand.
        hand: as text.
        decl: declaration 0..9.
        bid: 30..42, or 84.
        perfect: team 0's points under perfect play in each of the deals, 0..42.
        played: team 0's points in further deals, played.
        made: how many of those made the bid.
    """

    number: int
    hand: str
    decl: int
    bid: int
    perfect: list[int]
    played: list[int]
    made: int

    @property
    def contract(self) -> Contract:
        """What it was played for."""
        return Contract(self.decl, Bid.of(self.bid))


def _is_sound(values: Mapping[str, Any]) -> bool:
    """Whether a line of the file holds what it may."""
    try:
        parse_hand(values["hand"])
        bid = Bid.of(values["bid"])
    except (ForgeError, TypeError, AttributeError):
        return False
    return (
        _are_points(values["perfect"])
        and _are_points(values["played"])
        and are_numbers([values["number"]], 1, 2**62)
        and are_numbers([values["decl"]], 1, N_DECLARATIONS - 1)
        and values["made"] == sum(map(bid.is_made, values["played"]))
    )


def _are_points(values: Any) -> bool:
    return (
        isinstance(values, list) and bool(values) and are_numbers(values, len(values), HAND_POINTS)
    )


def _fits(options: Mapping[str, Any], row: PlayedHand) -> bool:
    """Whether hand and bid are those of the number, and the declaration where chance chose it."""
    drawn = drawn_hand(row.number, lambda hand, bid, number: row.decl)
    return (hand_text(drawn.hand), drawn.contract) == (row.hand, row.contract)


HANDS: Final = ResultsFormat(
    "forge bidding calibration",
    2,
    PlayedHand,
    _is_sound,
    lambda row: {f"hand {row.number}": row},
    fits=_fits,
)


class PlayContract:
    """Plays hands by number; builds a player for each bid when it is first needed."""

    def __init__(self, options: PlayOptions) -> None:
        self.options = options
        self._players: dict[Bid, Player] = {}

    def __call__(self, number: int) -> PlayedHand:
        """Play one."""
        drawn, n = drawn_hand(number), self.options.n_deals
        decl, bid = drawn.contract.decl, drawn.contract.bid
        if bid not in self._players:
            self._players[bid] = self.options.player.build(bid=bid)
        deals = deals_around(drawn.hand, number, 0, n + self.options.n_played)
        perfect = perfect_points(deals[:n], decl)
        keys = play_keys(number, n, len(deals))
        played = played_points(deals[n:], decl, self._players[bid], keys)
        return PlayedHand(
            number=number,
            hand=hand_text(drawn.hand),
            decl=decl,
            bid=bid.number,
            perfect=perfect.tolist(),
            played=played.tolist(),
            made=int(bid.is_made(played).sum()),
        )


@dataclass(frozen=True)
class PlayRun:
    """What a run did: hands in the file, hands this run played, the signal that ended it, or
    why the full disk did."""

    n_hands: int
    n_played: int
    stopped_by: int | None
    disk_low: str | None = None


def play_contracts(
    options: PlayOptions,
    numbers: Sequence[int],
    out: Path,
    n_workers: int = 1,
    on_hand: Callable[[PlayedHand], None] | None = None,
    room: Room = ANY_ROOM,
) -> PlayRun:
    """Play the contracts that are not in the file yet, in order.

    The file is the same whatever the number of workers and however often the run was stopped.

    Args:
        options: who plays, and how many deals of perfect play.
        numbers: of the contracts.
        out: the file of rows, made or gone on with.
        n_workers: processes, one thread each.
        on_hand: hears of each hand when it is on disk.
        room: how much of the disk of the file has to stay free.

    Raises:
        ForgeError: for a file of other options, or another kind.
    """
    with ResultsFile(out, HANDS, options.record()) as file:
        done = {row.number for row in file.rows}
        todo = [number for number in numbers if number not in done]
        work, worker = PlayContract(options), ThisMachine(n_workers)
        run = rows_in_order(work, todo, worker, "hands", file, on_hand, room)
        return PlayRun(len(file.rows), run.n_done, run.stopped_by, run.disk_low)
