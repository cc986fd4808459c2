"""Ctrl+C and SIGTERM to the whole group of a command's processes; all moments: tests/signals.py."""

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from support.commands import SCRIPT, run_process, words
from support.signalled import alive, run_signalled

SMALL: Final = "--embed-dim 16 --n-layers 1 --n-heads 1 --ff-dim 16 --batch-size 32 --no-compile"
ARENA: Final = "arena random random --games 400 --workers 2 --out out.jsonl"
STREAM: Final = (
    "train --stream --samples-per-epoch 64 --epochs 1 --val-deals 1 --val-per-deal 100 "
    f"--per-deal 64 --mix-deals 2 --num-workers 2 {SMALL}"
)


def with_processes(n: int) -> Callable[[int], bool]:
    """When a group has so many processes: the command, multiprocessing's tracker, workers."""
    return lambda group: len(alive(group)) >= n


def place(tmp_path: Path) -> Path:
    """Where a command runs."""
    folder = tmp_path / "run"
    folder.mkdir()
    return folder


@pytest.mark.parametrize(
    ("line", "when", "signum", "again_s"),
    [
        (ARENA, 3, signal.SIGINT, None),
        (ARENA, 4, signal.SIGTERM, 0.0),
        (STREAM, 3, signal.SIGINT, None),
        (STREAM, 4, signal.SIGTERM, 0.1),
    ],
    ids=["arena", "arena, twice", "stream", "stream, twice"],
)
def test_while_workers_start(
    line: str, when: int, signum: int, again_s: float | None, tmp_path: Path
) -> None:
    folder = place(tmp_path)
    ended = run_signalled([SCRIPT, *words(line)], folder, signum, with_processes(when), again_s)
    assert ended.signalled and ended.code == 128 + signum
    assert ended.faults(signum) == []
    if line == ARENA and again_s is not None:
        assert run_process(folder, "forge", line).returncode == 0
        _, *rows = folder.joinpath("out.jsonl").read_text().splitlines()
        assert [deal for row in rows for deal in json.loads(row)["deals"]] == list(range(400))


@pytest.mark.parametrize("tenth", range(1, 10))
def test_from_start_to_end(tenth: int, tmp_path: Path) -> None:
    """A short command, where most of the time is start and end."""
    signum = (signal.SIGINT, signal.SIGTERM)[tenth % 2]
    line = [SCRIPT, "info", "--json"]
    ended = run_signalled(line, place(tmp_path), signum, 0.2 * (tenth - 1))
    assert ended.faults(signum) == []
