"""Small Parquet files, in one piece, with the seal of `forge.work.checksums` in the footer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from forge.errors import ForgeError, reason_of
from forge.work.checksums import BLANK_SEAL, SEAL_KEY, check_seal, sealed

MAX_BYTES: Final = 1 << 30


def parquet_bytes(table: pa.Table, **options: Any) -> bytes:
    """The file of a table, as `pyarrow.parquet.write_table` makes it with these options; the same
    bytes for the same table."""
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(
        sink, table.schema, compression="zstd", write_page_checksum=True, **options
    ) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({SEAL_KEY: BLANK_SEAL})
    content: bytes = sink.getvalue().to_pybytes()
    return sealed(content)


def read_parquet(path: Path) -> tuple[pa.Table, dict[str, str]]:
    """A table, and the metadata of its file as text; the seal is checked if there is one.

    Raises:
        ForgeError: for a file that is missing, damaged or no Parquet file; names it.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ForgeError(f"cannot read {path}: larger than {MAX_BYTES:,} bytes")
        content = path.read_bytes()
    except OSError as error:
        raise ForgeError(f"cannot read {path}: {reason_of(error)}") from error
    try:
        metadata = pq.read_metadata(pa.BufferReader(content))
        texts = _texts(metadata.metadata or {})
        if SEAL_KEY in texts:  # it is of the pages, too
            check_seal(content, texts[SEAL_KEY], path)
        with pq.ParquetFile(
            pa.BufferReader(content),
            metadata=metadata,
            page_checksum_verification=SEAL_KEY not in texts,
        ) as file:
            # Without other threads: one that is still at a damaged file when the process ends
            # would end it badly.
            table = file.read(use_threads=False)
    except (OSError, ValueError, TypeError, KeyError, pa.ArrowException) as error:
        raise ForgeError(f"cannot read {path} as Parquet: {reason_of(error)}") from error
    return table, texts


def _texts(raw: Mapping[bytes, bytes]) -> dict[str, str]:
    return {
        key.decode(errors="replace"): value.decode(errors="replace") for key, value in raw.items()
    }
