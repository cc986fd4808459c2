"""The commands that evaluate hands and calibrate, as users type them."""

import json
import signal
from pathlib import Path

import numpy as np
import pytest

from forge.bidding.calibration.logistic import Calibration
from forge.bidding.hand import BIDDING_DECLS, hand_of_seed, parse_hand
from forge.bidding.schema import read_results
from forge.bidding.simulate import Simulator
from forge.models.catalog import list_models
from support.checkpoints import run_checkpoint
from support.commands import Fails, Works, start_process

EVALUATE, CONTINUOUS, CALIBRATE = "bid-evaluate", "bidding-continuous", "bid-calibrate"
HAND = "6-4,5-5,4-2,3-1,2-0,1-1,0-0"
NETWORK = list_models()[0].name
SIX = '--hand "6-4,5-5,4-2,3-1,2-0,1-1"'
FOURS = f'--hand "{HAND}" --trumps fours --samples 12'


def files(root: Path) -> list[str]:
    """Everything under a folder."""
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


# --- the lines of commands.md ---


def test_evaluate_line(works: Works) -> None:
    shown = works(EVALUATE, f'--hand "{HAND}" --samples 100')
    assert "% made, perfect play (all hands open)" in shown
    rows = [row.split() for row in shown.splitlines() if row.startswith("doubles-trump")]
    points = Simulator().points(parse_hand(HAND), (7,), 0, 100)[0]
    shares = [f"{100 * (points >= bid).mean():.0f}" for bid in (*range(30, 43), 42)]
    assert rows[-1][1:] == shares


def test_continuous_lines(works: Works, tmp_path: Path) -> None:
    shown = works(CONTINUOUS, "--start-seed 1000 --limit 1 --dry-run")
    assert "nothing there yet" in shown and "train/seed_00001000.parquet" in shown
    assert files(tmp_path) == []
    shown = works(CONTINUOUS, "--samples 3 --limit 2 --start-seed 899")
    assert "[2/2] seed 900" in shown and "seeds/day" in shown
    root = tmp_path / "data/bidding-results"
    assert files(root) == ["train/seed_00000899.parquet", "val/seed_00000900.parquet"]
    found = read_results(root / "val/seed_00000900.parquet")
    expected = Simulator(seed=900).points(hand_of_seed(900), BIDDING_DECLS, 0, 3)
    assert np.array_equal(found.points, expected) and found.model_checkpoint == "oracle"
    (root / "train/seed_00000899.parquet").unlink()
    shown = works(CONTINUOUS, "--dry-run --start-seed 898 --limit 3")
    assert "2 missing up to seed 900" in shown and "val/seed_00000901.parquet" in shown


def test_continuous_by_a_network(works: Works, tmp_path: Path) -> None:
    run_checkpoint(tmp_path / "model.ckpt")
    works(CONTINUOUS, "--checkpoint model.ckpt --samples 2 --limit 1 --workers 1 --output results")
    found = read_results(tmp_path / "results/train/seed_00000000.parquet")
    assert found.model_checkpoint == "model.ckpt" and found.n_samples == 2


def test_continuous_ends_on_ctrl_c_with_whole_files(tmp_path: Path) -> None:
    with start_process(tmp_path, "python -m forge.cli.bidding_continuous --samples 2") as process:
        assert process.stdout is not None
        # What it takes of the disk is told first.
        first = next(line for line in process.stdout if "seed 0" in line)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=600)
    assert process.returncode == 128 + signal.SIGINT
    assert "stopping after the hand in hand" in err and "Traceback" not in err
    made = files(tmp_path / "data/bidding-results")
    assert len(made) == int(out.splitlines()[-1].split()[0]) >= 1 and "seed 0" in first
    for name in made:
        read_results(tmp_path / "data/bidding-results" / name)


# --- evaluate ---


def test_json_is_all_there_is_on_stdout(works: Works) -> None:
    report = json.loads(works(EVALUATE, FOURS, "--json --seed 4"))
    (only,) = report["declarations"]
    expected = Simulator(seed=4).points(parse_hand(HAND), (4,), 0, 12)[0]
    assert only["points"] == expected.tolist() and report["best"]["declaration"] == "fours"


def test_a_list_has_a_line_a_bid(works: Works) -> None:
    lines = [line for line in works(EVALUATE, FOURS, "--list").splitlines() if line[:5] == "fours"]
    assert len(lines) == 14 and all("[" in line for line in lines)
    (line,) = [
        line
        for line in works(EVALUATE, FOURS, "--list --bid 84").splitlines()
        if line.startswith("fours")
    ]
    assert line.split()[1] == "84"


def test_players_play(works: Works, tmp_path: Path) -> None:
    run_checkpoint(tmp_path / "policy.ckpt", "policy")
    for options, how in (
        ("--player make:n=1 --workers 1", "played by make:n=1 (sees its own hand)"),
        ("--checkpoint policy.ckpt", "played by model:policy.ckpt (sees all hands)"),
        ("--checkpoint policy.ckpt --sample", "played by model:policy.ckpt,sample (sees all"),
    ):
        assert how in works(EVALUATE, f'--hand "{HAND}" --trumps 4 --samples 3', options)


