"""Checksums that stand inside what they are of, and what reads them.

A *seal* is the SHA-256 of a whole file, written into it as 64 hex digits and computed with those
read as zeros. Weights, which are read in no time, have a CRC-32 in its place: eight hex digits, and
otherwise the same; those of older files have their seal. Text that grows or that people may edit
has a CRC-32: JSON lines end with one, YAML begins with one. An *archive* of `torch.save` is a zip
file, which has a CRC-32 for each of its parts, at which torch does not look.

What carries none is read as ever: files of others, and of the first release.
"""

from __future__ import annotations

import hashlib
import io
import mmap
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, NamedTuple

from forge.errors import ForgeError, reason_of
from forge.work.store_path import StorePath

try:
    from isal.isal_zlib import crc32 as fast_crc32
except ImportError:  # there are no wheels of it for this platform
    from zlib import crc32 as fast_crc32

# In the footer of Parquet; in JSON and the metadata of safetensors and ONNX.
SEAL_KEY: Final = "sha256"
FILE_SEAL_KEY: Final = "file_sha256"
BLANK_SEAL: Final = "0" * 64
# In the metadata of safetensors.
FILE_CRC_KEY: Final = "file_crc32"
BLANK_CRC: Final = "0" * 8
_SEAL: Final = re.compile(r"[0-9a-f]{64}")

_LOCAL_HEADER: Final = struct.Struct("<4s22xHH")
_DIRECTORY_ENTRY: Final = struct.Struct("<4s6xH4x3L3H8xL")
# With the places and numbers of 64 bits that torch always writes, and what has to follow them.
_DIRECTORY_END: Final = struct.Struct("<4sQ12xQQQQ4sLQL4s16xH")

# Below, zlib: what runs after isal is slower for a while, by as much as zlib takes for as many.
_FAST_FROM_BYTES: Final = 1 << 20


def crc32(data: bytes | bytearray | memoryview, value: int = 0) -> int:
    """The CRC-32 of some bytes, of which those before have the CRC-32 `value`."""
    with memoryview(data) as view:
        is_large = view.nbytes >= _FAST_FROM_BYTES
    return fast_crc32(data, value) if is_large else zlib.crc32(data, value)


# ---- seals ---------------------------------------------------------------------------------------


def sealed(content: bytes) -> bytes:
    """A file with its seal in the place of the only `BLANK_SEAL` in it."""
    before, blank, after = content.partition(BLANK_SEAL.encode())
    if not blank or BLANK_SEAL.encode() in after:
        raise ValueError("what is sealed has one place for the seal")
    return before + hashlib.sha256(content).hexdigest().encode() + after


def check_seal(content: bytes | mmap.mmap, seal: str, path: Path | str, start: int = 0) -> None:
    """Compare a file with its seal.

    Args:
        content: all of it.
        seal: what stands in it.
        path: for the error.
        start: where to look for it.

    Raises:
        ForgeError: if they differ.
    """
    at = content.find(seal.encode(), start) if _SEAL.fullmatch(seal) else -1
    actual = hashlib.sha256()
    if at >= 0:
        with memoryview(content) as view, view[:at] as before, view[at + len(seal) :] as after:
            actual.update(before)
            actual.update(BLANK_SEAL.encode())
            actual.update(after)
    if at < 0 or actual.hexdigest() != seal:
        raise ForgeError(
            f"{path} is damaged: its bytes do not have the checksum written in it "
            f"({SEAL_KEY} {seal[:12]}...)"
        )


def crc_sealed(content: bytes) -> bytes:
    """A file with its CRC-32 in the place of the only `BLANK_CRC` behind its key in JSON."""
    before, blank, after = content.partition(_crc_entry(BLANK_CRC))
    if not blank or _crc_entry(BLANK_CRC) in after:
        raise ValueError("what is sealed has one place for the seal")
    return before + _crc_entry(crc_text(content).decode()) + after


def check_sealed_file(path: Path, metadata: Mapping[str, str]) -> bool:
    """Compare a file on disk with the seals in its metadata, of either kind.

    Args:
        path: of the file.
        metadata: of the file, as text.

    Returns:
        whether there are any.

    Raises:
        ForgeError: if they differ, or the file cannot be read.
    """
    seal, crc = metadata.get(FILE_SEAL_KEY), metadata.get(FILE_CRC_KEY)
    if seal is None and crc is None:
        return False
    try:
        with mapped(path) as content:
            if seal is not None:
                check_seal(content, seal, path)
            if crc is not None:
                _check_crc(content, crc, path)
    except OSError as error:
        raise ForgeError(f"{path}: {reason_of(error)}") from error
    return True


def _check_crc(content: bytes | mmap.mmap, crc: str, path: Path) -> None:
    entry = _crc_entry(crc)
    at = content.find(entry)
    actual = None
    if at >= 0:
        with memoryview(content) as view, view[at + len(entry) :] as after:
            before = crc32(bytes(view[:at]) + _crc_entry(BLANK_CRC))
            actual = f"{crc32(after, before):08x}"
    if actual != crc:
        raise ForgeError(
            f"{path} is damaged: its bytes do not have the checksum written in it "
            f"({FILE_CRC_KEY} {crc[:12]})"
        )


