"""What a process that listens does when a signal comes, whatever it is at."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from forge.work.stop import StopSignal

LISTEN = """
import os, signal
from pathlib import Path
from forge.work.atomic import FileClaim
from forge.work.stop import StopSignal, held, listen
listen()
def send(signum=SIGNUM):
    os.kill(os.getpid(), signum)
"""


def ended(code: str, folder: Path, signum: int = signal.SIGINT) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a process that listens."""
    program = LISTEN.replace("SIGNUM", str(int(signum))) + code
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, timeout=60
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "code",
    [
        "send()",
        "class Gone:\n    def __del__(self): send()\nGone()",
        "import weakref\nx = set()\nweakref.finalize(x, send)\ndel x",
        "import atexit\natexit.register(send)",
        "import threading\nthreading.Thread(target=send).start()\nsignal.pause()",
        "try:\n    send()\nexcept BaseException:\n    pass",
        "with StopSignal(ready=False):\n    send()",
    ],
)
def test_the_end_is_one_line(code: str, signum: int, tmp_path: Path) -> None:
    assert ended(f"{code}\n", tmp_path, signum) == (128 + signum, "", "stopped\n")


def test_the_second_ends_at_once(tmp_path: Path) -> None:
    code, out, err = ended(
        "with StopSignal('game'):\n    send(); print(1); send(); print(2)", tmp_path
    )
    assert (code, out) == (130, "1\n")
    assert err == "stopping after the game in hand (once more to stop now)\nstopped\n"


def test_nothing_half_written_stays(tmp_path: Path) -> None:
    code = """
from tempfile import TemporaryDirectory
folder = TemporaryDirectory(dir=".")
with FileClaim.acquire(Path("whole")) as claim:
    claim.write(b"all")
    claim.commit()
with FileClaim.acquire(Path("half")) as claim:
    claim.write(b"some")
    claim.flush()
    assert len(list(Path().iterdir())) == 3
    send()
"""
    assert ended(code, tmp_path)[0] == 130
    assert [path.name for path in tmp_path.iterdir()] == ["whole"]


def test_a_moment_that_must_not_be_cut(tmp_path: Path) -> None:
    code = "with held():\n    send()\n    print('done')\nprint('not this')"
    assert ended(code, tmp_path) == (130, "done\n", "stopped\n")


def test_after_all_is_done_the_signal_is_told(tmp_path: Path) -> None:
    # The handler was there and its last look before: the command did all, and was asked to stop.
    code = """
import typer
from forge.cli.command import run
app = typer.Typer()
@app.command()
def work():
    with StopSignal("file"):
        send()
run(app, [])
"""
    assert ended(code, tmp_path, signal.SIGTERM)[0] == 143


def test_those_around_hear_of_it() -> None:
    with StopSignal("step") as outer:
        with StopSignal("deal") as middle:
            with StopSignal("row") as inner:
                os.kill(os.getpid(), signal.SIGTERM)
            assert inner.signum == middle.signum == outer.signum == signal.SIGTERM
        with StopSignal("deal") as later:
            assert not later.requested
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), signal.SIGINT)
                os.kill(os.getpid(), signal.SIGINT)
        assert (outer.signum, later.signum) == (signal.SIGTERM, signal.SIGINT)


def test_a_program_that_imports_us_keeps_its_handlers() -> None:
    before = signal.getsignal(signal.SIGINT)
    with StopSignal() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.signum == signal.SIGINT
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
