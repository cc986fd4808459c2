"""The state that a flywheel begins with."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Protocol

from forge.errors import ForgeError
from forge.flywheel.oracle_settings import OracleSettings
from forge.flywheel.seat_settings import SeatSettings
from forge.flywheel.state_file import Current, FlywheelState, Kind
from forge.models.catalog import list_models, resolve
from forge.work.hashing import sha256_of


class Beginning(Protocol):
    """What is said of a flywheel of any kind."""

    @property
    def kind(self) -> Kind: ...
    @property
    def wandb_group(self) -> str: ...
    @property
    def start_seed(self) -> int: ...
    @property
    def seeds_per_iter(self) -> int: ...
    @property
    def baseline(self) -> str | None: ...
    @property
    def epochs(self) -> int: ...
    @property
    def iterations(self) -> int | None: ...


def new_state(
    how: Beginning, settings: OracleSettings | SeatSettings, action: str
) -> FlywheelState:
    """A flywheel before its first iteration.

    Args:
        how: see `forge flywheel init`.
        settings: of its kind.
        action: what to type next.

    Raises:
        ForgeError: if there is no such checkpoint, or it is of another stage.
    """
    from forge.learn.weights import check_stage

    stage = 2 if how.kind == "seat" else 1
    told = how.baseline or _best_of_catalogue(stage)
    path = resolve(told)
    check_stage(path, stage)
    if Path(told).is_file():
        told = str(Path(told).resolve())
    values = {
        name: str(each.resolve()) if isinstance(each, Path) else each
        for name, each in asdict(settings).items()
    }
    start = how.start_seed
    return FlywheelState(
        status="ready",
        wandb_group=how.wandb_group,
        baseline_checkpoint=told,
        current=Current(f"{start}:{start + how.seeds_per_iter}"),
        last_error=None,
        next_action=action,
        history=[],
        kind=how.kind,
        seeds_per_iter=how.seeds_per_iter,
        epochs=how.epochs,
        iterations=how.iterations,
        baseline_sha256=sha256_of(path),
        settings=values,
    )


def _best_of_catalogue(stage: int) -> str:
    """The name of the best network of a stage.

    Stage 1: that with the lowest q_gap. Stage 2: that which was trained on the plays of a seat, if
    there is one, since it plays better than its q_gap says.
    """
    models = [model for model in list_models() if model.stage == stage]
    if not models:
        raise ForgeError(f"the catalogue has no network of Stage {stage}: give --baseline")
    imitators = [model for model in models if model.hyper_parameters.get("imitate")]
    return min(imitators or models, key=lambda model: model.metrics["q_gap"]).name
