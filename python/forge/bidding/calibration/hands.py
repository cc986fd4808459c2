"""Hands played for a contract by players who see what a seat sees: what a calibration is fitted to.

A hand, its trump and its bid follow from a number. Beside the perfect-play points of many deals
around it, one further deal (or a few) is played: whether the bid was made there is one draw of the
chance that is to be predicted.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from forge.arena.protocol import best_pip_suit
from forge.bidding.calibration.play_options import PlayOptions
from forge.bidding.deals import deals_around
from forge.bidding.hand import hand_text, parse_hand
from forge.bidding.simulate import perfect_points, play_keys, played_points
from forge.errors import ForgeError
from forge.game.constants import HAND_POINTS, N_DECLARATIONS, N_DOMINOES
from forge.game.contract import POINT_BIDS, Bid, Contract
from forge.play.player import Player
from forge.work.processes import in_order
from forge.work.results_file import ResultsFile, ResultsFormat, are_numbers
from forge.work.stop import StopSignal

# How contracts are drawn: what is bid at a table (a long suit, the lowest bid) and all the rest.
SHARE_OF_BEST_SUIT: Final = 0.6
SHARE_OF_LOWEST_BID: Final = 0.4
N_HELD: Final = 7


@dataclass(frozen=True)
class DrawnHand:
    """A hand to play, seven ascending ids of seat 0, and for what; bids are 30..42."""

    hand: tuple[int, ...]
    contract: Contract


def drawn_hand(number: int) -> DrawnHand:
    """Hand number 0, 1, ...; each is drawn by a generator of its own."""
    chance = random.Random(f"forge bidding calibration {number}")
    hand = tuple(sorted(chance.sample(range(N_DOMINOES), N_HELD)))
    best = chance.random() < SHARE_OF_BEST_SUIT
    decl = best_pip_suit(hand) if best else chance.randrange(N_DECLARATIONS)
    lowest, *higher = POINT_BIDS
    bid = lowest if chance.random() < SHARE_OF_LOWEST_BID else chance.choice(higher)
    return DrawnHand(hand, Contract(decl, bid))


@dataclass(frozen=True)
class PlayedHand:
    """A hand that was played for its contract, and what came of it.

    Args:
        number: of the hand.
        hand: as text.
        decl: declaration 0..9.
        bid: 30..42.
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


HANDS: Final = ResultsFormat("forge bidding calibration", 1, PlayedHand, _is_sound)


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
    """What a run did: hands in the file, hands this run played, the signal that ended it."""

    n_hands: int
    n_played: int
    stopped_by: int | None


def play_contracts(
    options: PlayOptions,
    numbers: Sequence[int],
    out: Path,
    n_workers: int = 1,
    on_hand: Callable[[PlayedHand], None] | None = None,
) -> PlayRun:
    """Play the contracts that are not in the file yet, in order.

    The file is the same whatever the number of workers and however often the run was stopped.

    Args:
        options: who plays, and how many deals of perfect play.
        numbers: of the contracts.
        out: the file of rows, made or gone on with.
        n_workers: processes, one thread each.
        on_hand: hears of each hand when it is on disk.

    Raises:
        ForgeError: for a file of other options, or another kind.
    """
    n_played = 0
    with ExitStack() as stack:
        file = stack.enter_context(ResultsFile(out, HANDS, options.record()))
        stop = stack.enter_context(StopSignal("hands"))
        done = {row.number for row in file.rows}
        todo = [number for number in numbers if number not in done]
        for row in in_order(PlayContract(options), todo, n_workers, stop):
            file.append(row)
            n_played += 1
            if on_hand is not None:
                on_hand(row)
        return PlayRun(len(file.rows), n_played, stop.signum)
