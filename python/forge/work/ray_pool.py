"""Pieces worked through on a Ray cluster: one task each, so many at a time as there are cores.

Whoever does a piece of one file claims it, makes it and puts it in place: this process hears of it,
and a node that dies loses what it had in hand, which is done again elsewhere. A piece that fails is
tried again, then told and left out while the rest goes on.
"""

from __future__ import annotations

import os
import queue
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from forge import __version__
from forge.errors import ForgeError
from forge.work.atomic import remove_abandoned
from forge.work.pieces import FileRun, MayStop, Outcome
from forge.work.rates import rate_text
from forge.work.ray_cluster import RayCluster, connected
from forge.work.ray_worker import Answer, work_on
from forge.work.store_path import list_anew
from forge.work.wording import counted

Piece = TypeVar("Piece")
Told = TypeVar("Told")
Done = TypeVar("Done")

ATTEMPTS: Final = 3
# A node that dies is no fault of the piece, but one that is too large for any may be its death.
_DEATHS: Final = 10
# So many that failed one after the other: what is wrong is not with them.
_FAILED_IN_A_ROW: Final = 20
# Tasks handed to Ray for each that can run: the next one is there when one is over.
_AHEAD: Final = 2
# Results that wait for one before them, for each piece that can run.
_OUT_OF_ORDER: Final = 4
_LOOK_EVERY_S: Final = 2.0
_WAIT_S: Final = 0.2
# A piece whose worker died may be claimed by it for a moment more.
_BUSY_AGAIN_S: Final = 2.0
_BUSY_AGAIN: Final = 15
# Network storage shows files of others with some delay.
_SEEN_WITHIN_S: Final = 60.0
_NODES_SHOWN: Final = 8


@dataclass(frozen=True)
class LeftOut:
    """A piece that failed as often as it was tried."""

    name: str
    reason: str


class PoolListener:
    """Hears, in this thread, how a pool fares; this one ignores it."""

    def nodes(self, n_nodes: int, n_at_once: int) -> None:
        """There are so many nodes now, for so many pieces at a time."""

    def failed(self, name: str, reason: str, n_failed: int) -> None:
        """A piece failed for the n-th time, and is tried again."""

    def left_out(self, left_out: LeftOut) -> None:
        """A piece is not tried any more."""


@dataclass
class _Task:
    """A task: `piece` is what the worker gets, `name` what people are told."""

    index: int
    piece: Any
    name: str
    n_failed: int = 0
    n_deaths: int = 0
    n_busy: int = 0
    due: float = 0.0


_FAILED: Final = object()


@dataclass
class RayPool:
    """A pool (`forge.work.pools.Pool`) of the workers of a cluster; see `ray_pool`.

    Args:
        cluster: connected.
        device: where pieces compute, `cpu` or `cuda`: a core or a GPU each.
        most: pieces at a time at most.
        listener: hears how it fares.
        left_out: pieces that failed as often as they were tried.
        by_node: pieces done, by the ids of nodes; `hosts` has their machines.
        elapsed_s: that was worked.
    """

    cluster: RayCluster
    device: str
    most: int | None = None
    listener: PoolListener = field(default_factory=PoolListener)
    left_out: list[LeftOut] = field(default_factory=list)
    by_node: Counter[str] = field(default_factory=Counter)
    hosts: dict[str, str] = field(default_factory=dict)
    elapsed_s: float = 0.0

    def make_files(self, run: FileRun[Piece, Told]) -> int:
        """See `forge.work.pools.Pool`; files are claimed and written by the workers."""
        return _Files(self, run).work_through()

    def in_order(
        self, work: Callable[[Piece], Done], todo: Sequence[Piece], stop: MayStop
    ) -> Iterator[Done]:
        """See `forge.work.pools.Pool`; a piece that was left out has no result.

        `work` may have a `name` of a piece in messages, say how many of its workers share a GPU
        (`per_gpu`), and that none of its pieces may be left out (`needs_all`).

        Raises:
            ForgeError: for a piece that fails where all are needed.
        """
        ready: dict[int, Any] = {}
        n_taken = n_given = 0
        name = getattr(work, "name", str)
        flow = _Flow(self, work, stop)

        def take() -> _Task | None:
            nonlocal n_taken
            if n_taken == len(todo) or n_taken - n_given >= _OUT_OF_ORDER * flow.n_at_once:
                return None
            piece = todo[n_taken]
            n_taken += 1
            return _Task(n_taken - 1, piece, name(piece))

        for task, done in flow.results(take):
            if done is _FAILED and getattr(work, "needs_all", False):
                raise ForgeError(self.left_out.pop().reason)
            ready[task.index] = done
            while n_given in ready:
                done = ready.pop(n_given)
                n_given += 1
                if done is not _FAILED:
                    yield done

    def summary(self) -> str:
        """`27 pieces (1.50 pieces/s): host-a 14, host-b 13`."""
        n = self.by_node.total()
        rate = rate_text(n, self.elapsed_s, "pieces")
        hosts = Counter(self.hosts.values())
        shown = []
        for node, n_done in self.by_node.most_common(_NODES_SHOWN):
            host = self.hosts.get(node, "?")
            shown.append(f"{host if hosts[host] < 2 else f'{host}/{node[:4]}'} {n_done}")
        if len(self.by_node) > _NODES_SHOWN:
            shown.append(f"{len(self.by_node) - _NODES_SHOWN} more nodes")
        return f"{counted(n, 'piece')} ({rate}): {', '.join(shown)}"


