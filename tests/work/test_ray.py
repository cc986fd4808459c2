"""Pieces on a real cluster of two nodes: nodes and processes die, pieces fail, runs are stopped."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from forge.errors import ForgeError
from forge.work import ray_cluster
from forge.work.pieces import WorkReport, work_through
from forge.work.ray_cluster import check_address
from support.commands import SCRIPT, run_process, words
from support.ray_work import SlowFiles
from support.signalled import run_signalled
from support.two_nodes import TwoNodes

pytestmark = [pytest.mark.xdist_group("ray"), pytest.mark.timeout(600)]

N = 60
# Long enough that a node surely dies with one in hand.
N_SLOW = 6
ARENA = "arena greedy-points random --games 1600 --out out.jsonl"
HANDS = "bidding-continuous --samples 20 --output out --limit"
N_HANDS = 12


def place(tmp_path: Path, name: str = "out") -> Path:
    """A folder for files."""
    folder = tmp_path / name
    folder.mkdir()
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """All files of a folder but the list of attempts; temporary ones too."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "tried"
    }


def made_here(tmp_path: Path, n: int, without: tuple[int, ...] = ()) -> dict[str, bytes]:
    """What a single process makes of the same pieces."""
    folder = place(tmp_path, "here")
    pieces = [piece for piece in range(n) if piece not in without]
    work_through(pieces, SlowFiles(folder), WorkReport(), lambda told: None)
    return contents(folder)


def warm(nodes: TwoNodes) -> None:
    """Until both nodes have a worker: it imports for seconds, on busy machines for many."""
    for _ in range(100):
        nodes.start("rows", n=20, seconds=0.1)
        if nodes.answer()["n nodes"] == 2:
            return
    raise AssertionError("a node does nothing")


def read_until_both_work(nodes: TwoNodes) -> None:
    """Until both nodes have made something."""
    while not nodes.next_line().endswith(" on 2"):
        pass


def test_a_node_that_dies_loses_no_piece(nodes: TwoNodes, tmp_path: Path) -> None:
    warm(nodes)
    folder = place(tmp_path)
    nodes.start("files", n=N_SLOW, cwd=str(tmp_path), root="out", seconds=2.5)
    read_until_both_work(nodes)
    time.sleep(0.5)
    nodes.kill_node()
    printed: list[str] = []
    found = nodes.answer(printed)
    nodes.add_node()
    assert found["error"] is None and found["left out"] == [] and found["busy"] == 0
    # One that was in place when its node died, and not told yet, is found present.
    assert len(set(found["made"])) + found["present"] == N_SLOW and found["present"] <= 1
    assert contents(folder) == made_here(tmp_path, N_SLOW)
    # Which it was in the middle of; the cluster itself notices a dead node seconds later.
    assert any(line.startswith("failed") and "its node died" in line for line in printed), printed
    tries = Counter(folder.joinpath("tried").read_text().split())
    assert set(tries) == {str(piece) for piece in range(N_SLOW)}
    assert tries.total() in (N_SLOW, N_SLOW + 1)


def test_rows_come_in_order_though_a_node_dies(nodes: TwoNodes) -> None:
    warm(nodes)
    nodes.start("rows", n=N, seconds=0.1)
    read_until_both_work(nodes)
    nodes.kill_node()
    found = nodes.answer()
    nodes.add_node()
    assert found["rows"] == [piece**2 for piece in range(N)]
    assert found["left out"] == [] and found["error"] is None


