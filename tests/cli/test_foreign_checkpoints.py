"""Checkpoints that plain Lightning modules wrote, with all that they save, and damaged ones."""

import copy
import pickle
import random
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import numpy as np
import pytest
import torch
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint, Timer

from forge.learn.checkpoint_files import read_checkpoint
from forge.learn.training import quiet_lightning
from forge.ml.data import DominoDataModule
from forge.ml.module import DominoLightningModule, policy_loss
from forge.ml.networks.transformer import DominoTransformer
from support.commands import Fails, Run
from support.synthetic_rows import synthetic_arrays, write_split

LR = np.float64(1e-3)
SIZES: dict[str, Any] = {"embed_dim": 24, "n_heads": 2, "n_layers": 1, "ff_dim": 32}
TINY = ["--embed-dim", 24, "--n-heads", 2, "--n-layers", 1, "--ff-dim", 32, "--batch-size", 16]


class OtherModule(pl.LightningModule):
    """A network of the same layout as others train it: nothing of it is of this project but the
    layers. It saves the state of every generator as it comes, and what it likes besides."""

    def __init__(self, folder: Path = Path("data"), lr: Any = LR, **sizes: Any) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.model = DominoTransformer(**sizes)
        self.lr = lr

    def _loss(self, batch: Any) -> torch.Tensor:
        scores, _ = self.model(batch["tokens"], batch["masks"], batch["players"])
        return policy_loss(scores, batch, 3.0, 0.5)

    def training_step(self, batch: Any, _: int) -> torch.Tensor:
        return self._loss(batch)

    def validation_step(self, batch: Any, _: int) -> None:
        self.log("val/loss", self._loss(batch), batch_size=len(batch["targets"]))

    def configure_optimizers(self) -> Any:
        optimizer = torch.optim.AdamW(self.parameters(), lr=float(self.lr))
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-3, total_steps=100)
        return [optimizer], [{"scheduler": schedule, "interval": "step"}]

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["rng"] = {
            "python": random.getstate(),
            "numpy": np.random.get_state(),
            "torch": torch.get_rng_state(),
            "cuda": [],
        }
        checkpoint["best"] = {"mean": np.float32(1.5), "by_slot": np.arange(7.0), "n": np.int64(3)}
        checkpoint["place"] = Path("runs") / "a"


def write_data(folder: Path) -> Path:
    for i, (split, n) in enumerate((("train", 60), ("val", 37))):
        write_split(folder / split, synthetic_arrays(n, seed=i))
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("rows"))


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Path:
    """A checkpoint after one epoch, with the states of several callbacks."""
    folder = tmp_path_factory.mktemp("foreign")
    rows = DominoDataModule(data, batch_size=16)
    rows.setup("fit")
    callbacks = [
        ModelCheckpoint(folder, monitor="val/loss", save_last=True),
        EarlyStopping("val/loss"),
        Timer(),
    ]
    with quiet_lightning():
        trainer = pl.Trainer(
            accelerator="cpu",
            max_epochs=1,
            logger=False,
            callbacks=callbacks,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
        )
        module = OtherModule(**SIZES)
        trainer.fit(module, rows.train_dataloader(), rows.val_dataloader())
        trainer.save_checkpoint(folder / "foreign.ckpt")
    rows.teardown("fit")
    return folder / "foreign.ckpt"


pytestmark = [
    pytest.mark.filterwarnings("ignore:.*does not have many workers.*"),
    pytest.mark.filterwarnings("ignore:GPU available but not used"),
    pytest.mark.filterwarnings("ignore:.*LeafSpec.*"),
]


def test_it_holds_what_torch_alone_refuses(foreign: Path) -> None:
    with pytest.raises(pickle.UnpicklingError):
        torch.load(foreign, weights_only=True)
    found = read_checkpoint(foreign, resumes=True)
    assert found["rng"]["python"][0] == 3 and found["rng"]["numpy"][0] == "MT19937"
    assert np.array_equal(found["best"]["by_slot"], np.arange(7.0))
    assert found["place"] == Path("runs") / "a"
    assert any("ModelCheckpoint" in name for name in found["callbacks"])


def test_weights_come_back(foreign: Path) -> None:
    module = DominoLightningModule.load_from_checkpoint(foreign)
    weights = read_checkpoint(foreign)["state_dict"]
    assert all(torch.equal(weights[k], v) for k, v in module.state_dict().items())
    assert module.hparams["embed_dim"] == 24 and module.lr == 1e-3


