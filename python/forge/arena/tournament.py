"""Every player against every other, all on the same duplicate deals."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Final, Literal

import numpy as np

from forge.arena.comparison import Comparison, PairedResults, compare
from forge.arena.protocol import BLOCK_DEALS, STANDARD, ContractRule
from forge.arena.results import ARENA, called_in
from forge.arena.series import ArenaOptions, ArenaRun, run_arena
from forge.arena.specs import PlayerSpec
from forge.errors import ForgeError
from forge.stats.figures import Figure
from forge.stats.intervals import wilson_interval
from forge.stats.ratings import elo_ratings
from forge.stats.sequential import Decision, SequentialTest
from forge.work.pools import Pool
from forge.work.room import ANY_ROOM, Room

# With a sequential test each pair is looked at after so many deals more.
LOOK_EVERY: Final = 20 * BLOCK_DEALS
# The question that ends a pair: is the first better by two points of make rate, or the second?
WHO_IS_BETTER: Final = SequentialTest(no_gain=-0.02, gain=0.02, least=LOOK_EVERY)


@dataclass(frozen=True)
class TournamentOptions:
    """What the results depend on.

    Args:
        players: at least two, no two alike.
        n_deals: of each pair, at most; each is two hands.
        seed: of the series of deals, the same for all pairs, and of all chance.
        device: where players compute.
        rule: what hands are played for.
        test: ends a pair once it is decided; None: every pair plays all deals.

    Raises:
        ForgeError: for fewer than two players, or one that is there twice.
    """

    players: tuple[PlayerSpec, ...]
    n_deals: int
    seed: int = 0
    device: str = "cpu"
    rule: ContractRule = STANDARD
    test: SequentialTest | None = None

    def __post_init__(self) -> None:
        names = [player.text for player in self.players]
        if len(names) < 2:
            raise ForgeError(f"a tournament takes at least two players, got {len(names)}")
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise ForgeError(f"a player takes part once, got {twice[0]} twice")

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Who meets whom, by place in `players`."""
        return list(combinations(range(len(self.players)), 2))

    def series(self, pair: tuple[int, int]) -> ArenaOptions:
        """The series of a pair."""
        a, b = (self.players[place] for place in pair)
        return ArenaOptions(a, b, self.seed, self.device, self.rule)


@dataclass(frozen=True)
class Pairing:
    """How two players did against each other.

    Args:
        a, b: their places.
        run: all deals so far.
        decision: of the sequential test on A; None without one.
    """

    a: int
    b: int
    run: ArenaRun
    decision: Decision | None = None

    @property
    def winner(self) -> Literal["a", "b"] | None:
        """Who was found to be better by the sequential test, if anybody was."""
        if self.decision in (None, "go on"):
            return None
        return "a" if self.decision == "better" else "b"

    @property
    def results(self) -> PairedResults:
        """Of the deals so far."""
        return self.run.results

    @property
    def comparison(self) -> Comparison:
        """All figures.

        Raises:
            ForgeError: without a deal.
        """
        return compare(self.results)


@dataclass(frozen=True)
class Ranked:
    """How a player did against all others.

    Args:
        player: as it was written.
        elo: by `forge.stats.ratings`, the mean of all players 0; a deal is won by who alone makes
            the contract with it, else halved.
        make: share of the contracts that it makes as declarer (Wilson, over all its pairs).
        marks: marks a hand that it gains on its opponents, made and set: above 0 it is better than
            they are.
        games, of_games: won, and played, races to 7 marks.
        cpu_s_a_hand: CPU seconds of its decisions in a hand, the mean over its pairs.
        forfeits: hands that it gave up.
        n_deals: that it played, in all pairs.
    """

    player: str
    elo: Figure
    make: Figure
    marks: float
    games: int
    of_games: int
    cpu_s_a_hand: float
    forfeits: int
    n_deals: int


@dataclass(frozen=True)
class TournamentRun:
    """What came out.

    Args:
        pairings: of the pairs that have played, in the order of the players.
        stopped_by: the signal that ended it early.
        disk_low: why it ended early where the disk is full.
    """

    pairings: tuple[Pairing, ...]
    stopped_by: int | None
    disk_low: str | None = None


def series_file(folder: Path, options: ArenaOptions) -> Path:
    """Where the results of a pair lie: named after the players, and told apart where names are too
    much alike for a file."""
    texts = (options.a.text, options.b.text)
    name = "-vs-".join(re.sub(r"[^\w=.,-]+", "_", text)[:60] for text in texts)
    digest = hashlib.sha256("\n".join(texts).encode()).hexdigest()[:8]
    return folder / f"{name}-{digest}.jsonl"


