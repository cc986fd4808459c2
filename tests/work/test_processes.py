"""Workers hear no signal of their group, and end with their owner."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from forge.work.lifeline import owned
from forge.work.processes import in_processes
from forge.work.stop import StopSignal
from support.commands import importing_tests
from support.signalled import OUTLIVE_S, alive


def blocked(piece: int) -> set[int]:
    """The signals that a worker does not hear."""
    return {int(each) for each in signal.pthread_sigmask(signal.SIG_BLOCK, [])}


def test_workers_are_deaf_and_we_are_not() -> None:
    found = list(in_processes(blocked, [1, 2, 3], 2, StopSignal()))
    assert all({signal.SIGINT, signal.SIGTERM} <= each for each in found)
    assert not blocked(0) & {signal.SIGINT, signal.SIGTERM}


def half_a_second(piece: int) -> int:
    """A piece of work."""
    time.sleep(0.5)
    return piece


def test_only_pieces_in_hand_are_finished() -> None:
    stop, found = StopSignal(), []
    for piece in in_processes(half_a_second, range(100), 2, stop):
        found.append(piece)
        if piece == 3:
            stop.signum = signal.SIGINT
    # Beside the two in hand at that moment, one perhaps that was begun as it came.
    assert found == list(range(len(found))) and 4 <= len(found) <= 7


def test_what_is_started_within_is_deaf() -> None:
    with owned():
        process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()


LOADER = """
import sys, time
from torch.utils.data import DataLoader
from forge.work.lifeline import Lifeline, owned

class Slow(list):
    def __getitem__(self, k):
        time.sleep(60 * (k > 3))
        return k

if __name__ == "__main__":
    loader = DataLoader(
        Slow(range(100)), batch_size=1, num_workers=2, multiprocessing_context=sys.argv[1],
        worker_init_fn=Lifeline.of_this_process(),
    )
    with owned():
        batches = iter(loader)
    next(batches), next(batches)
    print("started", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("context", ["fork", "spawn"])
def test_workers_of_a_loader_end_with_a_killed_owner(context: str, tmp_path: Path) -> None:
    program = tmp_path / "loader.py"
    program.write_text(LOADER)
    with subprocess.Popen(
        [sys.executable, str(program), context],
        env=importing_tests(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as owner:
        assert owner.stdout is not None and owner.stderr is not None
        assert owner.stdout.readline() == "started\n"
        assert len(alive(owner.pid)) >= 3
        owner.kill()
        owner.wait()
        ends = time.monotonic() + OUTLIVE_S
        while alive(owner.pid) and time.monotonic() < ends:
            time.sleep(0.05)
        left = alive(owner.pid)
        if left:
            os.killpg(owner.pid, signal.SIGKILL)
        assert left == []
        assert "Traceback" not in owner.stderr.read()


CLAIMER = """
import sys, time
from pathlib import Path
from forge.work.atomic import FileClaim
from forge.work.processes import in_processes
from forge.work.stop import StopSignal

def half(piece):
    claim = FileClaim.acquire(Path(f"piece_{piece}"))
    claim.write(b"half a file")
    claim.flush()
    Path(f"begun_{piece}").touch()
    time.sleep(60)

if __name__ == "__main__":
    list(in_processes(half, [1, 2], 2, StopSignal()))
"""


def test_what_workers_have_half_written_goes_with_a_killed_owner(tmp_path: Path) -> None:
    (tmp_path / "claimer.py").write_text(CLAIMER)
    with subprocess.Popen(
        [sys.executable, "claimer.py"], cwd=tmp_path, env=importing_tests(), start_new_session=True
    ) as owner:
        ends = time.monotonic() + 60
        while len(list(tmp_path.glob("begun_*"))) < 2 and time.monotonic() < ends:
            time.sleep(0.05)
        assert len(list(tmp_path.glob(".piece_*.tmp"))) == 2
        owner.kill()
        owner.wait()
        ends = time.monotonic() + OUTLIVE_S
        while alive(owner.pid) and time.monotonic() < ends:
            time.sleep(0.05)
        assert alive(owner.pid) == []
    assert list(tmp_path.glob(".piece_*")) == []
