"""`forge play-hands`, `train-policy` and the players that come of it, as the README prints them."""

import json
import re
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from forge.flywheel.policy_rounds import PolicyRounds, Round
from forge.flywheel.settings import RoundsSettings
from forge.policy.numbers import load_policy
from forge.policy.played_hands import save_hands
from forge.policy.self_play import Teacher, play_hands
from forge.policy.settings import PolicyTraining
from forge.work.json_lines import sealed_line
from support.commands import Fails, Works

README = Path(__file__).parents[2] / "README.md"


def test_as_printed(works: Works, tmp_path: Path) -> None:
    lines = re.findall(
        r"^forge (play-hands|train-policy|arena)(.*(?:hands|mine\.policy).*)$",
        README.read_text(),
        re.MULTILINE,
    )
    assert [name for name, _ in lines] == ["play-hands", "train-policy", "arena"]
    for name, options in lines:
        printed = works(name, options)
    assert "make rate" in printed
    assert (tmp_path / "mine.policy").stat().st_size < 1_000_000
    folder = tmp_path / "data" / "policy-hands"
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert "1,000 hands" in works("play-hands", "--hands 1000")
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("play-hands --hands 0", "--hands must be"),
        ("play-hands --mix 1.5", "--mix must be"),
        ("play-hands --policy none.policy", "there is no file none.policy"),
        ("train-policy --data nowhere", "nowhere: no files of forge play-hands"),
        ("train-policy --lr nan", "--lr must be"),
        ("train-policy --start none.policy", "there is no file none.policy"),
        ("train-policy --output .", "--output must be a file, and . is a folder"),
        ("play-hands --pool 2000000", "--pool must be"),
        ("refine-policy --start none.policy", "there is no file none.policy"),
        ("refine-policy --data nowhere", "nowhere: no files of forge play-hands"),
        ("refine-policy --temperature 0", "--temperature must be"),
        ("improve-policy --start none.policy", "there is no file none.policy"),
        ("improve-policy --deals 100", "--deals must be 2800"),
        ("improve-policy --patience 0", "--patience must be 1..999"),
        ("improve-policy --lr 0", "--lr must be"),
        ("arena policy:none.policy random", "none.policy"),
        ("arena seat:pool=0 random", "pool must be"),
        ("arena seat:mix=2 random", "mix must be"),
    ],
)
def test_bad_input(command: str, told: str, fails: Fails) -> None:
    name, _, options = command.partition(" ")
    assert told in fails(name, options)


def test_rounds_that_are_over_are_told_again(works: Works, fails: Fails, tmp_path: Path) -> None:
    """A folder whose two rounds brought nothing: no third one, and no other settings."""
    settings = RoundsSettings(tmp_path / "data" / "policy-rounds", hands=1000, worlds=1, pool=1)
    gains = {name: [-0.01, -0.02, 0.0] for name in ("both", "standard", "everything")}
    with PolicyRounds(settings, PolicyTraining()):
        pass
    options = "--hands 1000 --worlds 1 --pool 1"
    record = tmp_path / "data" / "policy-rounds" / "rounds.jsonl"
    rounds = [asdict(Round(k, "a", "b", 1000, gains, gains, False)) for k in (1, 2)]
    record.write_bytes(record.read_bytes() + b"".join(map(sealed_line, rounds)))
    printed = works("improve-policy", options)
    assert printed.count("over the best: -1.00 [-2.00, +0.00]") == 2 and "not kept" in printed
    assert "the best policy is data/policy-rounds/best.policy" in printed
    assert "window = 3, not 2" in fails("improve-policy", f"{options} --window 2")


def test_figures_and_curve(works: Works, fails: Fails, tmp_path: Path) -> None:
    hands = play_hands(5, 0, 200, Teacher(n_worlds=2))
    save_hands(hands, tmp_path / "a" / "hands_a.parquet", Teacher(n_worlds=2))
    printed = works("eval-policy", "--data a --all-hands")
    assert "doubles-trump" in printed and "84" in printed
    assert max(map(len, printed.splitlines())) <= 80
    report = json.loads(works("eval-policy", "--data a --json --all-hands"))
    assert report["overall"]["rows"] > 1000 and len(report["by_declaration"]) == 10
    printed = works("policy-curve", "--data a --hands 100,200 --epochs 1 --out b/curve.v1")
    assert "100 hands: " in printed and "b/curve.v1.json and .png written" in printed
    curve = json.loads((tmp_path / "b" / "curve.v1.json").read_text())
    assert [point["hands"] for point in curve["points"]] == [100, 200]
    assert (tmp_path / "b" / "curve.v1.png").read_bytes().startswith(b"\x89PNG")
    assert "100..200 hands, got 300" in fails("policy-curve", "--data a --hands 300")
    assert "--hands must be numbers" in fails("policy-curve", "--data a --hands 1,x")
    assert "nowhere: no files" in fails("eval-policy", "--data nowhere")


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_keeps_what_was_learnt(signum: signal.Signals, tmp_path: Path) -> None:
    hands = play_hands(5, 0, 200, Teacher(n_worlds=2))
    save_hands(hands, tmp_path / "hands_a.parquet", Teacher(n_worlds=2))
    line = [
        sys.executable,
        "-u",
        "-m",
        "forge.cli.train_policy",
        "--data",
        ".",
        "--epochs",
        "1000",
        "--output",
        "a.policy",
    ]
    with subprocess.Popen(line, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while not process.stdout.readline().startswith("epoch 1:"):
            assert process.poll() is None
        process.send_signal(signum)
        process.stdout.read()
        assert process.wait(30) == 128 + signum
    assert load_policy(tmp_path / "a.policy").tensor.numel()


def test_refining(works: Works, fails: Fails, tmp_path: Path) -> None:
    printed = works("refine-policy", "--output out --rounds 2 --hands 200")
    assert "round 2: " in printed and "2 of 2 rounds" in printed
    assert (tmp_path / "out" / "refined.policy").stat().st_size < 1_000_000
    assert "2 of 2 rounds done already" in works(
        "refine-policy", "--output out --rounds 2 --hands 200"
    )
    works("arena", "policy:out/refined.policy random --games 16 --out games.jsonl")
    checked = works("verify", "out")
    assert "state of refine-policy" in checked and "not looked at" not in checked
    content = bytearray((tmp_path / "out" / "state.pt").read_bytes())
    content[len(content) // 2] ^= 4
    (tmp_path / "out" / "state.pt").write_bytes(content)
    assert "state.pt" in fails("verify", "out")
    assert "hands = 200, not 300" in fails("refine-policy", "--output out --rounds 2 --hands 300")
