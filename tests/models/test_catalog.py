"""Models by name or path, with their hash checked; and everything that ships."""

import json
import re
from pathlib import Path

import pytest
import safetensors.torch
import torch

from forge.errors import ForgeError
from forge.models import catalog
from forge.models.card import BEGIN, END, model_card, tables
from forge.models.catalog import SHIPPED, WEIGHT_SUFFIXES, file_status, list_models, resolve
from forge.models.promote import MAX_SHIPPED_BYTES, PromoteOptions, promote
from forge.models.stages import mode_of
from support.checkpoints import open_tiny_rows, run_checkpoint, tiny_module


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A catalogue with one Q-value model called `a-1.5`, of seed 0."""
    checkpoint = run_checkpoint(tmp_path / "run.ckpt")
    folder = tmp_path / "models"
    promote(checkpoint, folder, open_tiny_rows, PromoteOptions(name="a-1.5"), device="cpu")
    return folder


@pytest.mark.parametrize(
    "name", ["a-1.5", "a-1.5.ckpt", "a-1.5.safetensors", "forge/models/a-1.5.ckpt"]
)
def test_names(folder: Path, name: str) -> None:
    suffix = ".safetensors" if name.endswith(".safetensors") else ".ckpt"
    assert resolve(name, folder) == folder / f"a-1.5{suffix}"
    module = catalog.load(name, "cpu", folder)
    assert not module.training
    expected = tiny_module().state_dict()
    for key, tensor in module.state_dict().items():
        assert torch.equal(tensor, expected[key])


@pytest.mark.parametrize("name", ["domino-b", "domino-b.ckpt", "forge/models/domino-b-2.0M"])
def test_the_beginning_of_one_name(folder: Path, tmp_path: Path, name: str) -> None:
    for full in ("domino-b-2.0M-x1", "domino-c-1", "domino-c-2"):
        options = PromoteOptions(name=full)
        promote(tmp_path / "run.ckpt", folder, open_tiny_rows, options, device="cpu")
    assert resolve(name, folder) == folder / "domino-b-2.0M-x1.ckpt"
    with pytest.raises(ForgeError, match="several models: domino-c-1, domino-c-2"):
        resolve("domino-c", folder)
    for none in ("domin", "domino-b-2", "omino-b"):  # up to a hyphen, from the first letter on
        with pytest.raises(ForgeError, match="no such model: the catalogue has"):
            resolve(none, folder)


def test_paths(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert resolve(tmp_path / "run.ckpt", folder) == tmp_path / "run.ckpt"
    assert resolve(str(folder / "a-1.5.ckpt"), folder) == folder / "a-1.5.ckpt"
    monkeypatch.chdir(tmp_path)
    assert resolve("run.ckpt", folder) == Path("run.ckpt")
    # A file of the folder that nobody promoted is a path like any other.
    run_checkpoint(folder / "stray.ckpt")
    assert resolve(folder / "stray.ckpt", folder) == folder / "stray.ckpt"


@pytest.mark.parametrize("name", ["a-1.5", "models/a-1.5.ckpt"])
@pytest.mark.parametrize("suffix", WEIGHT_SUFFIXES)
def test_a_wrong_hash_is_an_error(
    folder: Path, name: str, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    name = name.replace(".ckpt", suffix) if name.endswith(".ckpt") else name + suffix
    path = folder / f"a-1.5{suffix}"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ForgeError, match="wrong hash: not the file that was promoted"):
        catalog.load(name, "cpu", folder)
    assert file_status(list_models(folder)[0], suffix, folder) == "wrong hash"


def test_a_missing_file_is_an_error(folder: Path) -> None:
    (folder / "a-1.5.ckpt").unlink()
    with pytest.raises(ForgeError, match=r"a-1\.5\.ckpt: missing"):
        resolve("a-1.5", folder)


@pytest.mark.parametrize("name", ["b", "b.ckpt", "forge/models/b.ckpt"])
def test_unknown_names_list_the_known(folder: Path, name: str) -> None:
    with pytest.raises(ForgeError, match=re.escape("the catalogue has a-1.5")):
        resolve(name, folder)


@pytest.mark.parametrize("name", ["elsewhere/a-1.5.ckpt", "/nowhere/a-1.5.ckpt"])
def test_a_missing_path_is_not_looked_up_by_name(folder: Path, name: str) -> None:
    with pytest.raises(ForgeError, match=f"no checkpoint at {name}"):
        resolve(name, folder)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"version": 1, "models": [{"name": "a"}]}', '{"version": 2, "models": []}'],
)
def test_a_broken_index_is_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "catalog.json").write_text(text)
    with pytest.raises(ForgeError, match=r"catalog\.json: ") as error:
        list_models(tmp_path)
    assert "\n" not in str(error.value)


def test_foreign_safetensors_are_one_line(folder: Path, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.safetensors"
    metadata = {"hyper_parameters": json.dumps(dict(tiny_module().hparams))}
    for content in (
        b"no",
        (folder / "a-1.5.safetensors").read_bytes()[:-100],
        safetensors.torch.save({"x": torch.zeros(2)}),
        safetensors.torch.save({"x": torch.zeros(2)}, metadata),
        safetensors.torch.save({"x": torch.zeros(2)}, {"hyper_parameters": '{"embed_dim": 7}'}),
        safetensors.torch.save({"x": torch.zeros(2)}, {"hyper_parameters": '{"depth": 7}'}),
    ):
        foreign.write_bytes(content)
        with pytest.raises(ForgeError, match="not weights of this network") as error:
            catalog.load(foreign, "cpu", folder)
        assert "\n" not in str(error.value)


# ---- what ships -------------------------------------------------------------------------------


def test_the_shipped_readme_has_the_tables_of_the_index() -> None:
    readme = (SHIPPED / "README.md").read_text()
    assert readme.count(BEGIN) == readme.count(END) == 1
    between = readme.partition(BEGIN)[2].partition(END)[0]
    assert between.strip() == tables(list_models())


def test_every_shipped_file_belongs_to_a_model() -> None:
    owned = {f"{m.name}{suffix}" for m in list_models() for suffix in (*WEIGHT_SUFFIXES, ".md")}
    present = {p.name for p in SHIPPED.iterdir() if p.suffix in (*WEIGHT_SUFFIXES, ".md")}
    assert present - {"README.md"} == owned


def test_every_shipped_model_is_whole() -> None:
    for model in list_models():
        loaded = {}
        for suffix in WEIGHT_SUFFIXES:
            assert file_status(model, suffix) == "ok"
            path = SHIPPED / f"{model.name}{suffix}"
            assert path.stat().st_size == model.files[suffix].size_bytes <= MAX_SHIPPED_BYTES
            loaded[suffix] = catalog.load(model.name + suffix, "cpu")
        module = loaded[".ckpt"]
        assert (module.STAGE, mode_of(module)) == (model.stage, model.loss_mode)
        assert sum(p.numel() for p in module.parameters()) == model.n_params
        # Hyperparameters that came later have the default that the network was built with.
        assert dict(module.hparams) | model.hyper_parameters == dict(module.hparams)
        for name, tensor in loaded[".safetensors"].state_dict().items():
            assert torch.equal(tensor, module.state_dict()[name])
        strict = type(module).load_from_checkpoint(
            SHIPPED / f"{model.name}.ckpt", strict=True, weights_only=True
        )
        assert mode_of(strict) == model.loss_mode
        measured = {1: "reference protocol, val: seeds 900-949", 2: "val: 50 games, seeds 900-949"}
        assert model.measured_on.startswith(measured[model.stage])


def test_the_python_of_the_readme_runs() -> None:
    """Its blocks one after the other, as one reads them."""
    found = re.findall(r"```python\n(.*?)```", (SHIPPED / "README.md").read_text(), re.DOTALL)
    assert len(found) >= 4
    names: dict[str, torch.Tensor] = {}
    for block in found:
        exec(block, names)
    assert 0 <= int(names["slots"]) < 7 and names["mean"].shape == (1, 7)


@pytest.mark.parametrize("model", list_models(), ids=lambda model: model.name)
def test_cards_are_those_of_the_index(model: catalog.Model) -> None:
    card = (SHIPPED / f"{model.name}.md").read_text()
    assert card == model_card(model)
    (example,) = re.findall(r"```python\n(.*?)```", card, re.DOTALL)
    names: dict[str, torch.Tensor] = {}
    exec(example, names)
    assert 0 <= int(names["slots"]) < 7
    assert names["shares"].sum().item() == pytest.approx(1.0, abs=1e-5)
