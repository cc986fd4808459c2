"""Folders of played hands as they are named: `data/round0,data/round1`."""

from pathlib import Path

from forge.errors import ForgeError
from forge.policy.choices import PolicyRows, rows_of
from forge.policy.played_hands import load_all


def hand_files(folders: str) -> list[Path]:
    """The files of played hands in some folders, separated by commas; folder after folder.

    Raises:
        ForgeError: for a folder without any.
    """
    paths: list[Path] = []
    for folder in folders.split(","):
        found = sorted(Path(folder).glob("hands_*.parquet"))
        if not found:
            raise ForgeError(f"{folder}: no files of forge play-hands")
        paths += found
    return paths


def rows_in(folders: str) -> PolicyRows:
    """All decisions of the hands in some folders; errors as `hand_files` and `load_all`."""
    return rows_of(load_all(hand_files(folders)))
