"""A source checkout: where it is, what programs build the page from it, and one build at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from forge.errors import ForgeError
from forge.work.stop import forget, undo_at_end

_PACKAGE: Final = Path(__file__).parents[1]
# What every checkout has, and no installed package.
_MARKS: Final = ("web/package.json", "cmake/Wasm.cmake")


class MissingProgramError(ForgeError):
    """A program that a build needs is not there, or too old; the message says how to get it."""


@dataclass(frozen=True)
class Checkout:
    """A source checkout.

    Args:
        root: its folder.
    """

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> Checkout:
        """The checkout that this package lies in, or that a folder lies in.

        Args:
            start: looked at, with the folders above it, where this package is installed elsewhere;
                None: the current folder.

        Raises:
            ForgeError: if there is none.
        """
        here = (start or Path.cwd()).resolve()
        for root in (_PACKAGE.parents[1], here, *here.parents):
            if all((root / mark).is_file() for mark in _MARKS):
                return cls(root)
        raise ForgeError(
            f"{here} lies in no source checkout of crystal-forge: clone the repository, "
            "and run this in it"
        )

    @property
    def web(self) -> Path:
        """Where the page's sources are."""
        return self.root / "web"

    def of_package(self, path: Path) -> Path:
        """A file or folder of the running package, as the checkout has it."""
        return self.root / "python" / _PACKAGE.name / path.relative_to(_PACKAGE)


def find_program(name: str, how: str) -> str:
    """The path of a program, one beside this Python first: virtual environments need no activation.

    Args:
        name: of the program.
        how: to get it, in words.

    Raises:
        MissingProgramError: if it is not there.
    """
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        raise MissingProgramError(f"the build needs {name}, which is not installed: {how}")
    return found


def run_program(
    line: Sequence[str | Path], where: Path, more: Mapping[str, str] | None = None
) -> str:
    """Run a program to its end; what it prints is shown only if it fails.

    Args:
        line: its words.
        where: the folder that it runs in.
        more: environment variables beside ours.

    Returns:
        What it printed on stdout.

    Raises:
        ForgeError: if it fails.
    """
    words = list(map(str, line))
    # A group of its own, so that what it started goes with it when a signal ends this command.
    process = subprocess.Popen(
        words,
        cwd=where,
        env={**os.environ, **(more or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )

    def end() -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    undo_at_end(process, end)
    try:
        out, err = process.communicate()
    finally:
        forget(process)
    if process.returncode != 0:
        print(out, err, sep="\n", file=sys.stderr)
        shown = " ".join([Path(words[0]).name, *words[1:3]])
        raise ForgeError(f"{shown} ended with {process.returncode}: what it said stands above")
    return out


@contextlib.contextmanager
def alone(file: Path) -> Iterator[None]:
    """Hold a lock on a file that is there; whoever wants it too waits."""
    with file.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
