"""Training, checkpoints and losses of the Lightning module on made-up positions."""

import json
import math
import pickle
import random
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import numpy as np
import pytest
import torch

import forge
from forge.errors import ForgeError
from forge.ml.data import DominoDataModule
from forge.ml.module import DominoLightningModule, policy_loss, q_loss
from support.commands import importing_tests
from support.played_rows import played_rows
from support.synthetic_rows import synthetic_arrays

LAYOUT: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "golden" / "checkpoint_layout.json").read_text()
)
TINY: dict[str, Any] = {"embed_dim": 24, "n_heads": 2, "n_layers": 1, "ff_dim": 32, "lr": 1e-2}
# These say how to make a real run faster; the runs here last a second.
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*does not have many workers.*"),
    pytest.mark.filterwarnings("ignore:GPU available but not used"),
    pytest.mark.filterwarnings("ignore:.*treespec, LeafSpec.*"),
]


def trainer(folder: Path, **options: Any) -> pl.Trainer:
    settings: dict[str, Any] = {
        "accelerator": "cpu",
        "devices": 1,
        "default_root_dir": folder,
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "log_every_n_steps": 1,
    }
    return pl.Trainer(**(settings | options))


def tiny_module(loss_mode: str) -> DominoLightningModule:
    torch.manual_seed(0)
    return DominoLightningModule(**TINY, loss_mode=loss_mode)


def batch_of(n: int) -> dict[str, torch.Tensor]:
    return {k: torch.from_numpy(v) for k, v in synthetic_arrays(n, seed=5).items()}


# ---- losses ----------------------------------------------------------------------------------


def one_row(team: int) -> dict[str, torch.Tensor]:
    """Two legal slots that are worth 6 and 0 to the team to act; slot 1 is the better one."""
    sign = 1 - 2 * team
    return {
        "qvals": torch.tensor([[0, 6 * sign, -128, -128, -128, -128, -128]], dtype=torch.int8),
        "legal": torch.tensor([[1, 1, 0, 0, 0, 0, 0]], dtype=torch.int8),
        "teams": torch.tensor([team], dtype=torch.int8),
        "targets": torch.tensor([1], dtype=torch.int8),
    }


@pytest.mark.parametrize("team", [0, 1])
def test_losses_by_hand(team: int) -> None:
    scores = torch.tensor([[1.0, 2.0, 50.0, 50.0, 0.0, 0.0, 0.0]])
    batch = one_row(team)
    log_p = [-math.log(1 + math.e), -math.log(1 + 1 / math.e)]
    target = 1 / (1 + math.exp(-6 / 3))  # of slot 1 at temperature 3
    hard, soft = -log_p[1], -(1 - target) * log_p[0] - target * log_p[1]
    loss = policy_loss(scores, batch, temperature=3.0, soft_weight=0.7)
    assert loss.item() == pytest.approx(0.3 * hard + 0.7 * soft, rel=1e-6)
    assert q_loss(scores, batch).item() == pytest.approx((1.0**2 + 4.0**2) / 2)


def test_value_loss_is_in_the_acting_frame() -> None:
    module = tiny_module("qvalue").eval()
    batch = batch_of(40)
    losses, _, value = module._losses(batch)
    sign = torch.where(batch["players"] % 2 == 1, -1.0, 1.0)
    expected = (value - sign * batch["values"].float() / 42).square().mean()
    torch.testing.assert_close(losses["value_loss"], expected)
    torch.testing.assert_close(losses["loss"], losses["qvalue_loss"] + 0.5 * expected)


# ---- training --------------------------------------------------------------------------------


