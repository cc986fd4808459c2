"""What several tests of flywheels begin with."""

from pathlib import Path

import pytest

from support.threads import one_thread
from support.wheels import begin, make_small_shards, outcome, turn


@pytest.fixture(scope="session")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shards of two iterations and their golden sets; not to be written to."""
    return make_small_shards(tmp_path_factory.mktemp("shards"))


@pytest.fixture(scope="session")
def done(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What two undisturbed iterations make."""
    folder = tmp_path_factory.mktemp("undisturbed") / "wheel"
    begin(folder, shards)
    with one_thread():
        turn(folder)
        turn(folder)
    return outcome(folder)
