"""What happens around the training steps: learning rate, checkpoints, stops."""

import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import Checkpoint
from lightning.pytorch.trainer.states import TrainerFn
from rich.console import Console
from torch import Tensor

from forge.errors import ForgeError
from forge.learn.network_module import FINAL_LR_SHARE
from forge.learn.run import BEST_CHECKPOINT, LAST_CHECKPOINT
from forge.work.stop import StopSignal
from forge.work.yaml_files import write_yaml

MONITOR: Final = "val/q_gap"
RECORD_KEY: Final = "forge_run"
_SHOWN: Final = ("val/loss", MONITOR, "val/q_mae", "val/value_mae", "val/blunder_rate")
_SECONDS_PER_HOUR: Final = 3600.0
# Batches: the first process has to tell the others what its clock says.
_ASK_CLOCK_EVERY: Final = 10


def lr_share(progress: float, warmup: float) -> float:
    """Share of the full learning rate: a line up to 1, then a cosine down to 0.01.

    Args:
        progress: of the run, 0..1.
        warmup: done share of the warm-up, 1 when it is over.
    """
    cosine = 0.5 * (1.0 + math.cos(math.pi * min(max(progress, 0.0), 1.0)))
    return min(warmup, 1.0) * (FINAL_LR_SHARE + (1.0 - FINAL_LR_SHARE) * cosine)


class LearningRate(pl.Callback):
    """Sets the learning rate before each step, in place of the module's own schedule.

    Progress is the larger of the share of steps and, with a budget, the share of its time; when
    the time is up the run validates and ends. Time spent before a resume counts.

    Args:
        warmup_steps: steps of linear warm-up, 0 for none.
        max_hours: wall-clock budget of training, None for none.

    Raises:
        ForgeError: on a value that makes no sense.
    """

    def __init__(self, warmup_steps: int = 0, max_hours: float | None = None) -> None:
        if warmup_steps < 0:
            raise ForgeError(f"warmup_steps must be at least 0, got {warmup_steps}")
        if max_hours is not None and not 0.0 < max_hours < math.inf:
            raise ForgeError(f"max_hours must be above 0, got {max_hours}")
        self.warmup_steps = warmup_steps
        self.max_s = None if max_hours is None else max_hours * _SECONDS_PER_HOUR
        self._spent_s = 0.0
        self._started = time.monotonic()
        self._full: list[list[float]] = []

    @property
    def elapsed_s(self) -> float:
        """Seconds of training, of the runs that this one resumes too."""
        return self._spent_s + time.monotonic() - self._started

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Note the full rates, before a checkpoint puts its own in their place."""
        self._full = [
            [group.get("initial_lr", group["lr"]) for group in optimizer.param_groups]
            for optimizer in trainer.optimizers
        ]
        trainer.strategy.lr_scheduler_configs = []

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock."""
        self._started = time.monotonic()

    def progress(self, trainer: pl.Trainer) -> float:
        """Share of the run that is done, 0..1; the same in all processes."""
        n_steps = trainer.estimated_stepping_batches
        share = trainer.global_step / max(n_steps, 1)  # 0 where the steps have no end
        if self.max_s is not None:
            share = max(share, trainer.strategy.broadcast(self.elapsed_s) / self.max_s)
        return min(share, 1.0)

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Set the rate of this step."""
        warmup = (trainer.global_step + 1) / (self.warmup_steps + 1)
        share = lr_share(self.progress(trainer), warmup)
        for optimizer, full in zip(trainer.optimizers, self._full, strict=True):
            for group, rate in zip(optimizer.param_groups, full, strict=True):
                group["lr"] = rate * share
        pl_module.log("train/lr", self._full[0][0] * share, on_step=True)

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """End the run when its time is up."""
        if self.max_s is not None and self.progress(trainer) >= 1.0:
            trainer.should_stop = True

    def state_dict(self) -> dict[str, Any]:
        """The time spent."""
        return {"elapsed_s": self.elapsed_s}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Count the time spent before."""
        self._spent_s = float(state_dict["elapsed_s"])


