"""A checkpoint as a run leaves it, of a network too small to know anything."""

from pathlib import Path
from typing import Any

import lightning
import torch

from forge.learn.batches import RowSource
from forge.learn.network_module import STAGE_KEY, NetworkModule
from forge.ml.module import DominoLightningModule
from forge.stage2.decisions import JudgedDecisions
from forge.stage2.module import EqLightningModule
from support.played_rows import played_rows
from support.records import small_record, write_games

TINY: dict[str, Any] = {"embed_dim": 24, "n_heads": 2, "n_layers": 1, "ff_dim": 32}


def tiny_module(
    loss_mode: str = "qvalue", seed: int = 0, arch: str = "transformer"
) -> DominoLightningModule:
    """An untrained module in eval mode."""
    torch.manual_seed(seed)
    return DominoLightningModule(**TINY, loss_mode=loss_mode, arch=arch).eval()


def tiny_eq_module(seed: int = 0, arch: str = "mlp") -> EqLightningModule:
    """An untrained Stage 2 module in eval mode."""
    torch.manual_seed(seed)
    module = EqLightningModule(**TINY, arch=arch).eval()
    for parameter in module.parameters():  # some start at zero, which would hide mistakes
        if parameter.ndim == 1:
            torch.nn.init.normal_(parameter, std=0.2)
    return module


def run_checkpoint(path: Path, loss_mode: str = "qvalue", seed: int = 0) -> Path:
    """Save an untrained module with what a run adds to it: optimiser state, epoch and step."""
    return save_run(path, tiny_module(loss_mode, seed))


def run_eq_checkpoint(path: Path, seed: int = 0, arch: str = "mlp") -> Path:
    """The same of a Stage 2 module."""
    return save_run(path, tiny_eq_module(seed, arch))


def save_run(path: Path, module: NetworkModule) -> Path:
    """Save a module as a run does."""
    optimizer = torch.optim.AdamW(module.parameters())
    torch.save(
        {
            "state_dict": module.state_dict(),
            "hyper_parameters": dict(module.hparams),
            STAGE_KEY: module.STAGE,
            "pytorch-lightning_version": lightning.__version__,
            "epoch": 3,
            "global_step": 700,
            "optimizer_states": [optimizer.state_dict()],
            "forge_rng_by_rank": [{"torch": torch.get_rng_state()}],
        },
        path,
    )
    return path


def open_tiny_rows() -> tuple[RowSource, str]:
    """36 real positions and what they are."""
    return played_rows(n_games=2), "two games at random"


def tiny_decisions(folder: Path) -> JudgedDecisions:
    """The decisions of three games of few worlds, which are written into the folder."""
    write_games(folder, small_record())
    return JudgedDecisions(folder)


def last_weights(folder: Path) -> dict[str, torch.Tensor]:
    """The weights in the last checkpoint of a run."""
    found: dict[str, torch.Tensor] = torch.load(folder / "last.ckpt", weights_only=True)[
        "state_dict"
    ]
    return found
