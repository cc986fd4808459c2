"""From the checkpoint of a run to a named, measured and documented model."""

import hashlib
import json
import pickle
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open

from forge.errors import ForgeError
from forge.learn.network_module import STAGE_KEY
from forge.ml.measure.network_pass import evaluate_network
from forge.ml.module import DominoLightningModule
from forge.models import card, catalog
from forge.models.catalog import SHIPPED, Model, list_models
from forge.models.promote import PromoteOptions, promote
from support.checkpoints import TINY, open_tiny_rows, run_checkpoint, tiny_module
from support.played_rows import played_rows

FILES = (".ckpt", ".safetensors", ".md")


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return run_checkpoint(tmp_path / "run.ckpt")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models"


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def promoted(checkpoint: Path, folder: Path, **options: Any) -> Model:
    return promote(checkpoint, folder, open_tiny_rows, PromoteOptions(**options), device="cpu")


@pytest.mark.parametrize("loss_mode", ["qvalue", "policy"])
def test_what_lies_in_the_folder(tmp_path: Path, folder: Path, loss_mode: str) -> None:
    checkpoint = run_checkpoint(tmp_path / "run.ckpt", loss_mode)
    model = promoted(checkpoint, folder, size_name="nano", notes="made by a test")
    files = [model.name + suffix for suffix in FILES]
    assert names_in(folder) == sorted([*files, "README.md", "catalog.json"])
    assert list_models(folder) == [model]
    metrics = evaluate_network(tiny_module(loss_mode), played_rows(n_games=2), device="cpu").metrics
    if loss_mode == "qvalue":
        convention = f"domino-qval-nano-5k-qgap{metrics['q_gap']:.3f}-qmae{metrics['q_mae']:.2f}"
    else:
        convention = f"domino-nano-5k-acc{100 * metrics['accuracy']:.1f}-qgap{metrics['q_gap']:.2f}"
    assert model.name == convention
    for name, figure in model.metrics.items():
        assert figure == pytest.approx(metrics[name])
    assert model.n_positions == 36
    assert model.source["sha256"] == hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    assert (model.source["epoch"], model.source["global_step"]) == (3, 700)
    text = (folder / files[2]).read_text()
    for fact in (model.name, "made by a test", "two games at random", model.source["sha256"]):
        assert fact in text


