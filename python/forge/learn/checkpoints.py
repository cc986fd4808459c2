"""The best and the last checkpoint of a run, and the end of it on a signal."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from forge.errors import ForgeError
from forge.extras import extra
from forge.learn.own_handlers import keep_handlers
from forge.learn.run import BEST_CHECKPOINT, LAST_CHECKPOINT, NEW_RUN
from forge.learn.strategies import not_finite_anywhere
from forge.work.atomic import naming
from forge.work.stop import StopSignal, forget, held
from forge.work.yaml_files import write_yaml

with extra("train"):
    import lightning.pytorch as pl
    from lightning.pytorch.callbacks import Checkpoint
    from lightning.pytorch.trainer.states import TrainerFn

MONITOR: Final = "val/q_gap"
RECORD_KEY: Final = "forge_run"
# Batches: the first process has to tell the others what its clock says.
_ASK_CLOCK_EVERY: Final = 10


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
        """Write a checkpoint and its record; every process has to call it.

        Raises:
            ForgeError: if weights are not finite; what is there stays.
        """
        bad = not_finite_anywhere(trainer)
        if bad is not None:
            raise ForgeError(
                f"training stopped at step {trainer.global_step}: "
                f"{bad} is not finite, {path.name} was not written"
            )
        with naming(path), held():  # Lightning writes it to a temporary file
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
        score = state_dict["best_score"]
        self.best_score = None if score is None else float(score)


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

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Answer signals, all of them."""
        keep_handlers(trainer)

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """From here on there is something to keep."""
        self.signal.ready = True
        forget(NEW_RUN)

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
