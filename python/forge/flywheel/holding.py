"""Which process is at work in a folder: one, and its lock is gone when it is."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from forge.errors import ForgeError, reason_of
from forge.flywheel.state_file import NotNowError
from forge.work.locks import is_locked, try_lock

_LOCK: Final = ".lock"
# Who only looks holds the lock for an instant.
_TRIES: Final = 5
_PAUSE_S: Final = 0.05


@contextlib.contextmanager
def holding(folder: Path) -> Iterator[None]:
    """Be the one process that works in a folder, which is made if missing.

    Raises:
        NotNowError: if there is another.
        ForgeError: where the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fd = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise ForgeError(f"cannot write {folder}: {reason_of(error)}") from error
    try:
        for left in reversed(range(_TRIES)):
            if try_lock(fd):
                break
            if not left:
                told = f" (process {pid})" if (pid := _told(fd)) else ""
                raise NotNowError(
                    f"the flywheel in {folder} is running elsewhere{told}: "
                    "forge flywheel status shows how far it is"
                )
            time.sleep(_PAUSE_S)
        with contextlib.suppress(OSError):  # a full disk: others learn that it is held all the same
            os.ftruncate(fd, 0)
            os.pwrite(fd, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(fd)


def holder(folder: Path) -> int | None:
    """The process that works in a folder, 0 if it did not tell its number; None if none does."""
    try:
        fd = os.open(folder / _LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return _told(fd) if is_locked(fd) else None
    finally:
        os.close(fd)


def _told(fd: int) -> int:
    text = os.pread(fd, 20, 0).decode(errors="replace").strip()
    return int(text) if text.isascii() and text.isdecimal() else 0
