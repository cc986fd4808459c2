"""`forge export`, `forge catalog` and `forge promote` as users type them."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from forge.models.catalog import list_models
from support.checkpoints import run_checkpoint
from support.commands import Fails, Works
from support.played_rows import played_rows
from support.synthetic_rows import write_split

SCRIPT = str(Path(sys.executable).with_name("forge"))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with `run.ckpt`, and `data/` whose val split holds 36 real positions."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    run_checkpoint(tmp_path / "run.ckpt")
    batch = played_rows(n_games=2).batch
    arrays = {name: np.ascontiguousarray(array.numpy()) for name, array in batch.items()}
    write_split(tmp_path / "data" / "val", arrays)
    return tmp_path


def run_script(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SCRIPT, *args], cwd=cwd, capture_output=True, text=True, timeout=300)


def test_export(place: Path) -> None:
    options = ["--checkpoint", "run.ckpt", "--onnx", "out/m.onnx", "--data", "data"]
    done = run_script("export", *options, cwd=place)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""  # nothing of what the exporter warns itself about
    assert sorted(path.name for path in (place / "out").iterdir()) == [
        "m.fp16.onnx",
        "m.int8.onnx",
        "m.json",
        "m.md",
        "m.onnx",
    ]
    report = json.loads((place / "out" / "m.json").read_text())
    assert report["measured_on"] == "val split of data"
    for file in report["files"]:
        assert file["file"] in done.stdout
        assert f"{file['figures']['q_gap']:.4f}" in done.stdout


def test_export_of_a_policy(place: Path, works: Works, fails: Fails) -> None:
    given = "--onnx out/p.onnx --positions 100"
    shown = works("export", f"--checkpoint policy {given}")
    assert "100 decisions: games of random play" in shown
    assert sorted(path.name for path in (place / "out").iterdir()) == [
        "p.fp16.onnx",
        "p.json",
        "p.md",
        "p.onnx",
    ]
    (place / "text.policy").write_text("not a policy")
    assert "text.policy: not a policy" in fails(
        "export", *f"--checkpoint text.policy {given}".split()
    )
    options = f"--checkpoint policy --data data {given}".split()
    assert "no --data" in fails("export", *options)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--checkpoint", "gone.ckpt"], "no checkpoint at gone.ckpt"),
        (["--checkpoint", "text.ckpt"], "text.ckpt"),
        (["--onnx", "m.pt"], "ends in .onnx"),
        (["--onnx", "run.ckpt/m.onnx"], "run.ckpt"),
        (["--variants", "fp8"], "valid are fp32, fp16, int8"),
        (["--opset", "11"], "18..22"),
        (["--positions", "0"], "--positions must be 1.."),
        (["--data", "nowhere"], "nowhere"),
    ],
)
def test_export_refuses(place: Path, fails: Fails, options: list[str], expected: str) -> None:
    (place / "text.ckpt").write_text("not a checkpoint")
    given = {"--checkpoint": "run.ckpt", "--onnx": "m.onnx", "--data": "data"}
    given |= dict([options])
    assert expected in fails("export", *[part for pair in given.items() for part in pair])
    assert not list(place.glob("m.*"))


def test_promote_then_catalog(place: Path, works: Works) -> None:
    options = ["--checkpoint", "run.ckpt", "--to", "mine", "--data", "data", "--name", "a.ckpt"]
    shown = works("promote", *options)
    assert shown.startswith("mine/a.ckpt\n")
    (model,) = list_models(place / "mine")
    assert model.measured_on == "val split of data"
    shown = works("catalog", "--dir mine")
    for fact in ("a", "qvalue", "transformer 1x24", "5,176", f"{model.metrics['q_gap']:.3f}", "ok"):
        assert fact in shown
    with (place / "mine" / "a.safetensors").open("ab") as file:
        file.write(b"x")
    (listed,) = json.loads(works("catalog", "--dir mine --json"))
    assert listed["name"] == "a"
    assert listed["status"] == {".ckpt": "ok", ".safetensors": "wrong hash"}


@pytest.mark.parametrize("option", [["--no-limit"], ["--data", "data"]])
def test_shipped_models_are_small_and_measured_alike(
    place: Path, fails: Fails, option: list[str]
) -> None:
    assert "give --to DIR" in fails("promote", "--checkpoint", "run.ckpt", *option)


def test_promote_and_catalog_refuse(place: Path, fails: Fails) -> None:
    given = ["--to", "mine", "--data", "data"]
    assert "there is no file gone.ckpt" in fails("promote", "--checkpoint", "gone.ckpt", *given)
    assert "dtype must be" in fails("promote", "--checkpoint", "run.ckpt", "--dtype", "x", *given)
    assert "no catalogue at mine" in fails("catalog", "--dir", "mine")
    assert not (place / "mine").exists()


def test_catalog_of_the_package(works: Works) -> None:
    shown = works("catalog", "--json")
    listed = json.loads(shown)
    assert [each["name"] for each in listed] == [*(m.name for m in list_models()), "seat.policy"]
    assert listed[-1]["status"] == "ok"


def test_names_can_be_copied_at_80_columns(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = works("catalog").splitlines()
    assert max(map(len, lines)) <= 80
    names = [*(m.name for m in list_models()), "seat.policy"]
    assert [line.strip() for line in lines if line.strip() in names] == names
    assert sum("hash ok" in line for line in lines) == len(names)
