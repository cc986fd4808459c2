"""Which games are made, by whom, and what is left behind when a run ends early."""

import os
import signal
from collections.abc import Sequence
from itertools import count
from pathlib import Path

import pytest

from forge.eq.continuous import GameBatch, generate_games
from forge.eq.records import EqRecord, read_record, record_bytes, record_path
from forge.errors import ForgeError
from forge.work.atomic import FileClaim
from support.records import few_worlds, played


def play(seeds: Sequence[int]) -> EqRecord:
    """Games that cost little."""
    return played(seeds, few_worlds(1))


def files(root: Path) -> list[str]:
    """Everything under a folder, temporary files too."""
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_files_by_seed_in_their_splits_and_no_more_than_the_limit(tmp_path: Path) -> None:
    batches: list[GameBatch] = []
    report = generate_games(count(898), play, tmp_path, 2, limit=3, on_batch=batches.append)
    assert files(tmp_path) == [
        "train/seed_00000898.pt",
        "train/seed_00000899.pt",
        "val/seed_00000900.pt",
    ]
    assert [batch.seeds for batch in batches] == [(898, 899), (900,)]
    assert (report.n_games, report.n_decisions, report.n_worlds) == (3, 84, 84)
    assert report.n_bytes == sum(path.stat().st_size for path in tmp_path.rglob("*.pt"))
    assert "3 games: 84 decisions" in report.summary()
    record = read_record(record_path(tmp_path, 900))
    assert record.seeds == (900,) and record.decls == (0,)
    assert record_path(tmp_path, 900).read_bytes() == record_bytes(play([900]))


def test_gaps_are_filled_and_what_is_there_stays(tmp_path: Path) -> None:
    generate_games([0, 2], play, tmp_path, 4)
    there = record_path(tmp_path, 2)
    there.write_bytes(b"not to be touched")
    batches: list[GameBatch] = []
    generate_games(range(4), play, tmp_path, 4, on_batch=batches.append)
    assert [batch.seeds for batch in batches] == [(1, 3)]
    assert there.read_bytes() == b"not to be touched"
    assert generate_games(range(4), play, tmp_path, 4).n_games == 0


def test_what_another_worker_holds_is_left_to_it(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    claim = FileClaim.acquire(record_path(tmp_path, 1))
    assert claim is not None
    with claim:
        report = generate_games(range(3), play, tmp_path, 8)
    assert report.n_busy == 1 and "1 left to other workers" in report.summary()
    assert files(tmp_path) == ["train/seed_00000000.pt", "train/seed_00000002.pt"]


def test_what_another_worker_makes_meanwhile_is_not_made_again(tmp_path: Path) -> None:
    original = FileClaim.acquire

    def acquire(target: Path) -> FileClaim | None:
        # Seed 6 was seen to be missing; now it is not any more.
        if target.name == "seed_00000006.pt":
            target.write_bytes(b"theirs")
        return original(target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FileClaim, "acquire", staticmethod(acquire))
        report = generate_games([5, 6], play, tmp_path, 8)
    assert (report.n_games, report.n_present) == (1, 1)
    assert record_path(tmp_path, 6).read_bytes() == b"theirs"


def test_ctrl_c_ends_after_the_batch_in_hand(tmp_path: Path) -> None:
    def interrupted(seeds: Sequence[int]) -> EqRecord:
        if 3 in seeds:
            os.kill(os.getpid(), signal.SIGINT)
        return play(seeds)

    report = generate_games(count(), interrupted, tmp_path, 2)
    assert report.stopped_by == signal.SIGINT and report.n_games == 4
    assert files(tmp_path) == [f"train/seed_{seed:08d}.pt" for seed in range(4)]


def test_ctrl_c_twice_ends_at_once_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    def interrupted(seeds: Sequence[int]) -> EqRecord:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        return play(seeds)

    with pytest.raises(KeyboardInterrupt):
        generate_games(count(), interrupted, tmp_path, 2)
    assert files(tmp_path) == []


def test_litter_of_the_dead_is_removed_and_a_failure_leaves_none(tmp_path: Path) -> None:
    (tmp_path / "val").mkdir()
    (tmp_path / "val" / ".seed_00000900.pt.tmp").write_bytes(b"half")

    def fails(seeds: Sequence[int]) -> EqRecord:
        assert not (tmp_path / "val" / ".seed_00000900.pt.tmp").exists()
        assert len(files(tmp_path)) == 2  # the claims
        raise ForgeError("no")

    with pytest.raises(ForgeError, match="no"):
        generate_games(count(), fails, tmp_path, 2)
    assert files(tmp_path) == []


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "train").write_text("a file")
    with pytest.raises(ForgeError, match="cannot write"):
        generate_games(count(), play, tmp_path, 2)
