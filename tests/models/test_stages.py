"""Which stage a file is of, and that no stage passes for another."""

from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from forge.errors import ForgeError
from forge.learn.network_module import STAGE_KEY, NetworkModule
from forge.learn.weights import (
    ckpt_bytes,
    load_weights,
    safetensors_bytes,
    stage_of,
    stripped_state,
)
from forge.ml.module import DominoLightningModule
from forge.models.stages import STAGES, load_network, mode_of, stage_of_file
from forge.stage2.module import EqLightningModule
from forge.work.checksums import FILE_CRC_KEY
from support.checkpoints import (
    run_checkpoint,
    run_eq_checkpoint,
    save_run,
    tiny_eq_module,
    tiny_module,
)

KINDS: dict[int, type[NetworkModule]] = {1: DominoLightningModule, 2: EqLightningModule}


def written(path: Path, module: NetworkModule) -> Path:
    """The weights of a module as a run or the catalogue keeps them, by the file's name."""
    state, hparams = stripped_state(module), dict(module.hparams)
    if path.name == "run.ckpt":
        return save_run(path, module)
    bytes_of = safetensors_bytes if path.suffix == ".safetensors" else ckpt_bytes
    path.write_bytes(bytes_of(state, hparams, module.STAGE))
    return path


def without_stage(path: Path) -> None:
    """Make a file one that was written before files told their stage."""
    if path.suffix == ".safetensors":
        with safe_open(path, "pt") as file:
            metadata = file.metadata()
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        assert metadata.pop(STAGE_KEY)
        del metadata[FILE_CRC_KEY]  # it was that of another file
        save_file(state, path, metadata)
        return
    content = torch.load(path, weights_only=True)
    del content[STAGE_KEY]
    torch.save(content, path)


def with_stage(path: Path, stage: object) -> None:
    """Make a checkpoint tell a stage."""
    torch.save(torch.load(path, weights_only=True) | {STAGE_KEY: stage}, path)


@pytest.mark.parametrize("name", ["run.ckpt", "stripped.ckpt", "stripped.safetensors"])
@pytest.mark.parametrize("stage", [1, 2])
@pytest.mark.parametrize("is_old", [False, True])
def test_files_of_a_stage(tmp_path: Path, stage: int, name: str, is_old: bool) -> None:
    module: NetworkModule = tiny_module() if stage == 1 else tiny_eq_module()
    path = written(tmp_path / name, module)
    if is_old:
        without_stage(path)
    assert stage_of(path) == stage
    assert stage_of_file(path) is STAGES[stage]
    for found in (load_network(path), load_weights(path, KINDS[stage])):
        assert type(found) is KINDS[stage] and not found.training
        assert dict(found.hparams) == dict(module.hparams)
        for key, tensor in module.state_dict().items():
            assert torch.equal(found.state_dict()[key], tensor)
    wanted = 3 - stage
    with pytest.raises(ForgeError) as told:
        load_weights(path, KINDS[wanted])
    assert f"{path}: a network of Stage {stage} " in str(told.value)
    assert f"but one of Stage {wanted} " in str(told.value) and "\n" not in str(told.value)


def test_every_stage_is_known() -> None:
    assert {stage: entry.kind for stage, entry in STAGES.items()} == KINDS
    assert mode_of(tiny_module("policy")) == "policy"
    assert mode_of(tiny_eq_module()) == "eq"


@pytest.mark.parametrize("kind", KINDS.values())
def test_an_unreadable_file_is_told_for_what_it_is(
    tmp_path: Path, kind: type[NetworkModule]
) -> None:
    missing, text = tmp_path / "missing.ckpt", tmp_path / "text.ckpt"
    text.write_text("not a checkpoint")
    assert stage_of(missing) == stage_of(text) == 1
    with pytest.raises(ForgeError, match="no checkpoint at"):
        load_weights(missing, kind)
    with pytest.raises(ForgeError, match=r"text\.ckpt") as told:
        load_weights(text, kind)
    assert "wanted" not in str(told.value)


def test_the_stages_of_runs(tmp_path: Path) -> None:
    assert stage_of(run_checkpoint(tmp_path / "a.ckpt", "policy")) == 1
    assert stage_of(run_eq_checkpoint(tmp_path / "b.ckpt", arch="transformer")) == 2


def test_what_a_file_tells_counts(tmp_path: Path) -> None:
    """And not what its hyperparameters look like."""
    path = run_checkpoint(tmp_path / "a.ckpt")
    with_stage(path, 2)
    assert stage_of(path) == 2
    with pytest.raises(ForgeError, match="a network of Stage 2 "):
        load_weights(path, DominoLightningModule)
    with_stage(path, 3)
    with pytest.raises(ForgeError, match=r"a\.ckpt: of stage 3, which this version of forge does"):
        load_network(path)


def test_a_run_tells_its_stage(tmp_path: Path) -> None:
    """In the checkpoints that Lightning writes."""
    for module in (tiny_module(), tiny_eq_module()):
        saved: dict[str, object] = {}
        module.on_save_checkpoint(saved)
        assert saved[STAGE_KEY] == module.STAGE