@contextmanager
def ray_pool(
    address: str,
    device: str = "auto",
    most: int | None = None,
    listener: PoolListener | None = None,
) -> Iterator[RayPool]:
    """A pool of a cluster, connected for as long as the context is open.

    Args:
        address: `local` starts a cluster on this machine and ends it; `auto`, or `HOST:PORT` of a
            head node.
        device: `auto` (GPUs if the cluster has any), `cuda` or `cpu`.
        most: pieces at a time at most.
        listener: hears how it fares.

    Raises:
        ForgeError: if there is no such cluster, or no such device in it.
    """
    with connected(address, most) as cluster:
        nodes = cluster.nodes()
        has_gpus = any(node.n_gpus >= 1 for node in nodes)
        if device == "auto":
            device = "cuda" if has_gpus else "cpu"
        if device not in ("cpu", "cuda"):
            raise ForgeError(f"--ray takes --device auto, cuda or cpu, got {device!r}")
        if device == "cuda" and not has_gpus:
            raise ForgeError("no node of the Ray cluster has a GPU: use --device cpu")
        yield RayPool(cluster, device, most, listener or PoolListener())


class _Flow:
    """Tasks of one work, from what is to be done to what came of it.

    Args:
        pool: who works.
        work: for every worker once.
        stop: asked before each task.
        parts: what to try instead of a task that failed.
    """

    def __init__(
        self,
        pool: RayPool,
        work: Any,
        stop: MayStop,
        parts: Callable[[_Task], list[_Task]] = lambda task: [task],
    ) -> None:
        self._pool, self._stop, self._parts = pool, stop, parts
        self._ray = ray = pool.cluster.ray
        self._per_gpu = getattr(work, "per_gpu", 1)
        needs = {"num_cpus": 1.0}
        if pool.device == "cuda":
            needs["num_gpus"] = 1 / self._per_gpu
        # Ray's own retries would not know of claims, nor be told. With a GPU it would start a
        # process for every task.
        self._run = ray.remote(max_retries=0, max_calls=0, **needs)(work_on)
        self._folder = os.getcwd()
        self._name, self._work = uuid.uuid4().hex, [ray.put(work)]
        self.node = ""  # that the last result came from
        self._in_flight: dict[Any, _Task] = {}
        self._over: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._again: deque[_Task] = deque()
        self._n_failed_in_a_row = 0
        self._n_nodes, self.n_at_once, self._looked_at = -1, 0, -_LOOK_EVERY_S

    def put_back(self, task: _Task, after_s: float = 0.0) -> None:
        """Have a task done (again) in a while."""
        task.due = time.monotonic() + after_s
        self._again.append(task)

    def results(self, take: Callable[[], _Task | None]) -> Iterator[tuple[_Task, Any]]:
        """Tasks with what came of them, as they are over, until done or stopped.

        Args:
            take: the next task; None while there is none to be begun.
        """
        cancelled, start = False, time.perf_counter()
        try:
            while True:
                self._look()
                if not self._stop.requested:
                    self._begin(take)
                elif not cancelled:
                    cancelled = True
                    self._again.clear()
                    for ref in self._in_flight:
                        self._ray.cancel(ref)
                if not self._in_flight and not self._again:
                    return
                for ref, over in self._those_over():
                    task = self._in_flight.pop(ref)
                    done = self._result(task, over)
                    if done is not None:
                        yield task, done
        except ForgeError:
            self._finish_in_hand()
            raise
        finally:
            self._pool.elapsed_s += time.perf_counter() - start
            for ref in self._in_flight:
                self._ray.cancel(ref)

    def _finish_in_hand(self) -> None:
        """What was begun is finished; nobody hears of it."""
        for ref in self._in_flight:
            self._ray.cancel(ref)
        while self._in_flight:
            for ref, _ in self._those_over():
                del self._in_flight[ref]

    def _look(self) -> None:
        """How many nodes there are, now and then."""
        if time.monotonic() - self._looked_at < _LOOK_EVERY_S:
            return
        pool = self._pool
        nodes = pool.cluster.nodes()
        pool.hosts.update((node.id, node.host) for node in nodes)
        on_gpus = pool.device == "cuda"
        room = sum(
            int(min(node.n_cpus, node.n_gpus * self._per_gpu) if on_gpus else node.n_cpus)
            for node in nodes
        )
        n_at_once = room if pool.most is None else min(room, pool.most)
        if (len(nodes), n_at_once) != (self._n_nodes, self.n_at_once):
            pool.listener.nodes(len(nodes), n_at_once)
        self._n_nodes, self.n_at_once = len(nodes), n_at_once
        self._looked_at = time.monotonic()

    def _begin(self, take: Callable[[], _Task | None]) -> None:
        ahead = _AHEAD * self.n_at_once
        most = min(ahead, self._pool.most or ahead)
        while len(self._in_flight) < most:
            task = self._due() or take()
            if task is None:
                return
            ref = self._run.remote(__version__, self._folder, self._name, self._work, task.piece)
            self._in_flight[ref] = task
            ref.future().add_done_callback(lambda over, ref=ref: self._over.put((ref, over)))

    def _due(self) -> _Task | None:
        now = time.monotonic()
        for task in self._again:
            if task.due <= now:
                self._again.remove(task)
                return task
        return None

    def _those_over(self) -> Iterator[tuple[Any, Future[Answer]]]:
        """What is over by now; waits a moment for the first."""
        try:
            yield self._over.get(timeout=_WAIT_S)
            while True:
                yield self._over.get_nowait()
        except queue.Empty:
            return

    def _result(self, task: _Task, over: Future[Answer]) -> Any:
        """What came of a task; None where it was not begun, or is done again."""
        errors = self._ray.exceptions
        died = False
        try:
            answer = over.result()
        except errors.TaskCancelledError:
            return None
        except (errors.NodeDiedError, errors.ObjectLostError):
            died, reason = True, "its node died"
        except errors.OutOfMemoryError:
            reason = "out of memory"
        except errors.WorkerCrashedError:
            reason = "its process died"
        except errors.RayError as error:
            said = str(error)
            if "No module named 'forge'" in said:
                raise ForgeError(
                    "a node of the Ray cluster lacks crystal-forge: install the same version "
                    "everywhere"
                ) from error
            reason = said.strip().rpartition("\n")[2][:300]
        else:
            if answer.failure is None:
                self._pool.by_node[answer.node] += 1
                self.node = answer.node
                self._n_failed_in_a_row = 0
                return answer.done
            if answer.is_final:
                raise ForgeError(answer.failure)
            reason = answer.failure
        return self._after_failure(task, reason, died)

    def _after_failure(self, task: _Task, reason: str, died: bool) -> Any:
        task.n_deaths += died
        task.n_failed += not died
        if task.n_failed < ATTEMPTS and task.n_deaths < _DEATHS:
            if not self._stop.requested:
                self._pool.listener.failed(task.name, reason, task.n_failed + task.n_deaths)
                for part in [task] if died else self._parts(task):
                    self.put_back(part)
            return None
        left_out = LeftOut(task.name, reason)
        self._pool.left_out.append(left_out)
        self._pool.listener.left_out(left_out)
        self._n_failed_in_a_row += 1
        if self._n_failed_in_a_row == _FAILED_IN_A_ROW:
            raise ForgeError(f"{_FAILED_IN_A_ROW} pieces in a row failed, the last: {reason}")
        return _FAILED


