"""`forge auction` as users type it."""

import json
from pathlib import Path

import pytest

from support.commands import Run, Works, literally

HAND = "6-4,5-5,4-2,3-1,2-0,1-1,0-0"
LAYDOWN = "6-6,6-5,6-4,6-3,6-2,6-1,6-0"


@pytest.fixture
def auction(forge: Run) -> Run:
    """`forge auction` with options."""
    return lambda *args: forge("auction", *literally(*args))


def test_as_typed(works: Works, tmp_path: Path) -> None:
    line = f'--hand "{LAYDOWN}" --seat 2 --bids pass,31 --samples 5 --trumps sixes'
    shown = works("auction", line)
    assert "seat 2; bids so far: pass, 31." in shown
    assert "Bid two marks (84), sixes. Marks expected: +2.00." in shown
    assert "seat 1 plays 31" in shown
    assumed = shown.partition("Assumed:")[2]
    assert "nobody goes over it" in " ".join(assumed.split())
    assert not list(tmp_path.iterdir())


def test_report(auction: Run) -> None:
    args = ("--hand", HAND, "--bids", "40,pass", "--samples", 20, "--trumps", "fours,nt", "--json")
    code, text, _ = auction(*args)
    assert code == 0
    report = json.loads(text)
    assert (report["seat"], report["bids"]) == (2, ["40", "pass"])
    marks = [each["marks"] for each in report["actions"]]
    assert marks == sorted(marks, reverse=True)
    assert {each["bid"] for each in report["actions"]} == {"pass", "41", "42", "84"}
    for each in report["actions"]:
        low, high = each["interval"]
        assert low <= each["p"] <= high
        stake = 2 if each["bid"] == "84" else 1  # seat 0 is the partner of seat 2
        assert each["marks"] == pytest.approx(stake * (2 * each["p"] - 1))
    assert any("partner plays 40" in line for line in report["assumptions"])
    assert json.loads(auction(*args)[1]) == report


def test_nobody_has_bid(auction: Run) -> None:
    args = ("--hand", HAND, "--samples", 5, "--trumps", "fours")
    code, text, _ = auction(*args)
    assert code == 0 and "seat 0; bids so far: nobody has bid yet." in text
    assert "A pass is worth 0: if nobody bids the hand is thrown in" in text
    report = json.loads(auction(*args, "--bids", "p,p,p", "--dealer-must-bid", "--json")[1])
    assert "pass" not in {each["bid"] for each in report["actions"]}


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--hand", "6-4,5-5"), "a hand has 7 dominoes, got 2"),
        (("--hand", HAND, "--bids", "29"), "unknown bid '29': valid are pass, 30..42 or 84"),
        (("--hand", HAND, "--bids", "31,30"), "30 is not higher than the 31"),
        (("--hand", HAND, "--bids", "p,p,p,p"), "at most 3 seats"),
        (("--hand", HAND, "--seat", "2", "--bids", "30"), "--bids names 1"),
        (("--hand", HAND, "--seat", "4"), "--seat must be 0..3"),
        (("--hand", HAND, "--bids", "84"), "nothing is higher than a bid of 84"),
        (("--hand", HAND, "--samples", "0"), "--samples must be 1.."),
        (("--hand", HAND, "--trumps", "sevens"), "unknown declaration 'sevens'"),
        (("--hand", HAND, "--seed", "-1"), "--seed must be 0.."),
        ((), "Missing option"),
    ],
)
def test_bad_input(auction: Run, args: tuple[str, ...], said: str) -> None:
    code, text, errors = auction(*args)
    assert (code, text) == (2, "")
    assert errors.startswith("error: ") and errors.count("\n") == 1
    assert said in errors
