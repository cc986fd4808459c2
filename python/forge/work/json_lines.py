"""Files of JSON lines that grow at their end.

A line is on disk before the work it speaks of counts as done. So whatever ends the process, whole
lines count, and a torn last one is cut off when the file goes on. A *sealed* line ends with the
CRC-32 of the line as it would be without it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from forge.errors import ForgeError
from forge.work.atomic import naming
from forge.work.checksums import crc_text
from forge.work.json_text import parse_line, plain_line
from forge.work.locks import try_lock

_KEY: Final = "crc32"
_END: Final = re.compile(rb',"crc32":"([0-9a-f]{8})"\}\Z')
_END_BYTES: Final = len(b',"crc32":"00000000"}')


def whole_lines(content: bytes) -> list[bytes]:
    """The lines that were written to their end, without it."""
    return content.split(b"\n")[:-1]


def sealed_line(values: Mapping[str, Any]) -> bytes:
    """A JSON line of one key or more, with its seal and its line feed."""
    text = plain_line(values)
    return text[:-1] + b',"crc32":"' + crc_text(text) + b'"}\n'


def open_line(line: bytes) -> tuple[dict[str, Any], bool]:
    """The values of a line without its line feed, and whether it has a seal.

    Raises:
        ForgeError: if it is no mapping, or not as it was when it was sealed.
    """
    found = _END.search(line, max(0, len(line) - _END_BYTES))
    if found is None:
        values = parse_line(line)
        if _KEY in values:
            raise ForgeError("its checksum is no checksum")
        return values, False
    text = line[: found.start()] + b"}"
    if crc_text(text) != found[1]:
        raise ForgeError("it is not as it was written: its checksum differs")
    return parse_line(text), True


def is_whole_line(line: bytes) -> bool:
    """Whether a sealed line begins with these bytes and something else follows it."""
    end = line.find(b'"}', line.rfind(b',"crc32":"')) + 2
    if not 2 <= end < len(line):
        return False
    try:
        return open_line(line[:end])[1]
    except ForgeError:
        return False


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
