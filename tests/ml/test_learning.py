"""A tiny network learns from a stream, in well under a minute on one core."""

from pathlib import Path

import lightning.pytorch as pl
import pytest

from forge.ml.module import DominoLightningModule
from forge.ml.positions import StreamOptions
from forge.ml.stream import StreamingDataModule

# 45,000 positions of some 26 deals. Before: q_mae 12.9, q_gap 2.4 on the validation deals.
Q_MAE_BAR = 10.0
Q_GAP_BAR = 1.7


@pytest.mark.filterwarnings(
    "ignore:.*does not have many workers.*",
    "ignore:.*treespec, LeafSpec.*",
    "ignore:GPU available but not used",
)
def test_a_tiny_network_beats_the_bar_that_it_fails_untrained(tmp_path: Path) -> None:
    pl.seed_everything(0, verbose=False)
    module = DominoLightningModule(
        embed_dim=128,
        n_layers=2,
        ff_dim=128,
        dropout=0.0,
        lr=3e-3,
        loss_mode="qvalue",
        arch="mlp",
    )
    data = StreamingDataModule(
        StreamOptions(per_deal=2000, mix_deals=4),
        batch_size=256,
        samples_per_epoch=45_000,
        num_workers=0,
        val_per_deal=200,
        val_deals=8,
    )
    trainer = pl.Trainer(
        accelerator="cpu",
        devices=1,
        max_epochs=1,
        default_root_dir=tmp_path,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        gradient_clip_val=1.0,
    )
    (before,) = trainer.validate(module, data, verbose=False)
    assert before["val/q_mae"] > 1.15 * Q_MAE_BAR
    assert before["val/q_gap"] > 1.15 * Q_GAP_BAR
    trainer.fit(module, data)
    assert trainer.callback_metrics["val/q_mae"] < Q_MAE_BAR
    assert trainer.callback_metrics["val/q_gap"] < Q_GAP_BAR
