"""Training on E[Q]: losses, metrics of a run, resuming, several processes."""

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import pytest
import torch
from torch import Tensor

from forge.errors import ForgeError
from forge.learn.callbacks import StopOnNonFinite
from forge.stage2.data import DecisionSplit, EqDataModule
from forge.stage2.metrics import EqMetrics
from forge.stage2.module import EqLightningModule
from forge.stage2.network import EqPrediction
from forge.stage2.settings import ARCHITECTURES
from support.commands import importing_tests
from support.records import small_folder
from support.resuming import SaveAt, fit, same_state

TINY: dict[str, Any] = {"embed_dim": 24, "n_heads": 2, "n_layers": 1, "ff_dim": 32, "lr": 1e-2}
N_EPOCHS = 3
STEPS_PER_EPOCH = 4

pytestmark = [
    pytest.mark.usefixtures("one_thread"),
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
        "num_sanity_val_steps": 0,
        "gradient_clip_val": 1.0,
    }
    return pl.Trainer(**(settings | options))


def tiny_module(**options: Any) -> EqLightningModule:
    torch.manual_seed(0)
    return EqLightningModule(**(TINY | options))


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """Two games to train on and one to validate with."""
    return small_folder(tmp_path / "games")


# ---- losses ----------------------------------------------------------------------------------


# Two decisions with two legal plays each, in slots 1 and 4. The mean is off by 6 and 2 points;
# the labels have a noise of 3 and 0. The second decision is of a game held out.
LEGAL = torch.tensor([[False, True, False, False, True, False, False]] * 2)


def four_plays() -> tuple[EqPrediction, dict[str, Tensor]]:
    """What a network says of them, and the labels."""

    def row(first: float, second: float, rest: float = 50.0) -> Tensor:
        return torch.tensor([[rest, first, rest, rest, second, rest, rest]] * 2)

    found = EqPrediction(row(10, -3), row(2, 4), row(9, 7))
    batch = {
        "legal": LEGAL,
        "mean": row(4, -5, 0.0),
        "noise": row(3, 0, 0.0),
        "spread": row(6, 8, 0.0),
        "held_out": torch.tensor([False, True]),
    }
    return EqPrediction(*(part.requires_grad_() for part in found)), batch


def test_losses_by_hand() -> None:
    losses = tiny_module(floor=2.0).losses(*four_plays())
    mean_loss = (36 * 4 / (4 + 3) + 4) / 2 / 100
    error_loss = ((36 / (4 + 3) + math.log(4 + 3)) + (4 / 16 + math.log(16))) / 2
    spread_loss = (9 + 1) / 2 / 100
    assert losses["mean_loss"].item() == pytest.approx(mean_loss)
    assert losses["error_loss"].item() == pytest.approx(error_loss)
    assert losses["spread_loss"].item() == pytest.approx(spread_loss)
    total = mean_loss + 0.1 * spread_loss + error_loss / 100
    assert losses["loss"].item() == pytest.approx(total)


@pytest.mark.parametrize(
    ("held_out", "nothing"), [(True, ("mean_loss", "spread_loss")), (False, ("error_loss",))]
)
def test_a_batch_may_have_no_game_of_a_kind(held_out: bool, nothing: tuple[str, ...]) -> None:
    found, batch = four_plays()
    losses = tiny_module().losses(found, batch | {"held_out": torch.tensor([held_out] * 2)})
    for name in ("mean_loss", "error_loss", "spread_loss"):
        assert (losses[name].item() == 0.0) == (name in nothing)
    assert losses["loss"].isfinite()


def pulls(name: str, floor: float = 1.0) -> list[Tensor]:
    """What a loss does to mean, error and spread: float [2, 7] each."""
    found, batch = four_plays()
    loss = tiny_module(floor=floor).losses(found, batch)[name]
    return list(torch.autograd.grad(loss, list(found), materialize_grads=True))


@pytest.mark.parametrize("floor", [0.5, 1.0, 3.0])
def test_a_noisy_label_moves_the_mean_less(floor: float) -> None:
    noisy, exact = pulls("mean_loss", floor)[0][0, [1, 4]].tolist()
    # In proportion to how far off it is, and to its precision.
    assert noisy / exact == pytest.approx((6 / 2) * floor**2 / (floor**2 + 3))


@pytest.mark.parametrize(
    ("name", "part", "row"), [("mean_loss", 0, 0), ("error_loss", 1, 1), ("spread_loss", 2, 0)]
)
def test_each_loss_has_its_output_and_its_games(name: str, part: int, row: int) -> None:
    moved = [pull != 0 for pull in pulls(name)]
    expected = torch.zeros(3, 2, 7, dtype=torch.bool)
    expected[part, row] = LEGAL[row]
    assert torch.equal(torch.stack(moved), expected)


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_the_error_has_no_say_in_the_mean(data_dir: Path, arch: str) -> None:
    module, columns = tiny_module(arch=arch), DecisionSplit(data_dir / "val").columns
    held_out = torch.arange(len(columns["targets"])) % 2 == 0
    losses = module.losses(module(columns["tokens"]), columns | {"held_out": held_out})
    for name, learns in (("error_loss", True), ("mean_loss", False), ("spread_loss", False)):
        module.zero_grad()
        losses[name].backward(retain_graph=True)
        moved = {n for n, p in module.named_parameters() if p.grad is not None and p.grad.any()}
        of_error = {n for n in moved if "error_head" in n}
        assert bool(of_error) == learns, name
        assert bool(moved - of_error) != learns, name


# ---- runs ------------------------------------------------------------------------------------


