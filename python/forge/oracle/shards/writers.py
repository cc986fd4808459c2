"""Background threads that write solved shards while the next deal is solved."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from forge.oracle.shards.naming import ShardKey
from forge.oracle.shards.output import shard_metadata, write_claimed
from forge.oracle.shards.timer import ShardTiming
from forge.work.atomic import FileClaim

if TYPE_CHECKING:
    from forge.oracle.tablebase import Tablebase

# 16 bytes a state: 2.4 GB of solved shards waiting for a writer, one larger shard alone excepted.
MAX_PENDING_STATES: Final = 150_000_000
# A writer turns out 13 million states a second and a core.
MAX_WRITERS: Final = 8


@dataclass(frozen=True)
class Solved:
    """A solved deal, on its way to its shard."""

    key: ShardKey
    table: Tablebase


class BackgroundWriters:
    """A pool of writers that holds a bounded number of solved states.

    Leaving the context waits for what is under way; on KeyboardInterrupt it is broken off instead
    and its temporary files are removed.
    """

    def __init__(self) -> None:
        import torch

        self._n_writers = min(torch.get_num_threads(), MAX_WRITERS)
        self._pool = ThreadPoolExecutor(self._n_writers, thread_name_prefix="shard-writer")
        self._pending: dict[Future[None], tuple[FileClaim, ShardTiming]] = {}

    def submit(self, solved: Solved, claim: FileClaim, timing: ShardTiming) -> None:
        """Queue a shard; the claim now belongs to the writer."""
        future = self._pool.submit(_write, solved, claim, timing)
        self._pending[future] = (claim, timing)

    def make_room(self, n_states: int, most: int = MAX_PENDING_STATES) -> Iterator[ShardTiming]:
        """Wait until a shard of `n_states` may be submitted, with at most so many pending then;
        yields those finished by now.

        Raises what a writer raised.
        """
        yield from self._collect(timeout_s=0)
        while self._pending and (
            len(self._pending) > self._n_writers
            or self.n_states + n_states > min(most, MAX_PENDING_STATES)
        ):
            yield from self._collect(timeout_s=None)

    def drain(self) -> Iterator[ShardTiming]:
        """Wait for everything, yielding each shard as it is finished."""
        while self._pending:
            yield from self._collect(timeout_s=None)

    def _collect(self, timeout_s: float | None) -> Iterator[ShardTiming]:
        done, _ = wait(self._pending, timeout_s, FIRST_COMPLETED)
        for future in done:
            _, timing = self._pending.pop(future)
            future.result()
            yield timing

    @property
    def n_states(self) -> int:
        """States of deals that are not written yet."""
        return sum(timing.n_states for _, timing in self._pending.values())

    def __enter__(self) -> BackgroundWriters:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            for future, (claim, _) in self._pending.items():
                claim.cancel()
                if future.cancel():
                    claim.release()
        self._pool.shutdown(wait=True)


def _write(solved: Solved, claim: FileClaim, timing: ShardTiming) -> None:
    key, table = solved.key, solved.table
    metadata = shard_metadata(table.deal, key.decl, key.seed, key.opp_seed)
    with timing.writing():
        timing.n_bytes = write_claimed(claim, metadata, table.states, table.values, table.q_values)
