"""`forge arena` as users type it."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from support.checkpoints import run_checkpoint
from support.commands import Fails, Run, Works, literally


@pytest.fixture
def arena(forge: Run) -> Run:
    """`forge arena` with options, on one worker."""
    return lambda *args: forge("arena", *literally(*args), "--workers=1")


def report_of(arena: Run, *args: object) -> dict[str, Any]:
    code, text, errors = arena(*args, "--json")
    assert code == 0
    assert errors == "" or errors.startswith("going on with r.jsonl: ")
    report: dict[str, Any] = json.loads(text)
    return report


def test_table(arena: Run) -> None:
    code, text, errors = arena("greedy-points", "random", "--games", 20)
    assert (code, errors) == (0, "")
    assert not list(Path().iterdir())
    report = report_of(arena, "greedy-points", "random", "--games", 20)
    assert "20 deals, each played twice (seed 0)" in text
    assert "A: greedy-points\nB: random\n" in text
    makes = (report[f"make_{name}"] for name in ("a", "b", "difference"))
    for figure in makes:
        low, high = (f"{100 * end:.1f}" for end in figure["interval"])
        assert f"{100 * figure['value']:.1f} % [{low}, {high}]" in text
    for name, n in (
        *(("marks_a", 2), ("marks_b", 2), ("marks_difference", 3)),
        *(("points_a", 1), ("points_b", 1), ("points_difference", 2)),
    ):
        low, high = report[name]["interval"]
        assert f"{report[name]['value']:.{n}f} [{low:.{n}f}, {high:.{n}f}]" in text
    test = report["mcnemar"]
    assert f"only A makes {test['only_a']} deals, only B {test['only_b']}" in text
    assert "40 hands in" in text and "hands a second" in text


def test_report(arena: Run) -> None:
    report = report_of(arena, "random", "random", "--games", 5, "--seed", 9)
    assert (report["a"], report["b"], report["seed"], report["bid"]) == ("random",) * 2 + (9, 30)
    assert report["n_deals"] == 5 and report["n_hands_played"] == 10
    assert report["hands_per_s"] == pytest.approx(10 / report["elapsed_s"])
    assert set(report["cpu_s_a_hand"]) == {"a", "b"} and report["stopped_by"] is None
    assert report["make_difference"]["value"] == 0.0


def test_other_bids_and_trumps(arena: Run, tmp_path: Path) -> None:
    out = tmp_path / "r.jsonl"
    rule = ("--bid", "all", "--trump", "any")
    report = report_of(arena, "greedy-points", "random", "--games", 20, *rule, "--out", out)
    assert (report["bid"], report["trump"], report["sides"]) == ("all", "any", None)
    report = report_of(arena, "random", "random", "--games", 2, "--bid", 34, "--trump", "bidding")
    assert (report["bid"], report["trump"]) == (34, "bidding")


def test_auctions(arena: Run, tmp_path: Path) -> None:
    out = tmp_path / "r.jsonl"
    report = report_of(arena, "random", "random", "--games", 2, "--bid", "auction", "--out", out)
    assert (report["bid"], report["trump"]) == ("auction", "bidding")
    code, _, error = arena("random", "random", "--games", 2, "--out", out)
    assert code == 2 and "bid" in error


def test_sides(arena: Run, tmp_path: Path) -> None:
    out = tmp_path / "r.jsonl"
    args = ("greedy-points", "random", "--games", 20, "--sides", "--out", out)
    report = report_of(arena, *args)
    both = sum(report["sides"][side]["value"] for side in ("declaring", "defending"))
    assert both == pytest.approx(report["make_difference"]["value"])
    assert (tmp_path / "r.b.jsonl").exists()
    code, text, errors = arena(*args)
    assert (code, errors) == (0, "") and "  declaring: " in text and "  defending: " in text


def test_one_deal_has_no_interval_of_points(arena: Run) -> None:
    report = report_of(arena, "random", "greedy-points", "--games", 1)
    assert report["points_difference"]["interval"] == [None, None]
    code, text, _ = arena("random", "greedy-points", "--games", 1)
    assert code == 0 and "nan" not in text


def test_goes_on_from_a_file(arena: Run) -> None:
    pair = ("random", "greedy-points", "--out", "r.jsonl")
    first = report_of(arena, *pair, "--games", 16)
    grown = report_of(arena, *pair, "--games", 24)
    assert (first["n_hands_played"], grown["n_hands_played"]) == (32, 16)
    fresh = report_of(arena, *pair[:2], "--games", 24)
    assert grown["points_a"] == fresh["points_a"] and grown["mcnemar"] == fresh["mcnemar"]
    again = report_of(arena, *pair, "--games", 24)
    assert again["hands_per_s"] is None and again["points_a"] == fresh["points_a"]
    code, _, error = arena("random", "oracle", "--out", "r.jsonl")
    assert code == 2
    assert error == (
        "error: r.jsonl was made with b = greedy-points, not oracle: "
        "give the same options, or another file or folder\n"
    )


def test_networks(arena: Run) -> None:
    """A checkpoint plays, and is asked; another file under its name is another player."""
    path = run_checkpoint(Path("tiny.ckpt"))
    players = (f"model:{path}", f"eq:n=2,oracle={path}", "--out", "r.jsonl")
    report = report_of(arena, *players, "--games", 2)
    assert report["a"] == "model:tiny.ckpt" and report["b"] == "eq:n=2,oracle=tiny.ckpt"
    run_checkpoint(path, seed=1)
    code, _, error = arena(*players, "--games", 2)
    assert code == 2 and "r.jsonl was made with sha256 of a = " in error


@pytest.mark.parametrize(
    ("args", "part"),
    [
        (("random", "clever"), "no player 'clever': valid are random, greedy-points, oracle"),
        (("eq:n=0", "random"), "player 'eq:n=0': n must be 1.."),
        (("eq:worlds=3", "random"), "no option 'worlds=3': valid are n=N, sampler=uniform|mrv"),
        (("random", "model:none.ckpt"), "none.ckpt"),
        (("random", "eq:oracle=no-such-model"), "no-such-model"),
        (("random",), "Missing argument 'B'"),
        (("random", "random", "--games", "0"), "--games must be 1.."),
        (("random", "random", "--seed", "-1"), "--seed must be 0.."),
        (("random", "random", "--seed", str(2**63)), "--seed must be 0..9223372036854775807"),
        (("random", "random", "--device", "tpu"), "tpu"),
        (("random", "random", "--out", "."), "."),
        (
            ("random", "random", "--bid", "29"),
            "(two marks), A..B, all or auction, got '29'",
        ),
        (
            ("random", "random", "--bid", "low"),
            "--bid must be 30..42 or 84 (two marks), A..B, all or auction",
        ),
        (("random", "random", "--bid", "auction", "--trump", "any"), "after an auction trump is"),
        (("random", "random", "--trump", "6"), "--trump must be suit, bidding or any, got '6'"),
    ],
)
def test_bad_values_end_with_one_line(arena: Run, args: tuple[str, ...], part: str) -> None:
    code, text, error = arena(*args)
    assert (code, text) == (2, "")
    assert error.startswith("error: ") and error.count("\n") == 1 and part in error


def test_bad_number_of_workers(fails: Fails) -> None:
    assert "--workers must be" in fails("arena", "random random --workers 0")


def test_a_foreign_file_is_left_alone(arena: Run) -> None:
    Path("notes.txt").write_text("my notes\n")
    code, _, error = arena("random", "random", "--out", "notes.txt")
    assert code == 2 and "notes.txt is not a results file of forge arena" in error
    assert Path("notes.txt").read_text() == "my notes\n"


@pytest.mark.parametrize("n_workers", [1, 2])
def test_ctrl_c_ends_with_what_was_played(tmp_path: Path, n_workers: int) -> None:
    line = ["greedy-points", "random", "--games", "100000", "--workers", str(n_workers)]
    path = tmp_path / "r.jsonl"
    with subprocess.Popen(
        [sys.executable, "-m", "forge.cli.arena", *line, "--out", str(path), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while not (path.is_file() and path.read_bytes().count(b"\n") > 1):
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        text, errors = process.communicate(timeout=240)
    assert process.returncode == 130
    assert errors == "stopping after the deals in hand (once more to stop now)\n"
    report = json.loads(text)
    assert report["stopped_by"] == signal.SIGINT
    assert 16 <= report["n_deals"] == 16 * (path.read_bytes().count(b"\n") - 1) < 100000


def test_help(works: Works) -> None:
    shown = works("arena", "--help")
    for part in ("greedy-points", "make:n=300", "--games", "--workers", "--out", "--json"):
        assert part in shown


@pytest.mark.parametrize(
    ("line", "rest", "file"),
    [
        ("arena", "greedy-points random --games 32 --workers 1 --out r.jsonl", "r.jsonl"),
        ("arena", "greedy-points random --games 32 --workers 1 --sides --out r.jsonl", "r.jsonl"),
        ("tournament", "greedy-points random --games 32 --workers 1 --out t", "t/*.jsonl"),
        ("bid-parallel", "--seeds 0:1 --samples 2 --workers 1 --output h.jsonl", "h.jsonl"),
        ("bid-calibrate", "play --hands 1 --deals 2 --player random --out c.jsonl", "c.jsonl"),
    ],
)
def test_a_full_disk_ends_results_cleanly(forge: Run, line: str, rest: str, file: str) -> None:
    code, _, err = forge(line, rest, "--min-disk", 10**9)
    assert code == 1 and err.count("\n") == 1
    assert err.startswith("error: stopped: ") and "have to stay (--min-disk): " in err
    (kept,) = Path().glob(file)
    assert kept.read_text().count("\n") == 1  # its options
    code, _, err = forge(line, rest, "--min-disk", 0)
    assert (code, err) == (0, "")
    assert kept.read_text().count("\n") > 1
