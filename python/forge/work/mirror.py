"""Folders of an object store, mirrored here: for what is mapped into memory, or built by moves.

The mirror of `s3://bucket/name` is a folder of the cache (`forge.work.paths.default_cache_dir`).
What is newer on either side, or of another size, is copied to the other one; what is the same is
left alone. A file has the time of its object.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from forge.errors import ForgeError, reason_of
from forge.work.atomic import FileClaim, unwritable
from forge.work.object_store import StoredObject
from forge.work.paths import default_cache_dir
from forge.work.store_path import StorePath

_PART_BYTES: Final = 1 << 24
_LOOK_AGAIN_S: Final = 0.1
# Of a store and of a file system: not to the nanosecond the same.
_SAME_S: Final = 0.001


def mirror_of(path: StorePath) -> Path:
    """Where the mirror of a folder lies."""
    return default_cache_dir().joinpath("mirror", *(part.rstrip(":") for part in path.parts))


def fetched(path: Path) -> Path:
    """A folder here with what lies in a folder: itself, or of a store its mirror, brought up to
    date.

    Raises:
        ForgeError: where the store cannot be read, or the mirror not be written.
    """
    if not isinstance(path, StorePath):
        return path
    here = mirror_of(path)
    try:
        for each in path.store.list(path.object, below=True):
            file = here / each.name[len(path.object) :].lstrip("/")
            if not each.is_folder and not _is_same(file, each) and not _is_newer(file, each):
                _download(path, each, file)
    except OSError as error:
        raise ForgeError(f"cannot read {path}: {reason_of(error)}") from error
    return here


@contextmanager
def staged(path: Path, last: str) -> Iterator[Path]:
    """A folder here to work in: itself, or of a store its mirror, which is uploaded at the end.

    Args:
        path: the folder.
        last: the name of the file that is uploaded after all others: what it names is there.

    Raises:
        ForgeError: where the store cannot be read or written; the next start goes on.
    """
    here = fetched(path)
    yield here
    if isinstance(path, StorePath):
        upload(here, path, last)


def upload(here: Path, path: StorePath, last: str) -> int:
    """Put in a store what is new in its mirror; returns the number of files.

    Hidden files (locks, work under way) stay here.
    """
    there = {each.name: each for each in path.store.list(path.object, below=True)}
    files = sorted(
        (file for file in here.rglob("*") if file.is_file()), key=lambda file: file.name == last
    )
    n_sent = 0
    for file in files:
        names = file.relative_to(here).parts
        target = path.joinpath(*names)
        if any(name.startswith(".") for name in names):
            continue
        known = there.get(target.object)
        if known is not None and _is_same(file, known):
            continue
        try:
            made = target.store.commit(target.object, file)
            os.utime(file, (made.changed_at, made.changed_at))
        except OSError as error:
            raise unwritable(target, error) from error
        n_sent += 1
    return n_sent


def _is_same(file: Path, there: StoredObject) -> bool:
    try:
        found = file.stat()
    except FileNotFoundError:
        return False
    return found.st_size == there.n_bytes and abs(found.st_mtime - there.changed_at) < _SAME_S


def _is_newer(file: Path, there: StoredObject) -> bool:
    return file.exists() and file.stat().st_mtime > there.changed_at


def _download(path: StorePath, each: StoredObject, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    while (claim := FileClaim.acquire(file)) is None:
        time.sleep(_LOOK_AGAIN_S)  # another process of this run fetches it
    if _is_same(file, each):
        claim.release()
        return
    with claim, path.store.open(each.name) as source:
        while part := source.read(_PART_BYTES):
            claim.write(part)
        claim.commit()
    os.utime(file, (each.changed_at, each.changed_at))
