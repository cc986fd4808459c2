"""Files that appear whole or not at all, each written by one process only.

A claim is an exclusive lock on the temporary file beside the target. The operating system drops
the lock when its process dies, so a claim can't outlive its owner, a temporary file that nobody
holds is litter, and no other lock file is needed.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from forge.errors import ForgeError, reason_of
from forge.work.locks import try_lock
from forge.work.stop import forget, held, undo_at_end
from forge.work.store_path import StorePath


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Name the file in what the system says, where it does not: a full disk names none."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


class FileClaim:
    """The right to write `target`, held from before the work until the file is in place.

    Use as a context manager: leaving it without `commit` removes the temporary file, whatever
    happened (an error, a full disk, Ctrl+C).
    """

    def __init__(self, target: Path, temp: Path, fd: int) -> None:
        self.target = target
        self._temp = temp
        self._file = os.fdopen(fd, "r+b", buffering=1 << 20)
        self._cancelled = False
        undo_at_end(self, self._remove_temp)

    @classmethod
    def acquire(cls, target: Path) -> FileClaim | None:
        """Claim `target`; None if another process (or thread) holds it. Never waits.

        Raises OSError where the directory can't be written, or what is there is no file: what is
        put in place would take the place of a device.
        """
        if isinstance(target, StorePath):
            from forge.work.uploads import UploadClaim

            return UploadClaim.begin(target)
        if target.exists() and not target.is_file():
            raise OSError(errno.EINVAL, "it is there and is no file", str(target))
        with held():  # or the temporary file would be nobody's for a moment
            return cls._acquire(target)

    @classmethod
    def _acquire(cls, target: Path) -> FileClaim | None:
        temp = target.with_name(f".{target.name}.tmp")
        while True:
            fd = os.open(temp, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            try:
                if not try_lock(fd):
                    os.close(fd)
                    return None
                if _is_open_file(temp, fd):
                    os.ftruncate(fd, 0)
                    return cls(target, temp, fd)
            except BaseException:
                os.close(fd)
                raise
            # The last owner finished (or was tidied away) between open and lock: the lock we hold
            # is on a file that is no longer there under this name.
            os.close(fd)

    def write(self, data: bytes | memoryview) -> int:
        """Append bytes to the temporary file."""
        if self._cancelled:
            raise InterruptedError(f"writing of {self.target} was cancelled")
        with naming(self.target):
            return self._file.write(data)

    def tell(self) -> int:
        """Bytes written so far."""
        return self._file.tell()

    def flush(self) -> None:
        """Hand what is buffered to the operating system."""
        with naming(self.target):
            self._file.flush()

    @property
    def closed(self) -> bool:
        """Whether the claim was given up or its file put in place."""
        return self._file.closed

    def read_at(self, offset: int, n_bytes: int) -> bytes:
        """Read back what was written."""
        self.flush()
        return os.pread(self._file.fileno(), n_bytes, offset)

    def overwrite_at(self, offset: int, data: bytes) -> None:
        """Replace bytes already written."""
        self.flush()
        with naming(self.target):
            os.pwrite(self._file.fileno(), data, offset)

    def commit(self) -> int:
        """Put the file in place, on disk, under its own name; returns its size in bytes."""
        self.flush()
        fd = self._file.fileno()
        with naming(self.target):
            os.fsync(fd)
        n_bytes = os.fstat(fd).st_size
        os.replace(self._temp, self.target)
        forget(self)
        self._file.close()
        _sync_directory(self.target.parent)
        return n_bytes

    def cancel(self) -> None:
        """Make the next `write`, from whichever thread, fail."""
        self._cancelled = True

    def release(self) -> None:
        """Give the claim up and remove the temporary file; nothing to do after `commit`."""
        if self._file.closed:
            return
        self._temp.unlink(missing_ok=True)
        forget(self)
        # A full disk fails the flush inside close() once more; the descriptor is closed anyway.
        with contextlib.suppress(OSError):
            self._file.close()

    def _remove_temp(self) -> None:
        """As the process ends: the lock goes with it."""
        if _is_open_file(self._temp, self._file.fileno()):
            self._temp.unlink(missing_ok=True)

    def __enter__(self) -> FileClaim:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def write_file(path: Path, data: bytes) -> None:
    """Put a small file in place, whole or not at all, and make its directory.

    Raises:
        ForgeError: where it can't be written, or while another process writes it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        claim = FileClaim.acquire(path)
        if claim is None:
            raise ForgeError(f"{path} is being written by another process")
        with claim:
            claim.write(data)
            claim.commit()
    except OSError as error:
        raise ForgeError(f"cannot write {path}: {reason_of(error)}") from error


def remove_abandoned(directory: Path) -> int:
    """Remove the temporary files in `directory` whose owner is gone; returns how many."""
    n_removed = 0
    for temp in _temporary_files(directory):
        try:
            fd = os.open(temp, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            continue  # gone, or not ours to touch
        try:
            if try_lock(fd) and _is_open_file(temp, fd):
                temp.unlink(missing_ok=True)
                n_removed += 1
        finally:
            os.close(fd)
    return n_removed


def _temporary_files(directory: Path) -> Iterator[Path]:
    return directory.glob(".seed_*.tmp") if directory.is_dir() else iter(())


def _is_open_file(path: Path, fd: int) -> bool:
    """Whether `path` still names the file that `fd` has open."""
    try:
        named = os.stat(path)
    except FileNotFoundError:
        return False
    return os.path.samestat(named, os.fstat(fd))


def _sync_directory(directory: Path) -> None:
    """Make the rename itself durable."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def unwritable(path: Path, error: OSError) -> ForgeError:
    """One line for a file that can't be written."""
    return ForgeError(
        f"cannot write {path}: {reason_of(error)}; "
        "give a directory that can be written, with room in it"
    )
