"""`forge advise`, `forge review` and endings in `forge solve`, as users type them."""

import json
from pathlib import Path

import pytest

from forge.advice import bids
from forge.advice.hand_text import TableHand
from forge.bidding.plan import Plan
from forge.game.contract import Bid, Contract
from forge.game.deal import Deal
from forge.oracle.position import Position
from support.commands import Fails, Works

HAND = "--hand '6-4,5-5,4-2,3-1,4-4,4-1,0-0'"


@pytest.fixture(scope="module")
def hand() -> TableHand:
    position = Position(Deal.from_seed(12), 4)
    while not position.is_over:
        position = position.play(position.legal_slots()[0])
    return TableHand(position.deal, Contract(4, Bid.of(31)), position.plays)


def test_advise(works: Works) -> None:
    text = works("advise", f"{HAND} --decl fours --player make:n=30")
    assert text.startswith("Your side needs 30 more points to make the bid of 30.")
    assert "make:n=30, by 30 of 399,072,960 ways" in text
    line = f"{HAND} --decl fours --declarer left --plays 4-3,4-0,3-3 --bid 34 --player make:n=30"
    report = json.loads(works("advise", f"{line} --json"))
    assert (report["wanted"], report["bid"], report["points_left"]) == ("set", 34, 9)
    assert [set(play) for play in report["plays"]] == [{"domino", "chance", "error", "points"}] * 4
    chances = [play["chance"] for play in report["plays"]]
    assert chances == sorted(chances, reverse=True)


def test_advise_a_bid(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bids.advise_bid, "__defaults__", (0, Plan(60, drop_worse=True)))
    text = works("advise", "--hand '6-6,6-5,6-4,6-3,6-2,6-1,6-0'")
    assert text.startswith("Bid two marks (84), sixes.")
    assert "every time" in text and "Chances: " in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--hand 6-6,6-5", "a hand has 7 dominoes, got 2"),
        ("--hand '6-6,6-6,6-4,6-3,6-2,6-1,6-0'", "6-6 is there twice"),
        (f"{HAND} --decl sevens", "unknown declaration 'sevens'"),
        (f"{HAND} --decl fours --declarer north", "valid are me, left, partner, right"),
        (f"{HAND} --decl fours --plays 4-4", "it is not your turn"),
        (f"{HAND} --decl fours --bid 29", "--bid must be 30..42 or 84"),
        (f"{HAND} --decl fours --player oracle", "valid are seat, make and eq"),
        (f"{HAND} --decl fours --player nobody", "no player 'nobody'"),
        (f"{HAND} --plays 4-4", "--plays is about a play"),
        (f"{HAND} --player make", "--player is about a play"),
        (f"{HAND} --bid 84", "--bid is about a play"),
        (f"{HAND} --declarer left", "--declarer is about a play"),
        (f"{HAND} --declarer nobody", "valid are me, left, partner, right"),
    ],
)
def test_advise_refuses(fails: Fails, options: str, message: str) -> None:
    assert message in fails("advise", options)


def test_review(works: Works, hand: TableHand, tmp_path: Path) -> None:
    (tmp_path / "hand.txt").write_text(f"\ufeff{hand.text}\n", encoding="utf-8")  # as Windows does
    by_file = works("review", "hand.txt --player make:n=20 --picture hand.svg")
    assert by_file.startswith("31 in fours: ")
    assert Path("hand.svg").read_text().count("<svg") == 1
    by_text = json.loads(works("review", f"'{hand.text}' --player make:n=20 --json"))
    by_link = json.loads(
        works("review", f"'https://x.org/{hand.fragment}' --player make:n=20 --json")
    )
    assert by_text == by_link and len(by_text["plays"]) > 3
    Path("me,you; and them.txt").write_text(hand.text)
    named = json.loads(works("review", "'me,you; and them.txt' --player make:n=20 --json"))
    assert named == by_text
    solved = json.loads(works("solve", f"'{hand.fragment}' --json"))
    assert solved["seat_to_act"] is None and sum(solved["points"]) == 42


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("nothing.txt", "'nothing.txt': neither a hand"),
        ("x" * 300, "neither a hand"),
        ("'a ; b'", "a deal is four hands"),
        ("/dev/zero", "'/dev/zero' is no file"),
        ("'#hand=66'", "the link is cut short"),
        (f"'{'x' * 5000};'", "characters are no hand"),
    ],
)
def test_review_refuses(fails: Fails, options: str, message: str) -> None:
    assert message in fails("review", options)


def test_review_looks_at_the_picture_first(fails: Fails, hand: TableHand) -> None:
    assert "pictures are .png, .svg, .pdf" in fails("review", f"'{hand.text}' --picture x.gif")
    assert "there is no folder" in fails("review", f"'{hand.text}' --picture no/x.png")


def test_endings(works: Works, fails: Fails, hand: TableHand) -> None:
    """An ending has the values of the hand it is the end of, whoever leads."""
    for n_plays in (4, 12, 20, 24):
        position = Position.from_plays(hand.deal, 4, hand.plays[:n_plays])
        kept = [[d for d in dealt if d not in position.plays] for dealt in hand.deal.hands]
        text = " / ".join(",".join(_name(d) for d in each) for each in kept)
        leader = position.seat_to_act
        found = json.loads(works("solve", f"--deal '{text}' --decl fours --leader {leader} --json"))
        expected = dict(zip(map(_name, hand.deal.hands[leader]), position.q(), strict=True))
        assert found["q"] == {name: q for name, q in expected.items() if q is not None}
        assert found["seat_to_act"] == leader and found["points"] == [0, 0]
    pairs = "6-6,5-5 / 6-5,6-4 / 6-3,6-2 / 5-4,5-3"
    after = json.loads(works("solve", f"--deal '{pairs}' --decl nt --plays 6-6,6-5,6-3,5-3 --json"))
    assert after["points"] == [1, 0] and after["seat_to_act"] == 0
    for options, message in (
        ("--deal '6-6 / 6-5' --decl nt", "four hands separated by '/'"),
        (
            "--deal '6-6 / 6-5 / 6-4 / 6-3,6-2' --decl nt",
            "1..7, got 1, 1, 1, 2",
        ),
        ("--deal '6-6 / 6-5 / 6-4 / 6-6' --decl nt", "domino 6-6 is in two places"),
        (f"--deal '{pairs}' --decl nt --leader 4", "--leader must be 0..3"),
        (f"--deal '{pairs}' --decl nt --plays 6-5", "play 1: seat 0 may not play 6-5"),
        (f"--deal '{pairs}'", "--decl is missing"),
        ("", "--deal is missing"),
        (f"'{hand.text}' --decl nt", "a whole hand says all"),
    ):
        assert message in fails("solve", options)


def _name(domino: int) -> str:
    from forge.game.tables import domino_name

    return domino_name(domino)
