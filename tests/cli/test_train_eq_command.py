"""`forge train-eq` as users type it."""

import csv
import signal
import subprocess
import time
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from forge.stage2.module import EqLightningModule
from support.checkpoints import run_checkpoint
from support.commands import Fails, Run, Works, run_process, start_process
from support.records import small_folder, small_record, write_games
from support.synthetic_rows import synthetic_arrays, write_split

TINY = "--embed-dim 24 --n-heads 2 --n-layers 1 --ff-dim 32 --batch-size 8"
RUN = Path("runs/eq/version_0")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two games to train on and one to validate with."""
    return small_folder(tmp_path / "games")


@pytest.fixture
def train(works: Works) -> Works:
    """`forge train-eq` with options that must end well."""
    return partial(works, "train-eq")


@pytest.fixture
def refuses(fails: Fails) -> Fails:
    """`forge train-eq` with options that must end in one line."""
    return partial(fails, "train-eq")


def record_of(version: int, name: str = "last") -> dict[str, Any]:
    """The record beside a checkpoint."""
    path = Path(f"runs/eq/version_{version}/checkpoints/{name}.yaml")
    loaded: dict[str, Any] = yaml.safe_load(path.read_text())
    return loaded


# ---- lines of commands.md --------------------------------------------------------------------


def test_fast_dev_run_keeps_nothing(train: Works, data: Path, tmp_path: Path) -> None:
    assert train("--data", data, "--fast-dev-run").startswith("epoch 0, ")
    assert [path.name for path in tmp_path.iterdir()] == ["games"]


def test_logs_to_wandb_offline(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line as it stands, with games where it looks for them, but for the size of the run."""
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    (tmp_path / "data").mkdir()
    data.rename(tmp_path / "data/eq-games")
    line = "python -m forge.cli.train_eq --data data/eq-games --wandb"
    done = run_process(tmp_path, line, TINY, "--epochs 1 --wandb-group nightly")
    assert done.returncode == 0, done.stderr
    (run,) = (tmp_path / RUN).glob("wandb/offline-run-*/run-*.wandb")
    logged = run.read_bytes()
    assert b"nightly" in logged and b"val/q_gap" in logged and b"val/z_rms" in logged


# ---- a run -----------------------------------------------------------------------------------