def test_a_piece_that_fails_is_tried_again_then_left_out(nodes: TwoNodes, tmp_path: Path) -> None:
    folder = place(tmp_path)
    how = {"failing": [5], "deadly": [8], "together": 4}
    nodes.start("files", n=12, cwd=str(tmp_path), root="out", **how)
    printed: list[str] = []
    found = nodes.answer(printed)
    assert found["left out"] == ["seed_5", "seed_8"] or found["left out"] == ["seed_8", "seed_5"]
    # Piece 4 was in place before 5, of the same batch, failed.
    assert sorted(found["made"]) == [piece for piece in range(12) if piece not in (4, 5, 8)]
    assert found["present"] == 1
    assert contents(folder) == made_here(tmp_path, 12, without=(5, 8))
    tries = Counter(folder.joinpath("tried").read_text().split())
    assert (tries["5"], tries["8"]) == (3, 3)
    assert "left out seed_5: piece 5 cannot be" in printed
    assert "left out seed_8: its process died" in printed


def test_where_every_piece_fails_the_run_ends(nodes: TwoNodes, tmp_path: Path) -> None:
    folder = place(tmp_path)
    nodes.start("files", n=1000, cwd=str(tmp_path), root="out", failing=list(range(1000)))
    found = nodes.answer()
    assert "20 pieces in a row failed, the last: piece" in found["error"]
    assert contents(folder) == {}


def test_rows_that_fail(nodes: TwoNodes) -> None:
    nodes.start("rows", n=6, failing=[2])
    found = nodes.answer()
    assert found["rows"] == [0, 1, 9, 16, 25], found
    assert found["left out"] == ["row 2"]
    nodes.start("rows", n=6, failing=[2], needs_all=True)
    found = nodes.answer()
    assert found["error"] == "RuntimeError: it fails"
    # Another node may still be at those before it.
    assert found["rows"] == [0, 1][: len(found["rows"])]


def test_cancelled_pieces_leave_workers_whole(nodes: TwoNodes, tmp_path: Path) -> None:
    """New workers that are told to leave a piece while they import what they need."""
    nodes.kill_node()
    nodes.add_node()
    place(tmp_path)
    nodes.start("files", n=100, cwd=str(tmp_path), root="out", failing=list(range(100)))
    assert nodes.answer()["error"] is not None
    nodes.start("files", n=9, cwd=str(tmp_path), root="out", seconds=0.1)
    printed: list[str] = []
    assert sorted(nodes.answer(printed)["made"]) == list(range(9))
    assert not any(line.startswith("failed") for line in printed), printed


def test_what_is_there_is_not_made_again(nodes: TwoNodes, tmp_path: Path) -> None:
    folder = place(tmp_path)
    folder.joinpath("seed_3").write_bytes(b"not to be touched")
    nodes.start("files", n=5, cwd=str(tmp_path), root="out")
    found = nodes.answer()
    assert sorted(found["made"]) == [0, 1, 2, 4] and found["present"] == 1, found
    assert folder.joinpath("seed_3").read_bytes() == b"not to be touched"


def rows_there(folder: Path, n: int) -> Callable[[int], bool]:
    """When a results file has so many rows."""
    out = folder / "out.jsonl"
    return lambda group: out.exists() and out.read_bytes().count(b"\n") > n


def outcomes(path: Path) -> list[dict[str, object]]:
    """The rows of an arena file, without what they took."""
    _, *rows = map(json.loads, path.read_text().splitlines())
    return [
        {name: value for name, value in row.items() if name not in ("cpu_s", "wall_s", "crc32")}
        for row in rows
    ]


def test_ctrl_c_ends_after_the_pieces_in_hand_twice_at_once(
    nodes: TwoNodes, tmp_path: Path
) -> None:
    folder = place(tmp_path)
    line = [SCRIPT, *words(ARENA), "--ray", nodes.address]
    ended = run_signalled(line, folder, signal.SIGINT, rows_there(folder, 3))
    assert ended.signalled and ended.code == 130
    assert ended.faults(signal.SIGINT) == []
    assert ended.err.startswith("stopping after the deals in hand")
    n_rows = len(outcomes(folder / "out.jsonl"))
    assert 4 <= n_rows < 90
    ended = run_signalled(line, folder, signal.SIGTERM, rows_there(folder, n_rows + 3), 0.1)
    assert ended.signalled and ended.code == 143
    assert ended.faults(signal.SIGTERM) == []
    code, _, err = nodes.forge(folder, ARENA)
    assert (code, err) == (0, "")
    here = place(tmp_path, "here")
    assert run_process(here, "forge", ARENA).returncode == 0
    assert outcomes(folder / "out.jsonl") == outcomes(here / "out.jsonl")


