"""One training run, from a module and its data to checkpoints: what `forge train` does."""

import inspect
import logging
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar, cast

import torch
from rich.console import Console

from forge.errors import ForgeError, reason_of
from forge.extras import extra
from forge.learn.callbacks import EpochLines, FirstBatch, StopOnNonFinite
from forge.learn.checkpoint_files import read_checkpoint
from forge.learn.checkpoints import MONITOR, RECORD_KEY, Checkpoints, RunStoppedError, StopOnSignal
from forge.learn.curve import write_curve
from forge.learn.learning_rate import LearningRate
from forge.learn.network_module import NetworkModule
from forge.learn.run import (
    BEST_CHECKPOINT,
    CHECKPOINTS,
    Hardware,
    Places,
    choose_hardware,
    is_first_process,
    new_run_folder,
    run_record,
)
from forge.learn.settings import Training, check_shared_out
from forge.learn.strategies import processes_of
from forge.work.atomic import naming, write_file
from forge.work.stop import StopSignal
from forge.work.tensor_files import plain_objects
from forge.work.tracking import WANDB_PROJECT, starting_wandb
from forge.work.wording import counted

with extra("train"):
    import lightning.pytorch as pl
    from lightning.fabric.utilities.exceptions import MisconfigurationException
    from lightning.fabric.utilities.warnings import PossibleUserWarning
    from lightning.pytorch.callbacks import RichProgressBar
    from lightning.pytorch.loggers import CSVLogger, Logger

GRADIENT_CLIP_NORM: Final = 1.0


_Module = TypeVar("_Module", bound=NetworkModule)


class RunData(Protocol):
    """Rows of a run: a Lightning data module that says for the record what they are."""

    @property
    def description(self) -> dict[str, object]:
        """Plain values that fix the rows."""

    def teardown(self, stage: str) -> None:
        """Let go of workers and files."""


def build_module(kind: type[_Module], options: Mapping[str, Any]) -> _Module:
    """A fresh module from those of the options that it takes."""
    names = inspect.signature(kind).parameters
    return kind(**{k: v for k, v in options.items() if k in names})


def start_from(module: NetworkModule, path: Path) -> None:
    """Put the weights of a checkpoint into a module.

    Raises:
        ForgeError: as `read_checkpoint`, or if they are of another network.
    """
    weights = read_checkpoint(path)["state_dict"]
    _check_shapes(module, weights, path)
    module.load_state_dict(weights)


def _check_shapes(module: NetworkModule, weights: Mapping[str, Any], path: Path) -> None:
    ours = module.state_dict()
    for name in [*ours, *weights]:
        mine, theirs = (
            "missing" if w.get(name) is None else str(list(w[name].shape)) for w in (ours, weights)
        )
        if mine != theirs:
            raise ForgeError(
                f"{path}: of another network: {name} is {theirs} there and {mine} here"
            )


def _check_processes(training: Training, config: Mapping[str, Any], path: Path) -> None:
    """A run goes on with as many processes as it had: each has rows and random numbers of its own.

    Raises:
        ForgeError: where there are others.
    """
    devices, num_nodes = (config.get(name, 1) for name in ("devices", "num_nodes"))
    if devices * num_nodes != training.n_processes:
        raise ForgeError(
            f"{path}: its run had {counted(devices * num_nodes, 'process', 'processes')} "
            f"(--devices {devices} --num-nodes {num_nodes}), this one has {training.n_processes}: "
            "resume with as many, or begin a run with its weights by --init-from"
        )


def train_network(
    module: NetworkModule,
    data: RunData,
    training: Training,
    config: Mapping[str, Any],
    signal: StopSignal,
    console: Console | None = None,
) -> Path | None:
    """Train, validate after each epoch, keep the best and the last checkpoint.

    Args:
        module: what to train.
        data: what on.
        training: how.
        config: every option of the run, for the record.
        signal: ends the run when it is set.
        console: where to report; None is stdout.

    Returns:
        the folder of the run, None with `fast_dev_run`.

    Raises:
        ForgeError: on bad data, a bad checkpoint, or a loss that is not finite.
        RunStoppedError: after a signal.
    """
    hardware = choose_hardware(training.precision)
    check_shared_out(
        training.strategy, module.optimizer, hardware.precision, training.compile_network
    )
    if training.resume is not None:
        path = Path(training.resume)
        checkpoint = read_checkpoint(path, resumes=True)
        _check_shapes(module, checkpoint["state_dict"], path)
        _check_processes(training, checkpoint.get(RECORD_KEY, {}).get("config", {}), path)
    record = run_record(
        dict(config) | {"precision": hardware.precision, "device": hardware.device},
        data.description,
    )
    if training.compile_network:
        module.model.compile()
    with ExitStack() as stack:
        folder, begun = None, FirstBatch()
        if not training.fast_dev_run:
            root = Path(training.run_dir)
            folder = stack.enter_context(run_folder(root, module.RUN_NAME, begun))
        stack.enter_context(quiet_lightning())
        screen = console or Console()
        trainer = _trainer(training, hardware, folder, record, signal, screen, begun)
        if folder is not None and trainer.is_global_zero:
            _keep_best(training.resume, folder / CHECKPOINTS)
        try:
            # A full disk fails some writer of Lightning's, which names no file.
            with (
                _going_on(training.resume, trainer),
                naming(folder or Path(training.run_dir)),
                plain_objects(),
            ):
                trainer.fit(module, cast(Any, data), ckpt_path=training.resume, weights_only=True)
        finally:
            data.teardown("fit")
        if folder is not None and trainer.is_global_zero and MONITOR in trainer.callback_metrics:
            write_curve(folder)
    return folder


