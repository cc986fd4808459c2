"""Claims on files, see `forge.work.atomic`."""

from pathlib import Path

from forge.work.atomic import FileClaim


def claimed(target: Path) -> FileClaim:
    """The claim on a file that nobody else holds."""
    claim = FileClaim.acquire(target)
    assert claim is not None
    return claim
