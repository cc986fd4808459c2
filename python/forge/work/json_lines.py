"""Files of JSON lines that grow at their end.

A line is on disk before the work it speaks of counts as done. So whatever ends the process, whole
lines count, and a torn last one is cut off when the file goes on.
"""

from __future__ import annotations

import os
from pathlib import Path

from forge.work.atomic import naming
from forge.work.locks import try_lock


def whole_lines(content: bytes) -> list[bytes]:
    """The lines that were written to their end, without it."""
    return content.split(b"\n")[:-1]


class JsonLines:
    """A file of lines, opened to go on; close it, or use it as a context manager.

    Args:
        path: made if it is not there.
        exclusive: be the one process that has it open so.

    Attributes:
        content: what was in it when it was opened.

    Raises:
        BlockingIOError: where another process has it open so.
        OSError: where it can't be written.
    """

    def __init__(self, path: Path, exclusive: bool = False) -> None:
        self.path = path
        self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666), "r+b")
        if exclusive and not try_lock(self._file.fileno()):
            self._file.close()
            raise BlockingIOError(f"{path} is open in another process")
        self.content = self._file.read()

    def keep(self, n_lines: int) -> None:
        """Cut off all but the first whole lines; has to be called before `append`."""
        end = sum(len(line) + 1 for line in whole_lines(self.content)[:n_lines])
        with naming(self.path):
            self._file.truncate(end)
            self._file.seek(end)

    def append(self, line: bytes) -> None:
        """Add a line, which ends with a line feed; it is on disk when this returns."""
        with naming(self.path):
            self._file.write(line)
            self._file.flush()
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Give up the lock, if there is one."""
        with naming(self.path):  # what could not be written is tried once more
            self._file.close()

    def __enter__(self) -> JsonLines:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.close()
