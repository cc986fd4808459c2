"""Iterations as runs at W&B, without a network: what they are called and told."""

import sys
from pathlib import Path
from unittest.mock import MagicMock

import pytest

from forge.flywheel import wandb_runs
from forge.flywheel.state_file import HistoryEntry
from forge.flywheel.wandb_runs import IterationRun
from forge.flywheel.watching import Watch
from forge.flywheel.wheel import Flywheel
from support.wheels import begin

pytestmark = pytest.mark.usefixtures("one_thread")


def test_names_lineage_and_figures(
    shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    folder = tmp_path / "wheel"
    begin(folder, shards, wandb_group="nightly-run", epochs=1)
    told: list[str] = []
    with Flywheel(folder, Watch(tell=told.append)) as wheel:  # None: W&B is set up by its variable
        wheel.turn()
        wheel.turn()
    assert not [line for line in told if "not logged" in line]
    runs = sorted(folder.glob("wandb/offline-run-*/run-*.wandb"))
    assert len(runs) == 2
    records = [path.read_bytes() for path in runs]
    second = next(each for each in records if b"iter-002-seeds-30-31" in each)
    first = next(each for each in records if b"iter-001-seeds-29-30" in each)
    assert first is not second
    for text in (
        *(b"crystal-forge", b"nightly-run", b"flywheel", b"nightly", b"nightly-run-checkpoint"),
        *(b"flywheel_iteration", b"seed_range", b"start_seed", b"end_seed", b"total_seeds_trained"),
        *(b"parent_checkpoint", b"model_size", b"embed_dim", b"n_heads", b"n_layers", b"ff_dim"),
        *(b"stage_name", b"generate", b"tokenize", b"train", b"evaluate"),
        *(b"final/q_gap", b"final/accuracy", b"final/val_loss", b"final_q_gap", b"final_accuracy"),
        *(b"latest", b"iter-002", b"epochs"),
    ):
        assert text in second, text
    assert b"checkpoints/iter-001-seeds-29-30.ckpt" in second  # whose child it is


def test_a_deal_that_was_left_out_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    run = object.__new__(IterationRun)
    monkeypatch.setattr(run, "_run", MagicMock(), raising=False)
    entry = HistoryEntry("10:12", None, None, 1, 0.2, None, None)
    run.finished(MagicMock(number=1), entry, None)
    run._run.config.update.assert_called_once_with(  # type: ignore[attr-defined]
        {"total_seeds_trained": 1}, allow_val_change=True
    )


def test_whether_it_is_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")
    assert wandb_runs.is_set_up()
    monkeypatch.setenv("WANDB_MODE", "disabled")
    assert not wandb_runs.is_set_up()
    monkeypatch.setitem(sys.modules, "wandb", None)
    assert not wandb_runs.is_set_up()
