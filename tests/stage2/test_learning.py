"""Networks over transcripts learn: what is so, and how sure of it they may be."""

from pathlib import Path

import lightning.pytorch as pl
import pytest
import torch
from torch import Tensor

from forge.game.deal import Deal
from forge.play.games import Games
from forge.play.transcript import transcript_tokens
from forge.stage2.data import EqDataModule
from forge.stage2.metrics import EqMetrics
from forge.stage2.module import EqLightningModule
from support.records import few_worlds, played, write_games

pytestmark = pytest.mark.usefixtures("one_thread")

# ---- known noise -----------------------------------------------------------------------------


def random_transcripts(n_games: int, seed: int) -> tuple[Tensor, Tensor]:
    """tokens and legal slots of all decisions of games at random."""
    rng = torch.Generator().manual_seed(seed)
    games = Games.start(
        [Deal.from_seed(seed + i) for i in range(n_games)], [i % 10 for i in range(n_games)]
    )
    tokens, legal = [], []
    for _ in range(28):
        tokens.append(transcript_tokens(games)[0])
        legal.append(games.legal)
        slots = torch.multinomial(games.legal.float(), 1, generator=rng).squeeze(1)
        games = games.play(slots)
    return torch.cat(tokens), torch.cat(legal)


def noisy_labels(n_games: int, seed: int) -> tuple[dict[str, Tensor], Tensor]:
    """Rows whose truth is known, and how far it scatters around what the transcript tells.

    E[Q] is 5 in the first half of the hand and -5 later, give or take 2 or 6 points that no
    network can foresee; a label is off from that by 1 or 4 points more, and says so.
    """
    tokens, legal = random_transcripts(n_games, seed)
    rng = torch.Generator().manual_seed(seed)
    games, tricks = torch.arange(n_games), torch.arange(28).repeat_interleave(n_games) // 4
    early = (tricks < 4)[:, None].expand(-1, 7)
    scatter = torch.where(early, 2.0, 6.0)
    label_noise = torch.where(torch.rand(len(tokens), 7, generator=rng) < 0.5, 1.0, 4.0)
    off = torch.randn(2, len(tokens), 7, generator=rng)
    mean = torch.where(early, 5.0, -5.0) + off[0] * scatter + off[1] * label_noise
    batch = {
        "tokens": tokens,
        "legal": legal,
        "mean": mean * legal,
        "noise": label_noise.square() * legal,
        "spread": torch.full_like(mean, 8.0) * legal,
        "targets": mean.masked_fill(~legal, -torch.inf).argmax(dim=1),
        "tricks": tricks,
        "held_out": (games + games // 10).repeat(28) % 2 == 0,  # of all declarations
    }
    return batch, scatter


@pytest.mark.parametrize(("n_games", "n_epochs", "tolerance"), [(2000, 1, 0.06), (200, 10, 0.18)])
def test_the_error_head_finds_the_scatter_behind_the_noise(
    n_games: int, n_epochs: int, tolerance: float
) -> None:
    """Of games seen once, and of few seen often: z_rms is 1.3 if errors are learned from what the
    mean has learned by heart."""
    torch.manual_seed(0)
    module = EqLightningModule(embed_dim=24, n_layers=1, ff_dim=32, weight_decay=0.0)
    batch, _ = noisy_labels(n_games, seed=1)
    rng = torch.Generator().manual_seed(3)
    orders = [torch.randperm(28 * n_games, generator=rng) for _ in range(n_epochs)]
    parts = torch.cat(orders).split(256)
    steps = torch.optim.AdamW(module.parameters(), lr=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(steps, len(parts))
    for rows in parts:
        part = {name: column[rows] for name, column in batch.items()}
        steps.zero_grad()
        module.losses(module(part["tokens"]), part)["loss"].backward()
        steps.step()
        schedule.step()
    unseen, scatter = noisy_labels(60, seed=5000)
    with torch.inference_mode():
        found = module.eval()(unseen["tokens"])
    metrics = EqMetrics()
    metrics.update(found, unseen)
    figures = {name: float(figure) for name, figure in metrics.compute().items()}
    assert figures["z_rms"] == pytest.approx(1.0, abs=tolerance)
    assert figures["coverage_68"] == pytest.approx(0.683, abs=0.04)
    assert figures["coverage_95"] == pytest.approx(0.95, abs=0.03)
    assert figures["claimed_rmse"] == pytest.approx(figures["excess_rmse"], rel=0.1)
    for deviation, centre in ((2.0, 5.0), (6.0, -5.0)):
        plays = unseen["legal"] & (scatter == deviation)
        off = deviation**2 + (found.mean[plays] - centre).square().mean()
        claimed = found.error[plays].square().mean()
        assert claimed.sqrt().item() == pytest.approx(off.sqrt().item(), rel=0.15)
    assert figures["spread_mae"] < 0.5


# ---- learning --------------------------------------------------------------------------------

# 40 games to train on, 24 to validate with, whose labels are 4.7 off themselves. Untrained 12.9;
# after six epochs 11.0 to 11.5, by seed. What is lost by play (q_gap) is not looked at: it falls,
# but with so few games by as much as it differs from seed to seed.
Q_MAE_BAR = 11.8


@pytest.mark.filterwarnings(
    "ignore:.*does not have many workers.*",
    "ignore:.*treespec, LeafSpec.*",
    "ignore:GPU available but not used",
)
def test_a_tiny_network_beats_the_bar_that_it_fails_untrained(tmp_path: Path) -> None:
    record = played(range(64), few_worlds(n_samples=12, policy="boltzmann"))
    write_games(tmp_path / "games/train", record, range(40))
    write_games(tmp_path / "games/val", record, range(40, 64))
    pl.seed_everything(0, verbose=False)
    module = EqLightningModule(embed_dim=64, n_layers=1, ff_dim=64, lr=3e-3)
    data = EqDataModule(tmp_path / "games", batch_size=16)
    run = pl.Trainer(
        accelerator="cpu",
        devices=1,
        max_epochs=6,
        default_root_dir=tmp_path,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        gradient_clip_val=1.0,
    )
    (before,) = run.validate(module, data, verbose=False)
    assert before["val/q_mae"] > 1.05 * Q_MAE_BAR
    run.fit(module, data)
    assert run.callback_metrics["val/q_mae"] < Q_MAE_BAR
