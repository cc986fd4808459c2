"""What to type next, in whatever folder a flywheel lies."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Final

DEFAULT_FOLDER: Final = Path("flywheel")


def next_line(folder: Path, words: str) -> str:
    """A command line of a flywheel: `forge flywheel retry`, with its folder if it is another."""
    place = "" if folder == DEFAULT_FOLDER else f" --dir {shlex.quote(str(folder))}"
    return f"forge flywheel {words}{place}"
