"""`forge` commands and test work on one connection to a cluster, as a program.

Connecting and starting workers takes Ray seconds: this does so once for many commands. Each line of
its input is JSON, an object that names a function below and its arguments; what it prints while it
works are lines of text, the answer is a line of JSON.
"""

import contextlib
import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

from forge.cli.main import run_line
from forge.errors import ForgeError
from forge.work import ray_pool
from forge.work.pieces import WorkReport, work_through
from forge.work.ray_cluster import RayCluster, connected
from forge.work.ray_pool import LeftOut, PoolListener, RayPool
from forge.work.stop import StopSignal
from support.ray_work import SlowFiles, SlowRows


def run_command(cluster: RayCluster, line: list[str], cwd: str) -> dict[str, object]:
    """A command of `forge` with --ray, whatever its address."""

    @contextlib.contextmanager
    def connected_before(address: str, n_cpus: int | None = None) -> Iterator[RayCluster]:
        yield cluster

    os.chdir(cwd)
    out, err = io.StringIO(), io.StringIO()
    code: object = None
    with (
        patch.object(ray_pool, "connected", connected_before),
        patch("sys.argv", ["forge", *line]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            run_line()
        except SystemExit as ended:
            code = ended.code
    return {"code": code, "out": out.getvalue(), "err": err.getvalue()}


class Teller(PoolListener):
    """Prints what it hears."""

    def nodes(self, n_nodes: int, n_at_once: int) -> None:
        print(f"{n_nodes} nodes, {n_at_once} at once", flush=True)

    def failed(self, name: str, reason: str, n_failed: int) -> None:
        print(f"failed {name}: {reason} ({n_failed})", flush=True)

    def left_out(self, left_out: LeftOut) -> None:
        print(f"left out {left_out.name}: {left_out.reason}", flush=True)


def make_files(cluster: RayCluster, n: int, cwd: str, root: str, **how: Any) -> dict[str, object]:
    """Pieces 0 .. n - 1 of `SlowFiles`."""
    os.chdir(cwd)
    pool, report = RayPool(cluster, "cpu", listener=Teller()), WorkReport()
    made: list[int] = []

    def told(pieces: tuple[int, ...]) -> None:
        made.extend(pieces)
        print(f"made {pieces} on {len(pool.by_node)}", flush=True)

    error = None
    try:
        work_through(range(n), SlowFiles(Path(root), **how), report, told, pool=pool)
    except ForgeError as raised:
        error = str(raised)
    return {
        "made": made,
        "left out": [each.name for each in pool.left_out],
        "busy": report.n_busy,
        "present": report.n_present,
        "error": error,
    }


def make_rows(cluster: RayCluster, n: int, **how: Any) -> dict[str, object]:
    """Rows 0 .. n - 1 of `SlowRows`."""
    pool, error = RayPool(cluster, "cpu", listener=Teller()), None
    rows: list[int] = []
    try:
        with StopSignal() as stop:
            for row in pool.in_order(SlowRows(**how), range(n), stop):
                rows.append(row)
                print(f"row {row} on {len(pool.by_node)}", flush=True)
    except ForgeError as raised:
        error = str(raised)
    return {
        "rows": rows,
        "left out": [each.name for each in pool.left_out],
        "n nodes": len(pool.by_node),
        "error": error,
    }


JOBS: dict[str, Callable[..., dict[str, object]]] = {
    "command": run_command,
    "files": make_files,
    "rows": make_rows,
}


def main() -> None:
    """Serve."""
    with connected(sys.argv[1]) as cluster:
        print("connected", flush=True)
        for line in sys.stdin:
            job = json.loads(line)
            print(json.dumps(JOBS[job.pop("job")](cluster, **job)), flush=True)


if __name__ == "__main__":
    main()
