"""What memory and disk there is: of the machine, and of the control groups around a process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from forge import ops
from forge.game.deal import Deal
from forge.ops import memory
from forge.work.file_schema import in_file
from forge.work.pieces import rows_in_order
from forge.work.pools import ThisMachine
from forge.work.results_file import ResultsFile, ResultsFormat
from forge.work.room import Room, free_disk, free_memory

GB = 10**9


def machine(root: Path, available: int) -> Path:
    """What a system says of its memory."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/meminfo").write_text(
        f"MemTotal: 99999999 kB\nMemAvailable: {available // 1024} kB\n"
    )
    return root


def group(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)


def test_of_a_machine_alone(tmp_path: Path) -> None:
    assert free_memory(machine(tmp_path, 8192 * 10**6)) == 8192 * 10**6
    assert 0 < free_memory() < 1 << 60


@pytest.mark.parametrize("shown_inside", [True, False])
def test_of_a_control_group(tmp_path: Path, shown_inside: bool) -> None:
    """The tightest one counts; what the system may drop again is free. In a container the group
    stands at the top."""
    root = machine(tmp_path, 64 * GB)
    (root / "proc/self/cgroup").write_text("0::/jobs/one\n")
    top = root / "sys/fs/cgroup"
    tight = dict(memory__max=f"{4 * GB}\n", memory__current=f"{3 * GB}\n")
    stat = f"anon {GB}\ninactive_file {2 * GB}\nfile {2 * GB}\n"
    if shown_inside:
        group(top, **tight, memory__stat=stat)
    else:
        group(top / "jobs", **tight, memory__stat=stat)
        group(top / "jobs/one", memory__max="max\n", memory__current="1\n", memory__stat="")
    assert free_memory(root) == 3 * GB


def test_of_an_old_control_group(tmp_path: Path) -> None:
    root = machine(tmp_path, 64 * GB)
    (root / "proc/self/cgroup").write_text("5:cpu:/x\n4:memory:/x\n")
    files = dict(memory__usage_in_bytes=str(GB), memory__stat="total_inactive_file 0\n")
    top = root / "sys/fs/cgroup/memory"
    group(top, memory__limit_in_bytes=str((1 << 63) - 4096), **files)
    assert free_memory(root) == 64 * GB
    group(top / "x", memory__limit_in_bytes=str(3 * GB), **files)
    assert free_memory(root) == 2 * GB


def test_what_may_be_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forge.work.room.free_memory", lambda: 8 * GB)
    assert Room(max_memory=5).memory(held_bytes=GB) == 5
    assert Room().memory() == 6.4 * GB
    assert Room().memory(held_bytes=2 * GB) == 8 * GB  # it holds some already


def test_disk_is_told_before_a_long_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert free_disk(tmp_path / "not/there") > 0
    monkeypatch.setattr("forge.work.room.free_disk", lambda folder: 3 * GB)
    room = Room(min_disk=GB)
    assert room.disk_line(tmp_path, "shard", 50e6, 19) is None
    assert room.disk_line(tmp_path, "shard", 50e6, 20) == (
        "disk: 3,000 MB are free, 20 shards take about 1,000 MB"
    )
    assert room.disk_line(tmp_path, "shard", 50e6, 100) == (
        "disk: 3,000 MB are free, 100 shards take about 5,000 MB: room for about 40 shards until "
        "the run ends with 1,000 MB left (--min-disk)"
    )
    endless = room.disk_line(tmp_path, "shard", 50e6, None)
    assert endless is not None and "room for about 40 shards" in endless
    assert room.disk_shortage(tmp_path) is None
    assert Room(min_disk=4 * GB).disk_shortage(tmp_path) == (
        f"3,000 MB of the disk are free, 4,000 MB have to stay (--min-disk): {tmp_path}"
    )


def test_blocks_of_large_deals_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deal of 1.4 million states counts as large here; its values are small enough to keep."""
    ops.release_memory()
    deal = Deal.from_seed(30)
    solved = ops.solve(deal.tensor, 0)
    n_states = solved[0].shape[0]
    del solved
    assert memory.kept_bytes() >= 16 * n_states
    ops.release_memory()
    monkeypatch.setattr(memory, "LARGE_BYTES", 7 * n_states)
    states, values, q = ops.solve(deal.tensor, 0)
    assert values.dtype == torch.int8 and states.shape == (n_states,)
    del states, values, q
    assert memory.kept_bytes() < 7 * n_states
    ops.release_memory()


@dataclass
class Squared:
    """Row n is its square; a row takes a gigabyte of the disk."""

    free: list[int]

    def __call__(self, piece: int) -> SquareRow:
        """Make one."""
        self.free[0] -= GB
        return SquareRow(piece, piece**2)


@in_file()
@dataclass(frozen=True)
class SquareRow:
    """A line."""

    number: int
    square: int


SQUARES = ResultsFormat("squares", 1, SquareRow, lambda values: True, lambda row: {row.number: row})


def test_rows_in_order_end_where_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was made is kept, and goes on where there is room again."""
    free = [4 * GB]
    monkeypatch.setattr("forge.work.room.free_disk", lambda folder: free[0])
    out, room = tmp_path / "out.jsonl", Room(min_disk=2 * GB)
    for wanted, n_done in (((0, 1, 2), 3), ((3, 4), 2)):
        with ResultsFile(out, SQUARES, {}) as file:
            todo = [n for n in range(5) if n not in {row.number for row in file.rows}]
            run = rows_in_order(Squared(free), todo, ThisMachine(), "rows", file, room=room)
        assert run.n_done == n_done and run.stopped_by is None
        assert (run.disk_low is None) == (4 in wanted)
        if run.disk_low is not None:
            assert run.disk_low == (
                f"1,000 MB of the disk are free, 2,000 MB have to stay (--min-disk): {tmp_path}"
            )
        assert [row.number for row in SQUARES.read(out)[1]] == list(range(wanted[-1] + 1))
        free[0] = 9 * GB
    assert rows_in_order(Squared([0]), [1], ThisMachine(), "rows", room=room).n_done == 1
