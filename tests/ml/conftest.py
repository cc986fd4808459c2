"""Fixtures of the learning layer's tests."""

from pathlib import Path

import pytest

from ml.ml_arrays import synthetic_arrays, write_split


@pytest.fixture(autouse=True)
def _one_thread(one_thread: None) -> None:
    """All tests here: see `threads`."""


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A data folder with 100 train, 37 val and 20 test positions."""
    folder = tmp_path / "tokenized"
    for i, (split, n) in enumerate((("train", 100), ("val", 37), ("test", 20))):
        write_split(folder / split, synthetic_arrays(n, seed=i))
    (folder / "manifest.yaml").write_text(
        "version: 1\nsplits:\n  train: {samples: 100}\n  val: {samples: 37}\n"
        "  test: {samples: 20}\n"
    )
    return folder
