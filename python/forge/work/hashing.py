"""Which file it was."""

import hashlib
from pathlib import Path
from typing import Final

_BLOCK_BYTES: Final = 1 << 22


def sha256_of(*paths: Path) -> str:
    """Hex SHA-256 of a file, or of several, one after the other."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                digest.update(block)
    return digest.hexdigest()
