"""Interrupted, repeated and extended runs end with the bytes of one run over everything."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from forge.errors import ForgeError
from forge.ml.rows import ROW_SHAPES
from forge.ml.tokenize import Report, Settings, ShardDone, TokenizeListener, tokenize
from forge.ml.tokenized.folder import locked
from forge.ml.tokenized.npy_writer import JOURNAL, SplitWriter, read_journal
from forge.ml.tokenized.sources import shard_sources
from forge.work.room import ANY_ROOM, Room
from support.shards import TINY_DEAL, tiny_rows, write_foreign
from support.tiny_shards import SEEDS, data_files, tiny_key, write_tiny, write_tiny_shards

N_SAMPLES = 300


def run(
    shards: Path,
    output: Path,
    force: bool = False,
    listener: TokenizeListener | None = None,
    room: Room = ANY_ROOM,
    **settings: Any,
) -> Report:
    settings = {"samples_per_shard": N_SAMPLES, **settings}
    options = Settings("shards", **settings)
    given = shard_sources(shards), output, options, "shards of a test", force, listener
    return tokenize(*given, room=room)


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Don't write to it."""
    return write_tiny_shards(tmp_path_factory.mktemp("shards"))


@pytest.fixture(scope="module")
def expected(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What an uninterrupted run makes."""
    output = tmp_path_factory.mktemp("expected")
    run(shards, output)
    return data_files(output)


@pytest.fixture
def own_shards(shards: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(shards, tmp_path / "shards"))


def test_a_second_start_does_nothing(
    shards: Path, tmp_path: Path, expected: dict[str, bytes]
) -> None:
    run(shards, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    report = run(shards, tmp_path)
    assert (report.n_tokenized, report.n_copied, report.n_resumed) == (0, 0, 0)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
    assert data_files(tmp_path) == expected


KILLED = """
import sys, time
from pathlib import Path
from forge.ml.tokenized import npy_writer
from forge.ml.tokenized.sources import shard_sources
from forge.ml.tokenize import Settings, tokenize

n_calls, append = 0, npy_writer._ArrayFile.append
def slow_append(self, rows):
    global n_calls
    n_calls += 1
    append(self, rows)
    if n_calls == int(sys.argv[3]):
        print("in the middle", flush=True)
        time.sleep(600)
npy_writer._ArrayFile.append = slow_append
settings = Settings("shards", samples_per_shard=300)
tokenize(shard_sources(Path(sys.argv[1])), Path(sys.argv[2]), settings, "shards of a test")
"""


@pytest.mark.parametrize(("n_appended", "n_done"), [(1, 0), (8 * 2 + 3, 2), (8 * 3 + 1, 3)])
def test_a_killed_run_is_taken_up(
    shards: Path, tmp_path: Path, expected: dict[str, bytes], n_appended: int, n_done: int
) -> None:
    """Killed while rows are written: those of the deal in hand are partly there."""
    command = [sys.executable, "-c", KILLED, str(shards), str(tmp_path), str(n_appended)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"in the middle\n"
        process.send_signal(signal.SIGKILL)
    assert not (tmp_path / "train").exists()
    report = run(shards, tmp_path)
    assert (report.n_resumed, report.n_tokenized) == (n_done, len(SEEDS) - n_done)
    assert data_files(tmp_path) == expected
    assert not (tmp_path / ".building").exists()


class Interrupter(TokenizeListener):
    """Sends a signal after some deals."""

    def __init__(self, after: int, n_signals: int = 1) -> None:
        self.after, self.n_signals, self.n_done = after, n_signals, 0

    def shard_done(self, done: ShardDone) -> None:
        self.n_done += 1
        if self.n_done == self.after:
            for _ in range(self.n_signals):
                os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_ends_it_after_the_deal_in_hand(
    shards: Path, tmp_path: Path, expected: dict[str, bytes]
) -> None:
    report = run(shards, tmp_path, listener=Interrupter(2))
    assert (report.stopped_by, report.n_tokenized) == (signal.SIGINT, 2)
    report = run(shards, tmp_path, listener=Interrupter(1))
    assert (report.stopped_by, report.n_resumed, report.n_tokenized) == (signal.SIGINT, 2, 1)
    report = run(shards, tmp_path)
    assert (report.stopped_by, report.n_resumed, report.n_tokenized) == (None, 3, 2)
    assert data_files(tmp_path) == expected


def test_a_second_ctrl_c_ends_it_at_once(
    shards: Path, tmp_path: Path, expected: dict[str, bytes]
) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(shards, tmp_path, listener=Interrupter(2, n_signals=2))
    assert run(shards, tmp_path).n_resumed == 2
    assert data_files(tmp_path) == expected


@pytest.mark.parametrize("n_moves", range(10))
def test_killed_while_the_new_takes_the_place_of_the_old(
    shards: Path,
    own_shards: Path,
    tmp_path: Path,
    expected: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
    n_moves: int,
) -> None:
    """After any number of renames the next start ends with the whole."""
    output = tmp_path / "data"
    for seed in (7, 901):
        tiny_key(seed).path(own_shards).unlink()
    run(own_shards, output)
    renames: dict[str, Callable[..., Any]] = {"rename": Path.rename, "replace": os.replace}
    done: list[tuple[Any, ...]] = []

    def counted(name: str) -> Callable[..., Any]:
        def move(*args: Any) -> Any:
            if len(done) == n_moves:
                raise KeyboardInterrupt
            done.append(args)
            return renames[name](*args)

        return move

    monkeypatch.setattr(Path, "rename", counted("rename"))
    monkeypatch.setattr(os, "replace", counted("replace"))
    try:
        run(shards, output)
    except KeyboardInterrupt:
        assert len(done) == n_moves
    else:
        assert len(done) == 8  # settings, two files of checksums, manifest, train twice, val, ...
    monkeypatch.undo()
    run(shards, output)
    assert data_files(output) == expected
    assert not (output / ".building").exists()
    samples = yaml.safe_load((output / "manifest.yaml").read_text())["splits"]["train"]["samples"]
    assert samples == sum(entry.samples for entry in read_journal(output / "train"))


def test_a_full_disk(shards: Path, tmp_path: Path, expected: dict[str, bytes]) -> None:
    """The limit on file sizes stands in for the disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))  # two deals of tokens fit
    try:
        with pytest.raises(ForgeError, match=r"cannot write .*train: File too large; give a"):
            run(shards, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not (tmp_path / "train").exists()
    assert run(shards, tmp_path).n_resumed == 2
    assert data_files(tmp_path) == expected


def test_a_disk_that_fills_ends_the_run(
    shards: Path, tmp_path: Path, expected: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked before each deal; what was begun is finished, and kept."""
    free = iter(range(500, 0, -100))
    monkeypatch.setattr("forge.work.room.free_disk", lambda _: 10**6 * next(free, 0))
    report = run(shards, tmp_path, room=Room(min_disk=350 * 10**6))
    assert report.n_tokenized == 2 and report.stopped_by is None
    assert report.disk_low is not None and "350 MB have to stay (--min-disk)" in report.disk_low
    assert not (tmp_path / "train").exists()
    assert run(shards, tmp_path, room=Room(min_disk=0)).n_resumed == 2
    assert data_files(tmp_path) == expected


def test_a_folder_that_cannot_be_written(shards: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for output in (tmp_path / "file", tmp_path / "file" / "data"):
        with pytest.raises(ForgeError, match=r"cannot write|is a file"):
            run(shards, output)


# --- broken, new, changed and missing shards ---


def test_a_damaged_shard_stops_the_run_and_the_others_are_kept(
    own_shards: Path, tmp_path: Path, expected: dict[str, bytes]
) -> None:
    path = tiny_key(1005).path(own_shards)
    good = path.read_bytes()
    damaged = bytearray(good)
    damaged[50_000] ^= 4
    path.write_bytes(damaged)
    with pytest.raises(ForgeError, match=rf"{path} is damaged: its bytes do not have"):
        run(own_shards, tmp_path / "data")
    assert not (tmp_path / "data" / "train").exists()
    path.write_bytes(good)
    assert run(own_shards, tmp_path / "data").n_resumed == 2
    assert data_files(tmp_path / "data") == expected


def test_a_truncated_shard_is_found_before_any_work(own_shards: Path, tmp_path: Path) -> None:
    path = tiny_key(1005).path(own_shards)
    path.write_bytes(path.read_bytes()[:60_000])
    with pytest.raises(ForgeError, match=rf"{path} is not a readable Parquet file") as error:
        run(own_shards, tmp_path / "data")
    assert "\n" not in str(error.value)
    assert not (tmp_path / "data").exists()


def test_deals_that_come_later_are_added(
    shards: Path, own_shards: Path, tmp_path: Path, expected: dict[str, bytes]
) -> None:
    """In the middle, too; the rows of the others are copied."""
    output = tmp_path / "data"
    for seed in (7, 901):
        tiny_key(seed).path(own_shards).unlink()
    run(own_shards, output)
    assert not (output / "val").exists()
    untouched = (output / "test" / "tokens.npy").stat().st_ino
    report = run(shards, output)
    assert (report.n_tokenized, report.n_copied) == (2, 2)
    assert (output / "test" / "tokens.npy").stat().st_ino == untouched
    assert data_files(output) == expected


def test_a_shard_that_changed_is_sampled_again(own_shards: Path, tmp_path: Path) -> None:
    output = tmp_path / "data"
    run(own_shards, output)
    before = read_journal(output / "train")
    metadata = {"seed": "7", "decl_id": "9", "hands": TINY_DEAL.text}
    write_foreign(tiny_key(7).path(own_shards), tiny_rows(), metadata)
    report = run(own_shards, output)
    assert (report.n_tokenized, report.n_copied) == (1, 2)
    after = read_journal(output / "train")
    changed = [a.file for a, b in zip(after, before, strict=True) if a != b]
    assert changed == [tiny_key(7).file_name()]


def test_deals_that_are_missing_now_are_not_dropped_silently(
    own_shards: Path, tmp_path: Path, expected: dict[str, bytes]
) -> None:
    output = tmp_path / "data"
    run(own_shards, output)
    tiny_key(901).path(own_shards).unlink()
    with pytest.raises(ForgeError, match=r"holds seed_00000901_decl_9.parquet, which is not"):
        run(own_shards, output)
    assert data_files(output) == expected
    run(own_shards, output, force=True)
    assert not (output / "val").exists()
    kept = {name: data for name, data in expected.items() if not name.startswith("val/")}
    assert data_files(output) == kept


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"samples_per_shard": 200}, "samples_per_shard 300 instead of 200"),
        ({"global_seed": 7}, "global_seed 42 instead of 7"),
        ({"version": 2}, "version 1 instead of 2"),
    ],
)
def test_changed_settings_want_force(
    shards: Path, tmp_path: Path, expected: dict[str, bytes], changed: dict[str, Any], message: str
) -> None:
    run(shards, tmp_path)
    with pytest.raises(ForgeError, match=f"was made with {message}: --force"):
        run(shards, tmp_path, **changed)
    assert data_files(tmp_path) == expected
    assert run(shards, tmp_path, force=True, **changed).n_tokenized == len(SEEDS)
    assert changed.items() <= yaml.safe_load((tmp_path / "manifest.yaml").read_text()).items()


def test_an_interrupted_run_is_not_taken_up_with_other_settings(
    shards: Path, tmp_path: Path, expected: dict[str, bytes]
) -> None:
    run(shards, tmp_path, listener=Interrupter(2), global_seed=7)
    with pytest.raises(ForgeError, match="was begun with global_seed 7 instead of 42"):
        run(shards, tmp_path)
    assert run(shards, tmp_path, force=True).n_tokenized == len(SEEDS)
    assert data_files(tmp_path) == expected


def test_force_keeps_the_old_until_the_new_is_done(
    shards: Path, tmp_path: Path, expected: dict[str, bytes]
) -> None:
    run(shards, tmp_path)
    run(shards, tmp_path, force=True, global_seed=7, listener=Interrupter(2))
    assert data_files(tmp_path) == expected
    # Going on needs no force: that would begin again.
    report = run(shards, tmp_path, global_seed=7)
    assert (report.n_resumed, report.n_tokenized) == (2, 3)
    assert data_files(tmp_path).keys() == expected.keys()
    assert data_files(tmp_path)["train/tokens.npy"] != expected["train/tokens.npy"]


def test_what_an_abandoned_run_built_is_not_mistaken_for_finished(
    own_shards: Path, tmp_path: Path
) -> None:
    """A run that adds a train deal is interrupted; then that deal is gone and a val deal comes."""
    output = tmp_path / "data"
    for seed in (1005, 901):
        tiny_key(seed).path(own_shards).unlink()
    run(own_shards, output)
    before = data_files(output)
    write_tiny(tiny_key(2).path(own_shards), 2)
    write_tiny(tiny_key(4).path(own_shards), 4)
    assert run(own_shards, output, listener=Interrupter(1)).stopped_by
    tiny_key(2).path(own_shards).unlink()
    tiny_key(4).path(own_shards).unlink()
    write_tiny(tiny_key(901).path(own_shards), 901)
    run(own_shards, output)
    after = data_files(output)
    assert {name: after[name] for name in before} == before
    assert "val/tokens.npy" in after


# --- what must not be touched, and damage ---


def test_a_folder_of_shards_is_not_overwritten(own_shards: Path) -> None:
    before = {path: path.read_bytes() for path in own_shards.rglob("*.parquet")}
    for force in (False, True):
        with pytest.raises(ForgeError, match=r"holds other things than tokenised data \(seed_"):
            run(own_shards, own_shards, force=force)
    assert {path: path.read_bytes() for path in own_shards.rglob("*.parquet")} == before


def test_data_of_another_maker_are_replaced_by_force_only(
    shards: Path, tmp_path: Path, expected: dict[str, bytes]
) -> None:
    run(shards, tmp_path)
    for path in tmp_path.glob(f"*/{JOURNAL}"):
        path.unlink()
    with pytest.raises(ForgeError, match="was not made by this command: --force"):
        run(shards, tmp_path)
    (tmp_path / "manifest.yaml").unlink()
    with pytest.raises(ForgeError, match=r"data without a manifest.yaml: --force"):
        run(shards, tmp_path)
    run(shards, tmp_path, force=True)
    assert data_files(tmp_path) == expected


def test_finished_arrays_that_were_cut_short_are_not_added_to(
    shards: Path, own_shards: Path, tmp_path: Path
) -> None:
    output = tmp_path / "data"
    tiny_key(7).path(own_shards).unlink()
    run(own_shards, output)
    for name in ROW_SHAPES:
        path = output / "train" / f"{name}.npy"
        np.save(path, np.load(path)[:-1])
    with pytest.raises(ForgeError, match=r"is damaged from its header: .* --force makes"):
        run(shards, output)
    (output / "train" / "block_sums.npy").unlink()  # as of the first release
    with pytest.raises(ForgeError, match="has fewer rows than its list of shards: --force"):
        run(shards, output)


@pytest.mark.parametrize("content", ["[]", "version: [", "\x00"])
def test_a_manifest_that_is_none(shards: Path, tmp_path: Path, content: str) -> None:
    run(shards, tmp_path)
    (tmp_path / "manifest.yaml").write_text(content)
    with pytest.raises(ForgeError, match=r"manifest.yaml: .*--force replaces it") as error:
        run(shards, tmp_path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("line", ["no json", "[1]", '{"file": "x"}'])
def test_a_damaged_list_of_shards(shards: Path, tmp_path: Path, line: str) -> None:
    run(shards, tmp_path)
    with (tmp_path / "train" / JOURNAL).open("a") as file:
        file.write(line + "\n")
    with pytest.raises(ForgeError, match=r"shards.jsonl is damaged .*--force"):
        run(shards, tmp_path)


def test_rows_count_only_if_journal_and_arrays_agree(
    shards: Path, tmp_path: Path, expected: dict[str, bytes]
) -> None:
    run(shards, tmp_path, listener=Interrupter(3))
    building = tmp_path / ".building" / "train"
    with (building / JOURNAL).open("a") as file:
        file.write('{"file": "half a li')
    os.truncate(building / "masks.npy", (building / "masks.npy").stat().st_size - 1)
    report = run(shards, tmp_path)
    assert report.n_resumed == 2
    assert data_files(tmp_path) == expected


# --- several at once, and memory ---


def test_a_second_process_is_refused(
    shards: Path, tmp_path: Path, expected: dict[str, bytes]
) -> None:
    with locked(tmp_path), pytest.raises(ForgeError, match="another process is tokenising into"):
        run(shards, tmp_path)
    run(shards, tmp_path)
    assert data_files(tmp_path) == expected


MUCH = """
import resource, sys
from pathlib import Path
import numpy as np
from forge.ml.tokenized.npy_writer import SplitWriter, data_hash
from forge.ml.rows import ROW_SHAPES

def peak_bytes():
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

def write(folder, n_shards):
    wanted = [(f"shard {i}", "") for i in range(n_shards)]
    with SplitWriter(folder, wanted) as writer:
        for name, fingerprint in wanted:
            rows = {name: np.ones((20_000, *shape), np.int8) for name, shape in ROW_SHAPES.items()}
            writer.add(name, fingerprint, 20_000, [rows])
        writer.finish()
    data_hash(folder)

write(Path(sys.argv[1]) / "small", 1)
before = peak_bytes()
write(Path(sys.argv[1]) / "large", 15)
print(peak_bytes() - before)
"""


def test_a_split_is_never_in_memory(tmp_path: Path) -> None:
    """130 MB of rows, 9 MB a shard."""
    command = [sys.executable, "-c", MUCH, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (tmp_path / "large" / "tokens.npy").stat().st_size > 110e6
    assert int(done.stdout) < 30e6


def test_the_journal_tells_what_the_rows_came_from(shards: Path, tmp_path: Path) -> None:
    run(shards, tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "train" / JOURNAL).read_text().splitlines()]
    assert [line["file"] for line in lines] == [tiny_key(s).file_name() for s in (3, 7, 1005)]
    assert all(line["states"] == 105_164 for line in lines)
    with SplitWriter(tmp_path / "train", [(x["file"], x["fingerprint"]) for x in lines]) as writer:
        assert writer.n_rows == sum(line["samples"] for line in lines)