@pytest.mark.parametrize("loss_mode", ["policy", "qvalue"])
def test_fast_dev_run_logs_the_named_metrics(
    data_dir: Path, tmp_path: Path, loss_mode: str
) -> None:
    module, data = tiny_module(loss_mode), DominoDataModule(data_dir, batch_size=16)
    run = trainer(tmp_path, fast_dev_run=True)
    run.fit(module, data)
    names = {
        "train/loss",
        "train/q_gap",
        "val/loss",
        f"val/{loss_mode}_loss",
        "val/value_loss",
        "val/q_gap",
        "val/accuracy",
        "val/blunder_rate",
        "val/value_mae",
        "val/zero_regret_rate",
        "val/regret_p99",
        "val/regret_max",
        "val/regret_decl_3",
        "val/regret_slot_3",
        "val/tie_rate_slot_3",
    }
    assert names <= set(run.callback_metrics)
    assert ("val/q_mae" in run.callback_metrics) == (loss_mode == "qvalue")
    run.validate(module, data, verbose=False)
    run.fit(module, data)  # counters made in inference mode must not be left behind
    run.test(module, data, verbose=False)
    assert {"test/q_gap", "test/loss"} <= set(run.callback_metrics)


@pytest.mark.parametrize("loss_mode", ["policy", "qvalue"])
def test_learns_one_batch_by_heart(loss_mode: str) -> None:
    module, batch = tiny_module(loss_mode), batch_of(16)
    module.eval()  # without dropout
    optimizer = torch.optim.AdamW(module.parameters(), lr=1e-2)
    first = module._losses(batch)[0]["loss"].item()
    for _ in range(150):  # which rounding decides differs from processor to processor
        optimizer.zero_grad()
        loss = module._losses(batch)[0]["loss"]
        torch.autograd.backward(loss)
        optimizer.step()
    assert loss.item() < 0.7 * first


def test_val_figures_do_not_depend_on_the_batch_size(data_dir: Path, tmp_path: Path) -> None:
    module = tiny_module("qvalue")
    figures = [
        trainer(tmp_path).validate(module, DominoDataModule(data_dir, batch_size=n), verbose=False)
        for n in (37, 10)
    ]
    for name, whole in figures[0][0].items():
        assert figures[1][0][name] == pytest.approx(whole, rel=1e-5, nan_ok=True), name


def test_cosine_reaches_its_end_and_norms_do_not_decay(data_dir: Path, tmp_path: Path) -> None:
    module = tiny_module("qvalue")
    run = trainer(tmp_path, max_epochs=2)
    run.fit(module, DominoDataModule(data_dir, batch_size=50))
    decayed, kept = run.optimizers[0].param_groups
    assert decayed["lr"] == pytest.approx(1e-4) and decayed["weight_decay"] == 0.01
    assert kept["weight_decay"] == 0.0 and all(p.ndim == 1 for p in kept["params"])


TWO_PROCESSES = """
import sys
from pathlib import Path
import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from ml.test_module import tiny_module, trainer
from forge.ml.data import DominoDataModule

if __name__ == "__main__":
    folder, data = Path(sys.argv[1]), DominoDataModule(sys.argv[2], batch_size=10)
    module = tiny_module("qvalue")
    two = {"devices": 2, "strategy": "ddp_fork"}
    figures = trainer(folder, **two).validate(module, data, verbose=False)[0]
    torch.save(figures, folder / "figures.pt")
    keep = ModelCheckpoint(dirpath=folder, filename="two")
    trainer(folder, **two, max_epochs=1, enable_checkpointing=True, callbacks=[keep]).fit(
        module, data)
"""


