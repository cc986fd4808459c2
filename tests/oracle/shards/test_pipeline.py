"""The work loop: gaps, claims, several workers, limits, and how it ends."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import torch
from rich.console import Console

from forge.cli.show.shard_progress import ProgressListener
from forge.errors import ForgeError
from forge.game.deal import Deal
from forge.oracle.deal_memory import bytes_needed
from forge.oracle.shards import writers
from forge.oracle.shards.naming import ShardKey
from forge.oracle.shards.pipeline import (
    PassedOver,
    PipelineOptions,
    ShardListener,
    run_pipeline,
)
from forge.oracle.shards.schema import read_metadata
from forge.oracle.shards.timer import ShardTiming
from forge.oracle.shards.writers import Solved
from forge.oracle.tablebase import Tablebase
from forge.work.atomic import FileClaim
from forge.work.room import Room
from forge.work.seed_files import SPLITS
from forge.work.tracking import NoTracker
from support.claims import claimed
from support.commands import importing_tests, next_line, rest_of
from support.shards import made_up_rows

KEYS = [ShardKey(seed, seed % 10) for seed in (0, 1, 2, 900, 901, 950)]
N_STATES = 1000


@pytest.fixture(autouse=True)
def quick_solve(monkeypatch: pytest.MonkeyPatch) -> None:
    """Made-up tables: what is tested here is who makes which file, and when."""
    rows = [torch.from_numpy(column) for column in made_up_rows(N_STATES).as_tuple()]

    def solve(deal: Deal, decl: int, device: str = "cpu") -> Tablebase:
        return Tablebase(deal, decl, *rows)

    monkeypatch.setattr(Tablebase, "solve", staticmethod(solve))


class Recorder(ShardListener):
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.solved_keys: list[ShardKey] = []
        self.finished_names: list[str] = []
        self.passed: list[tuple[ShardKey, PassedOver]] = []

    def solved(self, solved: Solved) -> None:
        self.solved_keys.append(solved.key)

    def finished(self, timing: ShardTiming) -> None:
        self.finished_names.append(timing.name)
        assert timing.n_states == N_STATES

    def passed_over(self, key: ShardKey, reason: PassedOver) -> None:
        self.passed.append((key, reason))


def files_in(root: Path) -> list[Path]:
    return sorted(path.relative_to(root) for path in root.rglob("*") if path.is_file())


def expected_files(root: Path, keys: Iterable[ShardKey]) -> list[Path]:
    return sorted(key.path(root).relative_to(root) for key in keys)


def test_makes_each_shard_in_its_split(tmp_path: Path) -> None:
    recorder = Recorder()
    report = run_pipeline(KEYS, PipelineOptions(tmp_path), recorder)
    assert files_in(tmp_path) == expected_files(tmp_path, KEYS)
    assert {path.parts[0] for path in files_in(tmp_path)} == set(SPLITS)
    assert recorder.solved_keys == KEYS
    assert sorted(recorder.finished_names) == sorted(key.file_name() for key in KEYS)
    assert (report.n_solved, report.n_present, report.n_states) == (6, 0, 6 * N_STATES)
    assert report.n_bytes == sum(key.path(tmp_path).stat().st_size for key in KEYS)
    assert read_metadata(KEYS[0].path(tmp_path)).deal() == KEYS[0].deal()


def test_fills_the_gaps_only(tmp_path: Path) -> None:
    run_pipeline(KEYS, PipelineOptions(tmp_path))
    before = {key: key.path(tmp_path).stat().st_mtime_ns for key in KEYS}
    KEYS[2].path(tmp_path).unlink()
    recorder = Recorder()
    report = run_pipeline(KEYS, PipelineOptions(tmp_path), recorder)
    assert recorder.solved_keys == [KEYS[2]]
    assert (report.n_solved, report.n_present) == (1, 5)
    changed = [key for key in KEYS if key.path(tmp_path).stat().st_mtime_ns != before[key]]
    assert changed == [KEYS[2]]


def test_overwrites_when_asked(tmp_path: Path) -> None:
    run_pipeline(KEYS[:2], PipelineOptions(tmp_path))
    for key in KEYS[:2]:
        os.utime(key.path(tmp_path), (1, 1))
    report = run_pipeline(KEYS[:2], PipelineOptions(tmp_path, overwrite=True))
    assert report.n_solved == 2
    assert all(key.path(tmp_path).stat().st_mtime > 1 for key in KEYS[:2])


def test_without_a_directory_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    recorder = Recorder()
    report = run_pipeline(KEYS, PipelineOptions(None), recorder)
    assert (report.n_solved, report.n_bytes, len(recorder.finished_names)) == (6, 0, 6)
    assert files_in(tmp_path) == []


def test_pt_files(tmp_path: Path) -> None:
    run_pipeline(KEYS[:1], PipelineOptions(tmp_path, format="pt"))
    path = KEYS[0].path(tmp_path, "pt")
    assert files_in(tmp_path) == [path.relative_to(tmp_path)]
    assert read_metadata(path).n_states == N_STATES


def test_limit_counts_what_this_run_solved(tmp_path: Path) -> None:
    run_pipeline(KEYS[:1], PipelineOptions(tmp_path))
    report = run_pipeline(iter(KEYS), PipelineOptions(tmp_path, limit=2))
    assert report.n_solved == 2
    assert files_in(tmp_path) == expected_files(tmp_path, KEYS[:3])


def test_deals_with_too_many_states_are_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forge.ops.count_states", lambda deal, decl: 10 * (decl + 1))
    recorder = Recorder()
    report = run_pipeline(KEYS, PipelineOptions(tmp_path, max_states=15), recorder)
    small = [key for key in KEYS if key.decl == 0]
    assert files_in(tmp_path) == expected_files(tmp_path, small)
    assert report.n_too_large == len(KEYS) - len(small)
    assert {reason for _, reason in recorder.passed} == {"too large"}


def test_deals_that_the_memory_is_too_small_for_wait_for_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forge.ops.count_states", lambda deal, decl: 10**6 * (decl + 1))
    recorder = Recorder()
    tight = Room(max_memory=bytes_needed(10**6))
    report = run_pipeline(KEYS, PipelineOptions(tmp_path, room=tight), recorder)
    small = [key for key in KEYS if key.decl == 0]
    assert files_in(tmp_path) == expected_files(tmp_path, small)
    assert report.n_solved == len(small) and report.n_too_large == 0
    assert report.no_room[0] == (
        "seed_00000001_decl_1.parquet: 2,000,000 states need 101 MB of memory, "
        "84 MB may be taken (--max-memory)"
    )
    assert len(report.no_room) == len(recorder.passed) == len(KEYS) - len(small)
    assert f"{len(report.no_room)} skipped for want of memory" in report.summary()
    later = run_pipeline(KEYS, PipelineOptions(tmp_path, room=Room(max_memory=10**9)))
    assert later.no_room == [] and files_in(tmp_path) == expected_files(tmp_path, KEYS)


def test_a_deal_waits_for_the_memory_of_those_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With room for one deal, none is solved before the last one is written."""
    monkeypatch.setattr("forge.ops.count_states", lambda deal, decl: N_STATES)
    written: list[Path] = []
    at_solving: list[int] = []
    write = writers._write

    def noted(solved: Solved, claim: FileClaim, timing: ShardTiming) -> None:
        write(solved, claim, timing)
        written.append(claim.target)

    class Notes(ShardListener):
        def solved(self, solved: Solved) -> None:
            at_solving.append(len(written))

    monkeypatch.setattr(writers, "_write", noted)
    room = Room(max_memory=bytes_needed(N_STATES))
    run_pipeline(KEYS, PipelineOptions(tmp_path, room=room), Notes())
    assert at_solving == list(range(len(KEYS)))


