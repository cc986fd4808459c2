"""Folders with one file a seed, in three splits: where a file lies, which are missing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from forge.errors import ForgeError, brief
from forge.options import MOST_LISTED, MOST_SEED
from forge.work.atomic import remove_abandoned, unwritable
from forge.work.store_path import is_listed

SPLITS: Final = ("train", "val", "test")
# Buckets (`seed % 1000`) of each split.
SPLIT_BUCKETS: Final = {"train": range(900), "val": range(900, 950), "test": range(950, 1000)}
_NAMED: Final = re.compile(r"seed_(\d{1,18})")


def split_of(seed: int) -> str:
    """The split of a (base) seed: `seed % 1000` in 0..899 train, 900..949 val, 950..999 test."""
    return next(split for split in SPLITS if seed % 1000 in SPLIT_BUCKETS[split])


def seeds_of(split: str) -> str:
    """The seeds of a split in words: `val seeds are 900..949 of each thousand`."""
    buckets = SPLIT_BUCKETS[split]
    return f"{split} seeds are {buckets[0]}..{buckets[-1]} of each thousand"


def parse_seed_range(text: str) -> range:
    """`A:B` -> seeds A..B-1; ForgeError for anything else, empty and backward ranges included."""
    first, colon, end = text.partition(":")
    if not (colon and first.isdecimal() and end.isdecimal() and text.isascii()):
        raise ForgeError(f"seed range {brief(text)} must be A:B with whole numbers, like 0:40")
    if max(len(first.lstrip("0")), len(end.lstrip("0"))) > len(str(MOST_SEED)):
        raise ForgeError(f"seed range {brief(text)} goes beyond the last seed, {MOST_SEED}")
    seeds = range(int(first), int(end))
    if not seeds:
        raise ForgeError(
            f"seed range {brief(text)} is empty or backwards: A:B needs A < B (B excluded)"
        )
    if seeds.stop > MOST_SEED + 1:
        raise ForgeError(f"seed range {brief(text)} goes beyond the last seed, {MOST_SEED}")
    if seeds.stop - seeds.start > MOST_LISTED:
        raise ForgeError(f"seed range {brief(text)} has more than {MOST_LISTED:,} seeds")
    return seeds


def seed_path(root: Path, seed: int, suffix: str) -> Path:
    """Where the one file of a seed lies: `{split}/seed_{seed:08d}{suffix}`."""
    return root / split_of(seed) / f"seed_{seed:08d}{suffix}"


def check_seed_of(path: Path, seeds: Sequence[int]) -> None:
    """ForgeError where a file of one seed is called by another one's name."""
    if len(seeds) != 1:
        return
    named = _NAMED.fullmatch(path.stem)
    if named is not None and int(named[1]) != seeds[0]:
        raise ForgeError(
            f"{path}: it is called by seed {int(named[1])}, but holds seed {seeds[0]}: "
            f"rename it {path.with_stem(f'seed_{seeds[0]:08d}').name}"
        )


def missing_seeds(root: Path, seeds: Iterable[int], suffix: str) -> Iterator[int]:
    """Those whose file is not there yet, lazily."""
    return (seed for seed in seeds if not is_listed(seed_path(root, seed, suffix)))


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
