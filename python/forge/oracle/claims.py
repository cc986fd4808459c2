"""What every generator of one file a piece does: take what is missing and nobody else works on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal

from forge.oracle.atomic import FileClaim, remove_abandoned
from forge.oracle.naming import SPLITS, split_of
from forge.oracle.output import unwritable


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


def claim_missing(
    target: Path, is_done: Callable[[Path], bool] = Path.exists
) -> FileClaim | Literal["busy", "present"]:
    """The right to write a file that is not there; who gets it has to commit or release it.

    Args:
        target: the file.
        is_done: whether it is there.

    Returns:
        The claim; `busy` where another worker has it, `present` where the file is there, perhaps
        since a moment.

    Raises:
        ForgeError: where it can't be written.
    """
    try:
        claim = FileClaim.acquire(target)
    except OSError as error:
        raise unwritable(target, error) from error
    if claim is None:
        return "busy"
    # Another worker may have finished it between the look and the claim.
    if is_done(target):
        claim.release()
        return "present"
    return claim