def test_two_processes_get_the_figures_of_one(data_dir: Path, tmp_path: Path) -> None:
    """37 rows on two processes: unequal shares, and a sampler that repeats none."""
    script = tmp_path / "two_processes.py"
    script.write_text(TWO_PROCESSES)
    folders = [str(tmp_path), str(data_dir)]
    done = subprocess.run(
        [sys.executable, str(script), *folders],
        env=importing_tests(),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    data = DominoDataModule(data_dir, batch_size=37)
    (alone,) = trainer(tmp_path).validate(tiny_module("qvalue"), data, verbose=False)
    joined = torch.load(tmp_path / "figures.pt", weights_only=True)
    assert set(joined) == set(alone)
    for name, figure in alone.items():
        assert joined[name] == pytest.approx(figure, rel=1e-5, nan_ok=True), name
    checkpoint = torch.load(tmp_path / "two.ckpt", weights_only=True)
    assert len(checkpoint["forge_rng_by_rank"]) == 2


# ---- checkpoints -----------------------------------------------------------------------------


def test_resumed_run_equals_an_uninterrupted_one(data_dir: Path, tmp_path: Path) -> None:
    def fit(module: DominoLightningModule, stop: int, resume: Path | None = None) -> pl.Trainer:
        # max_epochs sets the cosine; stopping early stands for an interruption between epochs.
        limits: list[pl.Callback] = [StopAfter(stop)]
        run = trainer(tmp_path, max_epochs=3, callbacks=limits)
        data = DominoDataModule(data_dir, batch_size=32)
        run.fit(module, data, ckpt_path=resume, weights_only=True)
        return run

    pl.seed_everything(11, verbose=False)
    whole = tiny_module("qvalue")
    fit(whole, stop=3)

    pl.seed_everything(11, verbose=False)
    first = tiny_module("qvalue")
    checkpoint = tmp_path / "half.ckpt"
    fit(first, stop=2).save_checkpoint(checkpoint)
    pl.seed_everything(999, verbose=False)
    resumed = DominoLightningModule(**TINY, loss_mode="qvalue")
    fit(resumed, stop=3, resume=checkpoint)

    assert not torch.equal(
        *(each.get_parameter("model.input_proj.weight") for each in (first, whole))
    )
    for name, weight in whole.state_dict().items():
        assert torch.equal(weight, resumed.state_dict()[name]), name


class StopAfter(pl.Callback):
    """Ends training after some epochs, whatever `max_epochs` says."""

    def __init__(self, n_epochs: int) -> None:
        self.n_epochs = n_epochs

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        trainer.should_stop = trainer.current_epoch + 1 >= self.n_epochs


def test_random_states_come_back(data_dir: Path, tmp_path: Path) -> None:
    module = tiny_module("policy")
    run = trainer(tmp_path, max_epochs=1)
    run.fit(module, DominoDataModule(data_dir, batch_size=64))
    run.save_checkpoint(tmp_path / "run.ckpt")

    def draw() -> tuple[float, float, float]:
        return random.random(), float(np.random.rand()), float(torch.rand(()))

    expected = draw()
    checkpoint = torch.load(tmp_path / "run.ckpt", weights_only=True)
    pl.seed_everything(1, verbose=False)
    DominoLightningModule(**TINY)  # drawing its first weights moves torch's generator
    other = draw()
    pl.seed_everything(1, verbose=False)
    loaded = DominoLightningModule.load_from_checkpoint(tmp_path / "run.ckpt")
    assert draw() == other, "loading for inference must not restore a random state"
    assert loaded.loss_mode == "policy" and dict(loaded.hparams) == dict(module.hparams)

    resumed = trainer(tmp_path, max_epochs=1)
    resumed.state.fn = pl.trainer.states.TrainerFn.FITTING
    resumed.strategy.connect(module)
    module.trainer = resumed
    module.on_load_checkpoint(checkpoint)
    module.on_train_start()
    assert draw() == expected


@pytest.mark.parametrize("size", list(LAYOUT))
def test_authors_checkpoint_loads(size: str, tmp_path: Path) -> None:
    hparams, shapes = LAYOUT[size]["hparams"], LAYOUT[size]["state_dict"]
    weights = {name: torch.randn(shape) for name, shape in shapes.items()}
    path = tmp_path / "author.ckpt"
    torch.save(
        {
            "epoch": 1,
            "global_step": 2,
            "pytorch-lightning_version": "2.6.0",
            "state_dict": weights,
            "hyper_parameters": hparams,
        },
        path,
    )
    module = DominoLightningModule.load_from_checkpoint(path)
    assert dict(module.hparams) == {**hparams, "arch": "transformer", "optimizer": "adamw"}
    assert set(module.state_dict()) == set(weights)
    for name, weight in module.state_dict().items():
        assert torch.equal(weight, weights[name])
    batch = batch_of(3)
    q_values, value = module(batch["tokens"], batch["masks"], batch["players"])
    assert q_values.shape == (3, 7) and value.shape == (3,)


@pytest.mark.parametrize("path", ["forge/models/some.ckpt", "runs/forge/models/some.ckpt"])
def test_shipped_path_is_looked_for_in_the_package(path: str) -> None:
    shipped = Path(forge.__file__).parents[1] / path if path.startswith("forge") else Path(path)
    with pytest.raises(ForgeError, match=f"^no checkpoint at {re.escape(str(shipped))}$"):
        DominoLightningModule.load_from_checkpoint(path)


class Foreign:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return pytest.fail, ("something was unpickled",)


def test_checkpoints_that_cannot_be_loaded(tmp_path: Path) -> None:
    path = tmp_path / "bad.ckpt"
    load = DominoLightningModule.load_from_checkpoint
    with pytest.raises(ForgeError, match="no checkpoint at") as caught:
        load(path)
    module = tiny_module("qvalue")
    good = {
        "pytorch-lightning_version": "2.6.0",
        "state_dict": module.state_dict(),
        "hyper_parameters": dict(module.hparams),
    }
    for damaged, message in (
        ({**good, "hyper_parameters": {**TINY, "embed_dim": 48}}, "not a checkpoint of this"),
        ({**good, "hyper_parameters": {**TINY, "loss_mode": "none"}}, "loss_mode must be"),
        ({**good, "extra": Foreign()}, "not unpickled"),
        ({"hyper_parameters": TINY}, "not a checkpoint: it has no state_dict"),
        ([1, 2], "not a checkpoint: it has no state_dict"),
    ):
        torch.save(damaged, path)
        with pytest.raises(ForgeError, match=message) as caught:
            load(path)
        assert "\n" not in str(caught.value)
    torch.save(good, path)
    whole = path.read_bytes()
    for n_bytes in (0, 200, len(whole) // 2, len(whole) - 40):
        path.write_bytes(whole[:n_bytes])
        with pytest.raises(ForgeError, match="is not a readable checkpoint"):
            load(path)
    for protocol in range(2, 6):
        path.write_bytes(pickle.dumps(Foreign(), protocol=protocol))
        with pytest.raises(ForgeError, match="not unpickled"):
            load(path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"loss_mode": "mse"}, "loss_mode must be policy or qvalue, got 'mse'"),
        ({"soft_weight": 1.5}, "soft_weight must be 0..1, got 1.5"),
        ({"temperature": 0.0}, "temperature must be above 0"),
        ({"value_weight": -1.0}, "value_weight must be"),
    ],
)
def test_bad_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ForgeError, match=message):
        DominoLightningModule(**options)