def test_a_killed_driver_loses_nothing(nodes: TwoNodes, tmp_path: Path) -> None:
    driver = subprocess.Popen(
        [SCRIPT, *words(HANDS, str(N_HANDS)), "--ray", nodes.address],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
    )
    try:
        while len(list(tmp_path.glob("out/train/*.parquet"))) < 3:
            assert driver.poll() is None
            time.sleep(0.05)
    finally:
        driver.kill()
        driver.wait()
    n_there = len(list(tmp_path.glob("out/train/*.parquet")))
    code, _, err = nodes.forge(tmp_path, HANDS, str(N_HANDS - n_there))
    assert (code, err) == (0, "")
    here = place(tmp_path, "here")
    assert run_process(here, "forge", HANDS, str(N_HANDS)).returncode == 0
    assert points(tmp_path / "out") == points(here / "out")


def points(folder: Path) -> dict[str, bytes]:
    """What the files of hands hold but for when; every file there is, temporary ones too."""
    from forge.bidding.schema import read_results

    return {
        str(path.relative_to(folder)): read_results(path).points.tobytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def processes_of(temporary: Path) -> list[str]:
    """Command lines that speak of a folder."""
    found = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = each.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(temporary) in line:
            found.append(line)
    return found


def test_a_cluster_of_ones_own_ends_with_its_killed_owner(tmp_path_factory: object) -> None:
    import tempfile

    with tempfile.TemporaryDirectory(prefix="fs") as short:
        temporary, line = Path(short), "arena random random --games 100000 --ray local"
        env = {**os.environ, "TMPDIR": short}
        owner = subprocess.Popen(
            [SCRIPT, *words(line), "--out", "out.jsonl"], cwd=short, env=env, text=True
        )
        try:
            while not rows_there(temporary, 0)(0):
                assert owner.poll() is None
                time.sleep(0.1)
            assert len(processes_of(temporary)) >= 2
        finally:
            owner.kill()
            owner.wait()
        ends = time.monotonic() + 20
        while processes_of(temporary) and time.monotonic() < ends:
            time.sleep(0.1)
        assert processes_of(temporary) == []


@pytest.mark.parametrize(
    "text", ["", "here", "ray://host:10001", "host:", ":6379", "host:0", "host:99999", "a/b:1"]
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ForgeError, match="--ray must be local, auto or HOST:PORT"):
        check_address("--ray", text)


@pytest.mark.parametrize("text", ["local", "auto", "192.0.2.1:6379", "head.example:6379"])
def test_addresses(text: str) -> None:
    check_address("--ray", text)


def test_no_cluster_is_a_line() -> None:
    ended = run_process(Path("/tmp"), "forge", "arena random random --games 4 --ray 127.0.0.1:9")
    assert ended.returncode == 2 and ended.stdout == ""
    assert ended.stderr.startswith("error: no Ray cluster at 127.0.0.1:9: ")
    assert ended.stderr.count("\n") == 1


def test_without_ray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with (
        pytest.raises(ForgeError, match=r'pip install "crystal-forge\[ray\]"'),
        ray_cluster.connected("local"),
    ):
        raise AssertionError


def test_what_ray_says_is_one_line() -> None:
    said = "Version mismatch: The cluster was started with:\n    Ray: 2.9.0\n    Python: 3.10.1"
    line = ray_cluster.why_not("host:1", RuntimeError(said))
    assert line.startswith("the Ray cluster at host:1 runs another version: ")
    assert "\n" not in line and "Ray: 2.9.0" in line
