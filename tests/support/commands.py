"""Command lines of `forge`, run as users type them."""

import importlib
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from forge.cli.main import COMMANDS, spellings
from support.threads import one_thread

MODULES: Final = {name: entry.module for entry in COMMANDS for name in spellings(entry)}
SCRIPT: Final = str(Path(sys.executable).with_name("forge"))

Run = Callable[..., tuple[int, str, str]]
"""(command, options) to (exit code, stdout, stderr); see `words`."""
Works = Callable[..., str]
"""The same, to what a command that ended well printed."""
Fails = Callable[..., str]
"""The same, to the one line of a command that ended with exit code 2."""


def words(*options: object) -> list[str]:
    """A text is split as a shell does it; anything else, such as a path, is one word."""
    parts = (shlex.split(each) if isinstance(each, str) else [str(each)] for each in options)
    return [word for part in parts for word in part]


def run_here(name: str, *options: object) -> int:
    """A command in this process, on one thread; returns its exit code."""
    with one_thread(), pytest.raises(SystemExit) as ended:
        importlib.import_module(MODULES[name]).main(words(*options))
    assert isinstance(ended.value.code, int)
    return ended.value.code


def _installed(line: tuple[object, ...]) -> list[str]:
    """A command line with this Python and its `forge` script."""
    first, *rest = words(*line)
    return [{"python": sys.executable, "forge": SCRIPT}[first], *rest]


def run_process(cwd: Path, *line: object) -> subprocess.CompletedProcess[str]:
    """A command line as it stands, `python ...` or `forge ...`, to its end."""
    return subprocess.run(_installed(line), cwd=cwd, capture_output=True, text=True, timeout=600)


def start_process(cwd: Path, *line: object) -> subprocess.Popen[str]:
    """The same, begun."""
    return subprocess.Popen(
        _installed(line), cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