def run_tournament(
    options: TournamentOptions,
    n_workers: int = 1,
    out: Path | None = None,
    on_deals: Callable[[Pairing, int], None] | None = None,
    pool: Pool | None = None,
    room: Room = ANY_ROOM,
) -> TournamentRun:
    """Play what is not in the files yet, pair by pair.

    Args:
        options: who plays, and how.
        n_workers: processes, one thread each.
        out: folder of a results file a pair, as `forge arena --out` keeps them; None: nothing is
            kept.
        on_deals: hears of a pair as it plays, and how many deals of it there are.
        pool: who works, instead of processes here.
        room: how much of the disk of the files has to stay free.

    Raises:
        ForgeError: for a bad checkpoint or device, or files of other options.
    """
    pairings: list[Pairing] = []
    with ExitStack() as stack:
        folder = out or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        room = Room(min_disk=0) if out is None else room
        for pair in options.pairs:
            found = _meet(options, pair, n_workers, folder, on_deals, pool, room)
            if options.rule.auction is not None and len(found.results):
                options = _with_auctions(options, series_file(folder, options.series(pair)))
            if len(found.results):
                pairings.append(found)
            if found.run.stopped_by is not None or found.run.disk_low is not None:
                return TournamentRun(tuple(pairings), found.run.stopped_by, found.run.disk_low)
    return TournamentRun(tuple(pairings), None)


def _with_auctions(options: TournamentOptions, file: Path) -> TournamentOptions:
    """The same with what came of the auctions in a file: they need not be held again."""
    known = {**options.rule.known, **called_in(ARENA.read(file)[1])}
    return replace(options, rule=replace(options.rule, known=known))


def _meet(
    options: TournamentOptions,
    pair: tuple[int, int],
    n_workers: int,
    folder: Path,
    on_deals: Callable[[Pairing, int], None] | None,
    pool: Pool | None,
    room: Room,
) -> Pairing:
    """Play a pair, to its end or until it is decided."""
    series = options.series(pair)
    file = series_file(folder, series)
    step = options.n_deals if options.test is None else LOOK_EVERY
    n_deals = 0
    while True:
        n_deals = min(n_deals + step, options.n_deals)
        run = run_arena(series, n_deals, n_workers, file, pool=pool, room=room)
        decision: Decision | None = None
        if options.test is not None and len(run.results):
            test = compare(run.results).mcnemar
            decision = options.test.decide(test.only_a, test.only_b, len(run.results))
        found = Pairing(*pair, run, decision)
        if on_deals is not None and len(run.results):
            on_deals(found, len(run.results))
        is_over = n_deals == options.n_deals or decision in ("better", "not better")
        if is_over or run.stopped_by is not None or run.disk_low is not None:
            return found


def ranking(options: TournamentOptions, pairings: tuple[Pairing, ...]) -> list[Ranked]:
    """The table, the best first.

    Raises:
        ForgeError: while there are players that nothing compares.
    """
    n = len(options.players)
    n_deals = max((len(each.results) for each in pairings), default=0)
    scores = np.full((len(pairings), n_deals), np.nan)
    for row, each in enumerate(pairings):
        made = each.results.made_a.astype(np.float64), each.results.made_b.astype(np.float64)
        scores[row, : len(each.results)] = (1 + made[0] - made[1]) / 2
    elo = elo_ratings([(each.a, each.b) for each in pairings], scores, n, options.seed)
    table = [_ranked(options, pairings, player, elo[player]) for player in range(n)]
    return sorted(table, key=lambda place: -place.elo.value)


def _ranked(
    options: TournamentOptions, pairings: tuple[Pairing, ...], player: int, elo: Figure
) -> Ranked:
    made, marks, cpu_s = [], [], []
    games = of_games = forfeits = 0
    for each in pairings:
        if player not in (each.a, each.b):
            continue
        side = 0 if player == each.a else 1
        sign = 1 if side == 0 else -1
        found = each.comparison
        made.append((each.results.made_a, each.results.made_b)[side])
        marks.append((sign * found.marks_difference.value, len(each.results)))
        cpu_s.append((each.run.cpu_s_a_hand[side], len(each.results)))
        games += (found.games_a, found.games_b)[side]
        of_games += found.games_a + found.games_b
        forfeits += each.run.forfeits[side]
    all_made = np.concatenate(made)
    n = len(all_made)
    return Ranked(
        options.players[player].text,
        elo,
        Figure(float(all_made.mean()), wilson_interval(int(all_made.sum()), n)),
        sum(value * weight for value, weight in marks) / n,
        games,
        of_games,
        sum(value * weight for value, weight in cpu_s) / n,
        forfeits,
        n,
    )