@pytest.mark.parametrize("loss_mode", ["qvalue", "policy"])
def test_what_a_module_plays_is_legal(loss_mode: str) -> None:
    """Of real positions, in train mode with dropout too; the best seven-slot score often is not."""
    torch.manual_seed(0)
    module = DominoLightningModule(**TINY, loss_mode=loss_mode, dropout=0.5).train()
    batch = played_rows().batch
    inputs = batch["tokens"], batch["masks"], batch["players"]
    legal = batch["legal"].bool()
    slots = module.best_slot(*inputs, batch["legal"])
    shares = module.policy(*inputs, legal)
    assert module.training and not shares.requires_grad
    assert legal.gather(1, slots[:, None]).all()
    with torch.no_grad():
        scores = module.eval()(*inputs)[0]
    assert not legal.gather(1, scores.argmax(dim=1)[:, None]).all()
    assert torch.equal(slots, scores.masked_fill(~legal, -torch.inf).argmax(dim=1))
    cooled = scores / (module.temperature if loss_mode == "qvalue" else 1.0)
    expected = cooled.masked_fill(~legal, -torch.inf).softmax(dim=1)
    torch.testing.assert_close(shares, expected)
    assert (shares[~legal] == 0.0).all()
    sharp = module.policy(*inputs, legal, temperature=1e-6)
    torch.testing.assert_close(sharp.gather(1, slots[:, None]), torch.ones(len(slots), 1))


def test_where_there_is_nothing_to_play() -> None:
    module, batch = DominoLightningModule(**TINY), played_rows().batch
    inputs = batch["tokens"], batch["masks"], batch["players"]
    legal = batch["legal"].clone()
    legal[3] = 0
    for ask in (module.best_slot, module.policy):
        with pytest.raises(ForgeError, match="row 3 has no slot that may be played"):
            ask(*inputs, legal)
    for temperature in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ForgeError, match="temperature must be above 0"):
            module.policy(*inputs, batch["legal"], temperature)
