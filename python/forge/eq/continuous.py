"""The work loop of E[Q] generation: claim games that are missing, play them together, write them.

Any number of processes may run on one directory: each takes only what it can claim, and none waits
for another.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from forge.eq.records import SUFFIX, EqRecord, record_bytes, record_path
from forge.work.atomic import FileClaim
from forge.work.claims import claim_missing, put_in_place
from forge.work.rates import rate_text
from forge.work.seed_files import missing_seeds, prepare_splits
from forge.work.stop import StopSignal


@dataclass(frozen=True)
class GameBatch:
    """What one batch of games came to."""

    seeds: tuple[int, ...]
    n_decisions: int
    n_worlds: int
    n_bytes: int
    elapsed_s: float


@dataclass
class EqReport:
    """What a run did."""

    n_games: int = 0
    n_decisions: int = 0
    n_worlds: int = 0
    n_bytes: int = 0
    n_present: int = 0  # made by another worker meanwhile
    n_busy: int = 0  # left to another worker
    elapsed_s: float = 0.0
    stopped_by: int | None = None  # the signal that ended the run early

    def add(self, batch: GameBatch) -> None:
        """Count a batch."""
        self.n_games += len(batch.seeds)
        self.n_decisions += batch.n_decisions
        self.n_worlds += batch.n_worlds
        self.n_bytes += batch.n_bytes

    def summary(self) -> str:
        """One line for people."""
        parts = [
            f"{self.n_games} games: {self.n_decisions:,} decisions, {self.n_worlds:,} worlds in "
            f"{self.elapsed_s:.1f} s ({rates(self.n_games, self.n_decisions, self.elapsed_s)})"
        ]
        if self.n_bytes:
            parts.append(f"{self.n_bytes / 1e6:.1f} MB written")
        if self.n_present:
            parts.append(f"{self.n_present} already there")
        if self.n_busy:
            parts.append(f"{self.n_busy} left to other workers")
        return ", ".join(parts)


def rates(n_games: float, n_decisions: float, elapsed_s: float) -> str:
    """`3.1 games/s, 87 decisions/s`."""
    return (
        f"{rate_text(n_games, elapsed_s, 'games')}, "
        f"{rate_text(n_decisions, elapsed_s, 'decisions')}"
    )


def generate_games(
    seeds: Iterable[int],
    play: Callable[[Sequence[int]], EqRecord],
    root: Path,
    batch_size: int,
    limit: int | None = None,
    on_batch: Callable[[GameBatch], None] | None = None,
) -> EqReport:
    """Make the missing files of `seeds`, in order, until done, stopped or at the limit.

    Ctrl+C or SIGTERM ends the run after the batch in hand (`stopped_by` in the report), a second
    one at once with KeyboardInterrupt; nothing is left half written.

    Args:
        seeds: may be endless.
        play: plays the games of some seeds.
        root: of train/, val/ and test/.
        batch_size: games in lock step.
        limit: of the games made by this run.
        on_batch: called after each batch, when its files are in place.

    Raises:
        ForgeError: where a directory can't be written.
    """
    report, start = EqReport(), time.perf_counter()
    prepare_splits(root)
    coming = missing_seeds(root, seeds, SUFFIX)
    with StopSignal("batch") as stop:
        while not stop.requested:
            n_wanted = batch_size if limit is None else min(batch_size, limit - report.n_games)
            with ExitStack() as held:
                claims = _claim_some(coming, n_wanted, root, held, report)
                if not claims or stop.requested:
                    break
                batch = _make(claims, play)
            report.add(batch)
            if on_batch is not None:
                on_batch(batch)
    report.elapsed_s, report.stopped_by = time.perf_counter() - start, stop.signum
    return report


def _claim_some(
    coming: Iterator[int], n_wanted: int, root: Path, held: ExitStack, report: EqReport
) -> dict[int, FileClaim]:
    """Claims of the next `n_wanted` games, by seed, released with `held`; fewer at the end."""
    claims: dict[int, FileClaim] = {}
    while len(claims) < n_wanted and (seed := next(coming, None)) is not None:
        claim = claim_missing(record_path(root, seed))
        if not isinstance(claim, str):
            claims[seed] = held.enter_context(claim)
        elif claim == "busy":
            report.n_busy += 1
        else:
            report.n_present += 1
    return claims


def _make(claims: dict[int, FileClaim], play: Callable[[Sequence[int]], EqRecord]) -> GameBatch:
    """Play the claimed games and put their files in place."""
    start = time.perf_counter()
    record = play(tuple(claims))
    n_bytes = 0
    for game, claim in enumerate(claims.values()):
        n_bytes += put_in_place(claim, record_bytes(record.game(game)))
    n_worlds = int(record["n_samples"].sum())
    return GameBatch(tuple(claims), len(record), n_worlds, n_bytes, time.perf_counter() - start)
