"""A network goes on learning: weights of a checkpoint, a few epochs, weights of the next one."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from forge.errors import ForgeError
from forge.extras import extra
from forge.flywheel.watching import StoppedByError, Watch
from forge.learn.run import CHECKPOINTS, LAST_CHECKPOINT, last_checkpoint, version_of
from forge.learn.settings import Training
from forge.work.atomic import write_file
from forge.work.hashing import sha256_of
from forge.work.yaml_files import read_yaml, write_yaml

if TYPE_CHECKING:
    from forge.learn.network_module import NetworkModule
    from forge.learn.training import RunData

_INPUTS: Final = "inputs"


@dataclass(frozen=True)
class Learnt:
    """What a training gave.

    Args:
        path: of the checkpoint: weights alone.
        sha256: of that file.
        val_loss: of the golden val set after the last epoch.
    """

    path: Path
    sha256: str
    val_loss: float | None


@dataclass(frozen=True)
class Lesson:
    """What a training depends on; the same lesson gives the same weights.

    Args:
        parent: a checkpoint of the network.
        target: where the next one goes.
        run_dir: where the run is kept.
        lineage: plain values that tell one lesson from another, for the record.
        epochs, lr, seed, precision, deterministic: of the training.
    """

    parent: Path
    target: Path
    run_dir: Path
    lineage: Mapping[str, Any]
    epochs: int
    lr: float
    seed: int
    precision: str
    deterministic: bool

    @property
    def inputs(self) -> str:
        """A hash of everything that the weights depend on."""
        told = {
            "lineage": dict(self.lineage),
            "parent_sha256": sha256_of(self.parent),
            **{name: getattr(self, name) for name in _HOW},
        }
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


_HOW: Final = ("epochs", "lr", "seed", "precision", "deterministic")


def learnt_before(lesson: Lesson) -> Learnt | None:
    """What this lesson gave, if it was given and its checkpoint is whole."""
    try:
        card = read_yaml(lesson.target.with_suffix(".yaml")) or {}
        config = card.get("config")
        same = isinstance(config, dict) and config.get(_INPUTS) == lesson.inputs
        if not same or card.get("sha256") != sha256_of(lesson.target):
            return None
    except (ForgeError, OSError):
        return None
    loss = card.get("val_loss")
    return Learnt(lesson.target, str(card["sha256"]), loss if isinstance(loss, float) else None)


def learn(lesson: Lesson, data: RunData, watch: Watch) -> Learnt:
    """Train; go on where a run of the same lesson was cut short.

    The run's own checkpoints, with the state of the optimiser, are gone when the weights are in
    place. The weights are those after the last epoch: none are chosen by the set that judges them.

    Raises:
        ForgeError: as `train_network`.
        StoppedByError: after a signal; the run can go on.
    """
    with extra("train"):
        import lightning.pytorch as pl

    from forge.learn.checkpoints import RunStoppedError
    from forge.learn.training import build_module, train_network
    from forge.models.stages import load_network

    parent = load_network(lesson.parent)
    config: dict[str, Any] = {
        **dict(parent.hparams),
        **{name: getattr(lesson, name) for name in _HOW},
        "init_from": str(lesson.parent),
        "lineage": dict(lesson.lineage),
        _INPUTS: lesson.inputs,
    }
    resume = _begun(lesson, type(parent))
    training = Training(
        run_dir=str(lesson.run_dir),
        epochs=lesson.epochs,
        precision=lesson.precision,
        deterministic=lesson.deterministic,
        resume=None if resume is None else str(resume),
    )
    if resume is not None:
        watch.tell(f"training goes on from {resume}")
    pl.seed_everything(lesson.seed, verbose=False)
    module = build_module(type(parent), {**dict(parent.hparams), "lr": lesson.lr})
    module.load_state_dict(parent.state_dict())
    try:
        folder = train_network(module, data, training, config, watch.signal, watch.console)
    except RunStoppedError:
        raise StoppedByError(watch.signal.signum or 2) from None
    assert folder is not None
    return _put_in_place(lesson, module, _val_loss(folder, resume))


def _begun(lesson: Lesson, kind: type[NetworkModule]) -> Path | None:
    """The last checkpoint of a run of this lesson; others are of no use, and removed."""
    from forge.learn.checkpoint_files import read_checkpoint
    from forge.learn.checkpoints import RECORD_KEY

    try:
        path = last_checkpoint(lesson.run_dir, kind.RUN_NAME)
        config = read_checkpoint(path, resumes=True).get(RECORD_KEY, {}).get("config", {})
        if config.get(_INPUTS) == lesson.inputs:
            return path
    except ForgeError:
        pass  # none, or a damaged one
    shutil.rmtree(lesson.run_dir, ignore_errors=True)
    return None


def _val_loss(folder: Path, resume: Path | None) -> float | None:
    """What validation said last; a run that had ended when it was resumed has not been validated
    again."""
    places = [folder / CHECKPOINTS / LAST_CHECKPOINT, *([] if resume is None else [resume])]
    for path in places:
        with suppress(ForgeError):
            metrics = (read_yaml(path.with_suffix(".yaml"), finite=False) or {}).get("metrics", {})
            if isinstance(loss := metrics.get("val/loss"), float) and abs(loss) < float("inf"):
                return loss
    return None


def _put_in_place(lesson: Lesson, module: NetworkModule, val_loss: float | None) -> Learnt:
    """Write the weights, then the card that makes them count; drop what the run kept to go on."""
    import torch

    import forge
    from forge.learn.weights import ckpt_bytes, stripped_state

    content = ckpt_bytes(stripped_state(module), dict(module.hparams), module.STAGE)
    card = lesson.target.with_suffix(".yaml")
    card.unlink(missing_ok=True)
    write_file(lesson.target, content)
    learnt = Learnt(lesson.target, hashlib.sha256(content).hexdigest(), val_loss)
    how = {name: getattr(lesson, name) for name in _HOW}
    # As runs write it beside their checkpoints: forge promote tells where weights come from.
    write_yaml(
        card,
        {
            "sha256": learnt.sha256,
            "val_loss": val_loss,
            "config": {**how, _INPUTS: lesson.inputs},
            "data": dict(lesson.lineage),
            "forge_version": forge.__version__,
            "torch_version": str(torch.__version__),
        },
    )
    for run in sorted(lesson.run_dir.glob("*/version_*"), key=version_of):
        shutil.rmtree(run / CHECKPOINTS, ignore_errors=True)
    return learnt
