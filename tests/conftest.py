"""Settings that hold for every test."""

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

import threads

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


@pytest.fixture
def one_thread() -> Iterator[None]:
    """The test computes on one thread, see `threads`."""
    with threads.one_thread():
        yield
