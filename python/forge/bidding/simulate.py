"""Points of team 0 over many deals around a hand, by perfect play or by players.

`oracle` needs no play: every hand is open, so the exact value at the first lead says what both
sides get. Any other player plays all four seats, each from what it may see. Results depend on the
hand, the seed and the number of a deal, not on processes or threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from forge import ops
from forge.arena.builtin import ORACLE
from forge.arena.specs import PlayerSpec
from forge.bidding.deals import deal_keys, deals_around
from forge.errors import ForgeError, brief
from forge.game.constants import HAND_POINTS, INITIAL_STATE, N_PLAYS
from forge.game.contract import LOWEST_BID, Bid
from forge.game.deal import Deal
from forge.game.declarations import declaration_name
from forge.game.whole_numbers import whole_number
from forge.options import MOST_PROCESSES, MOST_SEED, check
from forge.play.games import Games
from forge.play.keys import decision_keys
from forge.play.player import Player
from forge.work.processes import in_processes
from forge.work.stop import StopSignal

Points = npt.NDArray[np.int8]
Made = npt.NDArray[np.bool_]
Progress = Callable[[int], None]
Answer = TypeVar("Answer", np.int8, np.bool_)

# Deals played in lock step. The same whatever the number of processes, because a network may round
# differently in batches of another size.
BLOCK_DEALS: Final = 64
# Purposes of keys.
_PLAY: Final = 31
_DECISION: Final = 32


def perfect_points(deals: Tensor, decl: int) -> Points:
    """Team 0's points int8 [N], 0..42, when everyone sees all hands of the deals int8 [N, 4, 7]."""
    decls = torch.tensor([decl], dtype=torch.int8, device=deals.device)
    values = ops.search_value(deals, decls, _first_leads(deals)).long()  # team-0 frame
    points: Points = ((HAND_POINTS + values) // 2).to("cpu", torch.int8).numpy()
    return points


def perfect_made(deals: Tensor, decls: int | Tensor, bid: Bid) -> Made:
    """bool [N]: whether team 0 makes a bid when everyone sees all hands.

    One null-window search, a fraction of the time of `perfect_points`.

    Args:
        deals: int8 [N, 4, 7], seat 0 declares and leads.
        decls: declaration 0..9, one for all or int [N].
        bid: of team 0.
    """
    like = deals.device
    each = decls if isinstance(decls, Tensor) else torch.tensor([decls])
    targets = torch.tensor([bid.target()], dtype=torch.int8, device=like)
    answers = ops.search_made(
        deals.contiguous(), each.to(like, torch.int8), _first_leads(deals), targets
    )
    made: Made = answers.cpu().numpy()
    return made


def played_games(deals: Tensor, decl: int, player: Player, keys: Tensor) -> Games:
    """Whole hands in which `player` plays all four seats.

    Args:
        deals: int8 [N, 4, 7], on the device to play on.
        decl: declaration 0..9.
        player: who plays.
        keys: int64 [N], of the hands; chance comes from them alone.
    """
    start = Games.start([Deal.from_hands(hands) for hands in deals.tolist()], [decl] * len(deals))
    games, keys = start.to(deals.device), keys.to(deals.device)
    for n_plays in range(N_PLAYS):
        games = games.play(player.slots(games, decision_keys(keys, n_plays, _DECISION)))
    return games


def played_points(deals: Tensor, decl: int, player: Player, keys: Tensor) -> Points:
    """Team 0's points int8 [N], 0..42, of `played_games`."""
    games = played_games(deals, decl, player, keys)
    points: Points = ((HAND_POINTS + games.diff.long()) // 2).to("cpu", torch.int8).numpy()
    return points


def play_keys(seed: int, start: int, stop: int) -> Tensor:
    """int64 [stop - start]: keys of the hands played in deals number `start` to `stop - 1`."""
    return deal_keys(seed, start, stop, _PLAY)


@dataclass(frozen=True)
class Simulator:
    """How deals around a hand are played out.

    Args:
        player: plays all four seats; `oracle` is perfect play with open hands.
        seed: of the series of deals and of all chance.
        bid: what a `make` player plays for; others do not ask.
        device: where to compute; no result depends on it, but for a network's rounding.
        n_workers: processes for players, one thread each; 1 plays in this one, on all threads of
            torch. Perfect play is always on all threads of this process.

    Raises:
        ForgeError: on a value out of range.
    """

    player: PlayerSpec = ORACLE
    seed: int = 0
    bid: Bid = LOWEST_BID
    device: str = "cpu"
    n_workers: int = 1

    def __post_init__(self) -> None:
        check(self)
        whole_number("seed", self.seed, 0, MOST_SEED)
        whole_number("n_workers", self.n_workers, 1, MOST_PROCESSES)
        if not isinstance(self.player, PlayerSpec):
            raise ForgeError(f"player must be of parse_player, got {brief(self.player)}")

    @property
    def is_perfect(self) -> bool:
        """Whether what perfect play with open hands brings is all that is asked."""
        return self.player.plays_perfectly

    def points(
        self,
        hand: Sequence[int],
        decls: Sequence[int],
        start: int,
        stop: int,
        on_deals: Progress | None = None,
    ) -> Points:
        """Team 0's points in deals number `start` to `stop - 1`, common to all declarations.

        Args:
            hand: seven domino ids, of seat 0.
            decls: declarations 0..9.
            start, stop: numbers of the deals.
            on_deals: hears how many deals (times declarations) were done since it last did.

        Returns:
            int8 [D, N], 0..42.

        Raises:
            ForgeError: for a hand, declaration or range there is none of, or a bad checkpoint;
                KeyboardInterrupt on Ctrl+C.
        """
        _check_decls(decls)
        if self.is_perfect:
            return self._by_search(hand, decls, start, stop, on_deals, perfect_points)
        return self._by_play(hand, decls, start, stop, on_deals)

    def made(
        self,
        hand: Sequence[int],
        decls: Sequence[int],
        start: int,
        stop: int,
        bid: Bid,
        on_deals: Progress | None = None,
    ) -> Made:
        """Whether team 0 makes a bid: bool [D, N]; other arguments as `points`.

        Costs perfect play a quarter of what `points` does.
        """
        _check_decls(decls)
        if not self.is_perfect:
            return bid.is_made(self._by_play(hand, decls, start, stop, on_deals))

        def ask(deals: Tensor, decl: int) -> Made:
            return perfect_made(deals, decl, bid)

        return self._by_search(hand, decls, start, stop, on_deals, ask)

    def _by_search(
        self,
        hand: Sequence[int],
        decls: Sequence[int],
        start: int,
        stop: int,
        on_deals: Progress | None,
        ask: Callable[[Tensor, int], npt.NDArray[Answer]],
    ) -> npt.NDArray[Answer]:
        deals = deals_around(hand, self.seed, start, stop).to(self.device)
        rows = []
        for decl in decls:
            rows.append(ask(deals, decl))
            if on_deals is not None:
                on_deals(len(deals))
        return np.stack(rows)

    def _by_play(
        self,
        hand: Sequence[int],
        decls: Sequence[int],
        start: int,
        stop: int,
        on_deals: Progress | None,
    ) -> Points:
        deals_around(hand, self.seed, start, stop)  # what is wrong is told here, not in a worker
        pieces = [(decl, *block) for decl in decls for block in blocks(start, stop)]
        done = []
        for points in self._results(_Play(self, tuple(hand)), pieces):
            done.append(points)
            if on_deals is not None:
                on_deals(len(points))
        return np.concatenate(done).reshape(len(decls), stop - start)

    def _results(self, work: _Play, pieces: Sequence[_Piece]) -> Iterator[Points]:
        if self.n_workers > 1 and len(pieces) > 1:
            n_workers = min(self.n_workers, len(pieces))
            # A signal of its own would take Ctrl+C from the loop around this.
            return in_processes(work, pieces, n_workers, StopSignal())
        return map(work, pieces)


# Declaration, first deal, one past the last deal.
_Piece = tuple[int, int, int]


class _Play:
    """Plays blocks of deals; builds its player where it is first called."""

    def __init__(self, simulator: Simulator, hand: tuple[int, ...]) -> None:
        self.simulator, self.hand = simulator, hand
        self._player: Player | None = None

    def __call__(self, piece: _Piece) -> Points:
        how = self.simulator
        decl, start, stop = piece
        if self._player is None:
            self._player = how.player.build(how.device, how.bid)
        deals = deals_around(self.hand, how.seed, start, stop).to(how.device)
        return played_points(deals, decl, self._player, play_keys(how.seed, start, stop))


def blocks(start: int, stop: int, size: int = BLOCK_DEALS) -> list[tuple[int, int]]:
    """Ranges that cover `start` to `stop`, cut at the multiples of `size`."""
    cuts = [start, *range(start - start % size + size, stop, size), stop]
    return list(pairwise(cuts))


def _first_leads(deals: Tensor) -> Tensor:
    return torch.full((len(deals),), INITIAL_STATE, device=deals.device)


def _check_decls(decls: Sequence[int]) -> None:
    if not decls:
        raise ForgeError("no declaration given")
    for decl in decls:
        declaration_name(decl)
