"""Stage 2 checkpoints in `forge eval`, `export`, `promote` and `catalog`, as users type them."""

import json
import re
from pathlib import Path
from typing import Any

import onnx
import pytest
import torch

from forge.learn.onnx.agreement import open_session
from forge.models import promote as promotion
from forge.models.catalog import list_models
from forge.stage2.decisions import JudgedDecisions, PlayedDecisions
from forge.stage2.measure import evaluate_eq
from support.checkpoints import run_checkpoint, run_eq_checkpoint, tiny_eq_module
from support.commands import Fails, Works
from support.played_rows import played_rows
from support.records import few_worlds, played, small_record, write_games
from support.synthetic_rows import write_split


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with a network of either stage, and `data/` whose val split holds three games."""
    monkeypatch.chdir(tmp_path)
    run_checkpoint(tmp_path / "stage1.ckpt")
    run_eq_checkpoint(tmp_path / "stage2.ckpt")
    write_games(tmp_path / "data" / "val", small_record())
    write_games(tmp_path / "data" / "test", small_record(), (1, 2))


pytestmark = pytest.mark.usefixtures("place")


# ---- eval -------------------------------------------------------------------------------------


def test_eval(works: Works) -> None:
    text = works("eval", "--checkpoint stage2.ckpt --data data --device cpu")
    rows = JudgedDecisions(Path("data/val"))
    expected = evaluate_eq(tiny_eq_module(), rows, device="cpu")
    assert [path.name for path in Path("stage2-eval-val").iterdir()] == ["evaluation.json"]
    report = json.loads(Path("stage2-eval-val/evaluation.json").read_text())
    assert (report["stage"], report["split"], report["n_games"]) == (2, "val", 3)
    assert report["n_decisions"] == len(rows) and report["source"].startswith("val split of data:")
    for name, figure in report["metrics"].items():
        assert figure == pytest.approx(expected.metrics[name])
        assert report["intervals"][name] == pytest.approx(list(expected.intervals[name]))
    for name in ("q_gap", "q_mae", "z_rms"):
        low, high = expected.intervals[name]
        row = f"{expected.metrics[name]:.3f} │ {low:.3f} .. {high:.3f} │"
        assert any(name in line and row in " ".join(line.split()) for line in text.splitlines())
    for trick in report["by_trick"]:
        shown = f"│ {trick['trick']} │ {trick['n_decisions']} │ {trick['q_gap']:.3f} │"
        assert shown in " ".join(text.split())
    assert "percentile bootstrap over 3 games" in text


def test_eval_prints_json_of_another_split(works: Works) -> None:
    line = "--checkpoint stage2.ckpt --data data --split test --limit 9 --out there --json"
    report = json.loads(works("eval", line))
    assert (report["split"], report["n_games"], report["n_decisions"]) == ("test", 2, 9)
    assert json.loads(Path("there/evaluation.json").read_text()) == report


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("", "a Stage 2 network is measured on E[Q] files: give --data DIR"),
        ("--data nowhere", "--data: there is no file nowhere"),
        ("--data data --worst 3", "--worst says nothing for a Stage 2 network"),
        ("--data data --no-plots", "--plots says nothing for a Stage 2 network"),
        ("--data data --limit 0", "--limit must be 1.."),
    ],
)
def test_eval_refuses(fails: Fails, options: str, message: str) -> None:
    assert message in fails("eval", f"--checkpoint stage2.ckpt {options}")
    assert not list(Path().glob("*-eval-*"))


# ---- export -----------------------------------------------------------------------------------


def test_export_judged_by_labels(works: Works) -> None:
    text = works("export", "--checkpoint stage2.ckpt --onnx out/m.onnx --data data")
    names = ["m.fp16.onnx", "m.int8.onnx", "m.json", "m.md", "m.onnx"]
    assert sorted(path.name for path in Path("out").iterdir()) == names
    report = json.loads(Path("out/m.json").read_text())
    rows = JudgedDecisions(Path("data/val"))
    by_hand = evaluate_eq(tiny_eq_module(), rows, device="cpu").metrics
    assert (report["stage"], report["loss_mode"]) == (2, "eq")
    assert report["n_positions"] == len(rows)
    for name, figure in report["torch_figures"].items():
        assert figure == pytest.approx(by_hand[name], abs=1e-6)
    assert "q_gap" in report["torch_figures"]
    bounds = {"fp32": 1e-4, "fp16": 0.1, "int8": 3.0}
    for file in report["files"]:
        differences = file["agreement"]["max_differences"]
        assert list(differences) == ["mean", "error", "spread"]
        assert 0 < max(differences.values()) < bounds[file["variant"]]
        assert file["file"] in text and f"{file['figures']['q_gap']:.4f}" in text
        assert_graph(Path("out") / file["file"], report["checkpoint_sha256"])
    # Any batch, and the numbers of PyTorch.
    session = open_session(Path("out/m.onnx").read_bytes())
    for n in (1, len(rows)):
        tokens = rows.__getitems__(range(n))["tokens"]
        found = session.run(["spread", "mean", "error"], {"tokens": tokens.numpy()})
        with torch.inference_mode():
            mean, error, spread = tiny_eq_module()(tokens)
        for ours, expected in zip(found, (spread, mean, error), strict=True):
            assert torch.allclose(torch.from_numpy(ours), expected, atol=1e-4)
    # The card's Python example is run.
    card = Path("out/m.md").read_text()
    (example,) = re.findall(r"```python\n(.*?)```", card, re.DOTALL)
    variables: dict[str, Any] = {}
    exec(example.replace('"m.onnx"', '"out/m.onnx"'), variables)
    assert variables["mean"].shape == (1, 7) and 0 <= variables["best_slot"][0] < 7
    for fact in ("36, 8", "acting-team frame", "Stage 2", "highest `mean`", "error difference"):
        assert fact in card


def assert_graph(path: Path, sha256: str) -> None:
    """Names, types, shapes and what a file says of itself."""
    model = onnx.load(path)
    onnx.checker.check_model(model)
    shapes = {
        part.name: [d.dim_param or d.dim_value for d in part.type.tensor_type.shape.dim]
        for part in (*model.graph.input, *model.graph.output)
    }
    heads = {name: ["batch", 7] for name in ("mean", "error", "spread")}
    assert shapes == {"tokens": ["batch", 36, 8], **heads}
    assert model.graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.INT8
    types = {part.type.tensor_type.elem_type for part in model.graph.output}
    assert types == {onnx.TensorProto.FLOAT}
    properties = {prop.key: prop.value for prop in model.metadata_props}
    assert properties["stage"] == "2" and properties["checkpoint_sha256"] == sha256
    assert b"site-packages" not in model.SerializeToString()


def test_export_without_labels(works: Works) -> None:
    run_eq_checkpoint(Path("former.ckpt"), arch="transformer")
    text = works("export", "--checkpoint former.ckpt --onnx f.onnx --variants fp32 --positions 300")
    report = json.loads(Path("f.json").read_text())
    assert report["n_positions"] == 300 and report["torch_figures"] == {}
    assert report["measured_on"] == PlayedDecisions(300).source
    (file,) = report["files"]
    assert file["figures"] == {} and file["agreement"]["same_move_rate"] > 0.99
    assert "without labels" in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--data nowhere", "--data: there is no file nowhere"),
        ("--positions 0", "--positions must be 1.."),
        ("--variants fp8", "valid are fp32, fp16, int8"),
    ],
)
def test_export_refuses(fails: Fails, options: str, message: str) -> None:
    assert message in fails("export", f"--checkpoint stage2.ckpt --onnx m.onnx {options}")
    assert not list(Path().glob("m.*"))


# ---- promote and catalog ----------------------------------------------------------------------


def test_promote_then_catalog(works: Works) -> None:
    to = "--to mine --device cpu"
    text = works("promote", f"--checkpoint stage2.ckpt --data data --name two {to}")
    (model,) = list_models(Path("mine"))
    rows = JudgedDecisions(Path("data/val"))
    assert text.startswith("mine/two.ckpt\n")
    assert f"agreement {model.metrics['agreement']:.2%} on {len(rows)} decisions" in text
    assert model.measured_on == f"val split of data: {rows.source}"
    works("eval", "--checkpoint mine/two.safetensors --data data --out there")
    assert works("catalog", "--dir mine").count("networks, Stage") == 1
    works("promote", f"--checkpoint {small_stage_1()} --data tokenized --name one {to}")
    listed = works("catalog", "--dir mine").splitlines()
    metrics = model.metrics
    figures = f"q_gap {metrics['q_gap']:.3f}, q_mae {metrics['q_mae']:.2f}, "
    figures += f"agreement {metrics['agreement']:.2%}, z_rms {metrics['z_rms']:.2f}, hash ok"
    at = listed.index("  two")
    assert listed[at - 1] == "eq networks, Stage 2 (it plays from transcripts)"
    assert listed[at + 1].strip().startswith(f"mlp 1x24, {model.n_params:,} parameters, ")
    assert listed[at + 2].strip() == figures
    assert listed[listed.index("  one") - 1] == "qvalue networks, Stage 1 (it sees all hands)"


def small_stage_1() -> Path:
    """A Stage 1 checkpoint; `tokenized/` gets what to measure it on."""
    arrays = {name: column.numpy() for name, column in played_rows(n_games=2).batch.items()}
    write_split(Path("tokenized/val"), arrays)
    return Path("stage1.ckpt")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--to mine", "a Stage 2 network is measured on E[Q] files: give --data DIR"),
        ("", "a Stage 2 network is measured on E[Q] files: give --data DIR"),
        ("--data data", "measured on seeds 900-949 of the exact oracle, data has 3 games"),
        ("--data data --no-limit", "give --to DIR with --no-limit"),
        ("--to mine --data nowhere", "--data: there is no file nowhere"),
    ],
)
def test_promote_refuses(fails: Fails, options: str, message: str) -> None:
    assert message in fails("promote", f"--checkpoint stage2.ckpt {options}")
    assert not Path("mine").exists()


def test_what_ships_is_measured_on_the_reference_games(
    works: Works, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With two seeds in the place of fifty, and another folder in that of the package."""
    monkeypatch.setattr("forge.ml.measure.reference_protocol.REFERENCE_SEEDS", {"val": range(7, 9)})
    # Imported above, so that it keeps where the package's README is.
    assert callable(promotion.promote)
    monkeypatch.setattr("forge.models.catalog.SHIPPED", tmp_path / "shipped")
    write_games(tmp_path / "two" / "val", played((7, 8), few_worlds()))
    works("promote", "--checkpoint stage2.ckpt --data two --name two --device cpu")
    (model,) = list_models(tmp_path / "shipped")
    assert model.measured_on.startswith("val: 2 games, seeds 7-8; E[Q] over ")


# ---- the wrong stage --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "generate-eq-continuous --checkpoint stage2.ckpt --limit 1",
        "generate-eq --checkpoint stage2.ckpt --n-games 1 --output x.pt",
        "arena model:stage2.ckpt random --games 1 --workers 1",
        "arena random eq:n=2,oracle=stage2.ckpt --games 1 --workers 1",
    ],
)
def test_stage_1_is_wanted(fails: Fails, line: str) -> None:
    expected = "stage2.ckpt: a network of Stage 2 (it plays from transcripts), but one of Stage 1"
    assert expected in fails(*line.split(" ", 1))
    assert not Path("x.pt").exists()


def test_stage_2_is_wanted(fails: Fails) -> None:
    expected = "stage1.ckpt: a network of Stage 1 (it sees all hands), but one of Stage 2"
    assert expected in fails("arena", "stage2:stage1.ckpt random --games 1 --workers 1")
