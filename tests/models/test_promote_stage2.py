"""Stage 2 checkpoints as named, measured and documented models."""

import json
import re
from pathlib import Path

import pytest
import torch

from forge.errors import ForgeError
from forge.models import card, catalog
from forge.models.catalog import Model, list_models
from forge.models.promote import PromoteOptions, promote
from forge.stage2.decisions import JudgedDecisions
from forge.stage2.measure import evaluate_eq
from forge.stage2.module import EqLightningModule
from support.checkpoints import (
    open_tiny_rows,
    run_checkpoint,
    run_eq_checkpoint,
    tiny_decisions,
    tiny_eq_module,
)


@pytest.fixture
def rows(tmp_path: Path) -> JudgedDecisions:
    return tiny_decisions(tmp_path / "val")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models"


def promoted(path: Path, folder: Path, rows: JudgedDecisions, **options: object) -> Model:
    chosen = PromoteOptions(**options)  # type: ignore[arg-type]
    return promote(
        run_eq_checkpoint(path), folder, lambda: (rows, "three games"), chosen, device="cpu"
    )


def test_a_model_of_the_catalogue(tmp_path: Path, folder: Path, rows: JudgedDecisions) -> None:
    model = promoted(tmp_path / "run.ckpt", folder, rows, size_name="nano", notes="by a test")
    expected = evaluate_eq(tiny_eq_module(), rows, device="cpu")
    figures = f"qgap{expected.metrics['q_gap']:.3f}-qmae{expected.metrics['q_mae']:.2f}"
    assert model.name == f"domino-eq-nano-{card.short_count(model.n_params)}-{figures}"
    assert (model.stage, model.loss_mode, model.title) == (2, "eq", "EQ Nano")
    assert model.n_positions == len(rows)
    for name in ("q_gap", "q_mae", "agreement", "z_rms", "coverage_95"):
        assert model.metrics[name] == pytest.approx(expected.metrics[name])
        assert model.intervals[name] == pytest.approx(list(expected.intervals[name]))
    assert list_models(folder) == [model]
    for name in (model.name, f"{model.name}.safetensors", str(folder / f"{model.name}.ckpt")):
        module = catalog.load(name, "cpu", folder)
        assert isinstance(module, EqLightningModule) and not module.training
        for key, tensor in tiny_eq_module().state_dict().items():
            assert torch.equal(module.state_dict()[key], tensor)


def test_its_card(
    tmp_path: Path, folder: Path, rows: JudgedDecisions, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = promoted(tmp_path / "run.ckpt", folder, rows)
    text = (folder / f"{model.name}.md").read_text()
    for fact in (
        "Stage 2",
        f"On {len(rows)} decisions: three games.",
        f"| `agreement` | {model.metrics['agreement']:.2%} |",
        f"| `z_rms` | {model.metrics['z_rms']:.3f} |",
        f"| `spread_mae` | {model.metrics['spread_mae']:.3f} |",
    ):
        assert fact in text
    assert "`accuracy`" not in text
    assert "positions" not in text.partition("## Results")[2].partition("## Use")[0]
    # The example is run on this catalogue.
    load = catalog.load
    monkeypatch.setattr(catalog, "load", lambda name, device: load(name, device, folder))
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    names: dict[str, torch.Tensor] = {}
    exec(example, names)
    assert names["mean"].shape == names["error"].shape == (1, 7)
    assert 0 <= int(names["slots"]) < 7
    assert names["shares"].sum().item() == pytest.approx(1.0)


def test_stages_have_tables_of_their_own(
    tmp_path: Path, folder: Path, rows: JudgedDecisions
) -> None:
    stage_1 = run_checkpoint(tmp_path / "stage1.ckpt")
    options = PromoteOptions(name="a")
    before = promote(stage_1, folder, open_tiny_rows, options, device="cpu")
    first_tables = card.tables([before]).partition("### Stage 2 models")[0]
    model = promoted(tmp_path / "run.ckpt", folder, rows, name="b")
    readme = (folder / "README.md").read_text()
    assert first_tables in readme
    stage_2 = readme.partition("### Stage 2 models")[2].partition(card.END)[0]
    assert "| Model | File | Params | Agreement | E[Q]-MAE | z RMS | Val Q-Gap |" in stage_2
    metrics = model.metrics
    shown = f"{metrics['agreement']:.2%} | {metrics['q_mae']:.2f} | {metrics['z_rms']:.2f}"
    assert f"`b.ckpt` | {card.short_count(model.n_params).upper()} | {shown} |" in stage_2
    assert "a.ckpt" not in stage_2
    assert {m.name: m.stage for m in list_models(folder)} == {"a": 1, "b": 2}


def test_half_precision_is_measured_as_stored(
    tmp_path: Path, folder: Path, rows: JudgedDecisions
) -> None:
    model = promoted(tmp_path / "run.ckpt", folder, rows, dtype="float16", name="half")
    module = EqLightningModule.load_from_checkpoint(folder / "half.ckpt")
    stored = torch.load(folder / "half.ckpt", weights_only=True)["state_dict"]
    assert stored["model.heads.weight"].dtype == torch.float16 and module.dtype == torch.float32
    assert model.metrics["q_mae"] == evaluate_eq(module, rows, device="cpu").metrics["q_mae"]
    exact = evaluate_eq(tiny_eq_module(), rows, device="cpu")
    assert model.metrics["q_mae"] != exact.metrics["q_mae"]


def test_entries_without_a_stage_are_stage_1(tmp_path: Path, folder: Path) -> None:
    stage_1 = run_checkpoint(tmp_path / "run.ckpt")
    model = promote(stage_1, folder, open_tiny_rows, PromoteOptions(name="a"), device="cpu")
    path = folder / "catalog.json"
    index = json.loads(path.read_text())
    assert index["models"][0].pop("stage") == 1
    path.write_text(json.dumps(index))
    with pytest.raises(ForgeError, match="if it was changed by hand, remove its 'file_sha256'"):
        list_models(folder)
    del index["file_sha256"]
    path.write_text(json.dumps(index))
    assert list_models(folder) == [model]
