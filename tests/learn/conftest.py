"""The fixtures of the Stage 1 tests."""

from ml.conftest import _one_thread, data_dir

__all__ = ["_one_thread", "data_dir"]
