"""`SuitMLP`: shapes, slots, compilation, learning."""

from typing import Any

import pytest
import torch
from torch import Tensor

from forge.errors import ForgeError
from forge.learn.optimizers import make_optimizer
from forge.ml.measure.reference_protocol import ReferenceRows, solve_seeds
from forge.ml.module import DominoLightningModule, q_loss
from forge.ml.networks.architectures import build_network
from forge.ml.networks.mlp import SuitMLP
from forge.ml.settings import ARCHITECTURES
from support.synthetic_rows import synthetic_arrays


def batch_of(n: int, seed: int = 0) -> dict[str, Tensor]:
    """n synthetic positions."""
    return {name: torch.from_numpy(array) for name, array in synthetic_arrays(n, seed).items()}


def run(network: torch.nn.Module, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Scores and value."""
    out: tuple[Tensor, Tensor] = network(batch["tokens"], batch["masks"], batch["players"])
    return out


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("n", [1, 5])
def test_shapes(arch: str, n: int) -> None:
    network = build_network(arch, embed_dim=24, n_heads=2, n_layers=1, ff_dim=8, dropout=0.0)
    scores, value = run(network, batch_of(n))
    assert scores.shape == (n, 7) and value.shape == (n,)
    assert scores.dtype == value.dtype == torch.float32


def test_dropout_is_for_training_alone() -> None:
    network = SuitMLP(32, 2, 32, dropout=0.5)
    for block in network.blocks:
        torch.nn.init.normal_(block.get_parameter("linear2.weight"))
    batch = batch_of(6)
    network.eval()
    assert torch.equal(run(network, batch)[0], run(network, batch)[0])
    network.train()
    assert not torch.equal(run(network, batch)[0], run(network, batch)[0])


def test_compiles_without_graph_breaks() -> None:
    network = SuitMLP(16, 1, 16).eval()
    batch = batch_of(4)
    explained = torch._dynamo.explain(network)(batch["tokens"], batch["masks"], batch["players"])
    assert explained.graph_count == 1
    assert explained.graph_break_count == 0, explained.break_reasons


def test_a_move_is_scored_by_its_domino_not_its_slot() -> None:
    """Renaming the slots of the seat to act renames the scores and changes nothing else."""
    network = SuitMLP(32, 1, 32).eval()
    batch = batch_of(64)
    shift = torch.roll(torch.arange(7), 1)
    moved = {name: column.clone() for name, column in batch.items()}
    for i, player in enumerate(batch["players"].tolist()):
        own = 1 + 7 * player + torch.arange(7)
        moved["tokens"][i, own] = batch["tokens"][i, own][shift]
    (scores, value), (scores_moved, value_moved) = run(network, batch), run(network, moved)
    torch.testing.assert_close(scores_moved, scores[:, shift])
    torch.testing.assert_close(value_moved, value)


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_learns_a_batch_by_heart(optimizer: str) -> None:
    torch.manual_seed(0)
    rows = ReferenceRows(solve_seeds([29], 256), "test")
    batch = rows.__getitems__(list(range(len(rows))))
    module = DominoLightningModule(
        embed_dim=64, n_layers=2, ff_dim=64, dropout=0.0, lr=1e-2, weight_decay=0.0,
        loss_mode="qvalue", arch="mlp", optimizer=optimizer,
    )  # fmt: skip
    steps = make_optimizer(module.model, optimizer, lr=1e-2, weight_decay=0.0)
    losses = []
    for _ in range(60):
        steps.zero_grad()
        loss = q_loss(run(module.model, batch)[0], batch)
        loss.backward()
        steps.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.05 * losses[0], losses


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"arch": "cnn"}, "arch must be transformer or mlp, got 'cnn'"),
        ({"optimizer": "sgd"}, "optimizer must be adamw or muon, got 'sgd'"),
        ({"arch": "mlp", "n_layers": 0}, "n_layers must be 1..1000, got 0"),
    ],
)
def test_bad_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ForgeError, match=message):
        DominoLightningModule(**options)
