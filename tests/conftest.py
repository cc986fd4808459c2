"""Settings that hold for every test."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from support import threads
from support.synthetic_rows import synthetic_arrays, write_split
from support.two_nodes import TwoNodes, two_nodes

# The reference is slow on purpose and the machines are shared, so time limits would only flake.
settings.register_profile(
    "local",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("ci", parent=settings.get_profile("local"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")

# A shell without job control starts background jobs with Ctrl+C ignored, and their children inherit
# that: the commands under test would never be interrupted.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    """With pytest-xdist, tests of one `xdist_group` run in one process: they share a cluster."""
    if getattr(config.option, "dist", "no") == "load":
        config.option.dist = "loadgroup"


@pytest.fixture(scope="session")
def nodes() -> Iterator[TwoNodes]:
    """A Ray cluster of two nodes; its tests are marked `xdist_group("ray")`."""
    with two_nodes() as found:
        yield found


@pytest.fixture
def one_thread() -> Iterator[None]:
    """The test computes on one thread, see `support.threads`."""
    with threads.one_thread():
        yield


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A folder of tokenised data with 100 train, 37 val and 20 test positions."""
    folder = tmp_path / "tokenized"
    for i, (split, n) in enumerate((("train", 100), ("val", 37), ("test", 20))):
        write_split(folder / split, synthetic_arrays(n, seed=i))
    (folder / "manifest.yaml").write_text(
        "version: 1\nsplits:\n  train: {samples: 100}\n  val: {samples: 37}\n"
        "  test: {samples: 20}\n"
    )
    return folder
