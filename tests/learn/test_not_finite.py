"""No loader hands out weights that are not finite, and no training calls them good."""

import hashlib
import math
import re
import struct
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import torch

from forge.bidding.calibration.logistic import Calibration, shipped
from forge.errors import ForgeError
from forge.learn.network_module import NetworkModule
from forge.learn.training import start_from
from forge.learn.weights import (
    ckpt_bytes,
    load_weights,
    safetensors_bytes,
    stripped_state,
)
from forge.models import catalog
from forge.models.promote import PromoteOptions, promote
from forge.models.stages import load_network, stage_of_file
from forge.policy import SHIPPED as POLICY
from forge.policy.export import load_policy_exportable
from forge.policy.numbers import MAGIC, N_WEIGHTS, load_policy, policy_bytes
from forge.work.hashing import sha256_of
from support.checkpoints import open_tiny_rows, run_checkpoint, tiny_eq_module, tiny_module
from support.commands import run_here
from support.synthetic_rows import synthetic_arrays, write_split

BAD = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
MODULES: dict[str, Callable[[], NetworkModule]] = {
    "stage 1": tiny_module,
    "stage 2": tiny_eq_module,
}


def spoiled(module: NetworkModule, bad: float) -> dict[str, torch.Tensor]:
    """The weights of a module, one number of which is not finite."""
    state = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    name = [name for name, tensor in state.items() if tensor.is_floating_point()][-1]
    state[name].view(-1)[0] = bad
    return state


def file_of(folder: Path, suffix: str, module: NetworkModule, bad: float) -> Path:
    write = {".ckpt": ckpt_bytes, ".safetensors": safetensors_bytes}[suffix]
    path = folder / f"bad{suffix}"
    path.write_bytes(write(spoiled(module, bad), dict(module.hparams), module.STAGE))
    return path


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("suffix", [".ckpt", ".safetensors"])
@pytest.mark.parametrize("stage", MODULES)
def test_loaders_of_networks(stage: str, suffix: str, bad: str, tmp_path: Path) -> None:
    module = MODULES[stage]()
    path = file_of(tmp_path, suffix, module, BAD[bad])
    loaders: list[Callable[[], Any]] = [
        lambda: load_weights(path, type(module)),
        lambda: load_network(path),
        lambda: catalog.load(path, "cpu"),
        lambda: stage_of_file(path).exportable(path),
        lambda: promote(path, tmp_path / "models", open_tiny_rows, PromoteOptions(), "cpu"),
    ]
    if suffix == ".ckpt":
        loaders += [
            lambda: type(module).load_from_checkpoint(path),
            lambda: type(module).load_from_checkpoint(BytesIO(path.read_bytes())),
            lambda: type(module).load_from_checkpoint(path, strict=False),
            lambda: start_from(MODULES[stage](), path),
        ]
    for load in loaders:
        with pytest.raises(ForgeError, match=r"weights must be finite, but .* holds NaN") as told:
            load()
        assert "\n" not in str(told.value)
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize("suffix", [".ckpt", ".safetensors"])
def test_a_model_of_the_catalogue(suffix: str, tmp_path: Path) -> None:
    """Its hash is right: it was promoted so, by hand."""
    folder = tmp_path / "models"
    promote(run_checkpoint(tmp_path / "a.ckpt"), folder, open_tiny_rows, PromoteOptions(name="a"))
    (folder / f"a{suffix}").write_bytes(
        file_of(tmp_path, suffix, tiny_module(), math.nan).read_bytes()
    )
    index, (model,) = folder / "catalog.json", catalog.list_models(folder)
    text = index.read_text().replace(model.files[suffix].sha256, sha256_of(folder / f"a{suffix}"))
    index.write_text(re.sub(r',\s*"file_sha256": "[0-9a-f]+"', "", text))
    with pytest.raises(ForgeError, match="weights must be finite"):
        catalog.load(f"a{suffix}", "cpu", folder)


def test_half_precision_that_is_too_small() -> None:
    module = tiny_module()
    with torch.no_grad():
        next(iter(module.parameters())).fill_(1e6)
    assert stripped_state(module)
    with pytest.raises(ForgeError, match="as float16: weights must be finite"):
        stripped_state(module, "float16")


@pytest.mark.parametrize("bad", BAD)
def test_policies(bad: str, tmp_path: Path) -> None:
    policy = torch.zeros(N_WEIGHTS)
    policy[7] = BAD[bad]
    numbers = policy.numpy().astype("<f4").tobytes()
    content = policy_bytes(load_policy(POLICY))
    header = bytearray(content[: len(content) - len(numbers)])
    header[-32:] = hashlib.sha256(numbers).digest()
    assert header.startswith(MAGIC) and struct.unpack_from("<I", header, 8)
    path = tmp_path / "a.policy"
    path.write_bytes(bytes(header) + numbers)
    for load in (load_policy, load_policy_exportable):
        with pytest.raises(ForgeError, match="not finite"):
            load(path)


@pytest.mark.parametrize("bad", ["NaN", "Infinity", "1e999"])
def test_calibrations(bad: str, tmp_path: Path) -> None:
    found = shipped()
    assert found is not None
    found.write(tmp_path / "c.json")
    text = (tmp_path / "c.json").read_text()
    number = str(found.slopes["notrump"][3])
    assert number in text
    (tmp_path / "c.json").write_text(text.replace(number, bad))
    with pytest.raises(ForgeError, match="numbers must be finite"):
        Calibration.read(tmp_path / "c.json")


# ---- training -----------------------------------------------------------------------------------

TINY = "--embed-dim 24 --n-heads 2 --n-layers 1 --ff-dim 32 --batch-size 16 --precision 32-true"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for i, (split, n) in enumerate((("train", 64), ("val", 37))):
        write_split(tmp_path / "rows" / split, synthetic_arrays(n, seed=i))
    return tmp_path / "rows"


OPTIONS = ("lr", "weight-decay", "dropout", "value-weight", "max-hours")


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e400"])
def test_options_that_are_no_numbers(
    option: str, value: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["--data", data, TINY, "--run-dir", tmp_path / "runs", f"--{option}", value]
    assert run_here("train", *line) == 2
    assert f"error: --{option} must be" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    "options",
    [
        "--lr 1e30",
        "--weight-decay 1e6 --lr 1e10",
        "--lr 1e30 --epochs 1 --batch-size 64",  # the only step is the last one
        "--lr 1e30 --epochs 1 --batch-size 64 --weight-decay 1e6 --optimizer muon",
        "--lr 1e30 --precision bf16-mixed",
        "--value-weight 1e6 --lr 1e25 --loss-mode qvalue",
    ],
)
def test_a_training_that_breaks_ends_with_one_line_and_keeps_what_was_good(
    options: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = tmp_path / "runs"
    line = ["--data", data, TINY, "--run-dir", runs]
    assert run_here("train", *line, "--epochs 1") == 0
    good = runs / "domino/version_0/checkpoints"
    before = {path.name: path.read_bytes() for path in good.iterdir()}
    capsys.readouterr()
    code = run_here("train", *line, "--epochs 3", options, "--init-from", good / "last.ckpt")
    err = capsys.readouterr().err
    assert code == 2 and err.startswith("error: training stopped at step"), err
    assert err.count("\n") == 1
    assert {path.name: path.read_bytes() for path in good.iterdir()} == before
    for path in runs.glob("domino/version_1/checkpoints/*.ckpt"):
        load_weights(path, type(tiny_module()))
