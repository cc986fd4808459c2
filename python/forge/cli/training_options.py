"""Running of a training as options say, the same for every stage."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from pathlib import Path
from signal import SIGINT
from typing import TYPE_CHECKING, Any

from forge.cli.command import Given, end_if_stopped
from forge.cli.values import console
from forge.extras import extra
from forge.learn.settings import Training, check_values
from forge.options import option

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from forge.learn.network_module import NetworkModule
    from forge.learn.training import RunData
    from forge.work.stop import StopSignal


@dataclass(frozen=True)
class StartOptions:
    """Where a training begins."""

    init_from: Path | None = option(None, "Start with the weights of a checkpoint.")


def values_of(*groups: DataclassInstance) -> dict[str, Any]:
    """Every option with its value, by the names of the fields; paths as text."""
    return {
        each.name: str(value) if isinstance(value, Path) else value
        for group in groups
        for each in fields(group)
        for value in (getattr(group, each.name),)
    }


def run_training(
    name: str,
    groups: Sequence[DataclassInstance],
    given: Given,
    kind: type[NetworkModule],
    open_data: Callable[[dict[str, Any]], AbstractContextManager[RunData]],
) -> None:
    """Train a network as the options of a command say.

    Args:
        name: of the command.
        groups: options of the command, named as those of `Training` and `kind`.
        given: which of them were typed.
        kind: of the module.
        open_data: gives the rows, by the options.

    Raises:
        ForgeError: on bad options, data or checkpoint.
        typer.Exit: after a signal.
    """
    from forge.learn.checkpoints import RunStoppedError
    from forge.learn.run import is_first_process
    from forge.work.stop import StopSignal

    resolved = _resolve(groups, given, kind)
    with StopSignal("step", ready=False) as signal:
        try:
            _train(resolved, kind, open_data, signal)
        except RunStoppedError as stopped:
            if stopped.checkpoint is not None and is_first_process():
                line = f"stopped; go on with: forge {name} --resume {stopped.checkpoint}"
                print(line, file=sys.stderr)
            # In another process of this run, perhaps, which this one follows.
            end_if_stopped(signal.signum or SIGINT)


def _resolve(
    groups: Sequence[DataclassInstance], given: Given, kind: type[NetworkModule]
) -> dict[str, Any]:
    """The options; a resumed run keeps those it had where none is given."""
    from forge.learn.checkpoint_files import read_checkpoint
    from forge.learn.checkpoints import RECORD_KEY
    from forge.learn.run import last_checkpoint
    from forge.learn.weights import check_stage

    resolved = values_of(*groups)
    if resolved["resume"] is None:
        if resolved["init_from"] is not None:
            check_stage(Path(resolved["init_from"]), kind.STAGE)
        return resolved
    path = Path(resolved["resume"])
    if resolved["resume"] == "last":
        path = last_checkpoint(Path(resolved["run_dir"]), kind.RUN_NAME)
    # Before its options are taken, which mean nothing to the run of another stage.
    check_stage(path, kind.STAGE)
    earlier = read_checkpoint(path, resumes=True).get(RECORD_KEY, {}).get("config", {})
    taken = {k: earlier[k] for k in resolved if k in earlier and k not in given}
    for group in groups:
        check_values(type(group), taken, f"{path}: {RECORD_KEY}.config.")
    resolved.update(taken)
    return resolved | {"resume": str(path), "init_from": None}


def _train(
    options: dict[str, Any],
    kind: type[NetworkModule],
    open_data: Callable[[dict[str, Any]], AbstractContextManager[RunData]],
    signal: StopSignal,
) -> None:
    with extra("train"):
        import lightning.pytorch as pl

    from forge.learn.run import is_first_process
    from forge.learn.training import build_module, start_from, train_network

    training = Training(**{f.name: options[f.name] for f in fields(Training)})
    with open_data(options) as data:
        pl.seed_everything(options["seed"], verbose=False)
        module = build_module(kind, options)
        if options["init_from"] is not None:
            start_from(module, Path(options["init_from"]))
        folder = train_network(module, data, training, config=options, signal=signal)
    if folder is not None and is_first_process():
        console().print(f"run: {folder}", highlight=False, soft_wrap=True)