def test_a_disk_that_fills_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked between shards; what was begun is finished, and nothing is left half written."""

    def free(folder: Path) -> int:
        return 10**9 - 10**8 * len(list(tmp_path.rglob("seed_*.parquet")))

    monkeypatch.setattr("forge.work.room.free_disk", free)
    report = run_pipeline(KEYS, PipelineOptions(tmp_path, room=Room(min_disk=850 * 10**6)))
    assert 2 <= report.n_solved < len(KEYS) and report.stopped_by is None
    assert report.disk_low is not None and "850 MB have to stay (--min-disk)" in report.disk_low
    assert files_in(tmp_path) == expected_files(tmp_path, KEYS[: report.n_solved])
    whole = run_pipeline(KEYS, PipelineOptions(tmp_path, room=Room(min_disk=0)))
    assert whole.disk_low is None and files_in(tmp_path) == expected_files(tmp_path, KEYS)


def test_what_another_worker_holds_is_left_to_it(tmp_path: Path) -> None:
    target = KEYS[1].path(tmp_path)
    target.parent.mkdir(parents=True)
    with claimed(target):
        report = run_pipeline(KEYS, PipelineOptions(tmp_path))
        assert (report.n_solved, report.n_busy) == (5, 1)
        assert not target.exists()
    report = run_pipeline(KEYS, PipelineOptions(tmp_path))
    assert (report.n_solved, report.n_present, report.n_busy) == (1, 5, 0)
    assert files_in(tmp_path) == expected_files(tmp_path, KEYS)


def test_what_was_busy_is_looked_at_again_at_the_end(tmp_path: Path) -> None:
    """Its worker may have been killed meanwhile."""
    target = KEYS[1].path(tmp_path)
    target.parent.mkdir(parents=True)
    with ExitStack() as held:
        held.enter_context(claimed(target))

        class Killer(Recorder):
            def passed_over(self, key: ShardKey, reason: PassedOver) -> None:
                super().passed_over(key, reason)
                held.close()

        recorder = Killer()
        report = run_pipeline(KEYS, PipelineOptions(tmp_path), recorder)
    assert recorder.passed == [(KEYS[1], "busy")]
    assert recorder.solved_keys == [KEYS[0], *KEYS[2:], KEYS[1]]
    assert (report.n_solved, report.n_busy) == (6, 0)
    assert files_in(tmp_path) == expected_files(tmp_path, KEYS)


def test_what_killed_workers_left_is_removed(tmp_path: Path) -> None:
    litter = tmp_path / "train" / ".seed_00000123_decl_3.parquet.tmp"
    litter.parent.mkdir()
    litter.write_bytes(b"half a file")
    run_pipeline(KEYS[:1], PipelineOptions(tmp_path))
    assert files_in(tmp_path) == expected_files(tmp_path, KEYS[:1])


def test_a_bound_on_states_in_memory_does_not_change_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "MAX_PENDING_STATES", N_STATES + 1)
    report = run_pipeline(KEYS, PipelineOptions(tmp_path))
    assert report.n_solved == 6
    assert files_in(tmp_path) == expected_files(tmp_path, KEYS)


def test_a_failed_write_ends_the_run_and_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = FileClaim.write

    def full_disk(self: FileClaim, data: bytes) -> int:
        if self.target == KEYS[2].path(tmp_path):
            raise OSError(28, "No space left on device")
        return write(self, data)

    monkeypatch.setattr(FileClaim, "write", full_disk)
    with pytest.raises(ForgeError, match=r"cannot write .*: No space left on device"):
        run_pipeline(KEYS, PipelineOptions(tmp_path))
    made = files_in(tmp_path)
    assert set(made) <= set(expected_files(tmp_path, KEYS))
    assert KEYS[0].path(tmp_path).relative_to(tmp_path) in made
    assert KEYS[2].path(tmp_path).relative_to(tmp_path) not in made


def test_a_directory_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ForgeError, match="cannot write"):
        run_pipeline(KEYS, PipelineOptions(tmp_path / "file" / "out"))


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_after_the_file_in_hand(tmp_path: Path, signum: int) -> None:
    class Interrupter(Recorder):
        def solved(self, solved: Solved) -> None:
            super().solved(solved)
            if len(self.solved_keys) == 2:
                os.kill(os.getpid(), signum)

    handler = signal.getsignal(signum)
    recorder = Interrupter()
    report = run_pipeline(KEYS, PipelineOptions(tmp_path), recorder)
    assert report.stopped_by == signum
    assert signal.getsignal(signum) == handler
    assert files_in(tmp_path) == expected_files(tmp_path, KEYS[:2])


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    class Interrupter(Recorder):
        def solved(self, solved: Solved) -> None:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.1)

    with pytest.raises(KeyboardInterrupt):
        run_pipeline(KEYS, PipelineOptions(tmp_path), Interrupter())
    assert files_in(tmp_path) == []


def test_a_terminal_sees_rate_and_eta(tmp_path: Path) -> None:
    screen = Console(file=(text := io.StringIO()), force_terminal=True, width=160)
    with ProgressListener(screen, NoTracker(), total=len(KEYS), log_memory=True) as listener:
        run_pipeline(KEYS, PipelineOptions(tmp_path), listener)
    shown = text.getvalue()
    assert "6/6" in shown
    assert "M states/s" in shown
    assert "ETA" in shown
    assert shown.count("peak_rss") == len(KEYS)


WORKER = """
import sys, time
from pathlib import Path
import torch
from forge.oracle.shards.naming import ShardKey
from forge.oracle.deal_memory import bytes_needed
from forge.oracle.shards.pipeline import ShardListener, PipelineOptions, run_pipeline
from forge.oracle.tablebase import Tablebase
from support.shards import made_up_rows