class Checkpoints(Checkpoint):
    """`best.ckpt` (lowest val/q_gap) and `last.ckpt`, each with its record as YAML beside it.

    `last.ckpt` is written after each validation, every `minutes` and on demand.

    Args:
        folder: where they go.
        record: of the run, see `forge.learn.run.run_record`.
        minutes: between two `last.ckpt` within an epoch.
    """

    def __init__(self, folder: Path, record: Mapping[str, Any], minutes: float = 10.0) -> None:
        self.folder = folder
        self.record = dict(record)
        self.interval_s = 60.0 * minutes
        self.best_score: float | None = None
        self._saved_at = time.monotonic()

    @property
    def best_path(self) -> Path:
        """Where the best checkpoint is (going to be)."""
        return self.folder / BEST_CHECKPOINT

    @property
    def last_path(self) -> Path:
        """Where the last checkpoint is (going to be)."""
        return self.folder / LAST_CHECKPOINT

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """The record travels in the checkpoint too."""
        checkpoint[RECORD_KEY] = self.record

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Save `last.ckpt` if the last one is old."""
        if batch_idx % _ASK_CLOCK_EVERY == 0:
            is_old = time.monotonic() - self._saved_at >= self.interval_s
            if trainer.strategy.broadcast(is_old):
                self.save(trainer, self.last_path)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Save `last.ckpt`, and `best.ckpt` if there was none better."""
        if trainer.state.fn != TrainerFn.FITTING:
            return
        score = trainer.callback_metrics.get(MONITOR)
        if score is not None and (self.best_score is None or float(score) < self.best_score):
            self.best_score = float(score)
            self.save(trainer, self.best_path)
        self.save(trainer, self.last_path)

    def save(self, trainer: pl.Trainer, path: Path) -> None:
        """Write a checkpoint and its record; every process has to call it."""
        trainer.save_checkpoint(path)
        self._saved_at = time.monotonic()
        if trainer.is_global_zero:
            metrics = {name: float(value) for name, value in trainer.callback_metrics.items()}
            place = {"epoch": trainer.current_epoch, "step": trainer.global_step}
            write_yaml(path.with_suffix(".yaml"), {**place, "metrics": metrics, **self.record})

    def state_dict(self) -> dict[str, Any]:
        """The best score so far."""
        return {"best_score": self.best_score}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Keep a better earlier checkpoint."""
        self.best_score = state_dict["best_score"]


class RunStoppedError(Exception):
    """The user ended the run.

    Args:
        checkpoint: what to resume from, None if the run had not begun to write any.
    """

    def __init__(self, checkpoint: Path | None) -> None:
        super().__init__("stopped")
        self.checkpoint = checkpoint


class StopOnSignal(pl.Callback):
    """After Ctrl+C or SIGTERM: the step in hand, `last.ckpt`, then `RunStoppedError`.

    Args:
        signal: what Ctrl+C sets.
        checkpoints: who writes `last.ckpt`; None keeps nothing.
    """

    def __init__(self, signal: StopSignal, checkpoints: Checkpoints | None) -> None:
        self.signal = signal
        self.checkpoints = checkpoints

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Stop here if any process was asked to."""
        if not trainer.strategy.reduce_boolean_decision(self.signal.requested, all=False):
            return
        if self.checkpoints is None:
            raise RunStoppedError(None)
        self.checkpoints.save(trainer, self.checkpoints.last_path)
        raise RunStoppedError(self.checkpoints.last_path)


class StopOnNonFinite(pl.Callback):
    """Ends the run before a loss or gradient that is not finite reaches the weights.

    The batch is kept in `folder` as `nonfinite_step_{step}.pt`: a dict of plain tensors and the
    step, for `torch.load(weights_only=True)`. With float16 gradients, where the scaler skips
    overflows by design, the loss alone is looked at.

    Args:
        folder: of the run; None keeps nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._batch: dict[str, Tensor] = {}
        self._loss: Tensor | None = None

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Hold on to the batch."""
        self._batch = batch

    def on_before_backward(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, loss: Tensor
    ) -> None:
        """Hold on to the loss."""
        self._loss = loss.detach()

    def on_before_optimizer_step(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, optimizer: torch.optim.Optimizer
    ) -> None:
        """Look at both, with one wait for the device.

        Raises:
            ForgeError: if either is not finite.
        """
        assert self._loss is not None
        checked = {"loss": self._loss}
        if trainer.precision != "16-mixed":
            gradients = [p.grad for p in pl_module.parameters() if p.grad is not None]
            checked["gradient norm"] = torch.nn.utils.get_total_norm(gradients)
        figures = torch.stack([figure.float() for figure in checked.values()]).tolist()
        for name, figure in zip(checked, figures, strict=True):
            if not math.isfinite(figure):
                self._fail(trainer, f"the {name} is {figure}")

    def _fail(self, trainer: pl.Trainer, reason: str) -> None:
        kept = ""
        if self.folder is not None:
            rank = f"_rank_{trainer.global_rank}" if trainer.world_size > 1 else ""
            path = self.folder / f"nonfinite_step_{trainer.global_step}{rank}.pt"
            content = {name: column.cpu() for name, column in self._batch.items()}
            torch.save({"batch": content, "step": trainer.global_step}, path)
            kept = f"; its batch is in {path}"
        raise ForgeError(f"training stopped at step {trainer.global_step}: {reason}{kept}")


class EpochLines(pl.Callback):
    """A line after each validation: where the run is and what it reached. Logs `samples` too:
    the positions trained on, by all processes and by the runs that this one resumes.

    Args:
        console: where to.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self.samples = 0
        self._began = (time.monotonic(), 0)

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock."""
        self._began = (time.monotonic(), self.samples)

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Count the batch; those of the other processes are as large."""
        self.samples += len(batch["targets"]) * trainer.world_size

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Log the count."""
        if trainer.state.fn == TrainerFn.FITTING:
            pl_module.log("samples", float(self.samples), sync_dist=True, batch_size=1)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Print the line, in the first process."""
        if not trainer.is_global_zero or trainer.state.fn != TrainerFn.FITTING:
            return
        since, before = self._began
        rate = (self.samples - before) / max(time.monotonic() - since, 1e-9)
        figures = [
            f"{name} {float(trainer.callback_metrics[name]):.4g}"
            for name in _SHOWN
            if name in trainer.callback_metrics
        ]
        place = f"epoch {trainer.current_epoch}, {self.samples:,} samples ({rate:,.0f} a second)"
        self.console.print(f"{place}: {', '.join(figures)}", highlight=False, soft_wrap=True)

    def state_dict(self) -> dict[str, Any]:
        """The count."""
        return {"samples": self.samples}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on counting."""
        self.samples = int(state_dict["samples"])
