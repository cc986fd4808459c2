"""Shares, intervals, marks, and comparisons over the same deals."""

import json
from pathlib import Path

import numpy as np
import pytest

from forge.bidding.estimates import (
    Choice,
    clearly_worse,
    make_table,
    paired_difference,
    table_of_counts,
)
from forge.bidding.hand import parse_hand, parse_trumps
from forge.bidding.simulate import Simulator
from forge.errors import ForgeError
from forge.game.contract import BIDS, Bid, Contract

REFERENCE = json.loads((Path(__file__).parents[1] / "golden" / "bidding.json").read_text())


def test_the_table_counts_by_hand() -> None:
    points = np.array([[42, 42, 30, 29], [0, 41, 35, 35]], dtype=np.int8)
    table = make_table((6, 9), points)
    assert table.bids == BIDS

    def at(decl: int, number: int) -> Choice:
        return table.at(Contract(decl, Bid.of(number)))

    for bid, shares in {30: (0.75, 0.75), 31: (0.5, 0.75), 36: (0.5, 0.25), 84: (0.5, 0)}.items():
        assert [at(decl, bid).p for decl in (6, 9)] == list(shares)
    assert at(6, 42).p == at(6, 84).p
    assert at(6, 30).marks == 0.5 and at(9, 84).marks == -2.0
    for number in (36, 30):  # of equals the first
        assert table.best_decl(Bid.of(number)).contract == Contract(6, Bid.of(number))
    assert table.best().contract == Contract(6, Bid.of(30))


def test_two_marks_are_bid_with_a_hand_that_takes_everything() -> None:
    table = make_table((6,), np.full((1, 10), 42, dtype=np.int8))
    assert (table.best().contract, table.best().marks) == (Contract(6, Bid.of(84)), 2.0)
    assert table.best().high == 1.0 and 0.6 < table.best().low < 0.8


@pytest.mark.usefixtures("one_thread")
def test_intervals_cover_a_large_reference_at_their_rate() -> None:
    hand, (decl,) = parse_hand(REFERENCE["hand"]), parse_trumps(REFERENCE["trump"])
    by_points = np.array(REFERENCE["deals_by_points"])
    assert by_points.sum() == REFERENCE["n_deals"] == 50_000
    n_seeds, n_deals, bid = 150, 60, Bid.of(31)
    truth = by_points[31:].sum() / by_points.sum()
    covered = 0
    for seed in range(n_seeds):
        made = Simulator(seed=seed).made(hand, (decl,), 0, n_deals, bid)
        table = table_of_counts((decl,), (bid,), made.sum(axis=1)[:, None], np.array([n_deals]))
        found = table.at(Contract(decl, bid))
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


def test_what_cannot_be() -> None:
    with pytest.raises(ForgeError, match="at least one deal"):
        make_table((6,), np.empty((1, 0), dtype=np.int8))
    table = make_table((6,), np.full((1, 2), 30, dtype=np.int8), BIDS[:2])
    with pytest.raises(ForgeError, match="30 in fives is not in the table"):
        table.at(Contract(5, Bid.of(30)))
    with pytest.raises(ForgeError, match="bid 42 is not in the table"):
        table.best_decl(Bid.of(42))
    with pytest.raises(ForgeError, match="the same deals"):
        paired_difference(np.array([True]), np.array([True, False]))
