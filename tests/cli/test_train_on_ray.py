"""`forge train --ray`: processes of a cluster learn what those of one machine do."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
import yaml

from forge.work.ray_group import Failure, GroupSize, _why
from support.checkpoints import last_weights
from support.commands import SCRIPT, Fails, importing_tests, run_process, words
from support.signalled import run_signalled
from support.synthetic_rows import synthetic_arrays, write_rows, write_split
from support.two_nodes import TwoNodes

pytestmark = [pytest.mark.xdist_group("ray"), pytest.mark.timeout(600)]

NETWORK = "--embed-dim 24 --n-heads 2 --n-layers 1 --ff-dim 32 --dropout 0 --precision 64-true"
LINE = f"--epochs 2 --deterministic {NETWORK}"
SHARE = "--batch-size 16"
LONG = f"train --epochs 1000000 {SHARE} {NETWORK} --devices 2 --ray local"


def train(folder: Path, data: Path, *options: object) -> Path:
    """The folder of the checkpoints of a run."""
    done = run_process(folder, "forge train", "--data", data, *options)
    assert (done.returncode, done.stderr) == (0, "")
    (only,) = (folder / "runs/domino").iterdir()
    return only / "checkpoints"


def differ(a: Path, b: Path, by: float = 0.0) -> list[str]:
    """The weights of two runs that are further from each other."""
    ours, theirs = last_weights(a), last_weights(b)
    assert ours.keys() == theirs.keys()
    return [n for n, w in ours.items() if float((w - theirs[n]).abs().max()) > by]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_rows(tmp_path_factory.mktemp("ray") / "rows")


@pytest.fixture(scope="module")
def two(rows: Path) -> Path:
    """Checkpoints of a run of two processes that Lightning starts."""
    return train(rows.parent, rows, LINE, SHARE, "--devices 2 --strategy ddp")


def test_two_nodes_learn_what_two_processes_here_do(
    nodes: TwoNodes, rows: Path, two: Path, tmp_path: Path
) -> None:
    ray = f"--devices 1 --num-nodes 2 --ray {nodes.address}"
    done = run_process(tmp_path, "forge train", "--data", rows, LINE, SHARE, ray)
    assert (done.returncode, done.stderr) == (0, "")
    first, *epochs, last = done.stdout.splitlines()
    assert first == "Ray: 2 processes, a core each"
    assert [line.partition(",")[0] for line in epochs] == ["epoch 0", "epoch 1"]
    assert last == "run: runs/domino/version_0"
    (run,) = (tmp_path / "runs/domino").iterdir()
    files = {str(path.relative_to(run)) for path in run.rglob("*")}
    assert files == {str(path.relative_to(two.parent)) for path in two.parent.rglob("*")}
    # On one thread each, where those here may have more.
    assert differ(run / "checkpoints", two, 1e-8) == []
    record = yaml.safe_load((run / "checkpoints/last.yaml").read_text())
    assert (record["step"], record["config"]["num_nodes"]) == (8, 2)
    assert "ray" not in record["config"]
    one = tmp_path / "one"
    one.mkdir()
    assert differ(run / "checkpoints", train(one, rows, LINE, "--batch-size 32"), 1e-8) == []


def test_a_run_goes_on_as_it_would_have_here(rows: Path, two: Path, tmp_path: Path) -> None:
    line = words("--resume", two / "last.ckpt", "--epochs 3")
    there, here = tmp_path / "there", tmp_path / "here"
    found = []
    for folder, more in ((there, "--ray local"), (here, "")):
        folder.mkdir()
        done = run_process(folder, "forge train", *line, more)
        assert (done.returncode, done.stderr) == (0, "")
        assert "epoch 2, 384 samples" in done.stdout and "epoch 1" not in done.stdout
        found.append(folder / "runs/domino/version_0/checkpoints")
    assert differ(found[0], found[1], 1e-8) == []
    assert differ(found[0], two) != []


def has_checkpoint(folder: Path) -> bool:
    return bool(list(folder.glob("runs/domino/version_0/checkpoints/last.ckpt")))


def test_ctrl_c_keeps_a_checkpoint(rows: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    line = [SCRIPT, *words(LONG, "--data", rows)]
    ended = run_signalled(line, folder, signal.SIGINT, lambda group: has_checkpoint(folder))
    assert ended.signalled and ended.code == 130
    assert ended.faults(signal.SIGINT) == []
    last = Path("runs/domino/version_0/checkpoints/last.ckpt")
    assert ended.err.splitlines() == [
        "stopping after the step in hand (once more to stop now)",
        f"stopped; go on with: forge train --ray local --resume {last}",
    ]
    assert torch.load(folder / last, weights_only=True)["global_step"] >= 4


def test_sigterm_before_it_has_begun_leaves_no_run(rows: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    line = [SCRIPT, *words(LONG, "--data", rows)]
    out = folder.with_name("run.out")
    ended = run_signalled(line, folder, signal.SIGTERM, lambda group: b"Ray" in out.read_bytes())
    assert ended.signalled and ended.code == 143
    assert ended.faults(signal.SIGTERM) == []
    assert list(folder.iterdir()) == []


def members(group: int) -> list[int]:
    """The training processes below a process."""
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            name = each.joinpath("cmdline").read_bytes()
            environment = each.joinpath("environ").read_bytes()
        except OSError:
            continue
        if b"ray::RayTrainWorker" in name and f"FORGE_TEST={group}".encode() in environment:
            found.append(int(each.name))
    return found


def test_a_process_that_dies_is_a_line(rows: Path, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [SCRIPT, *words(LONG, "--data", rows)],
        cwd=tmp_path,
        env=importing_tests(FORGE_TEST=str(os.getpid())),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not has_checkpoint(tmp_path):
        assert process.poll() is None
        time.sleep(0.1)
    os.kill(members(os.getpid())[-1], signal.SIGKILL)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1
    assert err.startswith("error: process ") and err.count("\n") == 1
    assert "died" in err
    assert has_checkpoint(tmp_path)


def test_what_is_wrong_with_the_data_is_told_as_without_ray(rows: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad"
    for split, n in (("train", 128), ("val", 37)):
        write_split(bad / split, synthetic_arrays(n, seed=0))
    (bad / "manifest.yaml").write_text((rows / "manifest.yaml").read_text())
    tokens = bad / "val/tokens.npy"
    tokens.write_bytes(tokens.read_bytes()[:200])
    done = [
        run_process(tmp_path, "forge train", "--data", bad, LINE, SHARE, more)
        for more in ("--ray local", "")
    ]
    assert [each.returncode for each in done] == [2, 2]
    assert done[0].stderr == done[1].stderr and done[0].stderr.count("\n") == 1
    assert not (tmp_path / "runs").exists()


def test_bad_values(fails: Fails, rows: Path) -> None:
    options = words("--data", rows, LINE)
    assert "--ray must be local, auto or HOST:PORT" in fails("train", *options, "--ray here")
    assert "no Ray cluster at 127.0.0.1:9" in fails("train", *options, "--ray 127.0.0.1:9")
    told = fails("train", *options, "--ray local --strategy fast")
    assert "with --ray --strategy must be auto or ddp, got 'fast'" in told
    assert not Path("runs").exists()


def test_without_ray_the_extra_is_named(
    fails: Fails, rows: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    told = fails("train", "--data", rows, "--ray local")
    assert 'pip install "crystal-forge[ray]"' in told


class ActorDiedError(Exception):
    """Named as Ray's."""


class FailedError(Exception):
    """With what Ray Train tells of processes."""

    def __init__(self, **failures: Exception) -> None:
        super().__init__("training failed\nbecause")
        self.worker_failures = {int(rank[1:]): each for rank, each in failures.items()}


def test_who_failed() -> None:
    two = GroupSize(1, 2)
    mine = Failure(0, "host-a", "ValueError: what", False)
    lost = Failure(0, "host-a", "RuntimeError: Connection closed by peer [::1]:1", False)
    # Those that lose it tell, too, and sooner.
    assert (
        _why(lost, FailedError(r1=ActorDiedError(), r0=ValueError()), two) == "process 1 of 2 died"
    )
    assert (
        _why(mine, FailedError(r0=ValueError()), two)
        == "process 0 of 2 on host-a: ValueError: what"
    )
    assert _why(lost, FailedError(), two) == (
        "process 0 of 2 on host-a lost another one, which died or cannot be reached"
    )
    assert _why(None, FailedError(), two) == "because"
    assert "no room for 2 processes in half an hour" in _why(None, TimeoutError(), two)
