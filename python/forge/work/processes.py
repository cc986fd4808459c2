"""Pieces of work on several processes, in order, that end with the process that wants them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from typing import Any, Final, TypeVar

import torch

from forge.work.lifeline import Lifeline, owned
from forge.work.pieces import MayStop

Piece = TypeVar("Piece")
Done = TypeVar("Done")

# What a worker process does; set when it starts, so that players are built once.
_work: Callable[[Any], Any] | None = None
# Set when no piece is to be begun: a pool hands out more than its workers have in hand.
_enough: Event | None = None
_LOOK_EVERY_S: Final = 0.1


def in_processes(
    work: Callable[[Piece], Done], todo: Sequence[Piece], n_workers: int, stop: MayStop
) -> Iterator[Done]:
    """Results of `work(piece)`, in the order of `todo`, until done or stopped.

    Args:
        work: sent to every worker once.
        todo: the pieces.
        n_workers: spawned processes, one thread each.
        stop: once it is requested no piece is begun, and those in hand are finished.
    """
    context = get_context("spawn")
    # A pool alone leaves its workers waiting for ever when its owner is killed.
    lifeline, enough = Lifeline(), context.Event()
    pool = ProcessPoolExecutor(
        n_workers, mp_context=context, initializer=_start, initargs=(work, enough)
    )
    try:
        yield from _in_order(pool, lifeline, todo, 2 * n_workers, stop, enough)
    finally:
        lifeline.close()
        pool.shutdown(wait=True, cancel_futures=True)


def in_order(
    work: Callable[[Piece], Done], todo: Sequence[Piece], n_workers: int, stop: MayStop
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
    pool: ProcessPoolExecutor,
    lifeline: Lifeline,
    todo: Iterable[Any],
    n_ahead: int,
    stop: MayStop,
    enough: Event,
) -> Iterator[Any]:
    left = iter(todo)
    waiting: deque[Future[Any]] = deque()
    while True:
        while not stop.requested and len(waiting) < n_ahead:
            try:
                piece = next(left)
            except StopIteration:
                break
            with owned(lifeline):  # it may start a worker
                waiting.append(pool.submit(_do, piece))
        while waiting and not stop.requested and not waiting[0].done():
            wait(list(waiting)[:1], _LOOK_EVERY_S)
        if stop.requested:
            enough.set()
            waiting = deque(future for future in waiting if not future.cancel())
        if not waiting:
            return
        done = waiting.popleft().result()
        if not done:
            return  # not begun, nor any after it
        yield done[0]


def _start(work: Callable[[Any], Any], enough: Event) -> None:
    global _work, _enough
    _work, _enough = work, enough
    torch.set_num_threads(1)


def _do(piece: Any) -> tuple[Any, ...]:
    """The result, or nothing where no piece is to be begun."""
    assert _work is not None and _enough is not None
    return () if _enough.is_set() else (_work(piece),)
