"""A run that is interrupted and resumed ends with the same bits as one that is not."""

from pathlib import Path
from typing import Any

import pytest
import torch

from forge.ml.data import DominoDataModule
from forge.ml.module import DominoLightningModule
from forge.ml.positions import StreamOptions
from forge.ml.stream import StreamingDataModule
from support.resuming import SaveAt, fit, same_state

SIZES: dict[str, Any] = {"embed_dim": 24, "n_heads": 2, "n_layers": 1, "ff_dim": 32, "lr": 1e-2}
N_EPOCHS = 3
STEPS_PER_EPOCH = 8

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*does not have many workers.*"),
    pytest.mark.filterwarnings("ignore:GPU available but not used"),
    pytest.mark.filterwarnings("ignore:.*treespec, LeafSpec.*"),
]


def new_module() -> DominoLightningModule:
    return DominoLightningModule(**SIZES, dropout=0.2)


@pytest.fixture
def new_data(request: pytest.FixtureRequest, data_dir: Path) -> Any:
    """Makes the data module of a run: 8 steps an epoch."""
    if request.param == "stream":
        options = StreamOptions(mixture={"played": 1.0}, per_deal=28, mix_deals=2)
        return lambda: StreamingDataModule(
            options, 12, 12 * STEPS_PER_EPOCH, num_workers=0, val_per_deal=20, val_deals=1
        )
    n_workers = int("worker" in request.param)
    return lambda: DominoDataModule(data_dir, batch_size=13, num_workers=n_workers)


# Within an epoch, at its last step, and after the validation or the callbacks that follow it.
POINTS = {
    "files": ((16, "batch"), (8, "validation"), (16, "epoch")),
    "files, 1 worker": ((11, "batch"), (16, "validation")),
    "stream": ((11, "batch"), (8, "validation"), (16, "epoch")),
}


@pytest.mark.parametrize("new_data", POINTS, indirect=True)
def test_resumed_run_ends_with_the_same_bits(
    new_data: Any, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    points = POINTS[request.node.callspec.params["new_data"]]
    saves = [SaveAt(step, tmp_path / f"{after}_{step}.ckpt", after) for step, after in points]
    whole = fit(new_module, new_data(), N_EPOCHS, None, *saves)
    assert whole.global_step == N_EPOCHS * STEPS_PER_EPOCH
    for save in saves:
        resumed = fit(new_module, new_data(), N_EPOCHS, save.path)
        assert resumed.global_step == whole.global_step
        assert same_state(whole, resumed), save.path


@pytest.mark.parametrize("new_data", ["files", "stream"], indirect=True)
def test_other_rows_would_be_noticed(new_data: Any, tmp_path: Path) -> None:
    """The comparison above can fail: a resumed run that starts its epoch again differs."""
    path = tmp_path / "some.ckpt"
    whole = fit(new_module, new_data(), N_EPOCHS, None, SaveAt(11, path, "batch"))
    checkpoint = torch.load(path, weights_only=True)
    for name in ("DominoDataModule", "StreamingDataModule"):
        checkpoint.pop(name, None)
    del checkpoint["loops"]["fit_loop"]["state_dict"]["combined_loader"]
    torch.save(checkpoint, path)
    assert not same_state(whole, fit(new_module, new_data(), N_EPOCHS, path))
