"""Learning rate, checkpoints and stops of a run."""

import io
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import lightning.pytorch as pl
import pytest
import torch
import yaml
from rich.console import Console

from forge.errors import ForgeError
from forge.learn import learning_rate
from forge.learn.callbacks import EpochLines, StopOnNonFinite
from forge.learn.checkpoints import RECORD_KEY, Checkpoints, RunStoppedError, StopOnSignal
from forge.learn.learning_rate import LearningRate, lr_share
from forge.ml.data import DominoDataModule
from forge.ml.module import DominoLightningModule
from forge.work.stop import StopSignal
from support.synthetic_rows import synthetic_arrays

SIZES: dict[str, Any] = {"embed_dim": 24, "n_heads": 2, "n_layers": 1, "ff_dim": 32, "lr": 1e-2}
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*does not have many workers.*"),
    pytest.mark.filterwarnings("ignore:GPU available but not used"),
    pytest.mark.filterwarnings("ignore:.*treespec, LeafSpec.*"),
]


class Rates(pl.Callback):
    """Notes the learning rate and the weights of each step."""

    def __init__(self) -> None:
        self.seen: list[float] = []
        self.weights: list[torch.Tensor] = []

    def on_before_optimizer_step(
        self, trainer: pl.Trainer, module: pl.LightningModule, optimizer: torch.optim.Optimizer
    ) -> None:
        self.seen.append(optimizer.param_groups[0]["lr"])


def fit(
    data_dir: Path, *extra: pl.Callback, module: pl.LightningModule | None = None, epochs: int = 2
) -> pl.Trainer:
    """Train on 100 rows, 5 steps an epoch."""
    pl.seed_everything(0, verbose=False)
    trainer = pl.Trainer(
        accelerator="cpu",
        devices=1,
        max_epochs=epochs,
        logger=False,
        enable_checkpointing=any(isinstance(callback, Checkpoints) for callback in extra),
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        callbacks=list(extra),
    )
    trainer.fit(module or DominoLightningModule(**SIZES), DominoDataModule(data_dir, batch_size=20))
    return trainer


# ---- learning rate ---------------------------------------------------------------------------


def test_lr_share() -> None:
    assert lr_share(0.0, 1.0) == 1.0
    assert lr_share(0.5, 1.0) == pytest.approx(0.505)
    assert lr_share(1.0, 1.0) == pytest.approx(0.01)
    assert lr_share(7.0, 1.0) == pytest.approx(0.01)
    assert lr_share(0.0, 0.25) == 0.25


def test_by_steps_it_is_the_schedule_of_the_module(data_dir: Path) -> None:
    own, set_by_us = Rates(), Rates()
    fit(data_dir, own)
    fit(data_dir, LearningRate(), set_by_us)
    assert len(own.seen) == 10
    assert set_by_us.seen == pytest.approx(own.seen, rel=1e-6)


def test_warm_up_rises_in_a_line(data_dir: Path) -> None:
    rates = Rates()
    fit(data_dir, LearningRate(warmup_steps=3), rates)
    cosine = [lr_share(step / 10, 1.0) for step in range(10)]
    risen = [0.25, 0.5, 0.75] + [1.0] * 7
    expected = [1e-2 * a * b for a, b in zip(cosine, risen, strict=True)]
    assert rates.seen == pytest.approx(expected)


