"""`forge bridge` through the installed command, and the page that tells of it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.commands import SCRIPT, run_process

PAGE = Path(__file__).parents[2] / "docs" / "bridge.md"
FIRST = "0 4 0 0 1 2 3 4 5 6 0"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With the bot of the page."""
    (code,) = blocks("python")
    (tmp_path / "bot.py").write_text(code)
    return tmp_path


def test_the_bot_is_short() -> None:
    (code,) = blocks("python")
    assert len([line for line in code.splitlines() if line]) <= 40


@pytest.mark.parametrize("line", "".join(blocks("sh")).splitlines())
def test_the_lines_of_the_page(folder: Path, line: str) -> None:
    path = f"{Path(SCRIPT).parent}:{Path(sys.executable).parent}:/usr/bin:/bin"
    done = subprocess.run(
        line,
        shell=True,
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": path},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout and "gave up" not in done.stdout and done.stderr == ""


def ask(folder: Path, lines: bytes, *options: str) -> list[str]:
    done = subprocess.run(
        [SCRIPT, "bridge", *options], input=lines, cwd=folder, capture_output=True, check=True
    )
    assert done.stderr == b""
    return done.stdout.decode().splitlines()


def test_whatever_is_asked_is_answered_in_a_line(folder: Path) -> None:
    lines = [b"", b"\xff\xfe\x00", b"1" * 100_000, b"declare", b"[red]x[/y]", FIRST.encode()]
    answers = ask(folder, b"\n".join(lines) + b"\n", "--player", "greedy-points")
    assert len(answers) == len(lines) - 1
    assert [each.startswith("error: ") for each in answers] == [True] * 4 + [False]


def test_the_last_line_needs_no_end(folder: Path) -> None:
    assert len(ask(folder, FIRST.encode(), "--player", "random")) == 1


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ("--player oracle", "looks at all hands"),
        ("--player nobody", "no player 'nobody'"),
        ("--bid 43", "--bid must be"),
        ("--seed -1", "--seed must be"),
    ],
)
def test_what_cannot_play(folder: Path, options: str, part: str) -> None:
    done = run_process(folder, "forge bridge", options)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ") and part in done.stderr
    assert done.stderr.count("\n") == 1


def test_it_ends_on_a_signal(folder: Path) -> None:
    process = subprocess.Popen(
        [SCRIPT, "bridge", "--player", "random"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(f"{FIRST}\n")
    process.stdin.flush()
    assert process.stdout.readline()
    process.terminate()
    _, told = process.communicate(timeout=20)
    assert process.returncode == 143
    assert told == "stopped\n"
