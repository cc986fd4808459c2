"""A checksum inside the file it is a checksum of.

Parquet's page checksums cover the pages' contents but not the page headers nor the footer. Our
shards also carry the SHA-256 of the whole file, computed with the 64 characters of the checksum
itself read as zeros. So any flipped byte, anywhere in the file, is found.
"""

from __future__ import annotations

import hashlib
import mmap
from pathlib import Path
from typing import Final

from forge.errors import ForgeError
from forge.work.atomic import FileClaim

DIGEST_KEY: Final = "sha256"
BLANK_DIGEST: Final = "0" * 64


class DigestSink:
    """A file object for pyarrow that hashes what passes through to a claimed file."""

    def __init__(self, claim: FileClaim) -> None:
        self._claim = claim
        self._hash = hashlib.sha256()
        self.closed = False

    def write(self, data: bytes | memoryview) -> int:
        """Hash and append."""
        self._hash.update(data)
        return self._claim.write(data)

    def tell(self) -> int:
        """Bytes written so far."""
        return self._claim.tell()

    def flush(self) -> None:
        """Nothing to do: the claim flushes once, before it is committed."""

    def close(self) -> None:
        """Take no more data; the claim stays open."""
        self.closed = True

    def seal(self) -> None:
        """Put the checksum in the place of the blank one in the Parquet footer."""
        end = self._claim.tell()
        footer_start = end - _footer_bytes(self._claim.read_at(end - 8, 8))
        footer = self._claim.read_at(footer_start, end - footer_start)
        at = footer.rindex(BLANK_DIGEST.encode())
        self._claim.overwrite_at(footer_start + at, self._hash.hexdigest().encode())


def check_digest(path: Path, digest: str) -> None:
    """Compare a Parquet file with the checksum its footer carries; ForgeError if they differ."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        footer_start = len(data) - _footer_bytes(data[-8:])
        at = data.rfind(digest.encode(), footer_start)
        actual = hashlib.sha256()
        if at >= 0:
            with memoryview(data) as view, view[:at] as before, view[at + len(digest) :] as after:
                actual.update(before)
                actual.update(BLANK_DIGEST.encode())
                actual.update(after)
        if at < 0 or actual.hexdigest() != digest:
            raise ForgeError(
                f"{path} is damaged: its bytes do not have the checksum written in it "
                f"({DIGEST_KEY} {digest[:12]}...)"
            )


def _footer_bytes(tail: bytes) -> int:
    """Length of footer, its length field and the magic, from the last eight bytes of a file."""
    return int.from_bytes(tail[:4], "little") + 8
