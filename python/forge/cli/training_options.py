"""Running of a training as options say, the same for every stage."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from pathlib import Path
from signal import SIGINT
from typing import TYPE_CHECKING, Any, Final

import typer

from forge.cli.command import Given, end_if_stopped, first_line
from forge.cli.shared_options import ray_option
from forge.cli.values import console
from forge.extras import extra
from forge.learn.settings import Training, check_shared_out, check_values
from forge.options import option

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from rich.console import Console

    from forge.learn.network_module import NetworkModule
    from forge.learn.training import RunData
    from forge.work.ray_group import Said
    from forge.work.stop import StopSignal

OpenData = Callable[[dict[str, Any]], AbstractContextManager["RunData"]]
_EXIT_FAILED: Final = 1


@dataclass(frozen=True)
class StartOptions:
    """Where a training begins, and who trains."""

    init_from: Path | None = option(None, "Start with the weights of a checkpoint.")
    ray: str | None = ray_option(None, "process")


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
    open_data: OpenData,
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
    names = ("strategy", "optimizer", "precision", "compile_network")
    check_shared_out(*(resolved[each] for each in names))
    ray = resolved.pop("ray")  # where a run is made is not of the run
    work = TrainWork(kind, open_data, resolved)
    with StopSignal("step", ready=False) as signal:
        try:
            if ray is None:
                work(signal, console())
            else:
                _train_on_ray(ray, work, signal)
        except RunStoppedError as stopped:
            if stopped.checkpoint is not None and is_first_process():
                again = "" if ray is None else f" --ray {ray}"
                line = f"stopped; go on with: forge {name}{again} --resume {stopped.checkpoint}"
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


@dataclass(frozen=True)
class TrainWork:
    """A training as options say, for each of its processes.

    Args:
        kind: of the module.
        open_data: gives the rows, by the options.
        options: all of them.
    """

    kind: type[NetworkModule]
    open_data: OpenData
    options: dict[str, Any]

    @property
    def training(self) -> Training:
        """How it goes."""
        return Training(**{each.name: self.options[each.name] for each in fields(Training)})

    def __call__(self, signal: StopSignal, screen: Console) -> None:
        """Train.

        Raises:
            RunStoppedError: after a signal.
        """
        with extra("train"):
            import lightning.pytorch as pl

        from forge.learn.run import is_first_process
        from forge.learn.training import build_module, start_from, train_network

        options = self.options
        with self.open_data(options) as data:
            pl.seed_everything(options["seed"], verbose=False)
            module = build_module(self.kind, options)
            if options["init_from"] is not None:
                start_from(module, Path(options["init_from"]))
            folder = train_network(
                module, data, self.training, config=options, signal=signal, console=screen
            )
        if folder is not None and is_first_process():
            screen.print(f"run: {folder}", markup=False, highlight=False, soft_wrap=True)


def _train_on_ray(address: str, work: TrainWork, signal: StopSignal) -> None:
    """The same by processes of a cluster; ends the command with 1 where one of them fails."""
    from forge.learn.on_ray import train_on_ray
    from forge.learn.run import Places
    from forge.learn.strategies import check_on_ray
    from forge.work.ray_group import MemberFailedError

    screen, training = console(), work.training
    check_on_ray(training.strategy)

    def tell(line: Said) -> None:
        if line.is_error:
            print(line.text, file=sys.stderr)
        else:
            screen.print(line.text, markup=False, highlight=False, soft_wrap=True)

    places = Places(Path(training.run_dir), work.kind.RUN_NAME)
    try:
        train_on_ray(address, training, places, work, signal, tell)
    except MemberFailedError as error:
        print(f"error: {first_line(str(error))}", file=sys.stderr)
        raise typer.Exit(_EXIT_FAILED) from error
