"""Options and running of a training, the same for every stage."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Final

import lightning.pytorch as pl
import typer

from forge.cli.common import EXIT_INTERRUPTED, console
from forge.errors import ForgeError
from forge.learn.callbacks import RECORD_KEY, RunStoppedError
from forge.learn.network_module import NetworkModule
from forge.learn.optimizers import OPTIMIZERS
from forge.learn.run import is_first_process, last_checkpoint
from forge.learn.training import (
    DEFAULT_EPOCHS,
    RunData,
    Training,
    build_module,
    read_checkpoint,
    start_from,
    train_network,
)
from forge.learn.weights import check_stage
from forge.work.stop import StopSignal

EpochsOption = Annotated[
    int | None,
    typer.Option("--epochs", help=f"[default: {DEFAULT_EPOCHS}; no end with --max-hours]"),
]
MaxHoursOption = Annotated[
    float | None,
    typer.Option("--max-hours", help="End after so long; the learning rate follows."),
]
BatchSizeOption = Annotated[int, typer.Option("--batch-size", help="Rows a step and process.")]
LrOption = Annotated[float, typer.Option("--lr", help="Highest learning rate.")]
WarmupOption = Annotated[int, typer.Option("--warmup-steps", help="Steps of linear warm-up.")]
OptimizerOption = Annotated[str, typer.Option("--optimizer", help=f"{', '.join(OPTIMIZERS)}.")]
EmbedDimOption = Annotated[int, typer.Option("--embed-dim")]
HeadsOption = Annotated[int, typer.Option("--n-heads")]
LayersOption = Annotated[int, typer.Option("--n-layers")]
FfDimOption = Annotated[int, typer.Option("--ff-dim")]
DropoutOption = Annotated[float, typer.Option("--dropout")]
WeightDecayOption = Annotated[float, typer.Option("--weight-decay")]
SeedOption = Annotated[int, typer.Option("--seed", help="Of weights and order.")]
WandbOption = Annotated[
    bool, typer.Option("--wandb/--no-wandb", help="Log the run to Weights & Biases.")
]
FastDevRunOption = Annotated[
    bool, typer.Option("--fast-dev-run", help="One train and one val batch; saves nothing.")
]
LimitBatchesOption = Annotated[
    int | None, typer.Option("--limit-batches", help="Of an epoch, train and val each.")
]
CompileOption = Annotated[bool, typer.Option("--compile/--no-compile", help="torch.compile.")]
PrecisionOption = Annotated[
    str, typer.Option("--precision", help="auto, 32-true, 16-mixed, bf16-mixed, ...")
]
StrategyOption = Annotated[str, typer.Option("--strategy", help="Lightning's: auto, ddp, ...")]
DevicesOption = Annotated[int, typer.Option("--devices", help="GPUs, or processes on a CPU.")]
DeterministicOption = Annotated[
    bool, typer.Option("--deterministic", help="Same bits every time; slower.")
]
LogEveryOption = Annotated[int, typer.Option("--log-every-n-steps")]
ResumeOption = Annotated[
    str | None,
    typer.Option("--resume", help="Go on from a checkpoint, or from the last run's: last."),
]
InitFromOption = Annotated[
    Path | None, typer.Option("--init-from", help="Start with the weights of a checkpoint.")
]


def defaults(function: Any) -> dict[str, Any]:
    """The defaults of a signature: they are written down there alone."""
    return {name: p.default for name, p in inspect.signature(function).parameters.items()}


TRAINING: Final = defaults(Training)


def run_training(
    context: typer.Context,
    kind: type[NetworkModule],
    open_data: Callable[[dict[str, Any]], AbstractContextManager[RunData]],
) -> None:
    """Train a network as the options of a command say.

    Args:
        context: of the command; its options are named as those of `Training` and `kind`.
        kind: of the module.
        open_data: gives the rows, by the options.

    Raises:
        ForgeError: on bad options, data or checkpoint.
        typer.Exit: after a signal.
    """
    options = _resolve(context, kind)
    with StopSignal("step") as signal:
        try:
            _train(options, kind, open_data, signal)
        except RunStoppedError as stopped:
            if stopped.checkpoint is not None and is_first_process():
                name = context.command.name
                line = f"stopped; go on with: forge {name} --resume {stopped.checkpoint}"
                print(line, file=sys.stderr)
            raise typer.Exit(EXIT_INTERRUPTED) from None


def _resolve(context: typer.Context, kind: type[NetworkModule]) -> dict[str, Any]:
    """Every option with its value; a resumed run keeps those it had where none is given."""
    options = {
        name: str(value) if isinstance(value, Path) else value
        for name, value in context.params.items()
    }
    if options["resume"] is None:
        if options["init_from"] is not None:
            check_stage(Path(options["init_from"]), kind.STAGE)
        return options
    path = Path(options["resume"])
    if options["resume"] == "last":
        path = last_checkpoint(Path(options["run_dir"]), kind.RUN_NAME)
    # Before its options are taken, which mean nothing to the run of another stage.
    check_stage(path, kind.STAGE)
    earlier = read_checkpoint(path).get(RECORD_KEY, {}).get("config", {})
    for name in options:
        source = context.get_parameter_source(name)
        given = source is not None and source.name == "COMMANDLINE"
        if name in earlier and not given:
            options[name] = earlier[name]
    return options | {"resume": str(path), "init_from": None}


def _train(
    options: dict[str, Any],
    kind: type[NetworkModule],
    open_data: Callable[[dict[str, Any]], AbstractContextManager[RunData]],
    signal: StopSignal,
) -> None:
    if not 0 <= options["seed"] < 2**32:
        raise ForgeError(f"--seed must be 0..{2**32 - 1}, got {options['seed']}")
    training = Training(**{f.name: options[f.name] for f in fields(Training)})
    with open_data(options) as data:
        pl.seed_everything(options["seed"], verbose=False)
        module = build_module(kind, options)
        if options["init_from"] is not None:
            start_from(module, Path(options["init_from"]))
        folder = train_network(module, data, training, config=options, signal=signal)
    if folder is not None and is_first_process():
        console().print(f"run: {folder}", highlight=False, soft_wrap=True)
