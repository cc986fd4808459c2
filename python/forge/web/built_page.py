"""The built page as a folder: where it lies, whether it is one, and putting one in place whole."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from typing import Final

from forge.errors import ForgeError, reason_of
from forge.work.stop import forget, held, undo_at_end

# Of this package; wheels carry it where it was built before them.
PAGE: Final = Path(__file__).with_name("page")
START: Final = "index.html"
# Without these a folder is not the page.
_PARTS: Final = (START, "assets/crystal-forge.wasm")
BUILD: Final = "python -m forge.web.build"


def is_page(folder: Path) -> bool:
    """Whether a folder holds a built page."""
    return all((folder / part).is_file() for part in _PARTS)


def find_page(folder: Path | None = None) -> Path:
    """The folder of the page: the given one, or that of this package.

    Raises:
        ForgeError: if there is no page in it.
    """
    if folder is not None and not folder.is_dir():
        raise ForgeError(f"{folder} is no folder: name the one that holds the built page")
    if folder is not None and not is_page(folder):
        raise ForgeError(f"{folder} holds no page: {BUILD} --out {folder} puts one there")
    if folder is None and not is_page(PAGE):
        raise ForgeError(
            f"this forge came without its page: run `{BUILD}` in a source checkout (it says what "
            "it needs), or name a folder that holds the page, --page DIR"
        )
    return PAGE if folder is None else folder


def check_target(folder: Path) -> None:
    """Raises ForgeError for a folder that holds something else than a page: it would be lost."""
    if folder.is_dir() and any(folder.iterdir()) and not is_page(folder):
        raise ForgeError(
            f"{folder} holds other files: give a folder that is new, empty, or holds the page"
        )


def put_page(made: Path, folder: Path) -> None:
    """Put a copy of a page in place: the folder holds the old page or the new one, never both.

    Args:
        made: a page.
        folder: see `check_target`; folders above it are made.

    Raises:
        ForgeError: as `check_target`, or where it cannot be written.
    """
    check_target(folder)
    folder = folder.absolute()
    fresh, old = (folder.with_name(f".{folder.name}.{kind}.{os.getpid()}") for kind in "no")

    def tidy() -> None:
        for each in (fresh, old):
            shutil.rmtree(each, ignore_errors=True)

    undo_at_end(folder, tidy)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(made, fresh)
        with held():
            with contextlib.suppress(FileNotFoundError):
                folder.rename(old)
            fresh.rename(folder)
    except OSError as error:
        raise ForgeError(f"cannot write {folder}: {reason_of(error)}") from error
    finally:
        tidy()
        forget(folder)
