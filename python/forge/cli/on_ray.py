"""What commands with --ray have in common: the pool, what is told of it, what was left out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import typer
from rich.console import Console

from forge.cli.command import end_if_stopped, first_line
from forge.work.wording import counted

if TYPE_CHECKING:
    from forge.work.pools import Pool
    from forge.work.ray_pool import LeftOut, RayPool

EXIT_LEFT_OUT: Final = 1


class WhereToWork:
    """What `where_to_work` gives.

    Args:
        pool: the cluster's; None is this machine.
        device: as it was asked for, or what the cluster has.
    """

    def __init__(self, pool: RayPool | None, device: str) -> None:
        self._pool, self.device = pool, device

    @property
    def pool(self) -> Pool | None:
        """Who works; None is this machine."""
        return self._pool

    @property
    def is_complete(self) -> bool:
        """Whether nothing was left out so far."""
        return self._pool is None or not self._pool.left_out

    def end(self, screen: Console, stopped_by: int | None) -> None:
        """Tell who did what and what was left out, and end the command with 130, 143 or 1 where
        it was stopped or something was left out."""
        pool = self._pool
        if pool is not None:
            if pool.by_node:
                screen.print(f"Ray: {pool.summary()}", soft_wrap=True)
            for each in pool.left_out:
                print(f"left out: {each.name}: {first_line(each.reason)}", file=sys.stderr)
        end_if_stopped(stopped_by)
        if pool is not None and pool.left_out:
            n = counted(len(pool.left_out), "piece")
            print(f"error: {n} left out: the same line tries again", file=sys.stderr)
            raise typer.Exit(EXIT_LEFT_OUT)


@contextmanager
def where_to_work(
    ray: str | None, device: str, workers: int | None, screen: Console
) -> Iterator[WhereToWork]:
    """The pool that --ray asks for, or this machine; a device that is not there is an error.

    Args:
        ray: address of a cluster; None works here.
        device: --device.
        workers: pieces at a time at most.
        screen: where what becomes of the cluster is told.
    """
    from forge.ops import resolve_device

    if ray is None:
        yield WhereToWork(None, str(resolve_device(device)))
        return
    from forge.work.ray_pool import PoolListener, ray_pool

    class Teller(PoolListener):
        def nodes(self, n_nodes: int, n_at_once: int) -> None:
            at_once = f"{counted(n_at_once, 'piece')} at a time"
            self._tell(f"Ray: {counted(n_nodes, 'node')}, {at_once}")

        def failed(self, name: str, reason: str, n_failed: int) -> None:
            self._tell(f"{name}: {first_line(reason)}; tried again")

        def left_out(self, left_out: LeftOut) -> None:
            self._tell(f"{left_out.name}: {first_line(left_out.reason)}; left out")

        def _tell(self, line: str) -> None:
            screen.print(line, markup=False, highlight=False, soft_wrap=True)

    with ray_pool(ray, device, workers, Teller()) as pool:
        yield WhereToWork(pool, pool.device)
