"""The flywheel of playing: games, a network, a match; ended anywhere it comes to the same end."""

import hashlib
import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from forge.arena.comparison import PairedResults
from forge.arena.series import run_arena
from forge.flywheel import seat_match
from forge.flywheel.beginning import new_state
from forge.flywheel.final_test import figures_on_test
from forge.flywheel.seat_settings import SeatSettings
from forge.flywheel.state_file import read_state, write_state
from forge.flywheel.watching import Watch
from forge.flywheel.wheel import FailedError
from support.checkpoints import run_eq_checkpoint
from support.commands import SCRIPT, next_line, words
from support.threads import one_thread
from support.wheels import How, turn

SETTINGS = SeatSettings(
    lr=0.01,
    batch_size=50,
    worlds=3,
    golden_games=2,
    deals=400,
    look_every=200,
    match_workers=1,
    device="cpu",
)


def begin_seat(folder: Path, settings: SeatSettings = SETTINGS) -> None:
    folder.mkdir(parents=True)
    baseline = run_eq_checkpoint(folder.parent / "baseline.ckpt")
    how = How(baseline, kind="seat", start_seed=10, seeds_per_iter=2, epochs=1)
    write_state(folder, new_state(how, settings, "again"))


def outcome(folder: Path) -> dict[str, str]:
    """Games, networks and figures by their hashes; of a match what came of it, not its seconds."""
    patterns = ("games/*/*.pt", "checkpoints/*", "evaluations/*", "trend.png")
    paths = [path for pattern in patterns for path in sorted(folder.glob(pattern))]
    found = {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths
    }
    for each in read_state(folder).history:
        found[each.seed_range] = repr(replace(each, seconds={}, completed_at=None))
    return found


@pytest.fixture(scope="module")
def after_two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("seat") / "wheel"
    begin_seat(folder)
    with one_thread():
        turn(folder)
        turn(folder)
    return folder


def test_two_iterations(after_two: Path) -> None:
    one, two = read_state(after_two).history
    assert (one.seed_range, two.seed_range, two.total_seeds) == ("10:12", "12:14", 4)
    games = sorted(path.name for path in after_two.glob("games/*/*.pt"))
    assert len(games) == 4 + 2 and "seed_00000900.pt" in games
    for each in (one, two):
        assert each.match is not None and each.match["deals"] in (200, 400)
        assert each.is_best == (each.match["verdict"] == "better")
        assert each.q_gap is not None and each.accuracy is not None and each.over_best is None
        assert set(each.seconds) == {"generate", "train", "evaluate", "match"}
    assert one.golden_sha256 == two.golden_sha256
    state = read_state(after_two)
    assert state.settings["false_pass"] == 0.05 and state.settings["gain"] == 0.02
    matches = [path.read_text() for path in sorted(after_two.glob("matches/*.jsonl"))]
    assert ["2000001" in matches[0], "2000002" in matches[1]] == [True, True]


@pytest.mark.parametrize(
    ("line", "signum"),
    [("200 deals", signal.SIGKILL), ("match", signal.SIGTERM)],
)
def test_at_any_moment(tmp_path: Path, line: str, signum: int, after_two: Path) -> None:
    folder = tmp_path / "wheel"
    begin_seat(folder)
    process = subprocess.Popen(
        [SCRIPT, *words("flywheel --once --no-wandb --dir", folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    while (found := next_line(process)) and not found.startswith(line):
        pass
    os.killpg(process.pid, signum)
    _, err = process.communicate(timeout=120)
    assert process.returncode == (-signum if signum == signal.SIGKILL else 128 + signum), err
    with one_thread():
        while len(read_state(folder).history) < 2:
            turn(folder)
    assert outcome(folder) == outcome(after_two)


def test_what_is_damaged_or_was_given_up_is_made_again(tmp_path: Path, after_two: Path) -> None:
    folder = tmp_path / "wheel"
    begin_seat(folder)
    told: list[str] = []
    with one_thread():
        turn(folder)
        path = folder / "games" / "val" / "seed_00000900.pt"
        whole = path.read_bytes()
        path.write_bytes(whole[:1000] + bytes([whole[1000] ^ 1]) + whole[1001:])
        other = folder / "games" / "train" / "seed_00000777.pt"
        other.write_bytes((folder / "games" / "train" / "seed_00000010.pt").read_bytes())
        (folder / "matches" / "iter-002.jsonl").write_bytes(b"{broken\n")
        turn(folder, told.append)
    assert path.read_bytes() == whole and not other.exists()
    assert sum("played again" in line or "removed" in line for line in told) == 2
    assert outcome(folder) == outcome(after_two)


@pytest.fixture
def decided(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Makes every match end with so many more deals for the new one."""

    def decide(share: float) -> None:
        def played(*args: object, **options: object) -> object:
            run = run_arena(*args, **options)  # type: ignore[arg-type]
            points = run.results.points_b.copy()
            points[: int(share * len(points))] = 0
            results = replace(run.results, points_b=points)
            assert isinstance(results, PairedResults)
            return replace(run, results=results)

        monkeypatch.setattr(seat_match, "run_arena", played)

    return decide


def test_only_who_wins_is_promoted_and_plays_the_next_games(
    tmp_path: Path, decided: Callable[[float], None]
) -> None:
    folder = tmp_path / "wheel"
    begin_seat(folder)
    decided(0.9)
    with one_thread():
        one = turn(folder)
        assert one.is_best and one.match is not None and one.match["verdict"] == "better"
        assert one.match["deals"] == 200 and one.match["log_ratio"] >= one.match["bounds"][1]
        two = turn(folder)
    from forge.eq.records import read_record

    record = read_record(folder / "games" / "train" / "seed_00000012.pt")
    assert record.settings["player_sha256"] == one.checkpoint_sha256
    assert record.settings["player"] == "stage2:iter-001-seeds-10-12.ckpt"
    assert two.parent_sha256 == one.checkpoint_sha256
    first = read_record(folder / "games" / "train" / "seed_00000010.pt")
    assert first.settings["player"] == "stage2:baseline.ckpt"


def test_the_test_games_are_made_when_they_are_asked_for(after_two: Path) -> None:
    assert not (after_two / "games" / "test" / "seed_00000950.pt").exists()
    said = figures_on_test(after_two, 0, Watch())
    assert said.startswith("the baseline on the test set: q_gap ")
    for path in (after_two / "games" / "test").glob("*.pt"):
        path.unlink()
    (after_two / "evaluations" / "baseline-test.yaml").unlink()


def test_a_network_of_another_kind_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "wheel"
    begin_seat(folder)
    (tmp_path / "baseline.ckpt").unlink()
    with pytest.raises(FailedError, match="no checkpoint at"):
        turn(folder)
