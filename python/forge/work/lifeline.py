"""Processes that work for this one: they hear no signal, and end when it does.

A terminal sends Ctrl+C to every process of its group, and `kill` may too. Only the process that
wants the work answers. Others inherit that both signals are blocked, so that they are deaf from
their first instruction on. And they hold the end of a pipe to which nobody writes: who reads its
end knows that the owner gave up or died. Nothing heavy is imported here: a process that has yet to
import what it works with already listens.
"""

from __future__ import annotations

import atexit
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context, process, resource_tracker, util
from typing import Any

from forge.work.stop import SIGNALS, held, undo_all

_KEY = "forge_lifeline"


class Lifeline:
    """What processes started in `owned` hold; closing it ends them.

    One that is forked calls it as its first work (it takes, and does not need, a worker's number).
    One that is spawned has nothing to do.
    """

    _ours: Lifeline | None = None

    def __init__(self) -> None:
        self._end, self._owner = get_context("spawn").Pipe(duplex=False)
        self._pid = os.getpid()

    @classmethod
    def of_this_process(cls) -> Lifeline:
        """One that is closed when this process ends."""
        if cls._ours is None or cls._ours._pid != os.getpid():
            cls._ours = cls()
            # Python's shutdown waits for its processes. Handlers run last first, and `util`, which
            # waits, has registered its own when it was imported.
            assert util is not None
            atexit.register(cls._ours.close)
        return cls._ours

    def close(self) -> None:
        """End those who hold it."""
        if self._pid == os.getpid():
            self._owner.close()
            self._end.close()

    def __getstate__(self) -> dict[str, Any]:
        return {"_end": self._end}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._end = state["_end"]
        self._watch()

    def __call__(self, worker: int = 0) -> None:
        """End this process, which was forked, with its owner."""
        owner = getattr(self, "_owner", None)
        if owner is not None:  # as long as it is open here the owner seems alive
            owner.close()
            self._watch()

    def _watch(self) -> None:
        threading.Thread(target=self._wait, daemon=True).start()

    def _wait(self) -> None:
        self._end.poll(None)
        undo_all()
        os._exit(0)


@contextmanager
def owned(lifeline: Lifeline | None = None) -> Iterator[None]:
    """Processes that this thread starts within are deaf to Ctrl+C and SIGTERM; those that
    multiprocessing spawns end with the lifeline, that of this process by default."""
    # Where that starts a process of its own it unblocks the signals: not in here, then.
    resource_tracker.ensure_running()
    # A process gets a copy of it, before what it is to do: so it knows before it imports that.
    passed_on: dict[str, Any] = process.current_process()._config  # type: ignore[attr-defined]
    with held():  # or they would wait to be told what to do, and complain
        before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        passed_on[_KEY] = lifeline or Lifeline.of_this_process()
        try:
            yield
        finally:
            del passed_on[_KEY]
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
