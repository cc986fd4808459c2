"""Shares, intervals, marks, and comparisons over the same deals."""

import json
from pathlib import Path

import numpy as np
import pytest

from forge.bidding.estimates import (
    BIDS,
    clearly_worse,
    make_table,
    marks_at_stake,
    paired_difference,
    points_needed,
    table_of_counts,
    wilson,
)
from forge.bidding.hand import parse_hand, parse_trumps
from forge.bidding.simulate import Simulator
from forge.errors import ForgeError
from forge.stats.intervals import wilson_interval

REFERENCE = json.loads((Path(__file__).parent / "golden" / "reference.json").read_text())


def test_the_table_counts_by_hand() -> None:
    points = np.array([[42, 42, 30, 29], [0, 41, 35, 35]], dtype=np.int8)
    table = make_table((6, 9), points)
    assert table.bids == BIDS == (*range(30, 43), 84)
    for bid, shares in {30: (0.75, 0.75), 31: (0.5, 0.75), 36: (0.5, 0.25), 84: (0.5, 0)}.items():
        assert [table.at(decl, bid).p for decl in (6, 9)] == list(shares)
    assert table.at(6, 42).p == table.at(6, 84).p
    assert table.at(6, 30).marks == 0.5 and table.at(9, 84).marks == -2.0
    assert table.best_decl(36).decl == 6 and table.best_decl(30).decl == 6  # of equals the first
    assert (table.best().decl, table.best().bid) == (6, 30)


def test_two_marks_are_bid_with_a_hand_that_takes_everything() -> None:
    table = make_table((6,), np.full((1, 10), 42, dtype=np.int8))
    assert (table.best().bid, table.best().marks) == (84, 2.0)
    assert table.best().high == 1.0 and 0.6 < table.best().low < 0.8


def test_wilson_is_the_librarys_and_exact_at_the_ends() -> None:
    for made, n in ((0, 10), (10, 10), (3, 10), (499, 500)):
        low, high = wilson(made, n)
        assert (float(low), float(high)) == pytest.approx(wilson_interval(made, n), abs=1e-12)
    low, high = wilson([0, 7], [7, 7])
    assert low[0] == 0.0 and high[1] == 1.0


@pytest.mark.usefixtures("one_thread")
def test_intervals_cover_a_large_reference_at_their_rate() -> None:
    hand, (decl,) = parse_hand(REFERENCE["hand"]), parse_trumps(REFERENCE["trump"])
    by_points = np.array(REFERENCE["deals_by_points"])
    assert by_points.sum() == REFERENCE["n_deals"] == 50_000
    n_seeds, n_deals, bid = 150, 60, 31
    truth = by_points[bid:].sum() / by_points.sum()
    covered = 0
    for seed in range(n_seeds):
        made = Simulator(seed=seed).made(hand, (decl,), 0, n_deals, bid)
        table = table_of_counts((decl,), (bid,), made.sum(axis=1)[:, None], np.array([n_deals]))
        found = table.at(decl, bid)
        covered += found.low <= truth <= found.high
    # 95 % of 150 is 142.5; four standard deviations are 11.
    assert 131 <= covered < n_seeds


def test_a_paired_interval_is_narrower_where_deals_agree() -> None:
    rng = np.random.default_rng(1)
    first = rng.random(400) < 0.6
    second = first & (rng.random(400) < 0.9)  # loses some of the same deals
    paired = paired_difference(first, second)
    assert paired.value == pytest.approx(first.mean() - second.mean()) and paired.value > 0.0
    assert 0.0 < paired.interval[0] < paired.value < paired.interval[1]
    unrelated = paired_difference(first, rng.permutation(second))
    width = unrelated.interval[1] - unrelated.interval[0]
    assert paired.interval[1] - paired.interval[0] < 0.6 * width
    wide = paired_difference(first, second, 0.999)
    assert wide.interval[0] < paired.interval[0] and wide.interval[1] > paired.interval[1]
    same = paired_difference(first, first)
    assert same.value == 0.0 and same.interval[0] < 0.0 < same.interval[1]


def test_the_clearly_worse_are_found_and_the_close_are_kept() -> None:
    rng = np.random.default_rng(2)
    best = rng.random(300) < 0.7
    close = np.where(rng.random(300) < 0.05, ~best, best)
    bad = rng.random(300) < 0.4
    assert clearly_worse(np.stack([bad, best, close])).tolist() == [True, False, False]
    assert clearly_worse(np.stack([bad[:5], best[:5]])).tolist() == [False, False]
    assert clearly_worse(best[None]).tolist() == [False]


def test_bids_there_are() -> None:
    assert [points_needed(bid) for bid in (30, 41, 42, 84)] == [30, 41, 42, 42]
    assert [marks_at_stake(bid) for bid in (30, 42, 84)] == [1, 1, 2]
    for bid in (29, 43, 83, 168):
        with pytest.raises(ForgeError, match="bids are 30"):
            marks_at_stake(bid)


def test_what_cannot_be() -> None:
    with pytest.raises(ForgeError, match="at least one deal"):
        make_table((6,), np.empty((1, 0), dtype=np.int8))
    table = make_table((6,), np.full((1, 2), 30, dtype=np.int8), (30, 31))
    with pytest.raises(ForgeError, match="not in the table"):
        table.at(5, 30)
    with pytest.raises(ForgeError, match="not in the table"):
        table.best_decl(42)
    with pytest.raises(ForgeError, match="the same deals"):
        paired_difference(np.array([True]), np.array([True, False]))
