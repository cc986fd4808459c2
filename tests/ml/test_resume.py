"""A run that is interrupted and resumed ends with the same bits as one that is not."""

from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import pytest
import torch

from forge.ml.callbacks import LearningRate
from forge.ml.data import DominoDataModule
from forge.ml.module import DominoLightningModule
from forge.ml.positions import StreamOptions
from forge.ml.stream import StreamingDataModule

SIZES: dict[str, Any] = {"embed_dim": 24, "n_heads": 2, "n_layers": 1, "ff_dim": 32, "lr": 1e-2}
N_EPOCHS = 3
STEPS_PER_EPOCH = 8

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*does not have many workers.*"),
    pytest.mark.filterwarnings("ignore:GPU available but not used"),
    pytest.mark.filterwarnings("ignore:.*treespec, LeafSpec.*"),
]


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


def fit(data: pl.LightningDataModule, resume: Path | None, *callbacks: pl.Callback) -> pl.Trainer:
    # Another seed where a run resumes: everything has to come from the checkpoint.
    pl.seed_everything(1 if resume is None else 2, verbose=False)
    module = DominoLightningModule(**SIZES, dropout=0.2)
    trainer = pl.Trainer(
        accelerator="cpu",
        devices=1,
        max_epochs=N_EPOCHS,
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
    weights = [trainer.lightning_module.state_dict() for trainer in (a, b)]
    moments = [trainer.optimizers[0].state_dict()["state"] for trainer in (a, b)]
    return all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0]) and all(
        torch.equal(moments[0][i][name], moments[1][i][name])
        for i in moments[0]
        for name in moments[0][i]
    )


@pytest.fixture(params=["files", "files, 1 worker", "stream"])
def new_data(request: pytest.FixtureRequest, data_dir: Path) -> Any:
    """Makes the data module of a run: 8 steps an epoch."""
    if request.param == "stream":
        options = StreamOptions(mixture={"played": 1.0}, per_deal=28, mix_deals=2)
        return lambda: StreamingDataModule(
            options, 12, 12 * STEPS_PER_EPOCH, num_workers=0, val_per_deal=20, val_deals=1
        )
    n_workers = int("worker" in request.param)
    return lambda: DominoDataModule(data_dir, batch_size=13, num_workers=n_workers)


@pytest.mark.parametrize(
    ("step", "after"),
    [(11, "batch"), (16, "batch"), (8, "validation"), (16, "validation"), (16, "epoch")],
)
def test_resumed_run_ends_with_the_same_bits(
    new_data: Any, tmp_path: Path, step: int, after: str
) -> None:
    path = tmp_path / "some.ckpt"
    whole = fit(new_data(), None, SaveAt(step, path, after))
    assert whole.global_step == N_EPOCHS * STEPS_PER_EPOCH
    resumed = fit(new_data(), path)
    assert resumed.global_step == whole.global_step
    assert same_state(whole, resumed)


def test_other_rows_would_be_noticed(new_data: Any, tmp_path: Path) -> None:
    """The comparison above can fail: a resumed run that starts its epoch again differs."""
    path = tmp_path / "some.ckpt"
    whole = fit(new_data(), None, SaveAt(11, path, "batch"))
    checkpoint = torch.load(path, weights_only=True)
    for name in ("DominoDataModule", "StreamingDataModule"):
        checkpoint.pop(name, None)
    del checkpoint["loops"]["fit_loop"]["state_dict"]["combined_loader"]
    torch.save(checkpoint, path)
    assert not same_state(whole, fit(new_data(), path))
