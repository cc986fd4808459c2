"""Paths as people give them, and whether they can be written, before anything else is done."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

from forge.errors import ForgeError, reason_of
from forge.work.store_path import StorePath, place

# Means writing nothing, for commands that say so.
NOWHERE: Final = "/dev/null"
_LONGEST_NAME: Final = 255  # bytes: of the file systems there are
_LONGEST_PATH: Final = 4095


def check_paths(name: str, value: Path | str | Sequence[Path]) -> None:
    """Raises ForgeError, naming the option, for what can be the path of nothing."""
    for path in [value] if isinstance(value, str | Path) else value:
        if isinstance(path, StorePath):
            continue
        if not str(path).strip():
            raise ForgeError(f"{name} must be a path, got {str(path)!r}")
        too_long = max(map(len, map(os.fsencode, Path(path).parts)), default=0) > _LONGEST_NAME
        if too_long or "\0" in str(path) or len(os.fsencode(path)) > _LONGEST_PATH:
            raise ForgeError(
                f"{name} must be a path of names of up to {_LONGEST_NAME} bytes, got {str(path)!r}"
            )


def existing(name: str, path: Path) -> Path:
    """A file or folder that is there; ForgeError, naming the option, if it is not."""
    check_paths(name, path)
    if isinstance(path, StorePath):
        _reached(name, path)
    if not path.exists():
        raise ForgeError(f"{name}: there is no file {path}")
    if not path.is_file() and not path.is_dir():
        raise ForgeError(f"{name} must be a file or a folder, and {path} is {_kind(path)}")
    return path


def writable_file(name: str, path: Path | str) -> None:
    """Raises ForgeError, naming the option, where no file can be written under a path.

    Nothing is made: the folder that is there, or would be made in, is tried with a file that has
    no name.
    """
    check_paths(name, path)
    path = place(path)
    if isinstance(path, StorePath):
        return _reached(name, path)
    try:
        if path.exists() and not path.is_file():
            raise ForgeError(f"{name} must be a file, and {path} is {_kind(path)}")
        _try(name, path.parent, path)
    except OSError as error:
        raise _cannot(name, path, error) from error


def writable_folder(name: str, path: Path | str) -> None:
    """Raises ForgeError, naming the option, where a folder is none or cannot be made or written."""
    check_paths(name, path)
    path = place(path)
    if isinstance(path, StorePath):
        return _reached(name, path)
    try:
        _try(name, path, path)
    except OSError as error:
        raise _cannot(name, path, error) from error


def check_own(folder: Path, record: str, *others: str) -> None:
    """Raises ForgeError for a folder that holds files of somebody else.

    Args:
        folder: to work in.
        record: the name of the file by which work goes on; with it, the folder is one's own.
        others: names of what else may be left of such work, with `*` and `?`.
    """
    if not folder.is_dir() or (folder / record).exists():
        return
    for path in sorted(folder.iterdir()):
        if not any(fnmatch(path.name, own) for own in (".*", *others)):
            raise ForgeError(
                f"{folder} holds other files ({path.name}): give a folder that is new or empty, or "
                "holds what is to go on"
            )


def file_or_nowhere(name: str, path: Path | str) -> None:
    """As `writable_file`, for an option that takes `/dev/null` for writing nothing."""
    if str(path) != NOWHERE:
        writable_file(name, path)


def folder_or_nowhere(name: str, path: Path | str) -> None:
    """As `writable_folder`, for an option that takes `/dev/null` for writing nothing."""
    if str(path) != NOWHERE:
        writable_folder(name, path)


def default_cache_dir() -> Path:
    """`$FORGE_CACHE`, else `~/.cache/crystal-forge`."""
    chosen = os.environ.get("FORGE_CACHE")
    return Path(chosen) if chosen else Path.home() / ".cache" / "crystal-forge"


def _reached(name: str, path: StorePath) -> None:
    """Raises ForgeError, naming the option, for a store that does not answer, or has no such
    bucket."""
    try:
        if path.store.find("") is None:
            raise ForgeError(f"{name}: there is no bucket {path.store.uri('')}")
    except OSError as error:
        raise ForgeError(f"{name}: cannot reach {path}: {reason_of(error)}") from error


def _try(name: str, folder: Path, path: Path) -> None:
    """Write a file without a name to a folder, or to the one that it would be made in."""
    there = next(each for each in (folder, *folder.parents, Path()) if each.exists())
    if not there.is_dir():
        raise ForgeError(f"{name}: cannot write {path}: {there} is {_kind(there)}, no folder")
    with tempfile.TemporaryFile(dir=there):
        pass


def _kind(path: Path) -> str:
    if path.is_dir():
        return "a folder"
    return "a file" if path.is_file() else "neither file nor folder"


def _cannot(name: str, path: Path, error: OSError) -> ForgeError:
    return ForgeError(f"{name}: cannot write {path}: {reason_of(error)}")
