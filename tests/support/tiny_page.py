"""A built page of a few bytes: what is served, and what is put in place, without node."""

from pathlib import Path
from typing import Final

CORE: Final = b"\0asm\1\0\0\0"


def write_tiny_page(folder: Path, text: str = "<title>42</title>") -> Path:
    """Make a page in a folder; returns the folder."""
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(text)
    (folder / "assets" / "crystal-forge.wasm").write_bytes(CORE)
    return folder
