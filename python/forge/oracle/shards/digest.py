"""Checksums inside the shard that they are of.

Parquet's page checksums cover the pages' contents but not the page headers nor the footer. Our
shards also carry the SHA-256 of the whole file, computed with the 64 characters of the checksum
itself read as zeros. So any flipped byte, anywhere in the file, is found. Who looks up one state
does not read the whole file: for him there is the CRC-32 of the footer, computed with both
checksums read as zeros.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from forge.errors import ForgeError
from forge.work.atomic import FileClaim
from forge.work.checksums import BLANK_SEAL, SEAL_KEY, check_seal, crc32, mapped

FOOTER_KEY: Final = "footer_crc32"
_BLANK_FOOTER: Final = "f" * 8
BLANK_CHECKSUMS: Final = {SEAL_KEY: BLANK_SEAL, FOOTER_KEY: _BLANK_FOOTER}


class DigestSink:
    """A file object for pyarrow that hashes what passes through to a claimed file."""

    def __init__(self, claim: FileClaim) -> None:
        self._claim = claim
        self._hash = hashlib.sha256()
        self._hashed_bytes: int | None = None
        self.closed = False

    def write(self, data: bytes | memoryview) -> int:
        """Hash and append."""
        if self._hashed_bytes is None:
            self._hash.update(data)
        return self._claim.write(data)

    def hold(self) -> None:
        """Hash no more: the end of the file, from here on, is hashed when it is sealed."""
        self._hashed_bytes = self._claim.tell()

    def tell(self) -> int:
        """Bytes written so far."""
        return self._claim.tell()

    def flush(self) -> None:
        """Nothing to do: the claim flushes once, before it is committed."""

    def close(self) -> None:
        """Take no more data; the claim stays open."""
        self.closed = True

    def seal(self) -> None:
        """Put the checksums in the places of the blank ones in the Parquet footer."""
        end = self._claim.tell()
        start = end if self._hashed_bytes is None else self._hashed_bytes
        tail = self._claim.read_at(start, end - start)
        footer_start = len(tail) - _footer_bytes(tail[-8:])
        footer = tail[footer_start:]
        of_footer = _footer_entry(f"{crc32(footer):08x}")
        footer = footer.replace(_footer_entry(_BLANK_FOOTER), of_footer, 1)
        self._hash.update(tail[:footer_start] + footer)
        seal = self._hash.hexdigest().encode()
        self._claim.overwrite_at(start + footer_start, footer.replace(BLANK_SEAL.encode(), seal, 1))


def check_digest(path: Path, digest: str) -> None:
    """Compare a Parquet file with the checksum its footer carries; ForgeError if they differ."""
    with mapped(path) as data:
        check_seal(data, digest, path, max(0, len(data) - _footer_bytes(data[-8:])))


def check_footer(path: Path, metadata: Mapping[bytes, bytes]) -> None:
    """Compare the footer of a Parquet file with its own checksum, if it has one.

    Args:
        path: of the file.
        metadata: of the file.

    Raises:
        ForgeError: if they differ.
    """
    told = metadata.get(FOOTER_KEY.encode())
    if told is None:
        return
    with mapped(path) as data:
        footer = data[max(0, len(data) - _footer_bytes(data[-8:])) :]
    entry = _footer_entry(told.decode(errors="replace"))
    blank = footer.replace(entry, _footer_entry(_BLANK_FOOTER), 1)
    seal = metadata.get(SEAL_KEY.encode(), BLANK_SEAL.encode())
    if b"%08x" % crc32(blank.replace(seal, BLANK_SEAL.encode(), 1)) != told:
        raise ForgeError(f"{path} is damaged: its footer does not have the checksum written in it")


def _footer_entry(value: str) -> bytes:
    """Key and value as Thrift writes them one after the other: a length before each."""
    return FOOTER_KEY.encode() + b"\x18" + bytes([len(value)]) + value.encode()


def _footer_bytes(tail: bytes) -> int:
    """Length of footer, its length field and the magic, from the last eight bytes of a file."""
    return int.from_bytes(tail[:4], "little") + 8
