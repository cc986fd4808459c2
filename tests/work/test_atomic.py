"""Claims: one owner at a time, whole files or none, nothing left behind."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from forge.errors import ForgeError
from forge.work import atomic, locks
from forge.work.atomic import FileClaim, remove_abandoned
from support.claims import claimed

NAME = "seed_00000001_decl_1.parquet"

HOLD_A_CLAIM = """
import sys
from pathlib import Path
from forge.work import atomic
from forge.work.atomic import FileClaim
claim = FileClaim.acquire(Path(sys.argv[1]))
claim.write(b"half a file")
claim.flush()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other_process(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that holds the claim on NAME, half written."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD_A_CLAIM, str(tmp_path / NAME)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_commit_puts_the_file_in_place_and_leaves_nothing_else(tmp_path: Path) -> None:
    with claimed(tmp_path / NAME) as claim:
        claim.write(b"abc")
        claim.overwrite_at(1, b"X")
        assert claim.read_at(0, 3) == b"aXc"
        assert not (tmp_path / NAME).exists()
        assert claim.commit() == 3
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
    assert (tmp_path / NAME).read_bytes() == b"aXc"


def test_a_claim_given_up_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt), claimed(tmp_path / NAME) as claim:
        claim.write(b"new")
        raise KeyboardInterrupt
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
    assert (tmp_path / NAME).read_bytes() == b"old"


def test_only_one_holds_a_claim(tmp_path: Path) -> None:
    with claimed(tmp_path / NAME) as claim:
        assert FileClaim.acquire(tmp_path / NAME) is None
        with claimed(tmp_path / "other") as other:
            assert other is not None
        claim.commit()
    again = FileClaim.acquire(tmp_path / NAME)
    assert again is not None
    again.release()


def test_a_claim_of_a_killed_process_is_free_and_its_litter_goes(
    tmp_path: Path, other_process: subprocess.Popen[bytes]
) -> None:
    assert FileClaim.acquire(tmp_path / NAME) is None
    assert remove_abandoned(tmp_path) == 0
    os.kill(other_process.pid, signal.SIGKILL)
    other_process.wait()
    assert [path.name for path in tmp_path.iterdir()] == [f".{NAME}.tmp"]
    with claimed(tmp_path / NAME) as claim:
        claim.commit()
    assert (tmp_path / NAME).read_bytes() == b""  # nothing of the half-written file


def test_abandoned_files_are_removed(
    tmp_path: Path, other_process: subprocess.Popen[bytes]
) -> None:
    os.kill(other_process.pid, signal.SIGKILL)
    other_process.wait()
    (tmp_path / "seed_00000002_decl_2.parquet").write_bytes(b"a shard")
    assert remove_abandoned(tmp_path) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["seed_00000002_decl_2.parquet"]
    assert remove_abandoned(tmp_path / "nowhere") == 0


def test_cancelling_stops_the_writer(tmp_path: Path) -> None:
    with (
        pytest.raises(InterruptedError, match="cancelled"),
        claimed(tmp_path / NAME) as claim,
    ):
        claim.cancel()
        claim.write(b"x")
    assert not list(tmp_path.iterdir())


def test_many_threads_fight_for_one_claim(tmp_path: Path) -> None:
    """Whoever sees the file missing under a claim is the first to make it."""
    target = tmp_path / NAME
    made = []

    def work() -> None:
        for _ in range(200):
            claim = FileClaim.acquire(target)
            if claim is None:
                continue
            with claim:
                if not target.exists():
                    made.append(claim.commit())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_a_file_that_goes_between_opening_and_locking_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its last owner has finished meanwhile: the lock is on a file without a name."""
    lock = locks.try_lock

    def late(fd: int) -> bool:
        monkeypatch.setattr(atomic, "try_lock", lock)
        (tmp_path / f".{NAME}.tmp").unlink()
        return lock(fd)

    monkeypatch.setattr(atomic, "try_lock", late)
    with claimed(tmp_path / NAME) as claim:
        claim.write(b"abc")
        claim.commit()
    assert (tmp_path / NAME).read_bytes() == b"abc"


def test_a_device_is_no_place_for_a_file(tmp_path: Path) -> None:
    device = tmp_path / "device"
    os.mkfifo(device)
    with pytest.raises(OSError, match="it is there and is no file"):
        FileClaim.acquire(device)
    with pytest.raises(ForgeError, match=r"cannot write .*it is there and is no file"):
        atomic.write_file(device, b"x")
    assert device.is_fifo() and [device] == list(tmp_path.iterdir())