def test_fast_dev_run_logs_the_named_metrics(data_dir: Path, tmp_path: Path) -> None:
    module, data = tiny_module(arch="transformer"), EqDataModule(data_dir, batch_size=8)
    run = trainer(tmp_path, fast_dev_run=True)
    run.fit(module, data)
    figures = ("q_gap", "q_mae", "agreement", "z_rms", "coverage_68", "q_gap_trick_0")
    losses = ("loss", "mean_loss", "error_loss", "spread_loss")
    names = {f"val/{name}" for name in figures} | {f"train/{name}" for name in losses}
    assert names <= set(run.callback_metrics)
    run.validate(module, data, verbose=False)
    run.fit(module, data)  # counters made in inference mode must not be left behind


def test_val_figures_are_those_of_the_split_whatever_the_batch_size(
    data_dir: Path, tmp_path: Path
) -> None:
    module, split = tiny_module().eval(), DecisionSplit(data_dir / "val")
    metrics = EqMetrics()
    with torch.inference_mode():
        metrics.update(module(split.columns["tokens"]), split.columns)
    expected = {f"val/{name}": float(figure) for name, figure in metrics.compute().items()}
    for n in (5, len(split)):
        (got,) = trainer(tmp_path).validate(module, EqDataModule(data_dir, n), verbose=False)
        assert got == pytest.approx(expected, rel=1e-4, nan_ok=True)


def test_best_slots_are_legal_and_best(data_dir: Path) -> None:
    module, columns = tiny_module().train(), DecisionSplit(data_dir / "val").columns
    chosen = module.best_slot(columns["tokens"], columns["legal"])
    shares = module.policy(columns["tokens"], columns["legal"])
    assert module.training
    assert ((shares > 0) == columns["legal"]).all() and torch.equal(shares.argmax(dim=1), chosen)
    torch.testing.assert_close(shares.sum(dim=1), torch.ones(len(shares)))
    module.eval()
    with torch.inference_mode():
        means = module(columns["tokens"]).mean.tolist()
    for slot, mean, legal in zip(chosen.tolist(), means, columns["legal"].tolist(), strict=True):
        assert legal[slot]
        assert mean[slot] == max(m for m, ok in zip(mean, legal, strict=True) if ok)


@pytest.mark.parametrize(
    ("step", "after", "n_workers"),
    [(6, "batch", 0), (6, "batch", 1), (8, "batch", 0), (4, "validation", 0), (8, "epoch", 0)],
)
def test_resumed_run_ends_with_the_same_bits(
    data_dir: Path, tmp_path: Path, step: int, after: str, n_workers: int
) -> None:
    batch_size = math.ceil(len(DecisionSplit(data_dir / "train")) / STEPS_PER_EPOCH)

    def new_data() -> EqDataModule:
        return EqDataModule(data_dir, batch_size, n_workers)

    def new_module() -> EqLightningModule:
        return EqLightningModule(**TINY, dropout=0.2)

    path = tmp_path / "some.ckpt"
    whole = fit(new_module, new_data(), N_EPOCHS, None, SaveAt(step, path, after))
    assert whole.global_step == N_EPOCHS * STEPS_PER_EPOCH
    resumed = fit(new_module, new_data(), N_EPOCHS, path)
    assert resumed.global_step == whole.global_step
    assert same_state(whole, resumed)
    loaded = EqLightningModule.load_from_checkpoint(path)
    assert not torch.equal(
        *(m.get_parameter("model.input.weight") for m in (loaded, whole.lightning_module))
    )


def test_a_loss_that_is_not_finite_ends_the_run_with_its_batch(
    data_dir: Path, tmp_path: Path
) -> None:
    module = tiny_module()

    class Poison(pl.Callback):
        def on_train_batch_start(self, *_: Any) -> None:
            module.get_parameter("model.heads.bias").data[:] = math.nan

    run = trainer(tmp_path, max_epochs=1, callbacks=[Poison(), StopOnNonFinite(tmp_path)])
    with pytest.raises(ForgeError, match=r"stopped at step 0: the loss is nan; its batch is in"):
        run.fit(module, EqDataModule(data_dir, batch_size=8))
    kept = torch.load(tmp_path / "nonfinite_step_0.pt", weights_only=True)["batch"]
    assert kept["tokens"].shape == (8, 36, 8)
    assert tiny_module().losses(tiny_module()(kept["tokens"]), kept)["loss"].isfinite()


TWO_PROCESSES = """
import sys
from pathlib import Path
import torch
from stage2.test_module import tiny_module, trainer
from forge.stage2.data import EqDataModule

if __name__ == "__main__":
    folder, data = Path(sys.argv[1]), EqDataModule(sys.argv[2], batch_size=5)
    run = trainer(folder, devices=2, strategy="ddp_fork")
    figures = run.validate(tiny_module(), data, verbose=False)[0]
    torch.save(figures, folder / "figures.pt")
"""


def test_two_processes_get_the_figures_of_one(data_dir: Path, tmp_path: Path) -> None:
    """An odd number of rows on two processes: unequal shares, and a sampler that repeats none."""
    assert len(DecisionSplit(data_dir / "val")) % 10
    script = tmp_path / "two_processes.py"
    script.write_text(TWO_PROCESSES)
    folders = map(str, (tmp_path, data_dir))
    done = subprocess.run(
        [sys.executable, str(script), *folders],
        env=importing_tests(),
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    data = EqDataModule(data_dir, batch_size=100)
    (alone,) = trainer(tmp_path).validate(tiny_module(), data, verbose=False)
    joined = torch.load(tmp_path / "figures.pt", weights_only=True)
    assert joined == pytest.approx(alone, rel=1e-4, nan_ok=True)
