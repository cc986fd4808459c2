"""Ended at any moment, and the next start comes to the same end; one process at a time."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from forge.flywheel.holding import holder
from forge.flywheel.state_file import read_state
from support.commands import SCRIPT, next_line, run_process, words
from support.wheels import begin, outcome, turn

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def folder(shards: Path, tmp_path: Path) -> Path:
    """A flywheel with shards of its own, of which one that it needs first is missing."""
    place = tmp_path / "wheel"
    begin(place, None)
    shutil.copytree(shards, place / "shards")
    next(place.glob("shards/train/*29_decl*.parquet")).unlink()
    return place


def start(folder: Path) -> subprocess.Popen[str]:
    """`forge flywheel`, in a group of its own, on one thread."""
    return subprocess.Popen(
        [SCRIPT, *words("flywheel --no-wandb --dir", folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def wait_for(process: subprocess.Popen[str], line: str, delay_s: float) -> None:
    while (found := next_line(process)) and not found.startswith(line):
        pass
    assert found, process.communicate()
    time.sleep(delay_s)


def finish(folder: Path) -> dict[str, str]:
    while read_state(folder).status != "done":
        turn(folder)
    return {name: what for name, what in outcome(folder).items() if not name.startswith("shards")}


@pytest.mark.parametrize(
    ("line", "delay_s", "signum"),
    [
        ("generate", 0.3, signal.SIGKILL),
        ("tokenize", 0.1, signal.SIGKILL),
        ("epoch 0", 0.0, signal.SIGTERM),
        ("iteration 2", 0.5, signal.SIGKILL),
    ],
)
def test_at_any_moment(
    folder: Path, line: str, delay_s: float, signum: int, done: dict[str, str]
) -> None:
    process = start(folder)
    wait_for(process, line, delay_s)
    os.killpg(process.pid, signum)
    out, err = process.communicate(timeout=120)
    state = read_state(folder)
    assert holder(folder) is None
    if signum == signal.SIGKILL:
        assert (process.returncode, state.status) == (-signum, "running")
        shown = run_process(folder, "forge", "flywheel status --dir", folder).stdout
        assert "its process is gone" in shown
    else:
        assert process.returncode == 128 + signum, err
        assert (state.status, state.current.started_at) == ("ready", None)
        assert "stopped; go on with: forge flywheel --once" in out and "Traceback" not in err
    assert finish(folder) == done


def test_a_second_process_is_refused(folder: Path) -> None:
    process = start(folder)
    try:
        wait_for(process, "generate", 0.0)
        for line in ("flywheel --once", "flywheel retry", "flywheel init --force"):
            second = run_process(folder, "forge", line, "--dir", folder)
            assert second.returncode == 1, line
            assert "running elsewhere (process" in second.stderr and second.stderr.count("\n") == 1
        shown = run_process(folder, "forge", "flywheel status --dir", folder)
        assert shown.returncode == 0 and f"running (process {process.pid})" in shown.stdout
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
