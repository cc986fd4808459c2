"""What Ray costs a piece of work, and what a second worker brings; prints one line of JSON.

    python bench/measure_ray.py [--pieces 2000] [--seconds 20] [--workers 1,2]

Pieces that do nothing tell the overhead: wall time, and CPU seconds of this process, which do not
depend on what else the machine does and say how many pieces a second one driver can hand out. Files
of a kilobyte tell the same of pieces that are claimed and put in place. Blocks of arena deals, real
work of a core each, tell the efficiency: blocks a second on Ray over those of one process here,
measured in turns, by worker; and the same of CPU seconds of the decisions, wherever they were made.
`load` is the machine's at the start: above 0.5 it did other work too,
and only ratios and CPU seconds mean something.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forge.arena.registry import parse_player
from forge.arena.results import Block
from forge.arena.series import ArenaOptions, BlockWork
from forge.work.claims import put_in_place
from forge.work.pieces import Claims, FileWork, WorkReport, work_through
from forge.work.pools import Pool, ThisMachine
from forge.work.ray_pool import ray_pool
from forge.work.stop import StopSignal

BLOCK_DEALS = 16


def nothing(piece: int) -> int:
    """A piece that does nothing."""
    return piece


@dataclass
class Kilobytes(FileWork[int, int]):
    """Files of a kilobyte."""

    root: Path

    def path(self, piece: int) -> Path:
        """Of a piece."""
        return self.root / f"seed_{piece:08d}"

    def make(self, claims: Claims[int]) -> int:
        """Write one."""
        ((_, claim),) = claims.items()
        assert claim is not None
        return put_in_place(claim, b"x" * 1024)


def timed_rows(pool: Pool, work: Any, todo: Any) -> tuple[float, list[Any]]:
    """Wall seconds, and the rows."""
    start = time.perf_counter()
    found = rows_of(pool, work, todo)
    return time.perf_counter() - start, found


def cpu_s(found: list[Block]) -> float:
    """Of all decisions, in whatever process they were made."""
    return sum(map(sum, (block.cpu_s for block in found)))


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU seconds of this process."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def rows_of(pool: Pool, work: Any, todo: Any) -> list[Any]:
    """All of them."""
    with StopSignal() as stop:
        return list(pool.in_order(work, todo, stop))


def files_of(pool: Pool | None, n: int) -> None:
    """Make so many in a folder of their own."""
    with tempfile.TemporaryDirectory() as folder:
        report = WorkReport()
        work_through(range(n), Kilobytes(Path(folder)), report, lambda told: None, pool=pool)


def blocks(n: int) -> list[range]:
    """Deals of the series, block by block."""
    return [range(i * BLOCK_DEALS, (i + 1) * BLOCK_DEALS) for i in range(n)]


def overheads(pool: Pool, n: int) -> dict[str, float]:
    """A piece, in milliseconds, and pieces a second that the driver's CPU allows."""
    found = {}
    for name, work in (
        ("row", lambda: rows_of(pool, nothing, range(n))),
        ("file", lambda: files_of(pool, n)),
    ):
        wall_s, cpu_s = timed(work)
        found[f"{name}_ms"] = 1000 * wall_s / n
        found[f"{name}_driver_cpu_ms"] = 1000 * cpu_s / n
        found[f"{name}s_a_driver_cpu_s"] = n / cpu_s
    return found


def measured(n_workers: int, n: int, seconds: float) -> Iterator[tuple[str, Any]]:
    """Of a cluster with so many workers."""
    options = ArenaOptions(parse_player("eq:n=10"), parse_player("random"))
    here = ThisMachine(1)
    start = time.perf_counter()
    with ray_pool("local", "cpu", n_workers) as pool:
        yield "start_s", time.perf_counter() - start
        first, _ = timed(lambda: rows_of(pool, nothing, range(n_workers)))
        yield "first_piece_s", first
        yield "overhead", overheads(pool, n)
        once, _ = timed(lambda: rows_of(here, BlockWork(options), blocks(1)))
        n_blocks = max(2 * n_workers, int(seconds / once))
        rows_of(pool, BlockWork(options), blocks(n_workers))  # builds players
        ratios, cpu_ratios = [], []
        for _ in range(3):
            n_there = n_blocks * n_workers
            here_s, by_one = timed_rows(here, BlockWork(options), blocks(n_blocks))
            ray_s, by_ray = timed_rows(pool, BlockWork(options), blocks(n_there))
            ratios.append(here_s / ray_s)
            cpu_ratios.append(cpu_s(by_one) * n_workers / cpu_s(by_ray))
        yield "block_s", here_s / n_blocks
        yield "efficiency", sorted(ratios)[1]
        yield "efficiencies", ratios
        yield "cpu_efficiencies", cpu_ratios


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pieces", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--workers", default="1,2")
    args = parser.parse_args()
    found: dict[str, Any] = {"load": os.getloadavg()[0], "n_cores": os.cpu_count()}
    here_s, _ = timed(lambda: files_of(None, args.pieces))
    found["file_here_ms"] = 1000 * here_s / args.pieces
    for n_workers in map(int, args.workers.split(",")):
        found[f"{n_workers} workers"] = dict(measured(n_workers, args.pieces, args.seconds))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
