"""The learning rate over a run of so many steps or so many hours."""

import math
import time
from typing import Any, Final

from forge.errors import ForgeError
from forge.extras import extra
from forge.learn.network_module import FINAL_LR_SHARE

with extra("train"):
    import lightning.pytorch as pl

_SECONDS_PER_HOUR: Final = 3600.0


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