def test_a_run_goes_on_from_it(foreign: Path, data: Path, forge: Run) -> None:
    options = ["--data", data, *TINY, "--epochs", 2, "--resume", foreign]
    code, out, err = forge("train", *options)
    assert (code, err) == (0, ""), err
    assert "epoch 1, " in out
    last = read_checkpoint(Path("runs/domino/version_0/checkpoints/last.ckpt"))
    assert last["global_step"] == 2 * 4
    code, out, err = forge("train", "--data", data, *TINY, "--epochs", 1, "--init-from", foreign)
    assert (code, err) == (0, "")


def test_a_function_that_a_file_names_is_not_called(foreign: Path, tmp_path: Path) -> None:
    content = read_checkpoint(foreign)
    content["hyper_parameters"] |= {"_instantiator": "os.mkdir", "_class_path": "os.path"}
    torch.save(content, tmp_path / "a.ckpt")
    module = DominoLightningModule.load_from_checkpoint(tmp_path / "a.ckpt")
    assert isinstance(module, DominoLightningModule)


# ---- damage -------------------------------------------------------------------------------------

Change = Callable[[Any], Any]
OTHER_VALUES: Mapping[str, Any] = {
    "text": "x",
    "list": [1],
    "none": None,
    "negative": -1,
    "nan": float("nan"),
    "mapping": {"x": 1},
    "tensor": torch.tensor([float("nan")]),
}


def places(content: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The keys of a checkpoint and of what is inside, but one tensor and one number of many."""
    if isinstance(content, dict):
        for key in list(content)[:1] if place[-1:] in (("state_dict",), ("state",)) else content:
            yield (*place, key)
            yield from places(content[key], (*place, key))
    elif isinstance(content, list) and content:
        yield (*place, 0)
        yield from places(content[0], (*place, 0))


def changed(content: Any, place: tuple[Any, ...], value: Any, drop: bool) -> Any:
    content = copy.deepcopy(content)
    inner = content
    for key in place[:-1]:
        inner = inner[key]
    if drop:
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    return content


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Path:
    """A checkpoint of `forge train` after one epoch."""
    from support.commands import run_here

    folder = tmp_path_factory.mktemp("ours")
    line = ["--data", data, *TINY, "--epochs", 1, "--run-dir", folder / "runs"]
    assert run_here("train", *line) == 0
    return folder / "runs/domino/version_0/checkpoints/last.ckpt"


SHARES = 8


@pytest.mark.parametrize("share", range(SHARES))
def test_damage_is_one_line_or_means_nothing(
    share: int, ours: Path, data: Path, forge: Run, tmp_path: Path
) -> None:
    good = torch.load(ours, weights_only=True)
    cases = [
        (place, name, value)
        for place in places(good)
        for name, value in (*OTHER_VALUES.items(), ("dropped", None))
    ]
    generator = random.Random(f"damage {share}")
    refused = 0
    for place, name, value in generator.sample(cases, 12):
        torch.save(changed(good, place, value, name == "dropped"), tmp_path / "bad.ckpt")
        line = ["--data", data, "--epochs", 2, "--run-dir", tmp_path / "runs"]
        code, _, err = forge("train", *line, "--resume", tmp_path / "bad.ckpt")
        assert code in (0, 2), (place, name, err)
        if code == 2:
            assert err.startswith("error: ") and err.count("\n") == 1, (place, name, err)
            refused += 1
        else:
            assert err == "", (place, name, err)
            for each in tmp_path.glob("runs/domino/*/checkpoints/*.ckpt"):
                read_checkpoint(each, resumes=True)  # finite, and whole
    assert refused >= 3


TOP = (
    "state_dict",
    "loops",
    "callbacks",
    "optimizer_states",
    "lr_schedulers",
    "epoch",
    "global_step",
    "hyper_parameters",
    "forge_run",
    "forge_rng_by_rank",
)


@pytest.mark.parametrize("key", TOP)
def test_every_part_of_another_type_is_refused(
    key: str, ours: Path, data: Path, fails: Fails, tmp_path: Path
) -> None:
    good = torch.load(ours, weights_only=True)
    refuses = partial(fails, "train", "--data", data, "--epochs", 2, "--resume")
    others: list[Any] = ["x", None, 1.5, [["x"]]]
    for value in others if key in ("hyper_parameters", "callbacks") else [*others, {"x": "y"}]:
        torch.save({**good, key: value}, tmp_path / "bad.ckpt")
        assert "bad.ckpt" in refuses(tmp_path / "bad.ckpt")
