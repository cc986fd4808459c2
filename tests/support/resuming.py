"""Runs that save a checkpoint on the way, to be gone on with, and how to compare them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch

from forge.learn.learning_rate import LearningRate


class SaveAt(pl.Callback):
    """Saves a checkpoint after a step, or after the validation that follows it."""

    def __init__(self, step: int, path: Path, after: str) -> None:
        self.step, self.path, self.after = step, path, after

    def _save(self, trainer: pl.Trainer, hook: str) -> None:
        if hook == self.after and trainer.global_step == self.step and not self.path.exists():
            trainer.save_checkpoint(self.path)

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        self._save(trainer, "batch")

    def on_validation_end(self, trainer: pl.Trainer, *_: Any) -> None:
        self._save(trainer, "validation")

    def on_train_epoch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        self._save(trainer, "epoch")


def fit(
    new_module: Callable[[], pl.LightningModule],
    data: pl.LightningDataModule,
    n_epochs: int,
    resume: Path | None,
    *callbacks: pl.Callback,
    n_processes: int = 1,
) -> pl.Trainer:
    """A run from its beginning or from a checkpoint to its end."""
    # Another seed where a run resumes: everything has to come from the checkpoint.
    pl.seed_everything(1 if resume is None else 2, verbose=False)
    module = new_module()
    trainer = pl.Trainer(
        accelerator="cpu",
        devices=n_processes,
        strategy="ddp_fork" if n_processes > 1 else "auto",
        max_epochs=n_epochs,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        gradient_clip_val=1.0,
        callbacks=[LearningRate(warmup_steps=3), *callbacks],
    )
    trainer.fit(module, data, ckpt_path=resume, weights_only=True)
    return trainer


def same_state(a: pl.Trainer, b: pl.Trainer) -> bool:
    """Whether weights and moments are equal, bit by bit."""
    weights = [trainer.lightning_module.state_dict() for trainer in (a, b)]
    moments = [trainer.optimizers[0].state_dict()["state"] for trainer in (a, b)]
    return all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0]) and all(
        torch.equal(moments[0][i][name], moments[1][i][name])
        for i in moments[0]
        for name in moments[0][i]
    )
