"""Pieces of work on several processes, in order, that end with the process that wants them.

A terminal sends Ctrl+C to every process of its group, and `kill` may too. Only the process that
wants the work answers: others are started in `deaf_to_signals`.
"""

from __future__ import annotations

import atexit
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import get_context, resource_tracker, util
from multiprocessing.connection import Connection
from typing import Any, TypeVar

import torch

from forge.work.stop import SIGNALS, StopSignal, held, remove_temporary

Piece = TypeVar("Piece")
Done = TypeVar("Done")

# What a worker process does; set when it starts, so that players are built once.
_work: Callable[[Any], Any] | None = None


def in_processes(
    work: Callable[[Piece], Done], todo: Sequence[Piece], n_workers: int, stop: StopSignal
) -> Iterator[Done]:
    """Results of `work(piece)`, in the order of `todo`, until done or stopped.

    Args:
        work: sent to every worker once.
        todo: the pieces.
        n_workers: spawned processes, one thread each.
        stop: once it is requested no piece is begun, and those in hand are finished.
    """
    context = get_context("spawn")
    # Nobody writes to it: a worker that reads its end knows that this process gave up or died, and
    # ends too. A pool alone leaves its workers waiting for ever when its owner is killed.
    lifeline, owner = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(
        n_workers, mp_context=context, initializer=_start, initargs=(work, lifeline)
    )
    try:
        yield from _in_order(pool, todo, 2 * n_workers, stop)
    finally:
        owner.close()
        pool.shutdown(wait=True, cancel_futures=True)
        lifeline.close()


def in_order(
    work: Callable[[Piece], Done], todo: Sequence[Piece], n_workers: int, stop: StopSignal
) -> Iterator[Done]:
    """As `in_processes`, but in this process if one is enough; on one thread in any case."""
    if n_workers > 1 and len(todo) > 1:
        yield from in_processes(work, todo, min(n_workers, len(todo)), stop)
        return
    with one_thread():  # so that seconds mean the same whatever the number of workers
        for piece in todo:
            if stop.requested:
                return
            yield work(piece)


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch on one thread, in this process; afterwards on as many as before."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(n_threads)


def _in_order(
    pool: ProcessPoolExecutor, todo: Iterable[Any], n_ahead: int, stop: StopSignal
) -> Iterator[Any]:
    left = iter(todo)
    waiting: deque[Future[Any]] = deque()
    while True:
        while not stop.requested and len(waiting) < n_ahead:
            try:
                piece = next(left)
            except StopIteration:
                break
            with deaf_to_signals():  # it may start a worker
                waiting.append(pool.submit(_do, piece))
        if stop.requested:
            waiting = deque(future for future in waiting if not future.cancel())
        if not waiting:
            return
        yield waiting.popleft().result()


def _start(work: Callable[[Any], Any], lifeline: Connection) -> None:
    global _work
    _work = work
    _end_with(lifeline)


def _do(piece: Any) -> Any:
    assert _work is not None
    return _work(piece)


@contextmanager
def deaf_to_signals() -> Iterator[None]:
    """Processes started by this thread do not hear Ctrl+C and SIGTERM, from their first instruction
    on: they inherit what is blocked, whatever they then run."""
    # Where that starts a process of its own it unblocks the signals: not in here, then.
    resource_tracker.ensure_running()
    with held():  # or they would wait for what to do, and complain
        before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Lifeline:
    """By which processes that others start for us (a `DataLoader`) end when this one does.

    Such a process calls it as its first work (it takes, and does not need, a worker's number).
    There is one for all, made when it is first asked for: `Lifeline.of_this_process()`.
    """

    _ours: Lifeline | None = None

    def __init__(self) -> None:
        self._end, self._owner = get_context("spawn").Pipe(duplex=False)
        self._pid = os.getpid()
        # Python's shutdown waits for such processes. Handlers run last first, and `util`, which
        # waits, has registered its own when it was imported.
        assert util is not None
        atexit.register(self._close)

    @classmethod
    def of_this_process(cls) -> Lifeline:
        """The one of this process, not of one that it was forked from."""
        if cls._ours is None or cls._ours._pid != os.getpid():
            cls._ours = cls()
        return cls._ours

    def __getstate__(self) -> dict[str, Any]:
        return {"_end": self._end}  # to a process that is being spawned

    def __call__(self, worker: int = 0) -> None:
        """End this process when its owner ends; on one thread until then."""
        owner = getattr(self, "_owner", None)
        if owner is not None:  # forked: as long as it is open here the owner seems alive
            owner.close()
        _end_with(self._end)

    def _close(self) -> None:
        if self._pid == os.getpid():
            self._owner.close()


def _end_with(lifeline: Connection) -> None:
    torch.set_num_threads(1)
    threading.Thread(target=_wait, args=(lifeline,), daemon=True).start()


def _wait(lifeline: Connection) -> None:
    lifeline.poll(None)
    with suppress(Exception):
        remove_temporary()
    os._exit(0)
