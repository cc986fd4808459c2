"""`forge train` on several processes: its own, those of torchrun, those of two machines."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml

from forge.ml.module import DominoLightningModule
from support.checkpoints import last_weights
from support.commands import Fails, importing_tests, run_process, words
from support.synthetic_rows import write_rows

NETWORK = "--embed-dim 24 --n-heads 2 --n-layers 1 --ff-dim 32 --dropout 0 --precision 64-true"
LINE = f"--epochs 2 --deterministic {NETWORK}"
TWO = "--devices 2 --strategy ddp"


def train(folder: Path, data: Path, *options: object) -> Path:
    """The folder of a run's checkpoints."""
    done = run_process(folder, "forge train", "--data", data, *options)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("epoch 0,") == 1
    (only,) = (folder / "runs/domino").iterdir()
    return only / "checkpoints"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def torchrun(*options: object) -> list[str]:
    return [sys.executable, "-m", "torch.distributed.run", *words(*options), "-m", "forge", "train"]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_rows(tmp_path_factory.mktemp("many") / "rows")


@pytest.fixture(scope="module")
def two(rows: Path) -> Path:
    """Checkpoints of a run of two processes that Lightning starts."""
    return train(rows.parent, rows, LINE, TWO, "--batch-size 16")


def test_two_processes_learn_what_one_of_the_doubled_batch_does(
    rows: Path, two: Path, tmp_path: Path
) -> None:
    """Gradients are means of two shares that hold as many rows: equal but for rounding."""
    one = train(tmp_path, rows, LINE, "--batch-size 32")
    for name, weight in last_weights(one).items():
        torch.testing.assert_close(last_weights(two)[name], weight, atol=1e-8, rtol=0)
    steps = [
        torch.load(each / "last.ckpt", weights_only=True)["global_step"] for each in (one, two)
    ]
    assert steps == [8, 8]


TWO_GO_ON = """
import sys
from functools import partial
from pathlib import Path
import torch
from forge.ml.data import DominoDataModule
from forge.ml.module import DominoLightningModule
from support.resuming import SaveAt, fit

if __name__ == "__main__":
    rows, saved = Path(sys.argv[1]), Path(sys.argv[2])
    network = dict(embed_dim=24, n_heads=2, n_layers=1, ff_dim=32, dropout=0.2)
    new = partial(DominoLightningModule, **network)
    data = partial(DominoDataModule, rows, batch_size=16)
    whole = fit(new, data(), 2, None, SaveAt(6, saved, "batch"), n_processes=2)
    resumed = fit(new, data(), 2, saved, n_processes=2)
    weights = [each.lightning_module.state_dict() for each in (whole, resumed)]
    start = torch.load(saved, weights_only=True)["state_dict"]
    for name, weight in weights[0].items():
        assert torch.equal(weight, weights[1][name]), name
    assert not all(torch.equal(start[name], weight) for name, weight in weights[0].items())
    print("equal")
"""


