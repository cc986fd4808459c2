"""Real positions with exact values, few enough for tests, and things that predict them."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from forge import ops
from forge.game.state import seats_to_act
from forge.learn.batches import Batch
from forge.ml.measure.network_pass import Predict
from forge.ml.module import DominoLightningModule
from forge.ml.rows import make_rows
from support.batches import random_games


def n_left(states: Tensor) -> Tensor:
    """Dominoes still in the four hands, 0..28: int64 of the shape of `states` (int64)."""
    return (states[..., None] >> torch.arange(28) & 1).sum(dim=-1)


class BatchRows:
    """The rows of one batch, as `TokenizedSplit` gives them."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch

    def __len__(self) -> int:
        return len(self.batch["targets"])

    def __getitems__(self, indices: Sequence[int]) -> Batch:
        rows = torch.as_tensor(indices)
        return {name: array[rows] for name, array in self.batch.items()}


@lru_cache(maxsize=4)
def played_positions(n_games: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """deals [B, 4, 7], decls [B], states [B] from the third trick on, as the reference played."""
    positions = random_games(n_games, min_plays=10, seed=seed)
    kept = n_left(positions.states) > 0
    return positions.deals[kept], positions.decls[kept], positions.states[kept]


@lru_cache(maxsize=4)
def played_rows(n_games: int = 20, seed: int = 0) -> BatchRows:
    """Rows of `played_positions`, 18 a game; don't write to them."""
    deals, decls, states = played_positions(n_games, seed)
    qvals = ops.search(deals, decls, states)
    legal = qvals != -128
    seats = seats_to_act(states)
    low = qvals.masked_fill(~legal, 127).amin(dim=1)
    values = torch.where(seats % 2 == 1, low, qvals.amax(dim=1))
    return BatchRows(make_rows(deals, decls, states, values, qvals))


TINY: dict[str, Any] = {"embed_dim": 24, "n_heads": 2, "n_layers": 1, "ff_dim": 16, "dropout": 0.0}


def tiny_module(loss_mode: str) -> DominoLightningModule:
    """An untrained network, always the same."""
    torch.manual_seed(0)
    return DominoLightningModule(**TINY, loss_mode=loss_mode)


def noisy(rows: BatchRows, scale: float = 15.0) -> Predict:
    """Predicts the truth plus noise that depends on the tokens, not on their place in a batch."""

    def predict(tokens: Tensor, masks: Tensor, players: Tensor) -> tuple[Tensor, Tensor]:
        keys = {row.numpy().tobytes(): i for i, row in enumerate(rows.batch["tokens"])}
        found = [keys[row.numpy().tobytes()] for row in tokens]
        noise = torch.randn((len(rows), 8), generator=torch.Generator().manual_seed(3))[found]
        sign = 1 - 2 * rows.batch["teams"][found].float()
        q = rows.batch["qvals"][found].float() * sign[:, None]
        v = rows.batch["values"][found].float() * sign
        return q + scale * noise[:, :7], (v + scale * noise[:, 7]) / 42

    return predict
