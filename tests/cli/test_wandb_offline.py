"""W&B logging without a network."""

import subprocess
import sys
from pathlib import Path

import pytest

from forge.errors import ForgeError
from forge.work.tracking import NoTracker, open_tracker
from support.shards import SMALL_KEYS


def test_nothing_is_logged_unless_asked_for() -> None:
    tracker = open_tracker(False, job_type="test", group=None, config={})
    assert isinstance(tracker, NoTracker)
    with tracker:
        tracker.log({"shard/states": 1.0})


def test_without_the_package_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(ForgeError, match=r"crystal-forge\[wandb\]"):
        open_tracker(True, job_type="test", group=None, config={})


def test_generate_logs_offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_DIR", str(tmp_path))
    monkeypatch.setenv("WANDB_SILENT", "true")
    key = SMALL_KEYS["train"]
    options = ["--seed", str(key.seed), "--decl", str(key.decl), "--out", "/dev/null"]
    done = subprocess.run(
        [sys.executable, "-m", "forge.oracle.generate", *options, "--wandb-group", "nightly"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    runs = list(tmp_path.glob("wandb/offline-run-*/run-*.wandb"))
    assert len(runs) == 1
    record = runs[0].read_bytes()
    assert b"nightly" in record
    assert b"shard/bytes_per_state" in record
