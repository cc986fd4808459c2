"""Bids and contracts, against all ways in which a hand may go on."""

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.errors import ForgeError
from forge.game.contract import BIDS, LOWEST_BID, POINT_BIDS, Bid, Contract
from reference import contract as reference

POINTS = st.integers(1, 42)
SPLITS = st.sampled_from(reference.splits())
# How a hand goes: the points of seven tricks (35 of count among them) and who wins each.
HANDS = st.lists(st.tuples(st.integers(1, 11), st.booleans()), min_size=1, max_size=7)


def history(hand: list[tuple[int, bool]]) -> list[tuple[int, int]]:
    """Points of both teams trick by trick, as long as there are no more than 42."""
    won = [(0, 0)]
    for points, is_ours in hand:
        ours, theirs = won[-1]
        after = (ours + points, theirs) if is_ours else (ours, theirs + points)
        if sum(after) > 42:
            break
        won.append(after)
    return won


def test_the_bids_of_a_table() -> None:
    assert {bid.number: (bid.points, bid.marks) for bid in BIDS} == reference.TABLE_BIDS
    assert [bid.number for bid in POINT_BIDS] == list(range(30, 43))
    assert sorted(BIDS) == list(BIDS) and len(set(BIDS)) == len(BIDS)
    assert min(BIDS) == LOWEST_BID
    for number in reference.TABLE_BIDS:
        assert Bid.of(number).number == number and str(Bid.of(number)) == str(number)
        assert Bid.recorded(number) == Bid.of(number)


@pytest.mark.parametrize("number", [-1, 0, 1, 29, 43, 83, 85, 126, 168])
def test_no_bid_of_a_table(number: int) -> None:
    with pytest.raises(ForgeError, match=rf"30\.\.42 or 84 \(two marks\), got {number}$"):
        Bid.of(number)


def test_files_may_hold_fewer_points() -> None:
    assert [Bid.recorded(points) for points in range(1, 43)] == [Bid(p) for p in range(1, 43)]
    for value in (0, -3, 43, 126, 30.5, "30", None):
        with pytest.raises(ForgeError, match="a bid is"):
            Bid.recorded(value)


@pytest.mark.parametrize(("points", "marks"), [(0, 1), (43, 1), (42, 0), (41, 2), (30, -1)])
def test_what_cannot_be_promised(points: int, marks: int) -> None:
    with pytest.raises(ForgeError, match=r"a bid (takes|is worth)"):
        Bid(points, marks)


@given(points=POINTS, split=SPLITS)
def test_standing_is_what_all_ends_agree_on(points: int, split: tuple[int, int]) -> None:
    assert Bid(points).standing(*split) == reference.standing(points, *split)


def test_targets_split_the_ends_of_every_hand() -> None:
    # All points, all that may have been won, all that may follow.
    for points in range(1, 43):
        bid = Bid(points)
        for won, lost in reference.splits():
            target = bid.target(won, lost)
            for value in reference.values(won, lost):
                assert (value >= target) == reference.makes(points, won, lost, value)


@given(points=POINTS, split=SPLITS)
def test_points_left_decide(points: int, split: tuple[int, int]) -> None:
    bid = Bid(points)
    for ours, theirs in reference.ends(*split):
        enough = [ours - split[0] >= bid.points_left(0, split[0])]
        enough += [theirs - split[1] >= bid.points_left(1, split[1])]
        assert enough == [ours >= points, ours < points]  # one team has its wish
        assert enough == [ours >= bid.points_for(0), theirs >= bid.points_for(1)]
        assert bid.is_made(ours) == (ours >= points)


@given(points=POINTS, hand=HANDS)
def test_a_contract_is_decided_once(points: int, hand: list[tuple[int, bool]]) -> None:
    bid = Bid(points)
    standings = [bid.standing(*split) for split in history(hand)]
    for before, after in pairwise(standings):
        assert before in ("open", after)
    needed = [bid.points_left(0, ours) for ours, _ in history(hand)]
    assert needed == sorted(needed, reverse=True)


@given(split=SPLITS)
def test_more_points_are_harder(split: tuple[int, int]) -> None:
    order = {"made": 0, "open": 1, "set": 2}
    standings = [order[Bid(points).standing(*split)] for points in range(1, 43)]
    assert standings == sorted(standings)
    targets = [Bid(points).target(*split) for points in range(1, 43)]
    assert targets == sorted(set(targets))


@given(points=POINTS, split=SPLITS)
def test_a_decided_contract_has_a_target_out_of_reach(points: int, split: tuple[int, int]) -> None:
    target, values = Bid(points).target(*split), reference.values(*split)
    reached = {value >= target for value in values}
    expected = {"made": {True}, "set": {False}, "open": {True, False}}
    assert reached == expected[reference.standing(points, *split)]


def test_marks_change_nothing_but_what_is_at_stake() -> None:
    one, two = Bid.of(42), Bid.of(84)
    assert two > one > Bid.of(41)
    for split in reference.splits():
        assert (one.standing(*split), one.target(*split)) == (
            two.standing(*split),
            two.target(*split),
        )
    assert [bid.worth(0.75) for bid in (Bid.of(30), one, two)] == [0.5, 0.5, 1.0]


@pytest.mark.parametrize("bid", BIDS, ids=str)
def test_worth_is_the_mean_over_made_and_set(bid: Bid) -> None:
    marks = reference.TABLE_BIDS[bid.number][1]
    assert bid.worth(1.0) == marks and bid.worth(0.0) == -marks and bid.worth(0.5) == 0.0
    shares = np.array([[0.0, 0.25], [0.5, 1.0]])
    expected = [[p * marks - (1 - p) * marks for p in row] for row in shares.tolist()]
    assert bid.worth(shares).tolist() == expected
    points = np.arange(43, dtype=np.int8)
    assert bid.is_made(points).tolist() == [bid.is_made(int(each)) for each in points]


def test_contracts_as_text() -> None:
    assert str(Contract(5, Bid.of(30))) == "30 in fives"
    assert str(Contract(9, Bid.of(84))) == "two marks (84) in notrump"
    for decl in (-1, 10):
        with pytest.raises(ForgeError, match=r"0\.\.9"):
            Contract(decl, Bid.of(30))


def test_no_heavy_import() -> None:
    heavy = "{'numpy', 'torch'} & set(sys.modules)"
    code = f"import sys, forge.game.contract; assert not {heavy}, {heavy}"
    subprocess.run([sys.executable, "-c", code], check=True)
