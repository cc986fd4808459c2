"""E[Q] games as pieces of work: which are missing, how they are played together and written."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from forge.eq.records import SUFFIX, EqRecord, record_bytes, record_path
from forge.work.claims import put_in_place
from forge.work.pieces import Claims, FileWork, WorkReport, work_through
from forge.work.pools import Pool
from forge.work.rates import rate_text
from forge.work.room import ANY_ROOM, Room
from forge.work.seed_files import missing_seeds, prepare_splits
from forge.work.wording import counted

BYTES_A_GAME: Final = 85_000  # of 28 decisions (docs/scale.md)


@dataclass(frozen=True)
class GameBatch:
    """What one batch of games came to."""

    seeds: tuple[int, ...]
    n_decisions: int
    n_worlds: int
    n_bytes: int
    elapsed_s: float


@dataclass
class EqReport(WorkReport):
    """What a run did."""

    n_games: int = 0
    n_decisions: int = 0
    n_worlds: int = 0
    n_bytes: int = 0

    def add(self, batch: GameBatch) -> None:
        """Count a batch."""
        self.n_games += len(batch.seeds)
        self.n_decisions += batch.n_decisions
        self.n_worlds += batch.n_worlds
        self.n_bytes += batch.n_bytes

    def summary(self) -> str:
        """One line for people."""
        parts = [
            f"{counted(self.n_games, 'game')}: {counted(self.n_decisions, 'decision')}, "
            f"{counted(self.n_worlds, 'world')} in "
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
    pool: Pool | None = None,
    room: Room = ANY_ROOM,
) -> EqReport:
    """Make the missing files of `seeds`, in order, until done, stopped or at the limit.

    Ctrl+C or SIGTERM ends the run after the batch in hand (`stopped_by` in the report), a second
    one at once with KeyboardInterrupt; nothing is left half written.

    Args:
        seeds: may be endless.
        play: plays the games of some seeds; sent (pickled) to workers elsewhere.
        root: of train/, val/ and test/.
        batch_size: games in lock step.
        limit: of the games made by this run.
        on_batch: called after each batch, when its files are in place.
        pool: who works; this process by default.
        room: how much of the disk has to stay free (`disk_low` in the report).

    Raises:
        ForgeError: where a directory can't be written.
    """
    report = EqReport()
    prepare_splits(root)

    def made(batch: GameBatch) -> None:
        report.add(batch)
        if on_batch is not None:
            on_batch(batch)

    coming = missing_seeds(root, seeds, SUFFIX)
    work = GameWork(root, play, batch_size)
    work_through(coming, work, report, made, limit=limit, pool=pool, folder=root, room=room)
    return report


class GameWork(FileWork[int, GameBatch]):
    """How games are made.

    Args:
        root: of train/, val/ and test/.
        play: plays the games of some seeds.
        together: in lock step.
    """

    in_hand: ClassVar[str] = "batch"

    def __init__(
        self, root: Path, play: Callable[[Sequence[int]], EqRecord], together: int
    ) -> None:
        self._root, self._play, self.together = root, play, together

    def path(self, piece: int) -> Path:
        """Of a game."""
        return record_path(self._root, piece)

    def make(self, claims: Claims[int]) -> GameBatch:
        """Play the claimed games and put their files in place."""
        start = time.perf_counter()
        record = self._play(tuple(claims))
        n_bytes = 0
        for game, claim in enumerate(claims.values()):
            assert claim is not None
            n_bytes += put_in_place(claim, record_bytes(record.game(game)))
        n_worlds = int(record["n_samples"].sum())
        return GameBatch(tuple(claims), len(record), n_worlds, n_bytes, time.perf_counter() - start)
