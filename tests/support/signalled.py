"""Commands that get a signal as a terminal sends it: to every process of their group."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

# A command has so long to end; it is told to be at once, or after a piece of work, and machines
# are shared.
PATIENCE_S: Final = 60.0
# Of workers, after their owner.
OUTLIVE_S: Final = 5.0


@dataclass
class Ended:
    """How a command ended.

    Args:
        code: its exit code; negative where a signal killed it.
        signalled: whether it still ran when the signal was sent.
        out, err: what it printed.
        took_s: from the (last) signal to its end.
        left: processes of its group that live 5 s longer than it, as their command lines.
        litter: temporary files that are there when it is over.
    """

    code: int
    signalled: bool
    out: str
    err: str
    took_s: float
    left: list[str] = field(default_factory=list)
    litter: list[str] = field(default_factory=list)

    def faults(self, signum: int, n_lines: int = 3) -> list[str]:
        """What is wrong with that, in words; empty if nothing is."""
        wrong = []
        if self.signalled and self.code not in (128 + signum, 0):
            wrong.append(f"exit code {self.code}")
        if not self.signalled and self.code != 0:
            wrong.append(f"exit code {self.code} without a signal")
        if "Traceback" in self.err or len(self.err.splitlines()) > n_lines:
            wrong.append(f"stderr:\n{self.err}")
        if self.signalled and self.code != 0 and not self.err.strip():
            wrong.append("not a word on stderr")
        wrong += [f"still alive: {line}" for line in self.left]
        wrong += [f"left behind: {name}" for name in self.litter]
        return wrong


def run_signalled(
    line: list[str],
    cwd: Path,
    signum: int,
    when: float | Callable[[int], bool],
    again_s: float | None = None,
    env: Mapping[str, str] | None = None,
    patience_s: float = PATIENCE_S,
    to_all: bool = True,
) -> Ended:
    """Run a command in a group of its own and send a signal to the group.

    Args:
        line: the command.
        cwd: where; temporary files have a folder of their own.
        signum: the signal.
        when: seconds after the start, or what is asked of the group until it is true; not before
            the command's first own line: Python starts first, and answers Ctrl+C in its own way.
        again_s: a second signal so many seconds after the first; None for none.
        env: its environment; None is ours.
        patience_s: until it is killed, which is an exit code of -9.
        to_all: whether the whole group gets it, or only the process that was started.
    """
    # A short path: sockets of processes are made below, and have no more than 107 bytes.
    temporary = Path(tempfile.mkdtemp(prefix="fs"))
    out, err = (cwd.with_name(f"{cwd.name}.{kind}") for kind in ("out", "err"))
    with out.open("wb") as to_out, err.open("wb") as to_err:
        process = subprocess.Popen(
            line,
            cwd=cwd,
            env={**(os.environ if env is None else env), "TMPDIR": str(temporary)},
            stdin=subprocess.DEVNULL,
            stdout=to_out,
            stderr=to_err,
            start_new_session=True,
        )
    start = time.monotonic()
    try:
        while process.poll() is None:
            is_time = when(process.pid) if callable(when) else time.monotonic() - start >= when
            if is_time and _listens(process.pid):
                break
            time.sleep(0.005)
        signalled = process.poll() is None
        if to_all:
            _send(process.pid, signum)
        else:
            process.send_signal(signum)
        sent = time.monotonic()
        if again_s is not None:
            time.sleep(again_s)
            if process.poll() is None:
                _send(process.pid, signum)
                sent = time.monotonic()
        try:
            process.wait(patience_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        took_s = time.monotonic() - sent
        left = alive(process.pid)
        while left and time.monotonic() - sent - took_s < OUTLIVE_S:
            time.sleep(0.05)
            left = alive(process.pid)
    finally:
        _send(process.pid, signal.SIGKILL)
        process.wait()
    litter = [str(each.relative_to(cwd)) for each in cwd.rglob(".*.tmp")]
    litter += [
        f"{temporary.name}/{each.name}"
        for each in temporary.iterdir()
        if not each.name.startswith("torchinductor")  # a cache
    ]
    shutil.rmtree(temporary, ignore_errors=True)
    return Ended(
        process.returncode,
        signalled,
        out.read_text(errors="replace"),
        err.read_text(errors="replace"),
        took_s,
        left,
        litter,
    )


def _send(group: int, signum: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it is over
        os.killpg(group, signum)


def _listens(process: int) -> bool:
    """Whether it catches or blocks SIGTERM, which Python alone does not."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return True
    masks = [int(each.split()[1], 16) for each in lines if each.startswith(("SigCgt", "SigBlk"))]
    return any(mask >> signal.SIGTERM - 1 & 1 for mask in masks)


def alive(group: int) -> list[str]:
    """The command lines of a group's processes that run; those ended and not yet reaped do not."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, _, of = folder.joinpath("stat").read_text().rpartition(")")[2].split()[:3]
            if int(of) == group and state != "Z":
                words = folder.joinpath("cmdline").read_bytes().split(b"\0")
                found.append(b" ".join(words).decode(errors="replace")[:200])
        except (OSError, ValueError):
            continue  # ended meanwhile
    return found