def _crc_entry(crc: str) -> bytes:
    return f'"{FILE_CRC_KEY}":"{crc}"'.encode()


def crc_text(content: bytes) -> bytes:
    """The CRC-32 of some text as eight hex digits."""
    return b"%08x" % crc32(content)


@contextmanager
def mapped(path: Path) -> Iterator[mmap.mmap | bytes]:
    """All bytes of a file, left where they are; of an object store they are fetched."""
    if isinstance(path, StorePath):
        yield path.read_bytes()
        return
    with path.open("rb") as file:
        if not file.seek(0, io.SEEK_END):
            yield b""
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield data


# ---- archives of torch ---------------------------------------------------------------------------


def check_archive(source: Path | IO[bytes] | bytes, most_bytes: int | None = None) -> bool:
    """Compare the parts of a file of `torch.save` with their checksums.

    Args:
        source: a path, all bytes of a file, or one open for reading, which stays where it is.
        most_bytes: larger parts are left out; None: none is.

    Returns:
        whether there are any: old files are no archives, and torch can be told to write none.

    Raises:
        ForgeError: for what differs, and for entries that are larger than the file, packed, or
            there twice.
    """
    if isinstance(source, bytes):
        return _check_archive(source, most_bytes)
    if isinstance(source, Path):
        with mapped(source) as content:
            return _check_archive(content, most_bytes)
    began = source.tell()
    content = source.read()
    source.seek(began)
    return _check_archive(content, most_bytes)


class _Entry(NamedTuple):
    """What a zip file tells of a part that is stored as it is; `at` is where its header is."""

    name: bytes
    crc: int
    size: int
    at: int


def _check_archive(content: bytes | mmap.mmap, most_bytes: int | None) -> bool:
    if content[:2] != b"PK":
        return False
    entries = _plain_entries(content)
    if entries is None:
        entries = _any_entries(content)
    if sum(each.size for each in entries) > len(content):
        raise ForgeError("its entries are larger than the file")
    if not any(each.crc for each in entries if each.size):
        return False
    with memoryview(content) as view:
        for each in entries:
            if most_bytes is None or each.size <= most_bytes:
                _check_entry(view, each)
    return True


def _plain_entries(content: bytes | mmap.mmap) -> list[_Entry] | None:
    """The parts of an archive as torch writes it; None where anything is otherwise, which
    `_any_entries` may understand in twice the time."""
    end_at = len(content) - _DIRECTORY_END.size
    if end_at < 0:
        return None
    fields = _DIRECTORY_END.unpack_from(content, end_at)
    mark, end_size, n_here, n_entries, n_bytes, at, *rest = fields
    if (mark, end_size, n_here, at + n_bytes) != (b"PK\x06\x06", 44, n_entries, end_at):
        return None
    if rest != [b"PK\x06\x07", 0, end_at, 1, b"PK\x05\x06", 0]:
        return None
    entries, names = [], set()
    for _ in range(n_entries):
        if at + _DIRECTORY_ENTRY.size > end_at:
            return None
        mark, packing, crc, packed_size, size, n_name, n_extra, n_comment, header_at = (
            _DIRECTORY_ENTRY.unpack_from(content, at)
        )
        at += _DIRECTORY_ENTRY.size
        name = content[at : at + n_name]
        at += n_name
        if mark != b"PK\x01\x02" or packing or packed_size != size or n_extra or n_comment:
            return None
        if not name.isascii() or b"\0" in name:
            return None
        entries.append(_Entry(name, crc, size, header_at))
        names.add(name.lower())
    return entries if at == end_at and len(names) == n_entries else None


def _any_entries(content: bytes | mmap.mmap) -> list[_Entry]:
    try:
        file = io.BytesIO(content) if isinstance(content, bytes) else content
        with zipfile.ZipFile(file) as archive:  # type: ignore[arg-type]  # a map reads and seeks
            entries = archive.infolist()
    except Exception as error:  # zipfile lets through whatever its parts raise
        raise ForgeError(f"damaged: {reason_of(error)}") from error
    if any(each.compress_type != zipfile.ZIP_STORED for each in entries):
        raise ForgeError("its entries are compressed, which torch.save does not do")
    if len({each.filename.lower() for each in entries}) != len(entries):
        raise ForgeError("damaged: two entries have one name")
    return [
        _Entry(each.orig_filename.encode(), each.CRC, each.file_size, each.header_offset)
        for each in entries
    ]


def _check_entry(view: memoryview, entry: _Entry) -> None:
    at = entry.at
    try:
        signature, n_name, n_extra = _LOCAL_HEADER.unpack_from(view, at)
    except struct.error:
        signature, n_name, n_extra = b"", 0, 0
    at += _LOCAL_HEADER.size
    name = bytes(view[at : at + n_name])
    at += n_name + n_extra
    with view[at : at + entry.size] as data:
        fits = len(data) == entry.size and crc32(data) == entry.crc
    if signature != b"PK\x03\x04" or name != entry.name or not fits:
        shown = entry.name.decode(errors="replace")[:100]
        raise ForgeError(f"damaged: wrong checksum of {shown!r}")