class _Files:
    """A run over pieces of one file each; a task is a group of them."""

    def __init__(self, pool: RayPool, run: FileRun[Any, Any]) -> None:
        self._run = run
        self._coming = iter(run.pieces)
        self._flow = _Flow(pool, run.work, run.stop, self._singly)
        self._n_made = self._n_open = 0  # pieces
        self._first_of: dict[str, Path] = {}  # file of each node

    def work_through(self) -> int:
        for task, done in self._flow.results(self._take):
            self._n_open -= len(task.piece)
            if done is not _FAILED:
                self._hear(task, done)
            elif (path := self._run.work.path(task.piece[0])) is not None:
                remove_abandoned(path.parent)  # a worker that died may have left some
        self._look_for_files()
        return self._n_made

    def _look_for_files(self) -> None:
        """Notice nodes that write to disks of their own."""
        ends = time.monotonic() + _SEEN_WITHIN_S
        for path in self._first_of.values():
            list_anew(path)
            while not self._run.work.is_done(path):
                if time.monotonic() > ends:
                    raise ForgeError(
                        f"a node of the Ray cluster wrote {path}, and it is not here: give a "
                        "folder of storage that all nodes share"
                    )
                time.sleep(_WAIT_S)

    def _take(self) -> _Task | None:
        """The next pieces that are not there; nothing where those under way reach the limit."""
        run = self._run
        pieces: list[Any] = []
        n_wanted = run.n_wanted(self._n_made + self._n_open)
        while len(pieces) < n_wanted and not run.stop.requested:
            try:
                piece = next(self._coming)
            except StopIteration:
                break
            path = run.work.path(piece)
            if path is not None and run.work.is_done(path):
                run.passed_over(piece, "present")
            else:
                pieces.append(piece)
        self._n_open += len(pieces)
        return self._task(pieces) if pieces else None

    def _task(self, pieces: Sequence[Hashable], after: _Task | None = None) -> _Task:
        first = self._run.work.name(pieces[0])
        more = f" and {len(pieces) - 1} more" if len(pieces) > 1 else ""
        task = _Task(0, tuple(pieces), first + more)
        if after is not None:
            task.n_failed, task.n_deaths = after.n_failed, after.n_deaths
            task.n_busy = after.n_busy
        return task

    def _singly(self, task: _Task) -> list[_Task]:
        """The pieces that failed together, each by itself: so one does not keep the others out."""
        return [self._task([piece], task) for piece in task.piece]

    def _hear(self, task: _Task, outcome: Outcome[Any, Any]) -> None:
        self._n_made += len(outcome.made)
        if outcome.made and (path := self._run.work.path(outcome.made[0])) is not None:
            self._first_of.setdefault(self._flow.node, path)
        for told in outcome.told:
            self._run.made(told)
        for piece, reason in outcome.passed_over:
            has_failed = task.n_failed or task.n_deaths
            if reason == "busy" and has_failed and task.n_busy < _BUSY_AGAIN:
                again = self._task([piece], task)
                again.n_busy += 1
                self._n_open += 1
                self._flow.put_back(again, _BUSY_AGAIN_S)
                continue
            if reason == "present" and has_failed:
                self._n_made += 1  # by the attempt that failed, after this piece: the limit has it
            self._run.passed_over(piece, reason)
