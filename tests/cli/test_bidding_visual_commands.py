"""Poster, investigate, convergence, benchmark and parallel as users type them."""

import json
from pathlib import Path

import pytest

from forge.bidding.hand import hand_of_seed, hand_text, parse_hand
from forge.bidding.hands_file import HANDS
from forge.bidding.simulate import Simulator
from forge.game.contract import LOWEST_BID
from support.commands import Run, Works, literally

HAND = "6-4,5-5,4-2,3-1,2-0,1-1,0-0"
NEAR_CERTAIN = "6-6,6-5,6-4,6-2,6-1,6-0,2-2"


@pytest.fixture
def command(forge: Run) -> Run:
    """`forge bid-NAME` with options."""
    return lambda name, *args: forge(f"bid-{name}", *literally(*args))


def test_poster_as_typed(works: Works, tmp_path: Path) -> None:
    shown = works("bid-poster", f'--hand "{HAND}" --output poster.pdf --samples 5')
    assert "poster.pdf: written" in shown
    assert [path.name for path in tmp_path.iterdir()] == ["poster.pdf"]
    assert (tmp_path / "poster.pdf").read_bytes().startswith(b"%PDF")


def test_poster_is_the_same_every_time(command: Run) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert (
            command(
                *("poster", "--hand", HAND, "--output", f"{name}.pdf", "--trumps", "fours,nt"),
                *("--samples", 30, "--seed", seed),
            )[0]
            == 0
        )
    a, b, c = (Path(f"{name}.pdf").read_bytes() for name in "abc")
    assert a == b != c


def test_investigate_finds_none_of_a_hand_that_cannot_lose(works: Works) -> None:
    line = f'--hand "{NEAR_CERTAIN}" --trump sixes --below 42 --samples 500'
    said = " ".join(works("bid-investigate", line).split())
    assert "sixes: 0 of 500 deals (seed 0) give team 0 fewer than 42 points" in said


def test_investigate_replays_a_lost_deal(command: Run) -> None:
    args = ("--hand", HAND, "--trump", "threes", "--samples", 15, "--player", "random")
    code, text, errors = command("investigate", *args, "--workers", 1)
    assert (code, errors) == (0, "")
    assert "random in all four seats" in text and "Perfect play of deal" in text
    assert "seat 0 (declarer): 6-4 5-5 4-2 3-1 2-0 1-1 0-0" in text
    assert " lost " in text and "better" in text


def test_investigate_reports(command: Run) -> None:
    args = ("--hand", HAND, "--trump", "ones", "--samples", 20, "--below", 36, "--show", 2)
    code, text, errors = command("investigate", *args, "--json")
    assert (code, errors) == (0, "")
    report = json.loads(text)
    points = Simulator().points(parse_hand(HAND), [1], 0, 20)[0].tolist()
    lost = [{"deal": i, "points": p} for i, p in enumerate(points) if p < 36]
    assert report["lost"] == sorted(lost, key=lambda each: (each["points"], each["deal"]))
    assert [each["number"] for each in report["shown"]] == [e["deal"] for e in report["lost"][:2]]
    assert all(each["played"] == each["perfect"] for each in report["shown"])


def test_convergence(command: Run) -> None:
    args = ("--samples", 60, "--sizes", "40,10", "--trumps", "fours,nt,2", "--resamples", 50)
    code, text, errors = command("convergence", *args)
    assert (code, errors) == (0, "")
    assert f"{HAND}, bid 30:" in text and "drawn: convergence.png" in text
    assert Path("convergence.png").read_bytes().startswith(b"\x89PNG")
    code, text, errors = command("convergence", *args, "--plot", "/dev/null", "--json")
    assert (code, errors) == (0, "")
    report = json.loads(text)
    made = Simulator().made(parse_hand(HAND), [4, 9, 2], 0, 60, LOWEST_BID)
    assert list(report["pool"].values()) == made.mean(axis=1).tolist()
    assert [each["n"] for each in report["sizes"]] == [10, 40]
    assert report["sizes"][0]["half_width"] > report["sizes"][1]["half_width"]


