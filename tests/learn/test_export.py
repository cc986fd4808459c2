"""ONNX files against PyTorch, and what their card says."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch

from forge.errors import ForgeError
from forge.learn.batches import RowSource
from forge.learn.onnx import export as export_module
from forge.learn.onnx.agreement import agreement, onnx_runner, open_session, run_all
from forge.learn.onnx.export import Export, export
from forge.learn.onnx.variants import parse_variants
from forge.learn.weights import safetensors_bytes, stripped_state
from forge.ml.export import current_players, load_stage1, stage1_graph
from forge.ml.measure.network_pass import evaluate_network
from forge.ml.module import DominoLightningModule
from forge.ml.settings import ARCHITECTURES
from support.checkpoints import run_checkpoint, tiny_module
from support.played_rows import played_rows


def rows() -> tuple[RowSource, str]:
    return played_rows(), "random games"


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Export]:
    """The folder and the report of one export of a Q-value network, all variants."""
    folder = tmp_path_factory.mktemp("export")
    checkpoint = run_checkpoint(folder / "run.ckpt")
    return folder, export(checkpoint, folder / "model.onnx", rows, load_stage1, n_positions=200)


def test_the_player_is_in_the_tokens() -> None:
    batch = played_rows().batch
    assert len(set(batch["players"].tolist())) == 4
    assert torch.equal(current_players(batch["tokens"]), batch["players"].long())


@pytest.mark.parametrize("batch_size", [1, 7, 4096])
@pytest.mark.parametrize(
    ("variant", "tolerance"),
    [("model.onnx", 1e-5), ("model.fp16.onnx", 1e-2), ("model.int8.onnx", 0.2)],
)
def test_any_batch_gives_pytorchs_numbers(
    exported: tuple[Path, Export], variant: str, tolerance: float, batch_size: int
) -> None:
    data = played_rows().__getitems__((np.arange(batch_size) * 31 % len(played_rows())).tolist())
    session = open_session((exported[0] / variant).read_bytes())
    feed = {"tokens": data["tokens"].numpy(), "masks": data["masks"].numpy()}
    q, value = session.run(["q", "value"], feed)
    with torch.inference_mode():
        expected_q, expected_value = tiny_module()(data["tokens"], data["masks"], data["players"])
    assert q.shape == (batch_size, 7)
    assert value.shape == (batch_size,)
    assert q.dtype == value.dtype == np.float32
    assert np.abs(q - expected_q.numpy()).max() < tolerance
    assert np.abs(value - expected_value.numpy()).max() < tolerance


def test_the_graph_says_what_it_is(exported: tuple[Path, Export]) -> None:
    folder, report = exported
    for file in report.files:
        model = onnx.load(folder / file.file)
        onnx.checker.check_model(model)
        shapes = {
            part.name: [d.dim_param or d.dim_value for d in part.type.tensor_type.shape.dim]
            for part in (*model.graph.input, *model.graph.output)
        }
        assert shapes == {
            "tokens": ["batch", 32, 12],
            "masks": ["batch", 32],
            "q": ["batch", 7],
            "value": ["batch"],
        }
        types = [part.type.tensor_type.elem_type for part in model.graph.input]
        assert types == [onnx.TensorProto.INT8] * 2
        assert [entry.version for entry in model.opset_import if not entry.domain] == [18]
        properties = {prop.key: prop.value for prop in model.metadata_props}
        assert properties["loss_mode"] == "qvalue"
        assert properties["checkpoint_sha256"] == report.checkpoint_sha256
        assert b"site-packages" not in model.SerializeToString()  # the exporter's stack traces


def test_variants_are_what_they_are_called(exported: tuple[Path, Export]) -> None:
    folder, _ = exported
    weights = {
        name: {i.data_type for i in onnx.load(folder / name).graph.initializer}
        for name in ("model.onnx", "model.fp16.onnx", "model.int8.onnx")
    }
    assert onnx.TensorProto.FLOAT16 in weights["model.fp16.onnx"]
    assert onnx.TensorProto.FLOAT not in weights["model.fp16.onnx"]
    assert onnx.TensorProto.INT8 in weights["model.int8.onnx"]
    assert not {onnx.TensorProto.FLOAT16, onnx.TensorProto.INT8} & weights["model.onnx"]


def test_reported_figures_are_those_of_an_evaluation(exported: tuple[Path, Export]) -> None:
    folder, report = exported
    module = DominoLightningModule.load_from_checkpoint(folder / "run.ckpt")
    by_hand = evaluate_network(module, played_rows(), device="cpu", limit=200, n_worst=0)
    assert report.n_positions == 200
    for name, figure in report.torch_figures.items():
        assert figure == pytest.approx(by_hand.metrics[name], abs=1e-6)
    fp32, fp16, int8 = report.files
    assert 0 < fp32.agreement.max_score_difference < 1e-5
    assert fp32.agreement.max_score_difference < fp16.agreement.max_score_difference
    assert fp16.agreement.max_score_difference < int8.agreement.max_score_difference
    assert fp32.figures["q_gap"] == pytest.approx(report.torch_figures["q_gap"])
    for file in report.files:
        assert file.size_bytes == (folder / file.file).stat().st_size


def test_card(exported: tuple[Path, Export], monkeypatch: pytest.MonkeyPatch) -> None:
    folder, report = exported
    card = json.loads((folder / "model.json").read_text())
    assert card["files"][2]["figures"] == report.files[2].figures
    assert [part["name"] for part in card["inputs"] + card["outputs"]] == [
        "tokens",
        "masks",
        "q",
        "value",
    ]
    text = (folder / "model.md").read_text()
    for fact in ("opset 18", "acting-team frame", "random games", report.checkpoint_sha256):
        assert fact in text
    # The Python example is run, where the card lies.
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    monkeypatch.chdir(folder)
    names: dict[str, Any] = {}
    exec(example, names)
    assert names["q"].shape == (1, 7)
    assert 0 <= names["best_slot"][0] < 7


def test_policy_networks_put_out_logits(tmp_path: Path) -> None:
    checkpoint = run_checkpoint(tmp_path / "run.ckpt", "policy")
    report = export(
        checkpoint, tmp_path / "p.onnx", rows, load_stage1, ["fp32"], opset=20, n_positions=50
    )
    model = onnx.load(tmp_path / "p.onnx")
    assert [part.name for part in model.graph.output] == ["logits", "value"]
    assert model.opset_import[0].version == 20
    assert "q_mae" not in report.torch_figures
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "p.json",
        "p.md",
        "p.onnx",
        "run.ckpt",
    ]


@pytest.mark.parametrize("arch", [arch for arch in ARCHITECTURES if arch != "transformer"])
def test_other_architectures(tmp_path: Path, arch: str) -> None:
    module = tiny_module(arch=arch)
    for parameter in module.parameters():  # some start at zero, which would hide mistakes
        torch.nn.init.normal_(parameter, std=0.2)
    weights = tmp_path / "run.safetensors"
    weights.write_bytes(
        safetensors_bytes(stripped_state(module), dict(module.hparams), module.STAGE)
    )
    report = export(weights, tmp_path / "m.onnx", rows, load_stage1, n_positions=360)
    bounds = {"fp32": 1e-4, "fp16": 0.1, "int8": 2.0}
    for file in report.files:
        assert 0 < file.agreement.max_score_difference < bounds[file.variant]
    assert report.files[0].figures == pytest.approx(report.torch_figures)


def test_a_graph_that_is_off_is_not_written(
    tmp_path: Path, exported: tuple[Path, Export], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = onnx.load(exported[0] / "model.onnx")  # of the weights of seed 0
    monkeypatch.setattr(export_module, "to_onnx", lambda *_: other)
    checkpoint = run_checkpoint(tmp_path / "run.ckpt", seed=1)
    with pytest.raises(ForgeError, match=r"onnxruntime and PyTorch differ by .* nothing written"):
        export(checkpoint, tmp_path / "m.onnx", rows, load_stage1, ["fp32"], n_positions=20)
    assert [path.name for path in tmp_path.iterdir()] == ["run.ckpt"]


def test_a_not_a_number_is_never_close(exported: tuple[Path, Export]) -> None:
    batch, graph = played_rows().batch, stage1_graph(tiny_module())
    good = run_all(onnx_runner((exported[0] / "model.onnx").read_bytes()), graph, batch)
    bad = (good[0].clone(), good[1])
    bad[0][5, 3] = torch.nan
    found = agreement(bad, good, graph.outputs, batch["legal"])
    assert found.max_differences == {"q": float("inf"), "value": 0.0}
    assert agreement(good, good, graph.outputs, batch["legal"]).max_score_difference == 0.0


def test_variant_names() -> None:
    assert parse_variants("int8, fp32,int8") == ("fp32", "int8")
    for text in ("fp8", "fp32,bf16", "", ","):
        with pytest.raises(ForgeError, match="valid are fp32, fp16, int8"):
            parse_variants(text)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"out": "model.pt"}, "ends in .onnx"),
        ({"out": ".onnx"}, "ends in .onnx"),
        ({"out": "folder.onnx"}, "is a folder"),
        ({"opset": 17}, "opset must be 18..22, got 17"),
        ({"opset": 23}, "opset must be 18..22, got 23"),
        ({"n_positions": 0}, "positions must be at least 1"),
        ({"checkpoint": "missing.ckpt"}, "no checkpoint at"),
    ],
)
def test_bad_arguments(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    (tmp_path / "folder.onnx").mkdir()
    checkpoint = tmp_path / options.pop("checkpoint", "run.ckpt")
    out = tmp_path / options.pop("out", "m.onnx")
    run_checkpoint(tmp_path / "run.ckpt")
    with pytest.raises(ForgeError, match=re.escape(message)):
        export(checkpoint, out, rows, load_stage1, **options)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder.onnx", "run.ckpt"]
