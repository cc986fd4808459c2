"""Pieces of work on several processes, in order, that end with the process that wants them."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, TypeVar

import torch

from forge.work.stop import StopSignal

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
                waiting.append(pool.submit(_do, next(left)))
            except StopIteration:
                break
        if stop.requested:
            waiting = deque(future for future in waiting if not future.cancel())
        if not waiting:
            return
        yield waiting.popleft().result()


def _start(work: Callable[[Any], Any], lifeline: Connection) -> None:
    global _work
    _work = work
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the owner
    torch.set_num_threads(1)
    threading.Thread(target=_end_with_owner, args=(lifeline,), daemon=True).start()


def _end_with_owner(lifeline: Connection) -> None:
    lifeline.poll(None)
    os._exit(1)


def _do(piece: Any) -> Any:
    assert _work is not None
    return _work(piece)