def test_run_folder(train: Works, data: Path) -> None:
    out = train("--data", data, TINY, "--epochs 2 --arch transformer --log-every-n-steps 2")
    assert out.splitlines()[-1] == f"run: {RUN}"
    assert "val/q_gap" in out and "val/q_mae" in out
    assert sorted(str(path.relative_to(RUN)) for path in RUN.rglob("*.*")) == [
        "checkpoints/best.ckpt",
        "checkpoints/best.yaml",
        "checkpoints/last.ckpt",
        "checkpoints/last.yaml",
        "hparams.yaml",
        "learning_curve.png",
        "metrics.csv",
    ]
    record = record_of(0, "best")
    assert record["config"]["embed_dim"] == 24 and record["config"]["floor"] == 1.0
    assert record["data"]["oracle"] == "exact"
    splits = record["data"]["splits"]
    assert isinstance(splits, dict) and splits["train"]["files"] == 2
    with (RUN / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    samples = [float(row["samples"]) for row in rows if row["samples"]]
    assert samples == [n * splits["train"]["decisions"] for n in (1, 2)]
    names = {"val/q_gap", "val/q_mae", "val/agreement", "val/z_rms", "val/q_gap_trick_3"}
    assert names | {"train/loss", "train/error_loss", "train/lr"} <= rows[0].keys()
    loaded = EqLightningModule.load_from_checkpoint(RUN / "checkpoints/best.ckpt")
    assert loaded.hparams["arch"] == "transformer"


def test_resume_keeps_the_options_of_the_run(train: Works, data: Path) -> None:
    train("--data", data, TINY, "--lr 0.01 --floor 2 --epochs 2")
    n_rows = record_of(0)["data"]["splits"]["train"]["decisions"]
    out = train("--resume last --epochs 3")
    assert out.splitlines()[0].startswith(f"epoch 2, {3 * n_rows} samples")
    record = record_of(1)
    assert (record["config"]["lr"], record["config"]["floor"]) == (0.01, 2.0)
    assert (record["config"]["epochs"], record["epoch"]) == (3, 2)


def test_init_from_takes_the_weights_alone(train: Works, data: Path) -> None:
    train("--data", data, TINY, "--epochs 1")
    best = RUN / "checkpoints/best.ckpt"
    train("--data", data, TINY, "--epochs 1 --lr 1e-12 --precision 32-true --init-from", best)
    before = torch.load(best, weights_only=True)["state_dict"]
    after = torch.load("runs/eq/version_1/checkpoints/last.ckpt", weights_only=True)
    assert after["global_step"] == record_of(0)["step"]
    for name, weight in after["state_dict"].items():
        torch.testing.assert_close(weight, before[name], atol=1e-6, rtol=0)


def interrupted(process: subprocess.Popen[str], metrics: Path) -> str:
    """Ctrl+C after the first figures; the last line the user gets to see."""
    deadline = time.monotonic() + 600
    while not (metrics.exists() and metrics.stat().st_size) and time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 130 and "Traceback" not in err
    return err.splitlines()[-1]


def test_ctrl_c_prints_the_line_that_goes_on(data: Path, tmp_path: Path) -> None:
    endless = "--epochs 1000000 --log-every-n-steps 1"
    process = start_process(tmp_path, "forge train-eq --data", data, TINY, endless)
    steps = []
    for version in range(2):
        folder = tmp_path / f"runs/eq/version_{version}"
        said, _, line = interrupted(process, folder / "metrics.csv").partition(": ")
        assert said == "stopped; go on with"
        assert (
            line == f"forge train-eq --resume {folder.relative_to(tmp_path)}/checkpoints/last.ckpt"
        )
        last = torch.load(folder / "checkpoints/last.ckpt", weights_only=True)
        steps.append(last["global_step"])
        if version == 0:
            process = start_process(tmp_path, line)
    assert 1 <= steps[0] < steps[1]


# ---- bad values ------------------------------------------------------------------------------


@pytest.mark.parametrize("option", ["--resume", "--init-from"])
def test_a_network_that_sees_all_hands_does_not_fit(
    refuses: Fails, forge: Run, data: Path, tmp_path: Path, option: str
) -> None:
    """A checkpoint of Stage 1, with the record of its run and without."""
    for i, split in enumerate(("train", "val")):
        write_split(tmp_path / "rows" / split, synthetic_arrays(20, seed=i))
    code, _, err = forge("train", "--data", tmp_path / "rows", TINY, "--epochs 1")
    assert code == 0, err
    bare = run_checkpoint(tmp_path / "bare.ckpt")
    for path in (bare, Path("runs/domino/version_0/checkpoints/last.ckpt")):
        for given in (["--data", data], []):
            line = refuses(*given, TINY, option, path)
            assert f"{path}: a network of Stage 1" in line
    assert not list(tmp_path.glob("runs/eq/*/checkpoints/*"))


def test_damaged_and_foreign_checkpoints(refuses: Fails, train: Works, data: Path) -> None:
    train("--data", data, TINY, "--epochs 1")
    good = RUN / "checkpoints/last.ckpt"
    Path("cut.ckpt").write_bytes(good.read_bytes()[:5000])
    torch.save({"state_dict": {}, "share": Fraction(1, 2)}, "foreign.ckpt")
    for option in ("--resume", "--init-from"):
        other = refuses("--data", data, TINY, "--ff-dim 64", option, good)
        assert "of another network: " in other
        assert "linear1.weight is [32, 24] there and [64, 24] here" in other
        assert "is not a readable checkpoint" in refuses("--data", data, TINY, option, "cut.ckpt")
        assert "not unpickled" in refuses("--data", data, TINY, option, "foreign.ckpt")


def test_without_games_it_says_what_to_do(refuses: Fails, data: Path, tmp_path: Path) -> None:
    advice = "make some with forge generate-eq-continuous"
    assert advice in refuses() and "data/eq-games" in refuses()
    assert f"nowhere/train: no seed_*.pt files: {advice}" in refuses("--data nowhere")
    for path in (data / "val").iterdir():
        path.unlink()
    assert f"{data}/val: no seed_*.pt files: {advice}" in refuses("--data", data)
    record = small_record()
    forced = torch.zeros(len(record), dtype=torch.bool)
    decisions = record.decisions | {"train_mask": forced}
    write_games(data / "val", replace(record, decisions=decisions), (2,))
    assert f"{data}/val: no decision there has a choice" in refuses("--data", data)
    (data / "train/seed_00000007.pt").write_bytes(b"not a game")
    assert "seed_00000007.pt is not a readable" in refuses("--data", data)
    assert not list(tmp_path.rglob("*.ckpt"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--arch cnn", "arch must be mlp or transformer, got 'cnn'"),
        ("--arch transformer --embed-dim 25 --n-heads 2", "multiple of n_heads (2), got 25"),
        ("--n-layers 0", "--n-layers must be 1.."),
        ("--floor 0", "floor must be above 0"),
        ("--dropout 1", "dropout must"),
        ("--lr 0", "lr must be above 0"),
        ("--lr much", "Invalid value for '--lr'"),
        ("--batch-size 0", "--batch-size must be 1.."),
        ("--num-workers -1", "--num-workers must be 0.."),
        ("--epochs 0", "--epochs must be 1.."),
        ("--max-hours 0", "--max-hours must be above 0"),
        ("--precision bf8", "precision must be auto, 32-true"),
        ("--seed -1", "--seed must be 0.."),
        ("--resume last", "no last.ckpt under runs/eq"),
        ("--resume gone.ckpt", "no checkpoint at gone.ckpt"),
        ("--init-from gone.ckpt", "no checkpoint at gone.ckpt"),
    ],
)
def test_bad_values(refuses: Fails, data: Path, options: str, message: str) -> None:
    assert message in refuses("--data", data, options)
    assert not list(Path().rglob("*.ckpt"))
