"""The right to make a file: whoever has it is the only one at work on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from forge.work.atomic import FileClaim, unwritable


def claim_missing(
    target: Path, is_done: Callable[[Path], bool] = Path.exists
) -> FileClaim | Literal["busy", "present"]:
    """The right to write a file that is not there; who gets it has to commit or release it.

    Args:
        target: the file.
        is_done: whether it is there.

    Returns:
        The claim; `busy` where another worker has it, `present` where the file is there, perhaps
        since a moment.

    Raises:
        ForgeError: where it can't be written.
    """
    try:
        claim = FileClaim.acquire(target)
    except OSError as error:
        raise unwritable(target, error) from error
    if claim is None:
        return "busy"
    # Another worker may have finished it between the look and the claim.
    if is_done(target):
        claim.release()
        return "present"
    return claim


def put_in_place(claim: FileClaim, content: bytes) -> int:
    """Put a claimed file in place; returns its size in bytes.

    Raises:
        ForgeError: where it can't be written.
    """
    try:
        claim.write(content)
        return claim.commit()
    except OSError as error:
        raise unwritable(claim.target, error) from error