rows = [torch.from_numpy(column) for column in made_up_rows(1000).as_tuple()]
Tablebase.solve = staticmethod(lambda deal, decl, device="cpu": Tablebase(deal, decl, *rows))

class Teller(ShardListener):
    def solved(self, solved):
        print(solved.key.seed, flush=True)
        time.sleep(0.01)

print("ready", flush=True)
sys.stdin.readline()
keys = [ShardKey(seed, 0) for seed in range(60)]
run_pipeline(keys, PipelineOptions(Path(sys.argv[1])), Teller())
"""


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts processes that wait for a line, then make seeds 0..59 and tell what they solved."""
    with ExitStack() as running:

        def start() -> subprocess.Popen[str]:
            process = running.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", WORKER, str(tmp_path)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    env=importing_tests(),
                    text=True,
                )
            )
            running.callback(process.kill)
            return process

        yield start


def go(*processes: subprocess.Popen[str]) -> None:
    for process in processes:
        assert next_line(process) == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()


def test_two_workers_on_one_directory_share_the_work(
    tmp_path: Path, worker: Callable[[], subprocess.Popen[str]]
) -> None:
    pair = [worker(), worker()]
    go(*pair)
    solved = [[int(line) for line in rest_of(process)] for process in pair]
    assert [process.wait() for process in pair] == [0, 0]
    assert sorted(solved[0] + solved[1]) == list(range(60))
    assert min(map(len, solved)) > 0
    assert files_in(tmp_path) == expected_files(tmp_path, [ShardKey(s, 0) for s in range(60)])


def test_a_killed_worker_leaves_whole_files_and_the_next_goes_on(
    tmp_path: Path, worker: Callable[[], subprocess.Popen[str]]
) -> None:
    first, second = worker(), worker()
    go(first)
    for _ in range(5):
        next_line(first)
    first.kill()
    first.wait()
    made = {path.name for path in files_in(tmp_path) if not path.name.startswith(".")}
    for name in made:
        assert read_metadata(tmp_path / "train" / name).n_states == 1000
    go(second)
    solved = [int(line) for line in rest_of(second)]
    assert second.wait() == 0
    assert len(solved) == 60 - len(made)
    assert files_in(tmp_path) == expected_files(tmp_path, [ShardKey(s, 0) for s in range(60)])
