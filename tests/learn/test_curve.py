"""The learning curve, from the files of a run."""

from pathlib import Path

import pytest
from PIL import Image

from forge.errors import ForgeError
from forge.learn.curve import CURVE_FILE, read_curve, write_curve


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    """What a run of two epochs of ten steps leaves."""
    (tmp_path / "metrics.csv").write_text(
        "epoch,samples,step,train/loss_step,val/q_gap,val/q_mae\n"
        "0,,4,9.5,,\n0,2560.0,9,,0.5,6.0\n1,,14,8.1,,\n1,5120.0,19,,0.25,4.0\n"
    )
    return tmp_path


def test_reads_validations_by_samples_seen(run_folder: Path) -> None:
    points = read_curve(run_folder)
    assert [point.n_samples for point in points] == [2560, 5120]
    assert [point.metrics["val/q_gap"] for point in points] == [0.5, 0.25]
    assert "train/loss_step" not in points[0].metrics


def size_of(path: Path) -> tuple[int, int]:
    """Pixels of a PNG."""
    with Image.open(path) as image:
        assert image.format == "PNG"
        return image.size


def test_draws(run_folder: Path) -> None:
    path = write_curve(run_folder)
    assert path == run_folder / CURVE_FILE
    assert min(size_of(path)) > 400


def test_policy_network_has_one_panel(run_folder: Path) -> None:
    wide = size_of(write_curve(run_folder))[0]
    file = run_folder / "metrics.csv"
    file.write_text("epoch,samples,val/q_gap\n0,9,0.5\n1,19,0.3\n")
    assert size_of(write_curve(run_folder))[0] < wide


@pytest.mark.parametrize("content", [None, "epoch,val/q_gap\n0,0.5\n"])
def test_folder_of_no_run(run_folder: Path, content: str | None) -> None:
    (run_folder / "metrics.csv").unlink()
    if content is not None:
        (run_folder / "metrics.csv").write_text(content)
    with pytest.raises(ForgeError, match="not the folder of a run"):
        read_curve(run_folder)


def test_run_without_validation(run_folder: Path) -> None:
    (run_folder / "metrics.csv").write_text("epoch,samples,train/loss_step\n0,,9.5\n")
    with pytest.raises(ForgeError, match="no validation"):
        read_curve(run_folder)