def test_until_and_drop_worse(works: Works) -> None:
    line = f'--hand "{HAND}" --trumps sixes,threes,fours --samples 64 --bid 30'
    report = json.loads(works(EVALUATE, line, "--until 0.055 --drop-worse --json"))
    low, high = report["best_at_bid_simulated"]["interval"]
    assert (high - low) / 2 <= 0.06
    n = {each["declaration"]: each["n_samples"] for each in report["declarations"]}
    assert n["fours"] > 128 and set(report["dropped"]) >= {"threes"}
    assert n["threes"] < n["fours"]


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (SIX, "a hand has 7 dominoes, got 6"),
        (f'--hand "{HAND},4-6"', "domino 6-4 is there twice"),
        (f'--hand "{HAND}" --trumps sevens', "unknown declaration 'sevens'; valid are blanks"),
        (f'--hand "{HAND}" --samples 0', "--samples must be 1.."),
        (f'--hand "{HAND}" --seed -1', "--seed must be 0.."),
        (f'--hand "{HAND}" --bid 29', "--bid must be 30..42 or 84 (two marks), got 29"),
        (f'--hand "{HAND}" --until 0.7', "--until must be above 0 and below 0.5"),
        (f'--hand "{HAND}" --player perfect', "no player 'perfect': valid are random"),
        (f'--hand "{HAND}" --sample', "give one with --checkpoint"),
        (f'--hand "{HAND}" --checkpoint {NETWORK} --player oracle', "leave --player out"),
        (f'--hand "{HAND}" --checkpoint missing.ckpt', "missing.ckpt"),
        ("", "Missing option '--hand'"),
    ],
)
def test_what_is_wrong_with_evaluate(fails: Fails, options: str, part: str) -> None:
    assert part in fails(EVALUATE, options)


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ("--samples 0", "--samples must be 1.."),
        ("--limit 0", "--limit must be 1.."),
        ("--start-seed -1", "--start-seed must be 0.."),
        ("--checkpoint missing.ckpt --limit 1", "missing.ckpt"),
        ("--device gpu", "gpu"),
    ],
)
def test_what_is_wrong_with_continuous(fails: Fails, options: str, part: str) -> None:
    assert part in fails(CONTINUOUS, options)


# --- calibrate ---


def test_hands_are_played_and_fitted_to(works: Works, fails: Fails, tmp_path: Path) -> None:
    play = "play --player greedy-points --deals 1 --workers 1"
    assert "220 hands, 220 of them now" in works(CALIBRATE, play, "--hands 220 --out a.jsonl")
    assert "220 hands, 0 of them now" in works(CALIBRATE, play, "--hands 220 --out a.jsonl")
    works(CALIBRATE, play, "--start 1000 --hands 30 --out b.jsonl")
    shown = works(CALIBRATE, "fit --data a.jsonl --validate b.jsonl --output c.json --plot c.png")
    assert shown.count("held-out log loss") == 8 and shown.count("<- chosen") == 1
    assert "calibrated: calibration error" in shown and "perfect play: calibration error" in shown
    calibration = Calibration.read(tmp_path / "c.json")
    assert calibration.made_with["hands"] == 220 and calibration.validation["hands"] == 30
    assert (tmp_path / "c.png").stat().st_size > 5000
    shown = works(CALIBRATE, "fit --data a.jsonl --output c.json")
    assert "on 220 hands" in shown and "doubles-suit" in shown and "by chance alone" in shown
    assert Calibration.read(tmp_path / "c.json").validation["hands"] == 220
    told = fails(CALIBRATE, "fit --data a.jsonl --validate a.jsonl --output d.json")
    assert "220 hands are in both files, number 0 first" in told
    works(CALIBRATE, "play --player random --deals 1 --hands 2 --out r.jsonl --start 5000")
    told = fails(CALIBRATE, "fit --data a.jsonl --validate r.jsonl --output d.json")
    assert "r.jsonl was played by random, a.jsonl by greedy-points" in told
    told = fails(CALIBRATE, "fit --data x --validate b.jsonl --output d.json")
    assert "--data: there is no file x" in told
    assert not (tmp_path / "d.json").exists()


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ("play --out a.jsonl --player oracle", "sees all hands: take seat:n=N"),
        ("play --out a.jsonl --hands 0", "--hands must be 1.."),
        ("play --out a.jsonl --deals 0", "--deals must be 1.."),
    ],
)
def test_what_is_wrong_with_calibrate(fails: Fails, options: str, part: str) -> None:
    assert part in fails(CALIBRATE, options)


def test_deals_are_added_where_no_number_is_given(works: Works, fails: Fails) -> None:
    hand = f'--hand "{HAND}" --trumps fours,threes'

    def n_deals(*options: str) -> int:
        report = json.loads(works(EVALUATE, hand, "--json", *options))
        n: int = max(each["n_samples"] for each in report["declarations"])
        assert report["settled"] == (report["in_play"] == ["30 in fours"])
        return n

    assert n_deals() > 100
    assert n_deals("--samples 100") == 100  # as typed
    assert n_deals("--max-samples 150") == 150
    assert n_deals("--max-samples 60") == 60
    assert n_deals("--samples 50 --max-samples 120") == 120
    assert n_deals("--player random --workers 1") == 100  # players' deals are not added unasked
    assert "--max-samples must be --samples or more, got 9" in fails(
        EVALUATE, hand, "--samples 10 --max-samples 9"
    )


def test_what_few_deals_cannot_tell_is_said(works: Works) -> None:
    hand = f'--hand "{HAND}"'
    for line in (f"bid-evaluate {hand}", f"auction {hand}", f"bid-poster {hand} --output p.pdf"):
        name, _, options = line.partition(" ")
        assert "Too few deals to tell: " in works(name, options, "--samples 20")
    shown = works("bid-parallel", "--seeds 0:1 --samples 20 --workers 1 --output h.jsonl")
    assert "marks (too few deals to tell)" in shown
    few = works("bid-investigate", hand, "--trump 2 --samples 6 --show 0")
    assert "too few deals to tell whether it is lost more often than not" in few
    pool = works("bid-convergence", hand, "--samples 20 --sizes 5 --resamples 5 --plot /dev/null")
    assert "is best (too few deals to tell), made in" in pool
