"""`forge flywheel`: what is typed, what is told, how it ends."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from forge.flywheel.state_file import Current, FlywheelState, HistoryEntry, read_state, write_state
from forge.work.yaml_files import write_yaml
from support.checkpoints import run_checkpoint, run_eq_checkpoint
from support.commands import literally, run_here
from support.wheels import options_of

GOLDEN = Path(__file__).parents[1] / "golden" / "flywheel_status.txt"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("WANDB_MODE", raising=False)
    return tmp_path


def entry(number: int, q_gap: float, gain: float, best: bool) -> HistoryEntry:
    a = 200 + 10 * (number - 1)
    return HistoryEntry(
        f"{a}:{a + 10}", f"checkpoints/iter-{number:03d}.ckpt", "2026-11-26T10:00:00+00:00",
        10 * number, q_gap, 0.7 + 0.01 * number, 3.25, [q_gap - 0.02, q_gap + 0.02], None,
        [gain, gain - 0.01, gain + 0.01], best,
        seconds={"generate": 60.0 * number, "tokenize": 9.0, "train": 5400.0, "evaluate": 31.0},
    )  # fmt: skip


def told(here: Path, **changes: Any) -> FlywheelState:
    """A flywheel of seven iterations."""
    gaps = [0.16, 0.158, 0.141, 0.139, 0.142, 0.128, 0.13]
    bests = [False, False, True, False, False, True, False]
    gains = [-0.003, -0.005, -0.022, -0.002, 0.001, -0.013, 0.002]
    history = [
        entry(i, *each) for i, each in enumerate(zip(gaps, gains, bests, strict=True), start=1)
    ]
    state = FlywheelState(
        "ready", "my-experiment", "domino-qval", Current("270:280", "checkpoints/iter-007.ckpt"),
        None, "forge flywheel --once", history, seeds_per_iter=10,
    )  # fmt: skip
    state = replace(state, **changes)
    write_state(here / "flywheel", state)
    figures = {"q_gap": 0.163, "q_gap_interval": [0.143, 0.183]}
    write_yaml(here / "flywheel" / "evaluations" / "baseline.yaml", figures)
    return state


def test_the_page(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(here)
    assert run_here("flywheel", "status") == 0
    shown = capsys.readouterr().out
    assert shown == GOLDEN.read_text()
    told(here, status="failed", last_error="No space left on device: x", next_action="make room")
    assert run_here("flywheel", "status") == 0
    shown = capsys.readouterr().out
    assert "iteration 8 · failed" in shown and "No space left on device: x" in shown
    assert "type: make room" in shown


def test_the_page_for_programs(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(here)
    assert run_here("flywheel", "status --json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["status"], found["iteration"], found["is_alive"], found["best"]) == (
        "ready",
        8,
        False,
        6,
    )
    assert [point["number"] for point in found["trend"]] == list(range(8))
    assert found["history"][5]["over_best"] == pytest.approx([-0.013, -0.023, -0.003])


def test_pages_of_any_width_and_of_foreign_files(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    state = told(here)
    nothing = HistoryEntry("0:10", None, None, None, None, None, None)
    write_state(here / "flywheel", replace(state, history=[nothing], wandb_group=None))
    for width in ("20", "60", "200"):
        monkeypatch.setenv("COLUMNS", width)
        assert run_here("flywheel", "status") == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines and all(len(line) <= int(width) for line in lines)


def test_exit_codes(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def ends(line: str, code: int, says: str) -> None:
        assert run_here("flywheel", line) == code, line
        out, err = capsys.readouterr()
        assert says in out + err, (line, out, err)
        assert err == "" or (err.startswith("error: ") and err.count("\n") == 1)

    for line in ("status", "--once", "", "retry", "test"):
        ends(line, 1, "there is no flywheel at flywheel/state.yaml: forge flywheel init makes one")
    assert not (here / "flywheel").exists()
    (here / "file").write_text("")
    ends("--dir file --once", 2, "--dir: cannot write file: file is a file, no folder")
    ends("status --dir file", 2, "--dir must be the folder of a flywheel, and file is a file")
    ends("init --start-seed 905", 2, "must be a train seed: train seeds are 0..899")
    ends("init --golden-val 5", 2, "--golden-val must be up to 50 val seeds")
    ends("init --golden-test 905", 2, "--golden-test must be up to 50 test seeds")
    ends("init --golden-declarations x", 2, "--golden-declarations must be all or seed, got 'x'")
    ends("init --baseline nowhere.ckpt", 2, "no checkpoint at nowhere.ckpt")
    run_eq_checkpoint(here / "eq.ckpt")
    ends("init --baseline eq.ckpt", 2, "one of Stage 1 (it sees all hands) is wanted")
    ends("init --wandb-group my-experiment --start-seed 200", 0, "seeds 200:210 come first")
    ends("init", 2, "flywheel/state.yaml is there already: --force begins anew")
    ends("init --force", 0, "seeds 0:10 come first")
    ends("--seed-range 1:2", 2, "--seed-range is for one iteration: give --once too")
    ends("--once --seed-range 2:1", 2, "is empty or backwards")
    ends("--dir flywheel status", 2, "--dir must stand behind status")
    ends("retry", 1, "there is nothing to retry: the flywheel is ready")
    ends("retry --from 1", 1, "there are iterations 0 (the baseline) to 0, got 1")
    ends("retry --from 0", 0, "ready: iteration 1 goes on from")
    ends("test", 1, "the golden sets are made by the first iteration")
    state = read_state(here / "flywheel")
    write_state(here / "flywheel", replace(state, status="failed", last_error="x", next_action="y"))
    ends("--once", 1, "the last iteration failed: x; y")
    ends("retry", 0, "next: forge flywheel --once")
    ends("--once --seed-range 900:905 --no-wandb", 1, "900:905 has no train seeds")
    assert read_state(here / "flywheel").status == "failed"
    write_state(here / "flywheel", replace(state, status="done"))
    ends("", 0, "the flywheel is done")
    (here / "flywheel" / "state.yaml").write_text("status: !!python/object/apply:os.system [x]")
    for line in ("status", "--once", "retry", "test"):
        ends(line, 2, "values must be plain")


def test_init_writes_down_what_it_was_told(here: Path) -> None:
    baseline = run_checkpoint(here / "tiny.ckpt")
    options = literally(*options_of(baseline, here / "my shards"), "--epochs=3", "--stream")
    assert run_here("flywheel", "init", *options) == 0
    state = read_state(here / "flywheel")
    assert state.baseline_checkpoint == str(baseline) and state.epochs == 3
    assert state.settings["stream"] is True and state.settings["golden_val"] == "907,930"
    assert state.settings["shards"] == str(here / "my shards") and state.settings["lr"] == 0.01
