"""Shards and tokenised data of a flywheel: made if missing, checked by their hashes."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from forge.errors import ForgeError
from forge.flywheel.oracle_settings import OracleSettings, train_key
from forge.flywheel.watching import Watch
from forge.ml.settings import DEFAULT_GLOBAL_SEED
from forge.ml.tokenized.manifest import MANIFEST, Manifest, read_plain
from forge.ml.tokenized.npy_writer import ShardEntry, data_hash, read_journal
from forge.oracle.shards.naming import ShardKey
from forge.work.room import Room
from forge.work.seed_files import SPLITS

if TYPE_CHECKING:
    from forge.ml.tokenized.folder import Settings
    from forge.ml.tokenized.sources import Sample, Source

# Shards that this process has compared with their checksums: path, size and time of change.
_whole: Final[set[tuple[Path, int, int]]] = set()


@dataclass(frozen=True)
class KeptSource:
    """A deal whose rows are in the tokenised data, and whose shard need not be there any more."""

    key: ShardKey
    name: str
    fingerprint: str
    n_states: int | None

    def too_large(self, room: Room) -> None:
        """Nothing is solved."""

    def sample(self, global_seed: int, n_samples: int) -> Sample:
        """Raises ForgeError: its rows are copied, not drawn."""
        raise ForgeError(f"{self.name}: neither its shard nor its rows are there")


def is_whole(path: Path, key: ShardKey) -> bool:
    """Whether a shard is there, is of its key, and has the checksum written in it."""
    from forge.oracle.shards.checks import check_place
    from forge.oracle.shards.schema import check_whole, read_metadata

    if not path.is_file():
        return False
    stat = path.stat()
    stamp = (path.resolve(), stat.st_size, stat.st_mtime_ns)
    if stamp in _whole:
        return True
    try:
        metadata = read_metadata(path)
        check_place(path, metadata)
        if metadata.deal() != key.deal():
            return False
        check_whole(metadata)
    except ForgeError:
        return False
    _whole.add(stamp)
    return True


def make_shards(
    root: Path,
    keys: Sequence[ShardKey],
    device: str,
    watch: Watch,
    needed: Collection[ShardKey] | None = None,
) -> list[ShardKey]:
    """Make the shards that are missing or damaged; returns those that the memory is too small for.

    Args:
        root: of train/, val/ and test/.
        keys: of the shards.
        device: where deals are solved.
        watch: who hears of it; says what may be taken of memory and disk.
        needed: of the keys, those without which nothing goes on; None: all of them.

    Raises:
        ForgeError: where they cannot be written, the disk is full, the memory is too small for one
            that is needed, or another process holds one.
        StoppedByError: after a signal.
    """
    from forge import ops
    from forge.oracle.shards.pipeline import BYTES_A_SHARD, PipelineOptions, run_pipeline

    missing = [key for key in keys if not is_whole(key.path(root), key)]
    if not missing:
        return []
    for key in missing:
        if key.path(root).exists():
            watch.tell(f"{key.path(root)} is damaged: made again")
            key.path(root).unlink()
    disk = watch.room.disk_line(root, "shard", BYTES_A_SHARD, len(missing))
    if disk is not None:
        watch.tell(disk)
    with watch.shards(len(missing)) as listener:
        options = PipelineOptions(root, device=device, room=watch.room)
        report = run_pipeline(missing, options, listener)
    ops.release_memory()
    watch.check(report.stopped_by)
    if report.disk_low is not None:
        raise ForgeError(report.disk_low)
    too_large = {line.partition(":")[0]: line for line in report.no_room}
    left_out = []
    for key in missing:
        if key.path(root).is_file():
            continue
        line = too_large.get(key.file_name())
        if line is None:
            raise ForgeError(f"{key.path(root)} is being written by another process: wait for it")
        if needed is None or key in needed:
            raise ForgeError(line)
        watch.tell(f"left out, for a later iteration: {line}")
        left_out.append(key)
    return left_out


class GoldenData:
    """The tokenised data of a flywheel: the golden sets, and what is trained on.

    Args:
        folder: of the flywheel.
        settings: of its kind.
        seeds: that are trained on, all so far; none with a stream.
    """

    def __init__(self, folder: Path, settings: OracleSettings, seeds: Iterable[int]) -> None:
        self.settings = settings
        self.shards = settings.shards or folder / "shards"
        self.folder = folder / "tokenized"
        self.left_out: list[ShardKey] = []  # deals that the memory was too small for
        self.golden = [*settings.golden_keys("val"), *settings.golden_keys("test")]
        self.trained = [] if settings.stream else [train_key(seed) for seed in sorted(set(seeds))]

    def keys_to_make(self, now: Iterable[int]) -> list[ShardKey]:
        """Shards that have to be there: the golden ones, those of the seeds in hand, and others
        whose rows are not in the tokenised data."""
        if self.settings.stream:
            return []
        stored, current = self._stored(), {train_key(seed) for seed in now}
        older = (key for key in self.trained if key in current or key.file_name() not in stored)
        return [*self.golden, *older]

    def discard_useless(self, watch: Watch) -> None:
        """Remove arrays that are not what the manifest says, or were made otherwise or of other
        deals, so that they are made again."""
        from forge.ml.tokenized.folder import TokenizedFolder

        if not self.folder.exists():
            return
        try:
            TokenizedFolder(self.folder).complete_publishing()
            found = TokenizedFolder.read(self.folder, force=False)
            found.check_settings(self._how())
            wanted = {key.file_name() for key in (*self.golden, *self.trained)}
            wrong = not set(self._stored()) <= wanted or any(
                found.entries[split] and data_hash(self.folder / split) != found.hashes[split]
                for split in SPLITS
            )
        except (ForgeError, OSError):
            wrong = True
        if wrong:
            watch.tell(f"{self.folder} is damaged, or of other deals: made again")
            shutil.rmtree(self.folder)

    def tokenize(self, watch: Watch) -> None:
        """Bring the data up to date; what is there is not made again.

        Raises:
            ForgeError: as `forge.ml.tokenize.tokenize`.
            StoppedByError: after a signal.
        """
        from forge.ml.tokenize import tokenize

        how = self._how()
        with watch.deals() as listener:
            done = tokenize(
                self._sources(), self.folder, how, how.source, listener=listener, room=watch.room
            )
        watch.check(done.stopped_by)
        if done.disk_low is not None:
            raise ForgeError(done.disk_low)

    def _how(self) -> Settings:
        from forge.ml.tokenized.folder import Settings

        source: Literal["seeds", "shards"] = "seeds" if self.settings.stream else "shards"
        return Settings(source, DEFAULT_GLOBAL_SEED, self.settings.samples_per_shard)

    def hash_of(self, split: str) -> str:
        """SHA-256 of the arrays of a split, as the manifest says; `none` without one."""
        manifest = read_plain(self.folder / MANIFEST, Manifest) or {}
        about = manifest.get("splits", {}).get(split) or {}
        return str(about.get("sha256") or "none")

    def entries(self, split: str) -> list[ShardEntry]:
        """The shards of a split, in the order of its rows."""
        return read_journal(self.folder / split)

    def _stored(self) -> dict[str, ShardEntry]:
        return {each.file: each for split in SPLITS for each in self.entries(split)}

    def _sources(self) -> list[Source]:
        from forge.ml.tokenized.sources import SeedSource, ShardSource
        from forge.ops import resolve_device

        trained = [key for key in self.trained if key not in self.left_out]
        keys = sorted([*self.golden, *trained], key=lambda key: (key.seed, key.decl))
        if self.settings.stream:
            device = resolve_device(self.settings.device)
            return [SeedSource(key, device) for key in keys]
        found: list[Source] = []
        stored = self._stored()
        for key in keys:
            path, entry = key.path(self.shards), stored.get(key.file_name())
            if entry is not None and not path.exists():
                found.append(KeptSource(key, entry.file, entry.fingerprint, entry.states))
            else:
                found.append(ShardSource.open(path))
        return found