def test_benchmark(command: Run) -> None:
    args = ("--modes", "oracle-bid random", "--seconds", 0.001, "--samples", 100)
    code, text, errors = command("benchmark", *args)
    assert (code, errors) == (0, "")
    assert "oracle, is 30 made?" in text and "N = 100" in text and "bench/bench_bidding.py" in text
    report = json.loads(command("benchmark", *args, "--json")[1])
    assert [each["player"] for each in report] == ["oracle", "random"]
    for each in report:
        assert each["s_a_declaration"] == pytest.approx(100 * each["elapsed_s"] / each["n_deals"])


def test_parallel(command: Run) -> None:
    hands = [hand_text(hand_of_seed(seed)) for seed in (3, 4)]
    Path("hands.txt").write_text("\n".join(hands))
    args = ("--trumps", "5,9", "--samples", 6)
    assert command("parallel", "--hands", "hands.txt", *args, "--workers", 1)[0] == 0
    code, text, _ = command("parallel", "--seeds", "3:6", *args, "--output", "seeds.jsonl")
    assert code == 0 and "seeds.jsonl: 3 hands, 3 of them now" in text
    first, second = (HANDS.read(Path(f"{name}.jsonl"))[1] for name in ("hands", "seeds"))
    assert [row.hand for row in first] == hands and first == second[:2]
    _, text, _ = command("parallel", "--seeds", "3:6", *args, "--output", "seeds.jsonl")
    assert "seeds.jsonl: 3 hands, 0 of them now" in text


BAD = [
    ("poster", ("--hand", "6-6,6-5"), "error: --hand: a hand has 7 dominoes, got 2: '6-6,6-5'\n"),
    ("poster", ("--hand", "6-4,5-5,4-2,3-1,2-0,1-1,6-4"), "6-4 is there twice"),
    ("poster", ("--hand", HAND, "--trumps", "sevens"), "unknown declaration 'sevens'; valid are"),
    ("poster", ("--hand", HAND, "--samples", "0"), "--samples must be 1.."),
    ("poster", ("--hand", HAND, "--player", "nobody"), "nobody"),
    ("poster", (), "Missing option"),
    ("investigate", ("--hand", HAND, "--trump", "6", "--below", "43"), "--below must be 1..42"),
    ("investigate", ("--hand", HAND, "--trump", "6", "--samples", "0"), "must be 1.."),
    ("investigate", ("--hand", HAND, "--trump", "6", "--show", "-1"), "must be 0.."),
    ("investigate", ("--hand", HAND, "--trump", "7-7"), "unknown declaration"),
    ("convergence", ("--bid", "43"), "--bid must be 30..42 or 84"),
    ("convergence", ("--sizes", "10,0"), "--sizes must be whole numbers"),
    ("convergence", ("--samples", "0"), "--samples must be 1.."),
    ("convergence", ("--resamples", "0"), "--resamples must be 1.."),
    ("convergence", ("--seed", "-1"), "--seed must be 0.."),
    ("benchmark", ("--seconds", "0"), "--seconds must be above 0"),
    ("benchmark", ("--samples", "0"), "must be 1.."),
    ("benchmark", ("--modes", " "), "names no mode"),
    ("benchmark", ("--modes", "eq:n=x"), "whole number"),
    ("parallel", (), "one of --hands FILE and --seeds A:B"),
    ("parallel", ("--seeds", "5"), "A:B"),
    ("parallel", ("--hands", "none.txt"), "--hands: there is no file none.txt"),
    ("parallel", ("--seeds", "0:2", "--workers", "0"), "--workers must be 1.."),
    ("parallel", ("--seeds", "0:2", "--samples", "0"), "--samples must be 1.."),
    ("parallel", ("--seeds", "0:2", "--device", "gpu"), "gpu"),
]


@pytest.mark.parametrize(("name", "args", "said"), BAD)
def test_bad_input(command: Run, name: str, args: tuple[str, ...], said: str) -> None:
    code, text, errors = command(name, *args)
    assert (code, text) == (2, "")
    assert errors.startswith("error: ") and errors.count("\n") == 1
    assert said in errors
    assert not list(Path().iterdir())


def test_another_file_is_not_written_over(command: Run) -> None:
    Path("hands.jsonl").write_text("mine\n")
    code, _, errors = command("parallel", "--seeds", "0:1", "--samples", 1)
    assert code == 2 and "not a results file" in errors and errors.count("\n") == 1
    assert Path("hands.jsonl").read_text() == "mine\n"
