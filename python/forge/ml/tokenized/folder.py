"""A folder of tokenised data on disk: what is in it, and how new data take the place of old.

    manifest.yaml, train/, val/, test/     the finished data
    .building/                             a run under way or interrupted
    .tokenize.lock                         held by the process that writes

New splits are built in `.building` and moved into place when all of them are finished. The
manifest lies in `.building` from that moment on: if the process dies between two moves, the next
run finds it and makes the remaining ones.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from forge.errors import ForgeError
from forge.ml.rows import ROW_SHAPES
from forge.ml.settings import DEFAULT_GLOBAL_SEED, DEFAULT_SAMPLES_PER_SHARD
from forge.ml.tokenized.block_sums import BLOCK_SUMS
from forge.ml.tokenized.manifest import MANIFEST, Manifest, StartedSettings, read_plain
from forge.ml.tokenized.npy_writer import JOURNAL, ShardEntry, read_journal
from forge.work.atomic import unwritable
from forge.work.locks import try_lock
from forge.work.plain_values import named
from forge.work.seed_files import SPLITS
from forge.work.yaml_files import write_yaml

BUILDING: Final = ".building"
_LOCK: Final = ".tokenize.lock"
_SETTINGS: Final = "settings.yaml"
_REMEDY: Final = "--force replaces it"
_SPLIT_FILES: Final = {f"{name}.npy" for name in ROW_SHAPES} | {JOURNAL, BLOCK_SUMS}

# Of the arrays and the way they are sampled; data of another version are not added to.
DATA_VERSION: Final = 1


@dataclass(frozen=True)
class Settings:
    """What the rows of all shards depend on.

    `source` is where the rows came from: read from shards, or solved from seeds.
    """

    source: Literal["shards", "seeds"]
    global_seed: int = DEFAULT_GLOBAL_SEED
    samples_per_shard: int = DEFAULT_SAMPLES_PER_SHARD
    version: int = DATA_VERSION

    def differences(self, stored: dict[str, Any]) -> str:
        """`samples_per_shard 500 instead of 1000, ...`: empty if `stored` says the same."""
        return ", ".join(
            f"{name} {named(stored.get(name))} instead of {value}"
            for name, value in asdict(self).items()
            if stored.get(name) != value
        )


@dataclass
class TokenizedFolder:
    """The state of a folder; reading it changes nothing.

    Attributes:
        path: the folder, which need not exist.
        stored: settings of the finished data; None if there are none.
        hashes: `sha256` of the finished splits.
        entries: shards in the finished splits, in the order of their rows.
        started: settings of the run under way or interrupted; None if there is none.
        replaces: whether that run replaces the finished data instead of adding to them.
    """

    path: Path
    stored: dict[str, Any] | None = None
    hashes: dict[str, str] = field(default_factory=dict)
    entries: dict[str, list[ShardEntry]] = field(default_factory=lambda: {s: [] for s in SPLITS})
    started: dict[str, Any] | None = None
    replaces: bool = False

    @property
    def building(self) -> Path:
        """Where new splits are built."""
        return self.path / BUILDING

    @property
    def is_publishing(self) -> bool:
        """Whether a run is, or ended, in the middle of moving finished splits into place."""
        return (self.building / MANIFEST).is_file()

    @classmethod
    def read(cls, path: Path, force: bool) -> TokenizedFolder:
        """Look at a folder.

        Args:
            path: the folder.
            force: whether to take it for empty, unless it holds what no tokeniser writes.

        Raises:
            ForgeError: if the folder is damaged or holds something else.
        """
        folder = cls(path)
        if path.exists() and not path.is_dir():
            raise ForgeError(f"{path} is a file: give a folder for the tokenised data")
        for split in SPLITS:
            _refuse_strangers(path / split)
        folder.replaces = force
        settings = folder.building / _SETTINGS
        started = None if force else read_plain(settings, StartedSettings, _REMEDY)
        if started is not None:
            folder.replaces = started.pop("replaces", False)
            folder.started = started
        if not folder.replaces:
            folder._read_finished()
        return folder

    def _read_finished(self) -> None:
        manifest = read_plain(self.path / MANIFEST, Manifest, _REMEDY)
        if manifest is None:
            if any((self.path / split).exists() for split in SPLITS):
                raise ForgeError(
                    f"{self.path} holds data without a {MANIFEST}: --force replaces them"
                )
            return
        self.stored = manifest | {"source": str(manifest.get("source")).partition(" ")[0]}
        splits = manifest.get("splits", {})
        for split in SPLITS:
            about = splits.get(split) or {}
            entries = read_journal(self.path / split)
            if sum(entry.samples for entry in entries) != (about.get("samples") or 0):
                raise ForgeError(
                    f"{self.path / split} is not what {MANIFEST} says, or was not made by this "
                    "command: --force replaces the data"
                )
            self.entries[split] = entries
            self.hashes[split] = str(about.get("sha256"))

    def check_settings(self, settings: Settings) -> None:
        """Raises ForgeError if the folder was made, or begun, with other settings."""
        if self.started is not None:
            what, stored = "was begun with", self.started
        elif self.stored is not None:
            what, stored = "was made with", self.stored
        else:
            return
        if differences := settings.differences(stored):
            raise ForgeError(
                f"{self.path} {what} {differences}: --force makes it anew, "
                "another --output keeps it"
            )

    def start(self, settings: Settings, splits: Sequence[str]) -> None:
        """Make room for new splits; what a run with the same settings has built of them stays."""
        with _one_line_errors(self.path):
            kept = [] if self.started is None else splits
            self.building.mkdir(parents=True, exist_ok=True)
            for split in SPLITS:
                if split not in kept and (self.building / split).exists():
                    shutil.rmtree(self.building / split)
            write_yaml(self.building / _SETTINGS, asdict(settings) | {"replaces": self.replaces})

    def publish(self, manifest: dict[str, Any]) -> None:
        """Move the finished splits into place."""
        with _one_line_errors(self.path):
            write_yaml(self.building / MANIFEST, manifest)
            self.complete_publishing()

    def complete_publishing(self) -> None:
        """Make the moves that a run which ended in the middle of them has left; none otherwise."""
        manifest = self.building / MANIFEST
        with _one_line_errors(self.path):
            if manifest.is_file():
                splits = (read_plain(manifest, Manifest, _REMEDY) or {}).get("splits", {})
                if missing := [split for split in SPLITS if splits.get(split) is None]:
                    raise ForgeError(f"{manifest}: splits.{missing[0]} is missing: {_REMEDY}")
                (self.building / _SETTINGS).unlink(missing_ok=True)
                for split in SPLITS:
                    self._replace(split, is_empty=not splits[split].get("files"))
                os.replace(manifest, self.path / MANIFEST)
            if self.building.exists() and not (self.building / _SETTINGS).exists():
                shutil.rmtree(self.building)

    def _replace(self, split: str, is_empty: bool) -> None:
        new, place, old = self.building / split, self.path / split, self.building / f"old-{split}"
        if place.exists() and (new.exists() or is_empty):
            if old.exists():
                shutil.rmtree(old)
            place.rename(old)
        if new.exists():
            new.rename(place)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Be the one process that writes to a folder, which is made if missing.

    Raises:
        ForgeError: at once, if there is another, or if the folder can't be written.
    """
    with _one_line_errors(path):
        path.mkdir(parents=True, exist_ok=True)
        lock = (path / _LOCK).open("ab")
    with lock:
        if not try_lock(lock.fileno()):
            raise ForgeError(
                f"another process is tokenising into {path}: wait for it, or give another --output"
            )
        yield


def _refuse_strangers(folder: Path) -> None:
    """`--output` may be a folder of shards by mistake: nothing of that may be moved or removed."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise ForgeError(f"{folder} is a file: give another --output")
    for path in folder.iterdir():
        if path.name not in _SPLIT_FILES:
            raise ForgeError(
                f"{folder} holds other things than tokenised data ({path.name}): "
                "give another --output"
            )


@contextmanager
def _one_line_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise unwritable(path, error) from error
