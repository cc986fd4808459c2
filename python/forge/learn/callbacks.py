"""What else happens around the training steps: numbers that are not finite, a line an epoch."""

import io
import math
import time
from pathlib import Path
from typing import Any, Final

import torch
from rich.console import Console
from torch import Tensor

from forge.errors import ForgeError
from forge.extras import extra
from forge.learn.checkpoints import MONITOR
from forge.learn.strategies import not_finite_anywhere, whole
from forge.work.atomic import write_file

with extra("train"):
    import lightning.pytorch as pl
    from lightning.pytorch.trainer.states import TrainerFn

_JUDGED: Final = ("val/loss", MONITOR)
_SHOWN: Final = ("val/loss", MONITOR, "val/q_mae", "val/value_mae", "val/blunder_rate")


class StopOnNonFinite(pl.Callback):
    """Ends the run before a loss or gradient that is not finite reaches the weights, and after a
    validation that found any.

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
            checked["gradient norm"] = whole(torch.nn.utils.get_total_norm(gradients))
        figures = torch.stack([figure.float() for figure in checked.values()]).tolist()
        for name, figure in zip(checked, figures, strict=True):
            if not math.isfinite(figure):
                self._fail(trainer, f"the {name} is {figure}")

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Look at the weights and at what a checkpoint would be called good for.

        Raises:
            ForgeError: if any is not finite.
        """
        if trainer.state.fn != TrainerFn.FITTING:
            return
        start = f"training stopped at step {trainer.global_step}: "
        name = not_finite_anywhere(trainer)
        if name is not None:
            raise ForgeError(f"{start}{name} is not finite")
        for metric in _JUDGED:
            figure = trainer.callback_metrics.get(metric)
            if figure is not None and not math.isfinite(float(figure)):
                raise ForgeError(f"{start}{metric} is {float(figure)}")

    def _fail(self, trainer: pl.Trainer, reason: str) -> None:
        kept = ""
        if self.folder is not None:
            rank = f"_rank_{trainer.global_rank}" if trainer.world_size > 1 else ""
            path = self.folder / f"nonfinite_step_{trainer.global_step}{rank}.pt"
            content = {name: column.cpu() for name, column in self._batch.items()}
            buffer = io.BytesIO()
            torch.save({"batch": content, "step": trainer.global_step}, buffer)
            write_file(path, buffer.getvalue())
            kept = f"; its batch is in {path}"
        raise ForgeError(f"training stopped at step {trainer.global_step}: {reason}{kept}")


class FirstBatch(pl.Callback):
    """Knows whether a run has begun to learn: before that there is nothing of it to keep."""

    def __init__(self) -> None:
        self.seen = False

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """The data are there, and the network fits."""
        self.seen = True


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
