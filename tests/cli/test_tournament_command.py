"""`forge tournament` as users type it."""

import json
from pathlib import Path

import pytest

from support.commands import Fails, Run, Works, literally, words

THREE = ("random", "greedy-points", "policy")


@pytest.fixture
def tournament(forge: Run) -> Run:
    """`forge tournament` with options, on one worker."""
    return lambda *args: forge("tournament", *literally(*args), "--workers=1")


def test_pairs_are_series_of_the_arena(tournament: Run, forge: Run) -> None:
    code, text, errors = tournament(*THREE, "--games", 20, "--out", "t", "--json")
    assert (code, errors) == (0, "")
    report = json.loads(text)
    assert [place["player"] for place in report["places"]][-1] == "random"
    assert sum(place["elo"]["value"] for place in report["places"]) == pytest.approx(0.0)
    assert len(list(Path("t").iterdir())) == 3
    code, text, _ = forge("arena", "random", "policy", "--games=20", "--workers=1", "--json")
    alone = json.loads(text)
    pairing = next(each for each in report["pairings"] if each["b"] == "policy")
    assert {pairing["a"], alone["a"]} == {"random"}
    for name in ("make_a", "make_difference", "mcnemar", "games_a", "points_b"):
        assert pairing[name] == alone[name], name
    for place in report["places"]:
        assert place["n_deals"] == 40
        theirs = [each for each in report["pairings"] if place["player"] in (each["a"], each["b"])]
        made = [each[f"make_{'a' if each['a'] == place['player'] else 'b'}"] for each in theirs]
        mean = sum(each["value"] for each in made) / 2
        assert place["make"]["value"] == pytest.approx(mean)


def test_a_second_start_plays_only_what_is_new(tournament: Run) -> None:
    code, _, _ = tournament(*THREE[:2], "--games", 20, "--out", "t")
    assert code == 0
    (kept,) = Path("t").iterdir()
    content = kept.read_bytes()
    code, text, _ = tournament(*THREE, "--games", 20, "--out", "t", "--markdown", "x.md")
    assert code == 0 and kept.read_bytes() == content and len(list(Path("t").iterdir())) == 3
    assert "3 players, 20 deals a pair" in text
    assert all(len(line) <= 80 for line in text.splitlines())
    tables = Path("x.md").read_text()
    Path("x.md").write_text(f"# Mine\n\n{tables}\nBelow.\n")
    code, _, _ = tournament(*THREE, "--games", 20, "--out", "t", "--markdown", "x.md")
    assert code == 0
    line = "--games 20 --out t --markdown x.md --workers=1`: 3 players"
    assert Path("x.md").read_text() == f"# Mine\n\n{tables}\nBelow.\n" and line in tables
    code, _, errors = tournament(*THREE, "--games", 20, "--out", "t", "--seed", 3)
    assert code == 2 and "seed" in errors


def test_a_pair_ends_when_it_is_decided(tournament: Run) -> None:
    code, text, _ = tournament("random", "greedy-points", "--games", 700, "--sprt", "--json")
    (pairing,) = json.loads(text)["pairings"]
    assert code == 0 and pairing["winner"] == "b" and pairing["n_deals"] < 700


def test_bids(works: Works) -> None:
    line = "tournament random greedy-points --workers 1 --json --games"
    report = json.loads(works(*words(f"{line} 32 --bid 30..31")))
    assert report["bid"] == "30,31" and report["pairings"][0]["n_deals"] == 32
    # Half of the deals are those of either bid alone.
    alone = json.loads(works(*words(f"{line} 16 --bid 30")))
    first = json.loads(works(*words(f"{line} 16 --bid 30..31")))
    assert first["pairings"][0]["make_a"] == alone["pairings"][0]["make_a"]


def test_what_cannot_be_is_told(fails: Fails) -> None:
    for line, why in (
        ("tournament random", "at least two players, got 1"),
        ("tournament random random", "got random twice"),
        ("tournament random nobody", "PLAYERS: "),
        ("tournament random greedy-points --bid 42..30", "--bid must be"),
    ):
        assert why in fails(*words(line)), line
    Path("x.md").write_text("<!-- forge tournament -->\n")
    line = "tournament random greedy-points --games 1 --workers 1 --markdown x.md"
    assert "x.md: there must be one" in fails(*words(line))
