"""Many hands: the same lines on any number of processes, and files that go on."""

import json
from pathlib import Path
from typing import Any

import pytest

from forge.arena.registry import parse_player
from forge.bidding.hand import hand_of_seed, hand_text
from forge.bidding.hand_evaluation import evaluate_hand
from forge.bidding.hands_file import HANDS, HandRow, HandWork, evaluate_hands, read_hands
from forge.bidding.plan import Plan
from forge.bidding.simulate import Simulator
from forge.errors import ForgeError
from forge.game.declarations import declaration_name
from support.evaluations import CALIBRATION

DECLS = (5, 9)
PLAN = Plan(8)
HELD = [hand_of_seed(seed) for seed in range(4)]


def work(**changes: Any) -> HandWork:
    values: dict[str, Any] = {"simulator": Simulator(seed=2), "decls": DECLS, "plan": PLAN}
    return HandWork(**{**values, **changes})


def test_lines_are_what_a_single_evaluation_gives(tmp_path: Path) -> None:
    out = tmp_path / "hands.jsonl"
    heard: list[HandRow] = []
    run = evaluate_hands(work(calibration=CALIBRATION), [*HELD, HELD[0]], out, 1, heard.append)
    assert (run.n_hands, run.n_done, run.stopped_by) == (4, 4, None)
    options, rows = HANDS.read(out)
    assert rows == heard and [row.hand for row in rows] == [hand_text(hand) for hand in HELD]
    assert options["n_deals"] == 8 and options["trumps"] == ["fives", "notrump"]
    for hand, row in zip(HELD, rows, strict=True):
        found = evaluate_hand(hand, DECLS, Simulator(seed=2), PLAN, CALIBRATION)
        assert row.p == found.table.p.tolist() and row.low == found.table.low.tolist()
        assert row.made == found.simulated.made.tolist() and row.p != found.simulated.p.tolist()
        best = found.table.best()
        assert (row.trump, row.bid, row.marks) == (
            declaration_name(best.contract.decl),
            best.contract.bid.number,
            best.marks,
        )


def test_the_same_bytes_on_two_processes_and_after_a_break(tmp_path: Path) -> None:
    one, two, broken = (tmp_path / name for name in ("one", "two", "broken"))
    evaluate_hands(work(), HELD, one)
    evaluate_hands(work(), HELD, two, n_workers=2)
    assert one.read_bytes() == two.read_bytes()
    content = one.read_bytes()
    broken.write_bytes(content[: content.rindex(b"\n", 0, -1) + 20])  # torn in the last line
    run = evaluate_hands(work(), HELD, broken)
    assert (run.n_hands, run.n_done) == (4, 1)
    assert broken.read_bytes() == content


def test_a_file_of_other_options_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "hands.jsonl"
    evaluate_hands(work(), HELD[:1], out)
    before = out.read_bytes()
    for changes, said in (
        ({"simulator": Simulator(seed=3)}, "seed = 2, not 3"),
        ({"plan": Plan(9)}, "n_deals = 8, not 9"),
        ({"decls": (5,)}, "trumps"),
        ({"calibration": CALIBRATION}, "calibration = None"),
    ):
        with pytest.raises(ForgeError, match=said):
            evaluate_hands(work(**changes), HELD, out)
    assert out.read_bytes() == before
    foreign = tmp_path / "foreign.jsonl"
    foreign.write_text(json.dumps({"format": "another"}) + "\n")
    with pytest.raises(ForgeError, match="not a results file"):
        evaluate_hands(work(), HELD, foreign)
    lines = before.splitlines(keepends=True)
    out.write_bytes(lines[0] + lines[1].replace(b'"bid":', b'"bad":'))
    with pytest.raises(ForgeError, match="line 2 is damaged"):
        HANDS.read(out)


def test_processes_take_devices_in_turn() -> None:
    shared = work(devices=("cpu", "meta"))
    assert shared._simulator().device == "cpu"
    assert shared._simulator().device == "cpu"  # one process keeps its own
    shared._placed = None  # as in the next process
    assert shared._simulator().device == "meta"
    shared._placed = None
    assert shared._simulator().device == "cpu"


def test_hands_are_read_from_text(tmp_path: Path) -> None:
    path = tmp_path / "hands.txt"
    path.write_text(f"# two hands\n{hand_text(HELD[0])}\n\n  {hand_text(HELD[1])}  \n")
    assert read_hands(path) == HELD[:2]
    path.write_text(f"{hand_text(HELD[0])}\n6-6,6-5\n")
    with pytest.raises(ForgeError, match=r"hands\.txt: line 2: a hand has 7 dominoes, got 2"):
        read_hands(path)
    path.write_text("# nothing\n")
    with pytest.raises(ForgeError, match="holds no hand"):
        read_hands(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ForgeError, match="not a text file"):
        read_hands(path)
    with pytest.raises(ForgeError, match="cannot read"):
        read_hands(tmp_path / "none.txt")


def test_a_file_of_players_that_asked_about_every_play_is_not_gone_on_with(tmp_path: Path) -> None:
    out = tmp_path / "hands.jsonl"
    racing = work(simulator=Simulator(parse_player("make:n=2"), seed=2))
    assert racing.record()["races"] is True
    first_release = {name: value for name, value in racing.record().items() if name != "races"}
    out.write_bytes(HANDS.header(first_release))
    with pytest.raises(ForgeError, match="made with races = None, not True"):
        evaluate_hands(racing, HELD[:1], out)
    assert "races" not in work().record()
