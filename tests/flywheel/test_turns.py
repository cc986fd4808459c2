"""Iterations: each outcome is made once, what is damaged is made again, and the end is the same."""

import os
import resource
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from forge.errors import ForgeError
from forge.flywheel import oracle_turn
from forge.flywheel.golden_data import GoldenData, make_shards
from forge.flywheel.golden_figures import GoldenFigures, ShardRegret, golden_figures_of, over
from forge.flywheel.oracle_settings import OracleSettings
from forge.flywheel.state_file import Current, NotNowError, read_state, write_state
from forge.flywheel.transitions import retry
from forge.flywheel.watching import Watch
from forge.flywheel.wheel import FailedError, Flywheel, changed, go_back
from forge.oracle.shards.naming import ShardKey
from forge.work.room import Room
from support.threads import one_thread
from support.wheels import begin, outcome, turn

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def after_one(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A flywheel after its first iteration; to be copied."""
    folder = tmp_path_factory.mktemp("one") / "wheel"
    begin(folder, shards)
    with one_thread():
        turn(folder)
    return folder


@pytest.fixture
def copied(after_one: Path, tmp_path: Path) -> Path:
    shutil.copytree(after_one.parent, tmp_path, dirs_exist_ok=True)
    return tmp_path / "wheel"


def stamps(folder: Path) -> dict[str, int]:
    """When each outcome was written."""
    return {
        str(path.relative_to(folder)): path.stat().st_mtime_ns
        for pattern in ("tokenized/*/*", "checkpoints/*", "evaluations/*")
        for path in folder.glob(pattern)
    }


def test_two_iterations(after_one: Path, tmp_path: Path, done: dict[str, str]) -> None:
    assert {name: done[name] for name in outcome(after_one) if name.startswith("evaluations")}
    state = read_state(after_one)
    one = state.history[0]
    assert (one.seed_range, one.total_seeds, state.current.seed_range) == ("29:30", 1, "30:31")
    assert one.q_gap is not None and one.q_gap_interval is not None and one.over_best is not None
    assert one.q_gap_interval[0] <= one.q_gap <= one.q_gap_interval[1]
    assert one.val_loss is not None and one.accuracy is not None and 0 < one.accuracy < 1
    assert set(one.seconds) == {"generate", "tokenize", "train", "evaluate"}
    assert (after_one / "trend.png").read_bytes().startswith(b"\x89PNG")
    assert not list(after_one.rglob("*.tmp")) and not list(after_one.glob("runs/**/*.ckpt"))
    assert "history 30:31" in done and "'done'" in done["state"]


def test_what_is_there_is_not_made_again(copied: Path, done: dict[str, str]) -> None:
    """The iteration that is over once more, as if its process had ended before it said so."""
    before = stamps(copied)
    state = read_state(copied)
    begun = read_state(copied)
    write_state(
        copied,
        replace(
            begun,
            status="running",
            history=[],
            current=Current("29:30", None, "2026-01-01T00:00:00+00:00"),
        ),
    )
    told: list[str] = []
    entry = turn(copied, told.append)
    assert stamps(copied) == before
    assert told[0] == "iteration 1 goes on where its process was ended"
    assert replace(entry, seconds={}, completed_at=None) == replace(
        state.history[0], seconds={}, completed_at=None
    )
    turn(copied)
    assert outcome(copied) == done


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x40
    path.write_bytes(content)


@pytest.mark.parametrize(
    "which",
    [
        "tokenized/train/qvals.npy",
        "tokenized/val/tokens.npy",
        "tokenized/train/shards.jsonl",
        "tokenized/manifest.yaml",
        "evaluations/baseline.yaml",
    ],
)
def test_what_is_damaged_is_made_again(copied: Path, which: str, done: dict[str, str]) -> None:
    flip(copied / which)
    turn(copied)
    assert outcome(copied) == done


def test_a_damaged_shard_is_made_again(shards: Path, copied: Path, done: dict[str, str]) -> None:
    own = copied / "shards"
    shutil.copytree(shards, own)
    state = read_state(copied)
    write_state(copied, replace(state, settings=state.settings | {"shards": None}))
    golden, new = sorted(own.glob("val/*.parquet"))[0], next(own.glob("train/*30_decl*.parquet"))
    whole = {path: path.read_bytes() for path in (golden, new)}
    flip(golden)
    shutil.copy(next(own.glob("train/*29_decl*.parquet")), new)  # another deal under its name
    told: list[str] = []
    turn(copied, told.append)
    assert {path: path.read_bytes() for path in whole} == whole
    assert sum("is damaged: made again" in line for line in told) == 2
    assert {k: v for k, v in outcome(copied).items() if not k.startswith("shards")} == done


def test_rows_stay_where_shards_are_gone(shards: Path, copied: Path, done: dict[str, str]) -> None:
    """What the runbook says of a full disk."""
    own = copied / "shards"
    shutil.copytree(shards, own)
    next(own.glob("train/*29_decl*.parquet")).unlink()
    state = read_state(copied)
    write_state(copied, replace(state, settings=state.settings | {"shards": None}))
    turn(copied)
    assert not list(own.glob("train/*29_decl*.parquet"))
    assert {k: v for k, v in outcome(copied).items() if not k.startswith("shards")} == done


def test_a_parent_that_is_another_file_is_refused(copied: Path) -> None:
    flip(copied / "checkpoints" / "iter-001-seeds-29-30.ckpt")
    with pytest.raises(FailedError, match="is not the file that it was"):
        turn(copied)
    state = read_state(copied)
    assert state.status == "failed" and state.next_action is not None
    assert f"forge flywheel retry --dir {copied}" == state.next_action
    with pytest.raises(NotNowError, match=r"the last iteration failed: .*is not the file"):
        turn(copied)


@pytest.mark.parametrize("stage", ["make_shards", "learn", "golden_figures_of"])
def test_a_failure_keeps_what_was_done(
    copied: Path, stage: str, monkeypatch: pytest.MonkeyPatch, done: dict[str, str]
) -> None:
    def broken(*args: object, **options: object) -> None:
        raise OSError(28, "No space left on device", "some file")

    with monkeypatch.context() as patch:
        patch.setattr(oracle_turn, stage, broken)
        with pytest.raises(FailedError, match="No space left on device: some file"):
            turn(copied)
    state = read_state(copied)
    assert state.status == "failed" and state.last_error == "No space left on device: some file"
    assert (state.next_action or "").startswith("make room (")
    changed(copied, lambda state: retry(state, "again"))
    turn(copied)
    assert outcome(copied) == done


def test_a_defect_of_ours_keeps_its_traceback(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oracle_turn, "make_shards", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        turn(copied)
    assert read_state(copied).last_error == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize("n_bytes", [3_000, 20_000, 60_000])
def test_a_full_disk(copied: Path, n_bytes: int, done: dict[str, str]) -> None:
    """The limit on file sizes stands in for the disk; the first leaves no room for the state."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        with pytest.raises(ForgeError, match="File too large"):
            turn(copied)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list(copied.rglob(".*.tmp"))
    if read_state(copied).status == "failed":
        changed(copied, lambda state: retry(state, "again"))
    turn(copied)
    assert outcome(copied) == done


def test_a_disk_with_too_little_left(copied: Path) -> None:
    folder = copied / "made"
    with pytest.raises(ForgeError, match=r"have to stay \(--min-disk\)"):
        make_shards(folder, [ShardKey(30, 0)], "cpu", Watch(room=Room(min_disk=1 << 60)))
    assert not list(folder.rglob("*.parquet"))


def test_a_deal_too_large_for_the_memory_waits_for_an_iteration_with_more(
    copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told, the rest is learnt from, and the next iteration tries it again."""
    told: list[str] = []
    golden, trained = ShardKey(30, 0), ShardKey(29, 9)
    tight = Watch(tell=told.append, room=Room(max_memory=70 * 10**6))
    left = make_shards(tmp_path / "made", [trained], "cpu", tight, needed=[golden])
    assert left == [trained]
    assert len(told) == 1 and told[0].startswith("left out, for a later iteration: seed_00000029")
    with pytest.raises(ForgeError, match=r"states need .* \(--max-memory\)"):
        make_shards(tmp_path / "made", [golden], "cpu", tight, needed=[golden])

    def lacking(*args: Any) -> list[ShardKey]:
        return [*make_shards(*args), ShardKey(30, 0)]

    with monkeypatch.context() as patch:
        patch.setattr(oracle_turn, "make_shards", lacking)
        assert turn(copied).total_seeds == 1  # of the two seeds so far
    changed(copied, lambda state: go_back(state, 1))
    data = GoldenData(copied, OracleSettings(), [29, 30])
    assert ShardKey(30, 0) in data.keys_to_make([31])


def test_only_one_process(copied: Path) -> None:
    with Flywheel(copied, Watch(), wandb=False):
        for attempt in (lambda: turn(copied), lambda: changed(copied, lambda state: state)):
            with pytest.raises(NotNowError, match=rf"running elsewhere \(process {os.getpid()}\)"):
                attempt()


def test_back_to_an_older_checkpoint(copied: Path) -> None:
    changed(copied, lambda state: go_back(state, 0))
    entry = turn(copied)
    baseline = read_state(copied).baseline_sha256
    assert entry.parent_sha256 == baseline and entry.total_seeds == 2
    with pytest.raises(NotNowError, match=r"iterations 0 \(the baseline\) to 2, got 3"):
        changed(copied, lambda state: go_back(state, 3))


def test_the_stream_needs_no_shards(tmp_path: Path, done: dict[str, str]) -> None:
    folder = tmp_path / "wheel"
    begin(folder, None, stream=True, num_workers=0)
    one, two = turn(folder), turn(folder)
    assert not (folder / "shards").exists() and not (folder / "tokenized" / "train").exists()
    golden = [name for name in done if name.startswith("tokenized/val")]
    found = outcome(folder)
    arrays = [name for name in golden if name.endswith(".npy")]
    assert len(arrays) > 5 and all(found[name] == done[name] for name in arrays)
    assert (
        one.golden_sha256 == two.golden_sha256 and str(one.golden_sha256) in done["history 29:30"]
    )
    assert one.checkpoint_sha256 != two.checkpoint_sha256 and two.total_seeds == 2


def figures(*points: int, golden: str = "g") -> GoldenFigures:
    shards = [ShardRegret(str(i), 100, each) for i, each in enumerate(points)]
    return GoldenFigures("c", golden, 0.0, None, 0.5, None, 0.0, None, shards)


def test_better_is_beyond_the_interval() -> None:
    best = figures(100, 200, 300, 150)
    gain = over(figures(90, 188, 291, 139), best)
    assert gain is not None and gain[0] == pytest.approx(-0.105) and gain[2] < 0
    by_chance = over(figures(40, 260, 210, 180), best)
    assert by_chance is not None and by_chance[0] < 0 < by_chance[2]
    assert over(figures(1), figures(2)) is None
    assert over(figures(1, 2), figures(2, 3, golden="h")) is None


def test_the_best_is_who_was_better(
    copied: Path, monkeypatch: pytest.MonkeyPatch, done: dict[str, str]
) -> None:
    assert read_state(copied).best == 0
    real: Callable[..., GoldenFigures] = golden_figures_of

    def kinder(path: Path, sha256: str, *args: object, **options: object) -> GoldenFigures:
        found = real(path, sha256, *args, **options)
        less = [replace(each, points=each.points // 2) for each in found.shards]
        return replace(found, shards=less) if "iter-002" in path.name else found

    monkeypatch.setattr(oracle_turn, "golden_figures_of", kinder)
    entry = turn(copied)
    assert entry.over_best is not None and entry.is_best == (entry.over_best[2] < 0)
    assert read_state(copied).best == (2 if entry.is_best else 0)
