"""Contracts that are drawn and played for a calibration."""

import json
from collections import Counter
from pathlib import Path

import pytest

from forge.arena.protocol import best_pip_suit
from forge.arena.registry import parse_player
from forge.bidding.calibration.hands import (
    HANDS,
    PlayContract,
    choosing_seed,
    drawn_hand,
    most_made,
    play_contracts,
)
from forge.bidding.calibration.logistic import class_of
from forge.bidding.calibration.play_options import PlayOptions
from forge.bidding.deals import deals_around
from forge.bidding.hand import hand_text, parse_hand
from forge.bidding.simulate import perfect_points
from forge.errors import ForgeError
from forge.game.contract import Bid
from forge.game.tables import HIGH, LOW

pytestmark = pytest.mark.usefixtures("one_thread")
GREEDY = PlayOptions(parse_player("greedy-points"), 2, n_played=3)


def test_contracts_are_drawn_as_is_said() -> None:
    drawn = [drawn_hand(number, lambda hand, bid, number: 9) for number in range(4000)]
    assert all(len(set(each.hand)) == 7 and each.hand == tuple(sorted(each.hand)) for each in drawn)
    bids = Counter(each.contract.bid.number for each in drawn)
    assert 0.37 < bids[30] / 4000 < 0.43
    assert set(bids) == {*range(30, 43), 84} and min(bids.values()) > 140  # 185 expected
    best = sum(each.contract.decl == best_pip_suit(each.hand) for each in drawn) / 4000
    assert 0.19 < best < 0.24  # 0.2 + 0.1 / 7
    classes = Counter(class_of(each.contract.decl) for each in drawn)
    assert 0.47 < classes["notrump"] / 4000 < 0.53  # chosen, and one class of four
    assert all(0.08 < classes[name] / 4000 < 0.12 for name in ("doubles-trump", "doubles-suit"))
    assert {each.contract.decl for each in drawn} == set(range(10))
    doubles = [sum(HIGH[d] == LOW[d] for d in each.hand) for each in drawn]
    assert sum(doubles) / 4000 > 1.9  # 1.75 as dealt


def test_a_bidder_chooses_what_is_made_most_often() -> None:
    hand, bid = parse_hand("6-6,6-5,6-4,6-2,6-1,6-0,2-2"), Bid(42)
    assert most_made(hand, bid, 3) == 6  # notrump makes it as surely, and is no pip suit
    hand = parse_hand("6-6,5-5,4-4,3-3,2-2,1-1,0-0")
    assert most_made(hand, bid, 3) == 7  # as surely as notrump, and the first
    drawn = [drawn_hand(number) for number in range(40)]
    assert drawn == [drawn_hand(number) for number in range(40)]
    deals = deals_around(hand, choosing_seed(3), 0, 50)
    assert not (deals == deals_around(hand, 3, 0, 50)).all(dim=(1, 2)).any()


def test_a_row_is_what_was_played() -> None:
    row = PlayContract(GREEDY)(7)
    drawn = drawn_hand(7)
    assert row.hand == hand_text(drawn.hand) and row.contract == drawn.contract
    assert (row.decl, row.bid) == (drawn.contract.decl, drawn.contract.bid.number)
    deals = deals_around(drawn.hand, 7, 0, 2)
    assert row.perfect == perfect_points(deals, row.decl).tolist()
    assert len(row.played) == 3 and row.made == sum(p >= row.bid for p in row.played)


def test_make_plays_for_the_bid_of_the_contract() -> None:
    number = next(n for n in range(100) if drawn_hand(n).contract.bid == Bid.of(42))
    work = PlayContract(PlayOptions(parse_player("make:n=1"), 1))
    work(number)
    ((bid, player),) = work._players.items()
    assert bid == Bid.of(42) == player.bid  # type: ignore[attr-defined]


def test_a_file_goes_on_and_is_the_same_on_any_number_of_workers(tmp_path: Path) -> None:
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    heard: list[int] = []
    done = play_contracts(GREEDY, range(5, 11), one, on_hand=lambda row: heard.append(row.number))
    assert (done.n_hands, done.n_played, done.stopped_by) == (6, 6, None)
    assert heard == list(range(5, 11))
    play_contracts(GREEDY, range(5, 8), two)
    two.write_bytes(two.read_bytes()[:-9])  # torn by a kill
    done = play_contracts(GREEDY, range(5, 11), two, n_workers=2)
    assert (done.n_hands, done.n_played) == (6, 4)
    assert one.read_bytes() == two.read_bytes()
    options, rows = HANDS.read(one)
    assert options == {"player": "greedy-points", "deals": 2, "played": 3}
    assert [row.number for row in rows] == list(range(5, 11))


def test_what_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(ForgeError, match="sees all hands: take seat:n=N"):
        PlayOptions(parse_player("oracle"), 5)
    with pytest.raises(ForgeError, match="deals must be 1 or more"):
        PlayOptions(parse_player("make:n=3"), 0)
    path = tmp_path / "hands.jsonl"
    play_contracts(GREEDY, range(2), path)
    with pytest.raises(ForgeError, match="made with deals = 2, not 9"):
        play_contracts(PlayOptions(parse_player("greedy-points"), 9, 3), range(2), path)
    header, line, *_ = path.read_text().splitlines()
    row = json.loads(line)
    wrong = {"hand": "6-6", "bid": 29, "made": 4, "perfect": [], "decl": 10}
    for field, value in wrong.items():
        path.write_text(f"{header}\n{json.dumps({**row, field: value})}\n")
        with pytest.raises(ForgeError, match="line 2 is damaged"):
            HANDS.read(path)
    path.write_text("a,b\n")
    with pytest.raises(ForgeError, match="is not a results file of forge bidding calibration 2"):
        HANDS.read(path)
    with pytest.raises(ForgeError, match="cannot read"):
        HANDS.read(tmp_path / "missing.jsonl")


def test_hands_of_players_that_race_are_not_added_to_others(tmp_path: Path) -> None:
    def record(player: str) -> object:
        return PlayOptions(parse_player(player), 2).record().get("races")

    assert record("make:n=3") is True and record("make:n=3,no-race") is None
    # What 0.1.0 wrote says nothing of races.
    path = tmp_path / "hands.jsonl"
    options = {"player": "make:n=3", "deals": 2, "played": 1}
    path.write_bytes(HANDS.header(options))
    with pytest.raises(ForgeError, match="made with races = None, not True"):
        play_contracts(PlayOptions(parse_player("make:n=3"), 2), range(2), path)