class Clock(pl.Callback):
    """A minute a step."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 1000.0
        monkeypatch.setattr(learning_rate, "time", SimpleNamespace(monotonic=lambda: self.now_s))

    def on_before_optimizer_step(self, *_: Any) -> None:
        self.now_s += 60.0


def test_with_a_budget_rate_and_end_follow_the_clock(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates, clock = Rates(), Clock(monkeypatch)
    trainer = fit(data_dir, LearningRate(max_hours=0.2), rates, clock, epochs=-1)
    assert trainer.global_step == 12
    assert rates.seen == pytest.approx([1e-2 * lr_share(step / 12, 1.0) for step in range(12)])
    assert "val/q_gap" in trainer.callback_metrics


def test_time_before_a_resume_counts(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, rate = Clock(monkeypatch), LearningRate(max_hours=0.2)
    fit(data_dir, rate, clock, epochs=1)
    assert rate.state_dict() == {"elapsed_s": 300.0}
    resumed = LearningRate(max_hours=0.2)
    resumed.load_state_dict(rate.state_dict())
    assert fit(data_dir, resumed, clock, epochs=-1).global_step == 7


@pytest.mark.parametrize(
    "options", [{"warmup_steps": -1}, {"max_hours": 0.0}, {"max_hours": math.nan}]
)
def test_bad_schedules(options: dict[str, Any]) -> None:
    with pytest.raises(ForgeError, match=f"{next(iter(options))} must be"):
        LearningRate(**options)


# ---- checkpoints -----------------------------------------------------------------------------


def test_best_and_last_with_their_records(data_dir: Path, tmp_path: Path) -> None:
    class Scores(pl.Callback):
        """Puts made-up scores in place of the measured ones."""

        scores = (0.5, 0.2, 0.3)

        def on_validation_epoch_end(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
            module.val_metrics.compute = lambda: {  # type: ignore[union-attr]
                "q_gap": torch.tensor(self.scores[trainer.current_epoch])
            }

    record = {"config": {"lr": 0.01}, "data": {"source": "here"}}
    checkpoints = Checkpoints(tmp_path, record)
    fit(data_dir, Scores(), checkpoints, epochs=3)
    assert sorted(path.name for path in tmp_path.glob("*.*t")) == ["best.ckpt", "last.ckpt"]
    for path, epoch, score in ((checkpoints.best_path, 1, 0.2), (checkpoints.last_path, 2, 0.3)):
        checkpoint = torch.load(path, weights_only=True)
        assert checkpoint["epoch"] == epoch
        assert checkpoint[RECORD_KEY] == record
        beside = yaml.safe_load(path.with_suffix(".yaml").read_text())
        assert beside["config"] == record["config"]
        assert (beside["epoch"], beside["step"]) == (epoch, 5 * (epoch + 1))
        assert beside["metrics"]["val/q_gap"] == pytest.approx(score)
    assert checkpoints.state_dict() == {"best_score": pytest.approx(0.2)}


def test_last_is_saved_within_an_epoch_when_it_is_old(data_dir: Path, tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, {}, minutes=0.0)
    steps: list[int] = []
    save = checkpoints.save

    def noted(trainer: pl.Trainer, path: Path) -> None:
        steps.append(trainer.global_step)
        save(trainer, path)

    checkpoints.save = noted  # type: ignore[method-assign]
    fit(data_dir, checkpoints, epochs=1)
    assert steps[0] == 1
    assert set(steps) == {1, 5}


# ---- stops -----------------------------------------------------------------------------------


def test_a_loss_that_is_not_finite_ends_the_run_with_its_batch(
    data_dir: Path, tmp_path: Path
) -> None:
    module = DominoLightningModule(**SIZES)

    class Poison(pl.Callback):
        def on_train_batch_start(
            self, trainer: pl.Trainer, module: pl.LightningModule, batch: Any, batch_idx: int
        ) -> None:
            if batch_idx == 3:
                next(module.parameters()).data[:] = math.nan

    with pytest.raises(ForgeError, match=r"stopped at step 3: the loss is nan; its batch is in"):
        fit(data_dir, Poison(), StopOnNonFinite(tmp_path), module=module)
    kept = torch.load(tmp_path / "nonfinite_step_3.pt", weights_only=True)
    assert kept["step"] == 3
    assert kept["batch"].keys() == synthetic_arrays(1, seed=0).keys()
    assert kept["batch"]["tokens"].shape == (20, 32, 12)
    losses, _, _ = module._losses(kept["batch"])
    assert losses["loss"].isnan()


def test_a_gradient_that_is_not_finite_does_not_reach_the_weights(
    data_dir: Path, tmp_path: Path
) -> None:
    module = DominoLightningModule(**SIZES)
    last = list(module.parameters())[-1]
    last.register_hook(lambda gradient: gradient * math.inf)
    before = {name: weight.clone() for name, weight in module.state_dict().items()}
    with pytest.raises(ForgeError, match="stopped at step 0: the gradient norm is"):
        fit(data_dir, StopOnNonFinite(tmp_path), module=module)
    assert all(torch.equal(before[name], weight) for name, weight in module.state_dict().items())


def test_a_signal_ends_the_run_with_a_checkpoint(data_dir: Path, tmp_path: Path) -> None:
    signal = StopSignal("step")
    checkpoints = Checkpoints(tmp_path, {})

    class PressCtrlC(pl.Callback):
        def on_train_batch_start(self, trainer: pl.Trainer, *_: Any) -> None:
            if trainer.global_step == 7:
                signal.signum = 2

    with pytest.raises(RunStoppedError) as stopped:
        fit(data_dir, PressCtrlC(), checkpoints, StopOnSignal(signal, checkpoints))
    assert stopped.value.checkpoint == checkpoints.last_path
    assert torch.load(checkpoints.last_path, weights_only=True)["global_step"] == 8


def test_a_line_after_each_validation(data_dir: Path) -> None:
    out = io.StringIO()
    trainer = fit(data_dir, EpochLines(Console(file=out, width=20)))
    lines = out.getvalue().splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("epoch 1, 200 samples (")
    assert f"val/q_gap {float(trainer.callback_metrics['val/q_gap']):.4g}" in lines[1]
    assert trainer.callback_metrics["samples"] == 200
