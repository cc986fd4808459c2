"""Two players against each other on duplicate deals, on all cores.

Every deal is played twice with the teams swapped. A decision's random numbers depend on the seed of
the series, the deal and the number of the play, and on nothing else: results are the same whatever
the number of workers, and a player against itself does the same at both tables.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from forge.arena.comparison import PairedResults
from forge.arena.protocol import BLOCK_DEALS, STANDARD, ArenaDeal, ContractRule, arena_deal
from forge.arena.results import Block, arena_file, one_block, paired_results
from forge.arena.specs import PlayerSpec
from forge.game.constants import HAND_POINTS, N_PLAYS
from forge.game.contract import Bid
from forge.game.whole_numbers import whole_number
from forge.options import MOST_SEED
from forge.play.games import Games
from forge.play.keys import combine, decision_keys
from forge.play.player import GIVES_UP, Player
from forge.work.pieces import rows_in_order
from forge.work.pools import Pool, ThisMachine
from forge.work.room import ANY_ROOM, Room

_PURPOSE: Final = 20  # of the keys: the arena's draws are no others


@dataclass(frozen=True)
class ArenaOptions:
    """What the results depend on.

    Args:
        a, b: the players.
        seed: of the series of deals and of all chance.
        device: where the players compute; no result depends on it, but for a network's rounding.
        rule: what hands are played for.

    Raises:
        ForgeError: for a seed that is none.
    """

    a: PlayerSpec
    b: PlayerSpec
    seed: int = 0
    device: str = "cpu"
    rule: ContractRule = STANDARD

    def __post_init__(self) -> None:
        whole_number("seed", self.seed, 0, MOST_SEED)

    def record(self) -> dict[str, Any]:
        """Plain values, as a results file holds them."""
        values: dict[str, Any] = {
            "a": self.a.text,
            "b": self.b.text,
            "seed": self.seed,
            "bid": self.rule.told,
        }
        if self.rule.trump != STANDARD.trump:
            values["trump"] = self.rule.trump.name
        if self.rule.trump.sha256 is not None:
            values["sha256 of trump"] = self.rule.trump.sha256
        for name, spec in (("a", self.a), ("b", self.b)):
            if spec.sha256 is not None:
                values[f"sha256 of {name}"] = spec.sha256
            if spec.races:
                values[f"{name} races"] = True  # in 0.1.0 the same text asked about every play
        return values


@dataclass(frozen=True)
class ArenaRun:
    """What came out.

    Args:
        results: of all deals of the series so far, those of earlier runs included.
        cpu_s_a_hand: CPU seconds of player A and of player B for all decisions of its side in a
            hand, mean over all hands.
        forfeits: hands that A and that B gave up; the other side got its contract.
        n_hands_played: by this run.
        elapsed_s: of this run.
        stopped_by: the signal that ended the run early.
        disk_low: why it ended early where the disk is full.
    """

    results: PairedResults
    cpu_s_a_hand: tuple[float, float]
    forfeits: tuple[int, int]
    n_hands_played: int
    elapsed_s: float
    stopped_by: int | None
    disk_low: str | None = None


def run_arena(
    options: ArenaOptions,
    n_deals: int,
    n_workers: int = 1,
    out: Path | None = None,
    on_block: Callable[[int, PairedResults], None] | None = None,
    on_found: Callable[[int], None] | None = None,
    pool: Pool | None = None,
    room: Room = ANY_ROOM,
) -> ArenaRun:
    """Play the deals of the series that are not in the file yet.

    Args:
        options: who plays, and the seed.
        n_deals: the series is the deals 0..n_deals-1, each two hands.
        n_workers: processes, one thread each; 1 works in this one.
        out: where results are kept; a file of the same options goes on. None keeps nothing.
        on_block: hears how many deals this run has played, and the results of all so far.
        on_found: hears before the first how many deals are in the file already, if any are.
        pool: who works, instead of processes here.
        room: how much of the disk of the file has to stay free.

    Raises:
        ForgeError: for a bad checkpoint or device, or a file of other options.
    """
    _players(options, options.rule.bids[0])
    start = time.perf_counter()
    with ExitStack() as stack:
        file = None if out is None else stack.enter_context(arena_file(out, options.record()))
        blocks = [] if file is None else list(file.rows)
        n_before = len(paired_results(blocks, n_deals, options.rule))
        if n_before and on_found is not None:
            on_found(n_before)

        def told(block: Block) -> None:
            blocks.append(block)
            if on_block is not None:
                results = paired_results(blocks, n_deals, options.rule)
                on_block(len(results) - n_before, results)

        todo = missing_deals(blocks, n_deals)
        worker = pool or ThisMachine(n_workers)
        run = rows_in_order(BlockWork(options), todo, worker, "deals", file, told, room)
    results = paired_results(blocks, n_deals, options.rule)
    return ArenaRun(
        results,
        _cpu_s_a_hand(blocks),
        _forfeits(blocks, n_deals),
        2 * (len(results) - n_before),
        time.perf_counter() - start,
        run.stopped_by,
        run.disk_low,
    )


def missing_deals(blocks: Sequence[Block], n_deals: int) -> list[Sequence[int]]:
    """Numbers of the deals that are still to be played, in the blocks to play them in."""
    done = {number for block in blocks for number in block.deals}
    found: list[Sequence[int]] = []
    for first in range(0, n_deals, BLOCK_DEALS):
        # A range where all are missing: a long series is no longer than its blocks in memory.
        part: Sequence[int] = range(first, min(first + BLOCK_DEALS, n_deals))
        if not done.isdisjoint(part):
            part = [number for number in part if number not in done]
        if part:
            found.append(part)
    return found


class BlockWork:
    """Plays blocks of deals; builds its players for a bid where that first comes up."""

    def __init__(self, options: ArenaOptions) -> None:
        self.options = options
        self._players: dict[Bid, tuple[Player, Player]] = {}

    def __call__(self, numbers: Sequence[int]) -> Block:
        """Play some deals; those of one bid in lock step."""
        rule = self.options.rule
        deals = [arena_deal(self.options.seed, number, rule) for number in numbers]
        parts = []
        for bid in sorted({each.contract.bid for each in deals}):
            if bid not in self._players:
                self._players[bid] = _players(self.options, bid)
            of_bid = [each for each in deals if each.contract.bid == bid]
            block = _play_deals(self._players[bid], self.options, of_bid)
            bids = None if rule.auction is None else [bid.number] * len(of_bid)
            parts.append(replace(block, bids=bids))
        return one_block(parts)


def play_block(
    players: tuple[Player, Player], options: ArenaOptions, numbers: Sequence[int]
) -> Block:
    """Play deals twice each, all hands in lock step.

    Args:
        players: A and B, who know the bid.
        options: of the series.
        numbers: which deals of it, all of one bid.
    """
    deals = [arena_deal(options.seed, number, options.rule) for number in numbers]
    return _play_deals(players, options, deals)


def _play_deals(
    players: tuple[Player, Player], options: ArenaOptions, deals: Sequence[ArenaDeal]
) -> Block:
    start = time.perf_counter()
    seed, device = options.seed, options.device
    numbers = [each.number for each in deals]
    trumps = [each.contract.decl for each in deals]
    games = Games.start([each.deal for each in deals] * 2, trumps * 2)
    games = games.to(torch.device(device))
    n_deals = len(deals)
    hands = torch.arange(2 * n_deals, device=games.states.device)
    declaring_b = (hands >= n_deals).long()  # who is team 0: A in the first half, B in the second
    of_series = torch.full_like(games.states, seed)
    seeds = combine(of_series, torch.tensor(numbers, device=games.states.device).repeat(2))
    given_up = torch.full_like(hands, -1)  # the side that did, 0 A, 1 B
    cpu_s = [0.0, 0.0]
    for n_plays in range(N_PLAYS):
        keys = decision_keys(seeds, n_plays, _PURPOSE)
        acting = (games.players & 1) ^ declaring_b  # 0: A, 1: B
        slots = torch.zeros_like(acting)
        for side, player in enumerate(players):
            rows = ((acting == side) & (given_up < 0)).nonzero()[:, 0]
            if len(rows):
                before = time.process_time()
                slots[rows] = player.slots(games.take(rows), keys[rows])
                cpu_s[side] += time.process_time() - before
        given_up = torch.where((given_up < 0) & (slots == GIVES_UP), acting, given_up)
        # Hands that were given up go on with any plays: all are in lock step.
        slots = torch.where(given_up < 0, slots, games.legal.int().argmax(dim=1))
        games = games.play(slots)
    points = _points(games, declaring_b, given_up)
    by_side = [(given_up == side).long().reshape(2, n_deals).sum(dim=0).tolist() for side in (0, 1)]
    forfeits = by_side if any(map(any, by_side)) else [None, None]
    return Block(
        deals=numbers,
        bidders=[each.bidder for each in deals],
        trumps=trumps,
        points_a=points[:n_deals],
        points_b=points[n_deals:],
        cpu_s=[round(seconds, 6) for seconds in cpu_s],
        wall_s=round(time.perf_counter() - start, 6),
        forfeits_a=forfeits[0],
        forfeits_b=forfeits[1],
    )


def _points(games: Games, declaring: Tensor, given_up: Tensor) -> list[int]:
    """Points of the declarer's team in hands that are over; who gave a hand up has none of it."""
    points = (HAND_POINTS + games.diff.long()) // 2
    points = torch.where(given_up == declaring, 0, points)
    return torch.where((given_up >= 0) & (given_up != declaring), HAND_POINTS, points).tolist()


def _players(options: ArenaOptions, bid: Bid) -> tuple[Player, Player]:
    """A and B, for a bid."""
    a, b = (spec.build(options.device, bid) for spec in (options.a, options.b))
    return a, b


def _cpu_s_a_hand(blocks: Sequence[Block]) -> tuple[float, float]:
    n_hands = 2 * sum(len(block.deals) for block in blocks)
    a, b = (sum(block.cpu_s[side] for block in blocks) for side in range(2))
    return (a / n_hands, b / n_hands) if n_hands else (0.0, 0.0)


def _forfeits(blocks: Sequence[Block], n_deals: int) -> tuple[int, int]:
    """Hands of the deals below `n_deals` that A and that B gave up."""
    a = b = 0
    for block in blocks:
        columns = (block.deals, block.forfeits_a or (), block.forfeits_b or ())
        for number, of_a, of_b in zip(*columns, strict=False):
            if number < n_deals:
                a, b = a + of_a, b + of_b
    return a, b