class _Began(pl.Callback):
    """Whether a step has been made."""

    made_a_step = False

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        self.made_a_step = True


@contextmanager
def _going_on(resume: str | None, trainer: pl.Trainer) -> Iterator[None]:
    """What fails before the first step of a resumed run is over is a fault of its checkpoint: its
    parts fit each other, the network and the data, or Lightning and torch say where they do not."""
    began = _Began()
    if resume is not None:
        cast(list[pl.Callback], trainer.callbacks).append(began)  # type: ignore[attr-defined]
    try:
        yield
    except (ForgeError, torch.OutOfMemoryError):
        raise
    except Exception as error:
        if resume is None or began.made_a_step or isinstance(error, RunStoppedError):
            raise
        kind = type(error).__name__
        said = " ".join(str(error).split())[:200]
        raise ForgeError(f"{resume}: a run cannot go on from it: {said} ({kind})") from error


@contextmanager
def run_folder(root: Path, name: str, begun: FirstBatch) -> Iterator[Path]:
    """A new folder of a run, which is gone again if the run ends before its first batch."""
    places = Places(root, name)
    folder = new_run_folder(root, name)
    try:
        yield folder
    except BaseException:
        if not begun.seen and is_first_process():
            places.remove(folder)
        raise


def _trainer(
    training: Training,
    hardware: Hardware,
    folder: Path | None,
    record: dict[str, Any],
    signal: StopSignal,
    console: Console,
    begun: FirstBatch,
) -> pl.Trainer:
    """Lightning's trainer for a run into `folder`, None to keep nothing.

    Raises:
        ForgeError: if Lightning does not take a value.
    """
    checkpoints = None if folder is None else Checkpoints(folder / CHECKPOINTS, record)
    callbacks: list[pl.Callback] = [
        begun,
        LearningRate(training.warmup_steps, training.max_hours),
        StopOnNonFinite(folder),
        EpochLines(console),  # counts a batch before a checkpoint is saved after it
        *([] if checkpoints is None else [checkpoints]),
        StopOnSignal(signal, checkpoints),
        *([RichProgressBar()] if console.is_terminal else []),
    ]
    loggers = [] if folder is None else _loggers(folder, training, record)
    if training.deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    try:
        return pl.Trainer(
            **processes_of(training, hardware),
            precision=cast(Any, hardware.precision),
            max_epochs=training.max_epochs,
            limit_train_batches=training.limit_batches,
            limit_val_batches=training.limit_batches,
            gradient_clip_val=GRADIENT_CLIP_NORM,
            deterministic=training.deterministic,
            log_every_n_steps=training.log_every_n_steps,
            fast_dev_run=training.fast_dev_run,
            num_sanity_val_steps=0,
            logger=loggers,
            callbacks=callbacks,
            enable_checkpointing=checkpoints is not None,
            enable_progress_bar=console.is_terminal,
            enable_model_summary=False,
        )
    except (ValueError, MisconfigurationException) as error:
        raise ForgeError(reason_of(error)) from error


def _keep_best(resume: str | None, folder: Path) -> None:
    """The best checkpoint of the run that is resumed is the best of this one until beaten."""
    if resume is None:
        return
    best = Path(resume).with_name(BEST_CHECKPOINT)
    for source in (best, best.with_suffix(".yaml")):
        if source.is_file():
            if source == best:
                read_checkpoint(best)  # what is not sound is not the best of anything
            write_file(folder / source.name, source.read_bytes())


def _loggers(folder: Path, training: Training, record: dict[str, Any]) -> list[Logger]:
    """CSV always; W&B if asked for."""
    csv = CSVLogger(
        folder.parents[1],
        folder.parent.name,
        version=folder.name,
        flush_logs_every_n_steps=training.log_every_n_steps,
    )
    _ = csv.experiment  # while the folder is empty: it would warn of what others put there
    if not (training.wandb or training.wandb_group):
        return [csv]
    return [csv, _wandb_logger(folder, training, record)]


def _wandb_logger(folder: Path, training: Training, record: dict[str, Any]) -> Logger:
    with starting_wandb():
        with extra("train"):
            from lightning.pytorch.loggers import WandbLogger

        logger = WandbLogger(
            project=WANDB_PROJECT,
            group=training.wandb_group,
            save_dir=folder,
            job_type="train",
            config=record,
        )
        _ = logger.experiment  # starts the run: here, where an error is one line
    return logger


@contextmanager
def quiet_lightning() -> Iterator[None]:
    """A normal run says what matters, once: no advice, no notes on other packages' future."""
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PossibleUserWarning)
        warnings.filterwarnings("ignore", message=".*treespec, LeafSpec.*")
        # Nobody changes what a network says in place.
        warnings.filterwarnings("ignore", message="FSDP2-wrapped module .* returned a view tensor")
        # Of callbacks of others, whose states mean nothing here.
        warnings.filterwarnings("ignore", message=".*callbacks used to create the checkpoint.*")
        yield
