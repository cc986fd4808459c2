"""Hands as pieces of work: which are missing, how one is evaluated and written."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from forge.bidding.hand import BIDDING_DECLS, hand_of_seed
from forge.bidding.schema import SUFFIX, BiddingResult, result_bytes
from forge.bidding.simulate import Simulator
from forge.work.claims import put_in_place
from forge.work.pieces import Claims, FileWork, WorkReport, work_through
from forge.work.room import ANY_ROOM, Room
from forge.work.seed_files import missing_seeds, prepare_splits, seed_path
from forge.work.wording import counted

if TYPE_CHECKING:
    from forge.work.pools import Pool

SECONDS_A_DAY: Final = 86_400
BYTES_A_HAND: Final = 76_000  # of nine trumps (docs/scale.md)


@dataclass(frozen=True)
class Evaluated:
    """One hand that is in place."""

    seed: int
    n_bytes: int
    elapsed_s: float


@dataclass
class BiddingReport(WorkReport):
    """What a run did."""

    n_seeds: int = 0
    n_bytes: int = 0

    def summary(self) -> str:
        """One line for people."""
        parts = [f"{counted(self.n_seeds, 'hand')} in {self.elapsed_s:.1f} s ({self.rate})"]
        if self.n_bytes:
            parts.append(f"{self.n_bytes / 1e6:.2f} MB written")
        if self.n_present:
            parts.append(f"{self.n_present} already there")
        if self.n_busy:
            parts.append(f"{self.n_busy} left to other workers")
        return ", ".join(parts)

    @property
    def rate(self) -> str:
        """Seeds a day."""
        return seeds_a_day(self.n_seeds, self.elapsed_s)


def seeds_a_day(n_seeds: int, elapsed_s: float) -> str:
    """`12,300 seeds/day`."""
    return f"{n_seeds / elapsed_s * SECONDS_A_DAY:,.0f} seeds/day" if elapsed_s > 0.0 else "-"


def evaluate_seed(simulator: Simulator, seed: int, n_samples: int, version: str) -> BiddingResult:
    """Seat 0's hand of a seed under the nine declarations, over deals of the same seed.

    Args:
        simulator: who plays; its own seed is not asked.
        seed: of the hand and of the deals.
        n_samples: deals.
        version: of the package, for the record.
    """
    hand = hand_of_seed(seed)
    points = replace(simulator, seed=seed).points(hand, BIDDING_DECLS, 0, n_samples)
    player = simulator.player
    return BiddingResult(
        seed,
        hand,
        points,
        player.text if player.checkpoint is None else player.checkpoint.name,
        datetime.now(timezone.utc).isoformat(timespec="seconds"),
        version,
    )


@dataclass(frozen=True)
class EvaluateSeed:
    """`evaluate_seed` of a seed, the rest being settled; can be sent elsewhere."""

    simulator: Simulator
    n_samples: int
    version: str

    def __call__(self, seed: int) -> BiddingResult:
        """Evaluate the hand of a seed."""
        return evaluate_seed(self.simulator, seed, self.n_samples, self.version)


def evaluate_seeds(
    seeds: Iterable[int],
    evaluate: Callable[[int], BiddingResult],
    root: Path,
    limit: int | None = None,
    on_seed: Callable[[Evaluated], None] | None = None,
    pool: Pool | None = None,
    room: Room = ANY_ROOM,
) -> BiddingReport:
    """Make the missing files of `seeds`, in order, until done, stopped or at the limit.

    Ctrl+C or SIGTERM ends the run after the hand in hand (`stopped_by` in the report), a second one
    at once with KeyboardInterrupt; nothing is left half written.

    Args:
        seeds: may be endless.
        evaluate: one of them; sent (pickled) to workers elsewhere.
        root: of train/, val/ and test/.
        limit: of the files made by this run.
        on_seed: hears of each file that is in place.
        pool: who works; this process by default.
        room: how much of the disk has to stay free (`disk_low` in the report).

    Raises:
        ForgeError: where a directory can't be written.
    """
    report = BiddingReport()
    prepare_splits(root)

    def made(hand: Evaluated) -> None:
        report.n_seeds += 1
        report.n_bytes += hand.n_bytes
        if on_seed is not None:
            on_seed(hand)

    coming = missing_seeds(root, seeds, SUFFIX)
    work = BiddingWork(root, evaluate)
    work_through(coming, work, report, made, limit=limit, pool=pool, folder=root, room=room)
    return report


class BiddingWork(FileWork[int, Evaluated]):
    """How the file of a hand is made.

    Args:
        root: of train/, val/ and test/.
        evaluate: evaluates the hand of a seed.
    """

    in_hand: ClassVar[str] = "hand"

    def __init__(self, root: Path, evaluate: Callable[[int], BiddingResult]) -> None:
        self._root, self._evaluate = root, evaluate

    def path(self, piece: int) -> Path:
        """Of a hand."""
        return seed_path(self._root, piece, SUFFIX)

    def make(self, claims: Claims[int]) -> Evaluated:
        """Evaluate a hand and put its file in place."""
        start = time.perf_counter()
        ((seed, claim),) = claims.items()
        assert claim is not None
        n_bytes = put_in_place(claim, result_bytes(self._evaluate(seed)))
        return Evaluated(seed, n_bytes, time.perf_counter() - start)
