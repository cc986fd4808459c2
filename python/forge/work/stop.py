"""Ctrl+C and SIGTERM: a run ends after the piece in hand, a command without a traceback.

A command calls `listen` before it imports anything heavy. From then on no signal raises
KeyboardInterrupt, which would come up as a traceback wherever it cannot be caught (imports,
destructors, threads, the end of the interpreter): what must not stay is removed, one line is told,
and the process is over. A program that only imports the package keeps its own handlers.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import signal
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final, NoReturn

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_SHOW_CURSOR: Final = b"\x1b[?25h"


class _Command:
    """What this process knows of signals once it is a command."""

    def __init__(self) -> None:
        self.is_one = False
        self.signum: int | None = None  # the last that came
        self.waiting: int | None = None  # ends the process when nobody holds it up any more
        self.held_by: set[object] = set()
        self.to_undo: dict[object, Callable[[], None]] = {}


_command = _Command()


def listen() -> None:
    """Answer Ctrl+C and SIGTERM as a command does, to the end of this process."""
    if _command.is_one or threading.current_thread() is not threading.main_thread():
        return
    _command.is_one = True
    # Runs last: what the interpreter takes down after it cannot run a handler.
    atexit.register(_be_deaf)
    # multiprocessing's tracker tidies up after a process that ended at once, and says so. It is
    # started with these options.
    sys.warnoptions.append("ignore:resource_tracker:UserWarning")
    for signum in SIGNALS:
        if signal.getsignal(signum) is not signal.SIG_IGN:  # as a job in the background of a script
            signal.signal(signum, _end_on)


def exit_code(code: int) -> int:
    """The exit code of a command: 130 or 143 after a signal if all went well otherwise."""
    if code == 0 and _command.is_one and _command.signum is not None:
        return 128 + _command.signum
    return code


@contextmanager
def held() -> Iterator[None]:
    """Within this context no signal ends a command: for moments, around what must not be cut."""
    token = object()
    _command.held_by.add(token)
    try:
        yield
    finally:
        _command.held_by.discard(token)
        if _command.waiting is not None and not _command.held_by:
            _end(_command.waiting)


def undo_at_end(key: object, undo: Callable[[], None]) -> None:
    """Have `undo` called when a signal ends the command, until `forget` of the same key.

    It runs at any moment of the main thread, so it takes no lock and waits for nothing.
    """
    _command.to_undo[key] = undo


def forget(key: object) -> None:
    """What `undo_at_end` was told of is in order."""
    _command.to_undo.pop(key, None)


def undo_all() -> None:
    """Undo what is unfinished in this process, which ends now."""
    for undo in [*_command.to_undo.values(), remove_temporary]:
        with contextlib.suppress(Exception):
            undo()


def remove_temporary() -> None:
    """Remove the temporary folders of this process, as Python does at its end."""
    tempfile = sys.modules.get("tempfile")
    for each in list(getattr(weakref.finalize, "_registry", ())):
        owner = (each.peek() or (None,))[0]
        if tempfile is not None and isinstance(owner, tempfile.TemporaryDirectory):
            owner.cleanup()
    processes = sys.modules.get("multiprocessing.process")
    if processes is not None:  # of the sockets by which tensors are sent
        shared = processes.current_process()._config.get("tempdir")
        if shared is not None:
            import shutil

            shutil.rmtree(shared, ignore_errors=True)


class StopSignal:
    """Inside this context the first Ctrl+C (or SIGTERM) only sets `signum`; a second one ends the
    work at once: a command's process, or with KeyboardInterrupt. Outside the main thread it does
    nothing. Those around it hear the signal, too: the piece in hand may be the last of the inner
    work, which then has nothing left to stop.

    `in_hand` is the piece of work that is finished first, in a word. While `ready` is false there
    is none, and the first signal is as good as a second.
    """

    def __init__(self, in_hand: str = "file", ready: bool = True) -> None:
        self._in_hand = in_hand
        self.ready = ready
        self.signum: int | None = None
        self._previous: dict[signal.Signals, Any] = {}

    @property
    def requested(self) -> bool:
        """Whether the run should take no new work."""
        return self.signum is not None

    def __enter__(self) -> StopSignal:
        if threading.current_thread() is threading.main_thread():
            for signum in SIGNALS:
                self._previous[signum] = signal.signal(signum, self._handle)
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        for signum, handler in self._previous.items():
            signal.signal(signum, handler)

    def _handle(self, signum: int, frame: FrameType | None) -> None:
        if self.requested or not self.ready:
            if _command.is_one:
                return _end_on(signum, frame)
            raise KeyboardInterrupt
        _command.signum = signum
        each: object = self
        while isinstance(each, StopSignal):
            each.signum = each.signum or signum
            each = getattr(each._previous.get(signal.Signals(signum)), "__self__", None)
        _tell(f"stopping after the {self._in_hand} in hand (once more to stop now)")


def _end_on(signum: int, frame: FrameType | None) -> None:
    _command.signum = signum
    if _command.held_by:
        _command.waiting = signum
        return
    _end(signum)


def _end(signum: int) -> NoReturn:
    # Workers hold the other end of a pipe, and are over with this process.
    undo_all()
    for stream in (sys.stdout, sys.stderr):
        # What was printed so far; whoever reads may have stopped reading.
        with contextlib.suppress(Exception):
            fd = stream.fileno()
            if select.select([], [fd], [], 0)[1]:
                stream.flush()
                if os.isatty(fd):  # progress bars hide it
                    os.write(fd, _SHOW_CURSOR)
    with contextlib.suppress(OSError):
        os.write(2, b"stopped\n")
    os._exit(128 + signum)


def _tell(line: str) -> None:
    try:
        print(line, file=sys.stderr, flush=True)
    except RuntimeError:  # the signal came while something was being printed there
        os.write(2, f"{line}\n".encode())


def _be_deaf() -> None:
    for signum in SIGNALS:
        signal.signal(signum, signal.SIG_IGN)