@pytest.mark.parametrize("loss_mode", ["qvalue", "policy"])
def test_the_example_of_a_card_runs(
    tmp_path: Path, folder: Path, loss_mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = promoted(run_checkpoint(tmp_path / "run.ckpt", loss_mode), folder)
    text = (folder / f"{model.name}.md").read_text()
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    load = catalog.load
    monkeypatch.setattr(catalog, "load", lambda name, device: load(name, device, folder))
    names: dict[str, torch.Tensor] = {}
    exec(example, names)
    assert names["legal"].tolist() == [[True] * 7] and 0 <= int(names["slots"]) < 7
    assert names["shares"].sum().item() == pytest.approx(1.0)


def test_weights_and_nothing_else(checkpoint: Path, folder: Path) -> None:
    model = promoted(checkpoint, folder)
    path = folder / f"{model.name}.ckpt"
    saved = torch.load(path, weights_only=True)
    plain = {"hyper_parameters", "pytorch-lightning_version", STAGE_KEY}
    assert set(saved) == {"state_dict", *plain} and saved[STAGE_KEY] == 1
    module = DominoLightningModule.load_from_checkpoint(path, strict=True)
    assert {k: module.hparams[k] for k in TINY} == TINY
    expected = tiny_module().state_dict()
    with safe_open(path.with_suffix(".safetensors"), framework="pt") as file:
        assert json.loads(file.metadata()["hyper_parameters"]) == dict(module.hparams)
        assert set(file.keys()) == set(expected) == set(saved["state_dict"])
        for name, tensor in expected.items():
            assert torch.equal(saved["state_dict"][name], tensor)
            assert torch.equal(file.get_tensor(name), tensor)
    for suffix, file_of in model.files.items():
        data = path.with_suffix("").with_name(model.name + suffix).read_bytes()
        assert file_of.sha256 == hashlib.sha256(data).hexdigest()
        assert file_of.size_bytes == len(data)


def test_half_precision_is_measured_as_stored(checkpoint: Path, folder: Path) -> None:
    model = promoted(checkpoint, folder, dtype="float16", name="half")
    module = DominoLightningModule.load_from_checkpoint(folder / "half.ckpt").eval()
    assert (
        torch.load(folder / "half.ckpt", weights_only=True)["state_dict"][
            "model.value_head.weight"
        ].dtype
        == torch.float16
    )
    assert module.dtype == torch.float32  # computes as any other
    metrics = evaluate_network(module, played_rows(n_games=2), device="cpu").metrics
    assert model.metrics["q_mae"] == metrics["q_mae"]
    exact = evaluate_network(tiny_module(), played_rows(n_games=2), device="cpu").metrics
    assert model.metrics["q_mae"] != exact["q_mae"]


def test_the_record_of_the_run_goes_along(checkpoint: Path, folder: Path) -> None:
    checkpoint.with_suffix(".yaml").write_text(
        "metrics: {val/q_gap: .nan}\nconfig: {lr: 0.002, mixture: uniform}\ngit_commit: abc123\n"
    )
    model = promoted(checkpoint, folder, name="a")
    assert model.training == {
        "config": {"lr": 0.002, "mixture": "uniform"},
        "git_commit": "abc123",
    }
    assert "* config.lr: 0.002\n" in (folder / "a.md").read_text()


def test_readme_follows_the_index(tmp_path: Path, checkpoint: Path, folder: Path) -> None:
    folder.mkdir()
    own = f"# Mine\n\n{card.BEGIN}\nold\n{card.END}\n\nbelow\n"
    (folder / "README.md").write_text(own)
    promoted(checkpoint, folder, name="a")
    policy = run_checkpoint(tmp_path / "policy.ckpt", "policy")
    promoted(policy, folder, name="b", title="Large v2")
    readme = (folder / "README.md").read_text()
    models = list_models(folder)
    assert {model.name for model in models} == {"a", "b"}
    assert readme == own.replace("\nold\n", f"\n\n{card.tables(models)}\n\n")
    assert "| Model | File | Params | Val Acc | Val Q-Gap |" in readme
    assert "| Model | File | Params | Q-MAE | Val Q-Gap |" in readme
    (a,) = [m.metrics for m in models if m.name == "a"]
    assert f"| `a.ckpt` | 5K | {a['q_mae']:.2f} | {a['q_gap']:.3f} |" in readme
    (b,) = [m.metrics for m in models if m.name == "b"]
    assert f"[Large v2](b.md) | `b.ckpt` | 5K | {b['accuracy']:.2%} | {b['q_gap']:.3f} |" in readme


def test_a_new_folder_gets_the_packages_readme(checkpoint: Path, folder: Path) -> None:
    promoted(checkpoint, folder, name="a")
    expected = card.with_tables((SHIPPED / "README.md").read_text(), list_models(folder))
    assert (folder / "README.md").read_text() == expected


# ---- refused ----------------------------------------------------------------------------------


def test_nothing_is_overwritten(checkpoint: Path, folder: Path) -> None:
    model = promoted(checkpoint, folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(ForgeError, match="is in the catalogue already"):
        promoted(checkpoint, folder)  # the same figures give the same name
    with pytest.raises(ForgeError, match="is in the catalogue already"):
        promoted(checkpoint, folder, name=model.name)
    with pytest.raises(ForgeError, match=r"README\.md is there already"):
        promoted(checkpoint, folder, name="README")
    with pytest.raises(ForgeError, match="in the catalogue's folder already"):
        promoted(folder / f"{model.name}.ckpt", folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_large_files_do_not_ship(checkpoint: Path, folder: Path) -> None:
    with pytest.raises(ForgeError, match=r"file would have 0\.0 MB, at most 0\.01 MB ship"):
        promoted(checkpoint, folder, max_bytes=10_000)
    assert not folder.exists()
    promoted(checkpoint, folder, max_bytes=None)


class Surprise:
    """What must not be unpickled."""


@pytest.mark.parametrize("kind", ["missing", "truncated", "pickle", "other network", "text"])
def test_a_bad_checkpoint_is_one_line(tmp_path: Path, folder: Path, kind: str) -> None:
    path = run_checkpoint(tmp_path / "run.ckpt")
    if kind == "missing":
        path.unlink()
    elif kind == "truncated":
        path.write_bytes(path.read_bytes()[:-1000])
    elif kind == "pickle":
        path.write_bytes(pickle.dumps(Surprise()))
    elif kind == "other network":
        saved = torch.load(path, weights_only=True)
        saved["hyper_parameters"]["n_layers"] = 2
        torch.save(saved, path)
    else:
        path.write_text("not a checkpoint")
    with pytest.raises(ForgeError, match=r"run\.ckpt") as error:
        promoted(path, folder)
    assert "\n" not in str(error.value)
    assert not folder.exists()


@pytest.mark.parametrize(
    "options",
    [
        {"name": "a/b"},
        {"name": ""},
        {"name": "../a"},
        {"size_name": "very small"},
        {"title": "a | b"},
        {"notes": "two\nlines"},
    ],
)
def test_bad_options(options: dict[str, Any]) -> None:
    with pytest.raises(ForgeError, match="must be"):
        PromoteOptions(**options)


def test_bad_dtype(checkpoint: Path, folder: Path) -> None:
    with pytest.raises(ForgeError, match="dtype must be float32 or float16"):
        promoted(checkpoint, folder, dtype="int8")


def test_a_readme_without_markers(checkpoint: Path, folder: Path) -> None:
    folder.mkdir()
    (folder / "README.md").write_text("# Mine\n")
    with pytest.raises(ForgeError, match=re.escape(card.BEGIN)):
        promoted(checkpoint, folder)
    assert names_in(folder) == ["README.md"]  # and no temporary files


# ---- names ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "text"),
    [(5_176, "5k"), (73_073, "73k"), (816_490, "816k"), (999_600, "1.0M"), (3_330_000, "3.3M")],
)
def test_short_count(n: int, text: str) -> None:
    assert card.short_count(n) == text


def test_names_of_the_convention() -> None:
    q = {"q_gap": 0.0943, "q_mae": 1.488, "accuracy": 0.74}
    name = card.model_name("qvalue", "small", 816_400, q)
    assert name == "domino-qval-small-816k-qgap0.094-qmae1.49"
    policy = {"q_gap": 0.072, "accuracy": 0.9779}
    name = card.model_name("policy", "large", 817_000, policy)
    assert name == "domino-large-817k-acc97.8-qgap0.07"
    assert [card.size_name(n) for n in (5_000, 816_000, 3_300_000)] == ["tiny", "small", "large"]


def test_tables_list_the_largest_first(checkpoint: Path, folder: Path) -> None:
    small = promoted(checkpoint, folder, name="a")
    large = replace(small, name="z", n_params=10 * small.n_params)
    assert sorted([small, large], key=Model.order) == [large, small]
