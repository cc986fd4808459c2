"""Tokenised training data from solved deals: memory-mapped splits and a manifest.

Deals are taken in the order of their keys and sampled by a generator seeded with (global seed,
seed, declaration), so the arrays depend on the deals and the settings alone: not on the order of
files on disk, nor on how often the work was interrupted. Nothing of a split is held in memory
except the deal in hand.

What is done is kept. A run that was ended, by Ctrl+C, a crash or a broken shard, is taken up after
the last shard whose rows have reached the disk; deals that come to finished data later are added,
the rows of the others being copied.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from forge.errors import ForgeError
from forge.ml.tokenized.folder import Settings, TokenizedFolder, locked
from forge.ml.tokenized.npy_writer import (
    LEFT_OUT,
    Rows,
    ShardEntry,
    SplitWriter,
    data_hash,
    read_journal,
)
from forge.ml.tokenized.sources import BATCH_ROWS, Sample, Source
from forge.oracle.deal_memory import want_of_memory
from forge.work.pieces import DiskWatch, MayStop
from forge.work.pools import Pool, ThisMachine
from forge.work.room import ANY_ROOM, Room
from forge.work.seed_files import SPLITS
from forge.work.seed_files import split_of as get_split
from forge.work.stop import StopSignal

__all__ = [
    "Report",
    "Settings",
    "ShardDone",
    "SplitPlan",
    "TokenizeListener",
    "TokenizePlan",
    "get_split",
    "make_plan",
    "tokenize",
]


@dataclass(frozen=True)
class ShardDone:
    """One deal tokenised; `elapsed_s` is what reading (or solving), tokenising and writing took."""

    split: str
    entry: ShardEntry
    elapsed_s: float


class TokenizeListener:
    """Hears what a run does; this one ignores it."""

    def planned(self, n_deals: int) -> None:
        """The run starts; so many deals have to be tokenised."""

    def resumed(self, n_deals: int) -> None:
        """So many of them an interrupted run has done already."""

    def shard_done(self, done: ShardDone) -> None:
        """A deal is done."""

    def left_out(self, line: str) -> None:
        """A deal is left out: `NAME: REASON`."""


@dataclass(frozen=True)
class SplitPlan:
    """What is to be done for one split.

    Attributes:
        sources: all deals of the split, in the order of their rows.
        stored: what the finished split holds, by file: first row and entry; of unchanged deals.
        is_finished: whether the finished split is already what is wanted.
    """

    sources: Sequence[Source]
    stored: dict[str, tuple[int, ShardEntry]]
    is_finished: bool

    @property
    def n_new(self) -> int:
        """Deals that have to be sampled (an interrupted run may have done some of them)."""
        return sum(source.name not in self.stored for source in self.sources)


@dataclass(frozen=True)
class TokenizePlan:
    """What a run will do."""

    folder: TokenizedFolder
    splits: dict[str, SplitPlan]

    @property
    def is_finished(self) -> bool:
        """Whether there is nothing to do."""
        return all(split.is_finished for split in self.splits.values())

    @property
    def n_new(self) -> int:
        """Deals that have to be sampled."""
        return sum(split.n_new for split in self.splits.values())


@dataclass
class Report:
    """What a run did; `stopped_by` is the signal that ended it early."""

    n_tokenized: int = 0
    n_samples: int = 0  # of the deals tokenised by this run
    n_resumed: int = 0  # deals that an interrupted run had done
    n_copied: int = 0  # deals whose rows were in the finished data
    elapsed_s: float = 0.0
    stopped_by: int | None = None
    disk_low: str | None = None  # why it ended early, where the disk is full
    total_samples: dict[str, int] = field(default_factory=dict)  # by split; when all is done
    left_out: list[str] = field(default_factory=list)  # for want of memory: `NAME: REASON`

    @property
    def is_cut_short(self) -> bool:
        """Whether another run goes on where this one ended."""
        return self.stopped_by is not None or self.disk_low is not None

    @property
    def samples_per_s(self) -> float:
        """Rate of this run."""
        return self.n_samples / self.elapsed_s if self.elapsed_s else 0.0


def make_plan(
    sources: Sequence[Source], output: Path, settings: Settings, force: bool = False
) -> TokenizePlan:
    """Compare the deals wanted with what is there; writes nothing.

    Args:
        sources: in the order of their keys, no two with one name.
        output: the folder of the data.
        settings: what the rows depend on.
        force: start anew, whatever is there.

    Raises:
        ForgeError: if what is there is damaged, of other settings, or holds deals that are not
            wanted any more.
    """
    folder = TokenizedFolder.read(output, force)
    folder.check_settings(settings)
    splits = {}
    for split in SPLITS:
        wanted = [source for source in sources if source.key.split == split]
        stored = _unchanged(folder, split, wanted)
        entries = [(entry.file, entry.fingerprint) for entry in folder.entries[split]]
        splits[split] = SplitPlan(wanted, stored, entries == _fingerprints(wanted))
    if folder.replaces:  # an old split may lie where none is wanted
        splits = {s: SplitPlan(plan.sources, {}, False) for s, plan in splits.items()}
    return TokenizePlan(folder, splits)


def _fingerprints(sources: Sequence[Source]) -> list[tuple[str, str]]:
    return [(source.name, source.fingerprint) for source in sources]


def _unchanged(
    folder: TokenizedFolder, split: str, wanted: Sequence[Source]
) -> dict[str, tuple[int, ShardEntry]]:
    fingerprints = dict(_fingerprints(wanted))
    stored = {}
    n_rows = 0
    for entry in folder.entries[split]:
        if entry.file not in fingerprints:
            raise ForgeError(
                f"{folder.path} holds {entry.file}, which is not among the deals given: "
                "give them all, or --force to make the data anew without it"
            )
        if fingerprints[entry.file] == entry.fingerprint:
            stored[entry.file] = (n_rows, entry)
        n_rows += entry.samples
    return stored


def tokenize(
    sources: Sequence[Source],
    output: Path,
    settings: Settings,
    description: str,
    force: bool = False,
    listener: TokenizeListener | None = None,
    pool: Pool | None = None,
    room: Room = ANY_ROOM,
) -> Report:
    """Make or complete the data of the given deals.

    Ctrl+C or SIGTERM ends the run after the deal in hand (`stopped_by` in the report), a second one
    at once with KeyboardInterrupt; so does a disk that gets too full (`disk_low`). What is done is
    kept either way. A deal that the memory is too
    small for is left out and named; the next run tries it again, and puts its rows where they
    belong.

    Args:
        sources: in the order of their keys, no two with one name.
        output: folder for `train/`, `val/`, `test/` and `manifest.yaml`. A split without deals
            gets no folder.
        settings: what the rows depend on.
        description: of the sources, for the manifest: `shards data/shards-standard`.
        force: start anew; the finished data stay until the new are.
        listener: hears of the progress.
        pool: who samples (and solves); this process by default.
        room: memory that solving may take, and how much of the disk has to stay free.

    Raises:
        ForgeError: as `make_plan`; if another process writes to the folder, if a shard turns out
            to be broken, or if the disk is full. What is done is kept.
    """
    start = time.perf_counter()
    with locked(output):
        TokenizedFolder(output).complete_publishing()
        plan = make_plan(sources, output, settings, force)
        run = _Run(plan, settings, listener or TokenizeListener(), pool or ThisMachine(), room)
        if not plan.is_finished:
            run.work(description)
    run.report.elapsed_s = time.perf_counter() - start
    return run.report


@dataclass(frozen=True)
class Drawn:
    """A sample, and what drawing it took; or the states of a deal that was left out, and why."""

    sample: Sample | None
    elapsed_s: float
    n_states: int = 0
    reason: str = ""


@dataclass(frozen=True)
class SampleWork:
    """Draws samples; what is sent of one is 16 bytes a row, a 27th of its tokens."""

    settings: Settings
    room: Room = ANY_ROOM
    needs_all: ClassVar[bool] = True  # rows of later deals stand after those of earlier ones

    def name(self, source: Source) -> str:
        """A deal in messages."""
        return source.name

    def __call__(self, source: Source) -> Drawn:
        """Draw one, from its shard or solved."""
        start = time.perf_counter()
        if (refused := source.too_large(self.room)) is not None:
            return Drawn(None, time.perf_counter() - start, *refused)
        sample = source.sample(self.settings.global_seed, self.settings.samples_per_shard)
        return Drawn(sample, time.perf_counter() - start)


class _Run:
    """One run over a plan."""

    def __init__(
        self,
        plan: TokenizePlan,
        settings: Settings,
        listener: TokenizeListener,
        pool: Pool,
        room: Room,
    ) -> None:
        self._plan, self._room = plan, room
        self._settings = settings
        self._listener = listener
        self._pool = pool
        self.report = Report()

    def work(self, description: str) -> None:
        folder = self._plan.folder
        to_build = [
            split
            for split, plan in self._plan.splits.items()
            if plan.sources and not plan.is_finished and not self._is_still_too_large(split)
        ]
        if not to_build and folder.started is None and not folder.replaces:
            return
        folder.start(self._settings, to_build)
        self._listener.planned(self._plan.n_new)
        with StopSignal("deal") as signals:
            watched = DiskWatch(signals, folder.path, self._room)
            for split in to_build:
                if not self._build(split, watched):
                    self.report.stopped_by = signals.signum
                    self.report.disk_low = watched.low
                    return
        folder.publish(self._manifest(description))

    def _is_still_too_large(self, split: str) -> bool:
        """Whether a finished split lacks nothing but deals that there is still no room for."""
        there = self._plan.folder.entries[split]
        wanted = _fingerprints(self._plan.splits[split].sources)
        if self._plan.folder.replaces or [each.file for each in there] != [f for f, _ in wanted]:
            return False
        memory, lines = self._room.memory(), []
        for entry, (_, fingerprint) in zip(there, wanted, strict=True):
            if entry.fingerprint == fingerprint:
                continue
            reason = want_of_memory(entry.states, memory)
            if entry.fingerprint != LEFT_OUT or reason is None:
                return False
            lines.append(f"{entry.file}: {reason}")
        self.report.left_out += lines
        return True

    def _build(self, split: str, stop: MayStop) -> bool:
        """Bring a split under construction to its end; False if told to stop before."""
        plan, folder = self._plan.splits[split], self._plan.folder
        with SplitWriter(folder.building / split, _fingerprints(plan.sources)) as writer:
            n_done = len(writer.entries)
            n_resumed = sum(entry.file not in plan.stored for entry in writer.entries)
            self.report.left_out += [
                f"{entry.file}: its {entry.states:,} states needed more memory than there was"
                for entry in writer.entries
                if entry.fingerprint == LEFT_OUT
            ]
            self.report.n_resumed += n_resumed
            self._listener.resumed(n_resumed)
            left = plan.sources[n_done:]
            new = [source for source in left if source.name not in plan.stored]
            samples = self._pool.in_order(SampleWork(self._settings, self._room), new, stop)
            for source in left:
                if source.name in plan.stored:
                    if stop.requested:
                        return False
                    first, entry = plan.stored[source.name]
                    rows = _stored_rows(folder.path / split, first, entry.samples)
                    writer.add(entry.file, entry.fingerprint, entry.states, rows)
                    self.report.n_copied += 1
                elif (drawn := next(samples, None)) is not None:
                    self._write(split, source, drawn, writer)
                else:
                    return False
            writer.finish()
        return True

    def _write(self, split: str, source: Source, drawn: Drawn, writer: SplitWriter) -> None:
        start = time.perf_counter()
        sample = drawn.sample
        if sample is None:
            line = f"{source.name}: {drawn.reason}"
            writer.add(source.name, LEFT_OUT, drawn.n_states, ())
            self.report.left_out.append(line)
            self._listener.left_out(line)
            return
        batches = ({n: t.numpy() for n, t in batch.items()} for batch in sample.batches())
        entry = writer.add(source.name, source.fingerprint, sample.n_states, batches)
        self.report.n_tokenized += 1
        self.report.n_samples += entry.samples
        elapsed_s = drawn.elapsed_s + time.perf_counter() - start
        self._listener.shard_done(ShardDone(split, entry, elapsed_s))

    def _manifest(self, description: str) -> dict[str, Any]:
        from forge import __version__

        return {
            "version": self._settings.version,
            "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "generator": f"crystal-forge {__version__} tokenize",
            "source": description,
            "global_seed": self._settings.global_seed,
            "samples_per_shard": self._settings.samples_per_shard,
            "splits": {split: self._about(split) for split in SPLITS},
        }

    def _about(self, split: str) -> dict[str, Any]:
        """A split in the manifest; its shards are listed in its `shards.jsonl`."""
        folder, plan = self._plan.folder, self._plan.splits[split]
        if not plan.sources:
            return {"samples": 0, "files": 0}
        if not (folder.building / split).is_dir():
            entries, digest = folder.entries[split], folder.hashes[split]
        else:
            built = folder.building / split
            entries, digest = read_journal(built), data_hash(built)
        n_samples = sum(entry.samples for entry in entries)
        self.report.total_samples[split] = n_samples
        n_left_out = sum(entry.fingerprint == LEFT_OUT for entry in entries)
        about = {"samples": n_samples, "files": len(entries) - n_left_out, "sha256": digest}
        return about | ({"left_out": n_left_out} if n_left_out else {})


def _stored_rows(folder: Path, first: int, n_rows: int) -> Iterator[Rows]:
    """Rows first .. first + n_rows - 1 of a finished split, batch by batch."""
    # Lightning takes seconds to import: only where old data are added to.
    from forge.ml.data import TokenizedSplit

    if not n_rows:
        return
    split = TokenizedSplit(folder)
    if len(split) < first + n_rows:
        raise ForgeError(f"{folder} has fewer rows than its list of shards: --force replaces them")
    for start in range(first, first + n_rows, BATCH_ROWS):
        rows = slice(start, min(start + BATCH_ROWS, first + n_rows))
        split.sums.check(np.arange(rows.start, rows.stop))
        yield {name: array[rows] for name, array in split.arrays.items()}
