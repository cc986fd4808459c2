"""A checkpoint as a run leaves it, of a network too small to know anything."""

from pathlib import Path
from typing import Any

import lightning
import torch

from forge.ml.evaluate import Rows
from forge.ml.module import DominoLightningModule
from ml.eval_rows import played_rows

TINY: dict[str, Any] = {"embed_dim": 24, "n_heads": 2, "n_layers": 1, "ff_dim": 32}


def tiny_module(
    loss_mode: str = "qvalue", seed: int = 0, arch: str = "transformer"
) -> DominoLightningModule:
    """An untrained module in eval mode."""
    torch.manual_seed(seed)
    return DominoLightningModule(**TINY, loss_mode=loss_mode, arch=arch).eval()


def run_checkpoint(path: Path, loss_mode: str = "qvalue", seed: int = 0) -> Path:
    """Save an untrained module with what a run adds to it: optimiser state, epoch and step."""
    module = tiny_module(loss_mode, seed)
    optimizer = torch.optim.AdamW(module.parameters())
    torch.save(
        {
            "state_dict": module.state_dict(),
            "hyper_parameters": dict(module.hparams),
            "pytorch-lightning_version": lightning.__version__,
            "epoch": 3,
            "global_step": 700,
            "optimizer_states": [optimizer.state_dict()],
            "forge_rng_by_rank": [{"torch": torch.get_rng_state()}],
        },
        path,
    )
    return path


def open_tiny_rows() -> tuple[Rows, str]:
    """36 real positions and what they are."""
    return played_rows(n_games=2), "two games at random"
