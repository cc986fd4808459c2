"""Command lines of `forge`, run as users type them."""

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final
from unittest.mock import patch

import pytest

from forge.cli.main import run_line
from support.threads import one_thread

SCRIPT: Final = str(Path(sys.executable).with_name("forge"))

Run = Callable[..., tuple[int, str, str]]
"""(command, options) to (exit code, stdout, stderr); see `words`."""
Works = Callable[..., str]
"""The same, to what a command that ended well printed."""
Fails = Callable[..., str]
"""The same, to the one line of a command that ended with exit code 2."""


def importing_tests(**more: str) -> dict[str, str]:
    """The environment of a process that imports the helpers of the tests, and more variables."""
    paths = [str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **more}


def words(*options: object) -> list[str]:
    """A text is split as a shell does it; anything else, such as a path, is one word."""
    parts = (shlex.split(each) if isinstance(each, str) else [str(each)] for each in options)
    return [word for part in parts for word in part]


def literally(*args: object) -> list[str]:
    """Each argument as one word, whatever spaces it holds."""
    return [shlex.quote(str(each)) for each in args]


def run_here(name: str, *options: object) -> int:
    """`forge NAME ...` in this process, on one thread; returns its exit code."""
    line = ["forge", name, *words(*options)]
    with one_thread(), patch("sys.argv", line), pytest.raises(SystemExit) as ended:
        run_line()
    assert isinstance(ended.value.code, int)
    return ended.value.code


def _installed(line: tuple[object, ...]) -> list[str]:
    """A command line with this Python and its `forge` script."""
    first, *rest = words(*line)
    return [{"python": sys.executable, "forge": SCRIPT}[first], *rest]


def next_line(process: subprocess.Popen[str]) -> str:
    """The next line that a process prints."""
    assert process.stdout is not None
    return process.stdout.readline()


def rest_of(process: subprocess.Popen[str]) -> list[str]:
    """The lines that a process still prints, to its end."""
    assert process.stdout is not None
    return list(process.stdout)


def run_process(cwd: Path, *line: object) -> subprocess.CompletedProcess[str]:
    """A command line as it stands, `python ...` or `forge ...`, to its end."""
    return subprocess.run(_installed(line), cwd=cwd, capture_output=True, text=True, timeout=600)


def start_process(cwd: Path, *line: object) -> subprocess.Popen[str]:
    """The same, begun."""
    return subprocess.Popen(
        _installed(line), cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
