"""`forge train` as users type it."""

import csv
import signal
import time
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

import forge as package
from forge.game.deal import Deal
from forge.ml.module import DominoLightningModule
from forge.ml.positions import train_seed
from forge.ops import count_states
from forge.oracle.deal_memory import bytes_needed
from support.checkpoints import run_eq_checkpoint
from support.commands import Fails, Run, Works, run_process, start_process
from support.synthetic_rows import synthetic_arrays, write_split

TINY = ["--embed-dim", 24, "--n-heads", 2, "--n-layers", 1, "--ff-dim", 32, "--batch-size", 16]
HANDS = ["--stream", "--mixture", "played", "--per-deal", 56, "--mix-deals", 2]
HANDS += ["--val-deals", 1, "--val-per-deal", 50]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with 100 train and 37 val rows."""
    folder = tmp_path / "rows"
    for i, (split, n) in enumerate((("train", 100), ("val", 37))):
        write_split(folder / split, synthetic_arrays(n, seed=i))
    entry = {"samples": 100, "sha256": "ab12"}
    (folder / "manifest.yaml").write_text(yaml.safe_dump({"splits": {"train": entry}}))
    return folder


@pytest.fixture
def train(forge: Run) -> Run:
    """`forge train` with options."""
    return partial(forge, "train")


@pytest.fixture
def refuses(fails: Fails) -> Fails:
    """`forge train` with options that must end in one line."""
    return partial(fails, "train")


def weights(path: Path) -> dict[str, torch.Tensor]:
    loaded: dict[str, torch.Tensor] = torch.load(path, weights_only=True)["state_dict"]
    return loaded


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


# ---- lines of commands.md --------------------------------------------------------------------


def test_fast_dev_run_in_an_empty_folder_makes_its_own_data(works: Works, tmp_path: Path) -> None:
    assert works("train", "--fast-dev-run --no-wandb").startswith("epoch 0, ")
    assert list(tmp_path.iterdir()) == []


def test_run_folder(train: Run, data: Path) -> None:
    code, out, err = train("--data", data, "--epochs", 2, *TINY, "--log-every-n-steps", 2)
    assert (code, err) == (0, "")
    folder = Path("runs/domino/version_0")
    assert out.splitlines()[-1] == f"run: {folder}"
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*.*")) == [
        "checkpoints/best.ckpt",
        "checkpoints/best.yaml",
        "checkpoints/last.ckpt",
        "checkpoints/last.yaml",
        "hparams.yaml",
        "learning_curve.png",
        "metrics.csv",
    ]
    record = yaml.safe_load((folder / "checkpoints/best.yaml").read_text())
    assert record["forge_version"] == package.__version__
    assert record["config"]["embed_dim"] == 24
    assert record["config"]["lr"] == 3e-4
    assert record["config"]["precision"] in ("32-true", "bf16-mixed", "16-mixed")
    assert record["data"]["manifest"]["splits"]["train"]["sha256"] == "ab12"
    assert torch.load(folder / "checkpoints/best.ckpt", weights_only=True)["forge_run"]["data"]
    metrics = rows_of(folder / "metrics.csv")
    assert [float(row["samples"]) for row in metrics if row["samples"]] == [100, 200]
    named = {"val/q_gap", "val/value_mae", "val/blunder_rate", "val/accuracy", "train/loss"}
    assert named <= metrics[0].keys()
    loaded = DominoLightningModule.load_from_checkpoint(folder / "checkpoints/best.ckpt")
    assert loaded.hparams["embed_dim"] == 24


def test_the_same_seed_gives_the_same_bits(train: Run) -> None:
    for _ in range(2):
        options = [*HANDS, *TINY, "--samples-per-epoch", 64, "--epochs", 1, "--num-workers", 0]
        assert train(*options, "--deterministic")[0] == 0
    first, second = (
        weights(Path(f"runs/domino/version_{i}/checkpoints/last.ckpt")) for i in range(2)
    )
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_logs_to_wandb_offline(data: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    options = ["--data", data, "--epochs", 1, *TINY, "--wandb", "--wandb-group", "nightly"]
    done = run_process(tmp_path, "python -m forge.cli.train", *options)
    assert done.returncode == 0, done.stderr
    (run,) = tmp_path.glob("runs/domino/version_0/wandb/offline-run-*/run-*.wandb")
    logged = run.read_bytes()
    assert b"nightly" in logged
    assert b"val/q_gap" in logged


# ---- resuming --------------------------------------------------------------------------------


def test_resume_keeps_the_options_of_the_run(train: Run, data: Path) -> None:
    options = ["--data", data, *TINY, "--lr", 0.01]
    assert train(*options, "--epochs", 2)[0] == 0
    code, out, err = train("--resume", "last", "--epochs", 3)
    assert (code, err) == (0, "")
    assert out.splitlines()[0].startswith("epoch 2, 300 samples")
    record = yaml.safe_load(Path("runs/domino/version_1/checkpoints/last.yaml").read_text())
    assert record["config"]["lr"] == 0.01
    assert record["config"]["epochs"] == 3
    # The best so far counts, wherever it was reached.
    earlier, later = (
        yaml.safe_load(Path(f"runs/domino/version_{i}/checkpoints/best.yaml").read_text())
        for i in range(2)
    )
    assert later["metrics"]["val/q_gap"] <= earlier["metrics"]["val/q_gap"]


def test_ctrl_c_saves_and_says_how_to_go_on(tmp_path: Path) -> None:
    options = [*HANDS, *TINY, "--num-workers", 1, "--epochs", 1, "--log-every-n-steps", 1]
    process = start_process(tmp_path, "forge train", *options)
    metrics = tmp_path / "runs/domino/version_0/metrics.csv"
    deadline = time.monotonic() + 300
    while not (metrics.exists() and metrics.stat().st_size) and time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    last = Path("runs/domino/version_0/checkpoints/last.ckpt")
    assert err.splitlines()[-1] == f"stopped; go on with: forge train --resume {last}"
    assert "Traceback" not in err
    assert torch.load(tmp_path / last, weights_only=True)["global_step"] >= 1


def test_init_from_takes_the_weights_alone(train: Run, data: Path) -> None:
    assert train("--data", data, "--epochs", 1, *TINY)[0] == 0
    best = Path("runs/domino/version_0/checkpoints/best.ckpt")
    options = ["--data", data, "--epochs", 1, *TINY, "--lr", 1e-12, "--init-from", best]
    assert train(*options, "--precision", "32-true")[0] == 0
    before = weights(best)
    after = weights(Path("runs/domino/version_1/checkpoints/last.ckpt"))
    for name in before:
        torch.testing.assert_close(after[name], before[name], atol=1e-6, rtol=0)


def test_deals_too_large_for_the_memory_are_named_and_the_run_goes_on(train: Run) -> None:
    """The stream takes others; of two validation deals one is left, which the record says."""
    sizes = {seed: count_states(Deal.from_seed(seed).tensor, seed % 10) for seed in (900, 901)}
    large, small = sorted(sizes, key=lambda seed: -sizes[seed])
    assert sizes[small] < sizes[large] - 10**6
    room = bytes_needed(sizes[large]) // 10**6 - 1
    options = [*TINY, "--stream", "--per-deal", 32, "--mix-deals", 2, "--num-workers", 0]
    options += ["--samples-per-epoch", 64, "--epochs", 1, "--val-deals", 2, "--val-per-deal", 50]
    code, out, err = train(*options, "--seed", 3, "--max-memory", room)
    assert code == 0 and "epoch 0, 64 samples" in out
    assert f"left out: validation seed {large}: {sizes[large]:,} states need " in err
    seed = train_seed(3 * 10_000_000)
    n_states = count_states(Deal.from_seed(seed).tensor, seed % 10)
    assert bytes_needed(n_states) > room * 10**6
    assert f"left out: seed {seed}, declaration {seed % 10}: {n_states:,} states need " in err
    assert all(line.startswith("left out: ") for line in err.splitlines())
    record = yaml.safe_load(Path("runs/domino/version_0/checkpoints/last.yaml").read_text())
    assert record["config"]["max_memory"] == room
    assert record["data"]["max_memory"] == room * 10**6
    assert record["data"]["val"] == {"deals": 1, "per_deal": 50, "left_out": [large]}


# ---- two processes ---------------------------------------------------------------------------


def test_two_processes_on_a_stream(tmp_path: Path) -> None:
    options = [*HANDS, *TINY, "--samples-per-epoch", 64, "--epochs", 1, "--num-workers", 0]
    done = run_process(tmp_path, "forge train", *options, "--strategy ddp --devices 2")
    assert done.returncode == 0, done.stderr
    assert [path.name for path in (tmp_path / "runs/domino").iterdir()] == ["version_0"]
    (metrics,) = [
        row
        for row in rows_of(tmp_path / "runs/domino/version_0/metrics.csv")
        if row.get("val/q_gap")
    ]
    assert float(metrics["samples"]) == 64
    assert done.stdout.count("epoch 0, 64 samples") == 1


# ---- bad values ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--loss-mode", "q"], "loss_mode must be policy or qvalue, got 'q'"),
        (["--precision", "bf8"], "precision must be auto, 32-true"),
        (["--strategy", "fast"], "fast"),
        (["--epochs", "0"], "--epochs must be 1.."),
        (["--batch-size", "0"], "--batch-size must be 1.."),
        (["--max-hours", "0"], "--max-hours must be above 0"),
        (["--warmup-steps", "-1"], "--warmup-steps must be 0.."),
        (["--seed", "-1"], "--seed must be 0.."),
        (["--embed-dim", "30"], "multiple of n_heads"),
        (["--arch", "cnn"], "arch must be"),
        (["--limit-batches", "0"], "--limit-batches must be 1.."),
        (["--lr", "much"], "Invalid value for '--lr'"),
        (["--resume", "last"], "no last.ckpt under"),
        (["--resume", "gone.ckpt"], "no checkpoint at gone.ckpt"),
        (["--init-from", "gone.ckpt"], "no checkpoint at gone.ckpt"),
    ],
)
def test_bad_values(refuses: Fails, data: Path, options: list[str], message: str) -> None:
    assert message in refuses("--data", data, *options)
    assert not Path("runs").exists()


def test_a_failed_start_leaves_no_run(refuses: Fails, train: Run, data: Path) -> None:
    """Whatever of the data is wrong, in the first run of a folder and in a later one."""
    tokens = (data / "val/tokens.npy").read_bytes()
    damages = {"val/tokens.npy": tokens[:200], "train/legal.npy": b"", "manifest.yaml": b"[1"}
    kept = {name: (data / name).read_bytes() for name in damages}

    def fail_with_each(*before: Path) -> None:
        for name, damage in damages.items():
            (data / name).write_bytes(damage)
            refuses("--data", data, *TINY)
            (data / name).write_bytes(kept[name])
            assert sorted(Path("runs").glob("*/*")) == list(before)

    fail_with_each()
    assert not Path("runs").exists()
    assert train("--data", data, "--epochs", 1, *TINY)[0] == 0
    fail_with_each(Path("runs/domino/version_0"))


def test_without_data_it_says_what_to_do(refuses: Fails) -> None:
    assert (
        "no data folder at data/tokenized: make one with forge tokenize, or --stream" in refuses()
    )
    assert "no data folder at there" in refuses("--data", "there", "--fast-dev-run")


def test_stream_and_data_exclude_each_other(refuses: Fails, data: Path) -> None:
    assert "leave --data out" in refuses("--stream", "--data", data)


@pytest.mark.parametrize("option", ["--resume", "--init-from"])
def test_checkpoints_that_do_not_fit(refuses: Fails, train: Run, data: Path, option: str) -> None:
    assert train("--data", data, "--epochs", 1, *TINY)[0] == 0
    good = Path("runs/domino/version_0/checkpoints/last.ckpt")
    other = refuses("--data", data, *TINY, "--ff-dim", 64, option, good)
    assert "of another network: " in other
    assert "linear1.weight is [32, 24] there and [64, 24] here" in other
    cut = Path("cut.ckpt")
    cut.write_bytes(good.read_bytes()[:5000])
    assert "is not a readable checkpoint" in refuses("--data", data, *TINY, option, cut)
    foreign = Path("foreign.ckpt")
    torch.save({"state_dict": {}, "share": Fraction(1, 2)}, foreign)
    assert "not unpickled" in refuses("--data", data, *TINY, option, foreign)
    stage_2 = refuses("--data", data, *TINY, option, run_eq_checkpoint(Path("stage2.ckpt")))
    assert "stage2.ckpt: a network of Stage 2" in stage_2


def test_a_loss_that_explodes_ends_with_one_line(refuses: Fails, data: Path) -> None:
    line = refuses("--data", data, *TINY, "--lr", 1e30, "--precision", "32-true", "--epochs", 3)
    assert "training stopped at step" in line
    (kept,) = Path("runs/domino/version_0").glob("nonfinite_step_*.pt")
    assert torch.load(kept, weights_only=True)["batch"]["tokens"].shape == (16, 32, 12)
