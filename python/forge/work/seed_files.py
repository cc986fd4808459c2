"""Folders with one file a seed, in three splits: where a file lies, which are missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from forge.work.atomic import remove_abandoned, unwritable

SPLITS: Final = ("train", "val", "test")


def split_of(seed: int) -> str:
    """The split of a (base) seed: `seed % 1000` in 0..899 train, 900..949 val, 950..999 test."""
    bucket = seed % 1000
    if bucket < 900:
        return "train"
    return "val" if bucket < 950 else "test"


def seed_path(root: Path, seed: int, suffix: str) -> Path:
    """Where the one file of a seed lies: `{split}/seed_{seed:08d}{suffix}`."""
    return root / split_of(seed) / f"seed_{seed:08d}{suffix}"


def missing_seeds(root: Path, seeds: Iterable[int], suffix: str) -> Iterator[int]:
    """Those whose file is not there yet, lazily."""
    return (seed for seed in seeds if not seed_path(root, seed, suffix).exists())


def prepare_splits(root: Path) -> None:
    """Make the split directories and remove what killed workers left in them.

    Raises:
        ForgeError: where they can't be written.
    """
    for split in SPLITS:
        directory = root / split
        try:
            directory.mkdir(parents=True, exist_ok=True)
            remove_abandoned(directory)
        except OSError as error:
            raise unwritable(directory, error) from error
