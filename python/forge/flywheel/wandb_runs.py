"""An iteration of a flywheel as a W&B run: its name, lineage, stages and figures."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from forge.errors import ForgeError
from forge.extras import extra, need
from forge.flywheel.state_file import FlywheelState, HistoryEntry
from forge.work.tracking import WANDB_PROJECT, starting_wandb

_JOB: Final = "flywheel"
_OFFLINE: Final = ("offline", "dryrun")


class NoRun:
    """Records nothing."""

    def stage(self, number: int, name: str) -> None:
        """Drop it."""

    def finished(self, state: FlywheelState, entry: HistoryEntry, checkpoint: Path | None) -> None:
        """Drop them."""

    def __enter__(self) -> NoRun:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        pass


class IterationRun(NoRun):
    """The run of one iteration. One that was cut short and goes on is the same run at W&B.

    Args:
        state: running.
        folder: of the flywheel; its name is part of what tells runs of one group apart.
        config: of the network and its parent.

    Raises:
        ForgeError: if W&B does not start.
    """

    def __init__(self, state: FlywheelState, folder: Path, config: Mapping[str, Any]) -> None:
        seeds, group = state.current.seeds, state.wandb_group or "flywheel"
        name = f"iter-{state.number:03d}-seeds-{seeds.start}-{seeds.stop}"
        offline = os.environ.get("WANDB_MODE") in _OFFLINE
        with starting_wandb():
            with extra("wandb"):
                import wandb

            self._wandb = wandb
            self._run = wandb.init(
                project=WANDB_PROJECT,
                name=name,
                group=group,
                job_type=_JOB,
                tags=list(dict.fromkeys([_JOB, group.partition("-")[0]])),
                dir=folder,
                config={
                    "flywheel_iteration": state.number,
                    "seed_range": state.current.seed_range,
                    "start_seed": seeds.start,
                    "end_seed": seeds.stop,
                    "epochs": state.epochs,
                    **config,
                },
                id=None if offline else _run_id(group, folder, name),
                resume=None if offline else "allow",
            )
        self._group = group
        # What cannot be asked of a server that is not there.
        if state.history and not self._run.offline:
            with suppress(wandb.errors.Error, ValueError):
                self._run.use_artifact(f"{group}-checkpoint:latest")
        self._run.define_metric("total_seeds")
        self._run.define_metric("final/*", step_metric="total_seeds")

    def stage(self, number: int, name: str) -> None:
        """A stage begins."""
        self._run.log({"stage": number, "stage_name": name})

    def finished(self, state: FlywheelState, entry: HistoryEntry, checkpoint: Path | None) -> None:
        """The figures, and the checkpoint as an artifact."""
        figures = {name: getattr(entry, name) for name in ("q_gap", "accuracy", "val_loss")}
        known = {f"final/{name}": value for name, value in figures.items() if value is not None}
        self._run.log({"total_seeds": entry.total_seeds, **known})
        # A deal may have been left out since the run began.
        counted = {"total_seeds_trained": entry.total_seeds}
        self._run.config.update(counted, allow_val_change=True)  # type: ignore[no-untyped-call]
        self._run.summary.update(
            {
                "total_seeds": entry.total_seeds,
                "iteration": state.number,
                "final_q_gap": entry.q_gap,
                "final_accuracy": entry.accuracy,
            }
        )
        if checkpoint is None:
            return
        artifact = self._wandb.Artifact(
            f"{self._group}-checkpoint",
            type="model",
            metadata={
                "iteration": state.number,
                "seed_range": entry.seed_range,
                "total_seeds": entry.total_seeds,
                "q_gap": entry.q_gap,
                "accuracy": entry.accuracy,
            },
        )
        artifact.add_file(str(checkpoint))
        self._run.log_artifact(artifact, aliases=["latest", f"iter-{state.number:03d}"])

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._run.finish(exit_code=0 if kind is None else 1)


def is_set_up() -> bool:
    """Whether W&B is installed, and logged in or told what to do by its variables."""
    try:
        need("wandb", "wandb")
    except ForgeError:
        return False
    if os.environ.get("WANDB_MODE") or os.environ.get("WANDB_API_KEY"):
        return os.environ.get("WANDB_MODE") != "disabled"
    with suppress(Exception):  # whatever this version of W&B calls it
        with extra("wandb"):
            import wandb

        return bool(wandb.login(prompt=False, verify=False))
    return False


def _run_id(group: str, folder: Path, name: str) -> str:
    import hashlib

    told: Sequence[str] = (group, str(folder.resolve()), name)
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]