def test_two_processes_go_on_bit_by_bit(rows: Path, tmp_path: Path) -> None:
    """In the middle of an epoch: rows, dropout and moments of each come from the checkpoint."""
    script = tmp_path / "two_go_on.py"
    script.write_text(TWO_GO_ON)
    done = subprocess.run(
        [sys.executable, str(script), str(rows), str(tmp_path / "saved.ckpt")],
        env=importing_tests(),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.split() == ["equal"]


def test_as_many_processes_as_before(rows: Path, two: Path, fails: Fails) -> None:
    last = two / "last.ckpt"
    told = fails("train", "--resume", last, "--data", rows, "--devices 1 --epochs 4")
    assert "had 2 processes (--devices 2 --num-nodes 1), this one has 1" in told
    assert "--init-from" in told


def test_torchrun_starts_them(rows: Path, two: Path, tmp_path: Path) -> None:
    """One folder, one line an epoch, the weights of Lightning's own processes."""
    line = torchrun(f"--nproc-per-node 2 --master-port {free_port()}")
    options = words("--data", rows, LINE, TWO, "--batch-size 16 --run-dir torchrun")
    done = subprocess.run(
        [*line, *options], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert [path.name for path in (tmp_path / "torchrun/domino").iterdir()] == ["version_0"]
    assert done.stdout.count("epoch 0,") == 1 and done.stdout.count("run: ") == 1
    theirs = last_weights(tmp_path / "torchrun/domino/version_0/checkpoints")
    assert all(torch.equal(theirs[name], weight) for name, weight in last_weights(two).items())


def test_two_machines(rows: Path, two: Path, tmp_path: Path) -> None:
    """Which are this one twice: the same line on each, another number for each."""
    port, nodes = free_port(), []
    options = words("--data", rows, LINE, "--num-nodes 2 --strategy ddp --batch-size 16")
    for number in range(2):
        where = f"--nnodes 2 --node-rank {number} --nproc-per-node 1 --master-port {port}"
        line = [*torchrun(where, "--master-addr 127.0.0.1"), *options]
        nodes.append(
            subprocess.Popen(
                line, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
        )
    told = [node.communicate(timeout=300) for node in nodes]
    assert [node.returncode for node in nodes] == [0, 0], told[0][1][-2000:] + told[1][1][-2000:]
    assert [path.name for path in (tmp_path / "runs/domino").iterdir()] == ["version_0"]
    assert [out.count("epoch 0,") for out, _ in told] == [1, 0]
    record = yaml.safe_load((tmp_path / "runs/domino/version_0/checkpoints/last.yaml").read_text())
    assert record["config"]["num_nodes"] == 2
    theirs = last_weights(tmp_path / "runs/domino/version_0/checkpoints")
    for name, weight in last_weights(
        two
    ).items():  # with other threads, which add up in another order
        torch.testing.assert_close(theirs[name], weight, atol=1e-8, rtol=0)


def test_shares_of_the_weights_learn_what_whole_ones_do(rows: Path, tmp_path: Path) -> None:
    """In float32, which Lightning takes for shares. Checkpoints are whole: either goes on from the
    other's, moments included."""
    line = f"--epochs 2 --deterministic {NETWORK} --precision 32-true --n-layers 2 --batch-size 16"
    runs: dict[str, Path] = {}
    for name in ("ddp", "fsdp"):
        (tmp_path / name).mkdir()
        runs[name] = train(tmp_path / name, rows, line, f"--devices 2 --strategy {name}")
    far = max(farthest(runs["ddp"], runs["fsdp"]).values())
    assert far < 1e-4
    start = DominoLightningModule.load_from_checkpoint(runs["fsdp"] / "last.ckpt")
    assert start.state_dict().keys() == last_weights(runs["ddp"]).keys()
    record = yaml.safe_load((runs["fsdp"] / "last.yaml").read_text())
    assert record["step"] == 8 and record["config"]["strategy"] == "fsdp"
    went_on = []
    for name in ("ddp", "fsdp"):
        folder = tmp_path / f"{name} goes on"
        folder.mkdir()
        done = run_process(
            folder,
            "forge train --epochs 3 --resume",
            runs["ddp"] / "last.ckpt",
            f"--strategy {name}",
        )
        assert done.returncode == 0, done.stderr
        assert "epoch 2, 384 samples" in done.stdout
        went_on.append(folder / "runs/domino/version_0/checkpoints")
    assert max(farthest(*went_on).values()) < 2e-5
    assert max(farthest(went_on[0], runs["ddp"]).values()) > 1e-4
    moments = [
        torch.load(each / "last.ckpt", weights_only=True)["optimizer_states"][0]["state"]
        for each in went_on
    ]
    assert moments[0].keys() == moments[1].keys()
    for number, each in moments[0].items():
        torch.testing.assert_close(moments[1][number]["exp_avg"], each["exp_avg"])


def farthest(a: Path, b: Path) -> dict[str, float]:
    """How far the weights of two runs are from each other."""
    ours, theirs = last_weights(a), last_weights(b)
    return {name: float((each - theirs[name]).abs().max()) for name, each in ours.items()}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("--optimizer muon", "--strategy fsdp takes --optimizer adamw, got 'muon'"),
        ("--precision 64-true", "--strategy fsdp takes --precision 32-true, bf16-mixed, bf16-true"),
        ("--compile", "--strategy fsdp takes no --compile"),
    ],
)
def test_what_does_not_go_with_shares(fails: Fails, rows: Path, options: str, told: str) -> None:
    assert told in fails("train", "--strategy fsdp --data", rows, options)
