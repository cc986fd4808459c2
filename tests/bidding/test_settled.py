"""When deals are enough to say what to bid: the rule, and how often it is wrong where the truth is
known."""

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import pytest

from forge.bidding.calibration.logistic import shipped
from forge.bidding.estimates import Choice, make_table
from forge.bidding.hand import parse_hand
from forge.bidding.hand_evaluation import Evaluation, evaluate_hand
from forge.bidding.plan import Plan
from forge.bidding.sentences import advice, doubt, headline, marks_of
from forge.bidding.settled import (
    INDIFFERENT,
    PASS,
    SURE,
    Saying,
    Turn,
    half_interval,
    of_counts,
    of_share,
    standing,
    weigh,
)
from forge.bidding.simulate import Made, Simulator
from forge.game.contract import BIDS, LOWEST_BID, Bid, Contract
from support.evaluations import CALIBRATION, evaluation

LOOKS = (100, 200, 400, 800, 1600, 3200, 6400)
AT_MOST = 0.05
HAND = parse_hand("6-4,5-5,4-2,3-1,2-0,1-1,0-0")


# ---- how often settled advice is wrong -----------------------------------------------------------


def deals(chances: Sequence[float], alike: float, rng: np.random.Generator) -> Made:
    """bool [D, 6400]: made deals of declarations with known chances.

    Args:
        chances: of each.
        alike: correlation of what decides in a deal, between any two declarations.
        rng: of the deals.
    """
    common = rng.standard_normal(LOOKS[-1])
    own = rng.standard_normal((len(chances), LOOKS[-1]))
    limits = np.array([NormalDist().inv_cdf(p) for p in chances])
    made: Made = np.sqrt(alike) * common + np.sqrt(1 - alike) * own < limits[:, None]
    return made


def settled_advice(made: Made) -> set[int] | None:
    """What is left of a pass (-1) and the declarations once it is settled; None if it never is."""
    left = list(range(len(made)))
    for n in LOOKS:
        sayings = {id(PASS): -1}
        asked = [PASS]
        for decl in left:
            asked.append(of_share(Contract(decl, LOWEST_BID), made[decl, :n]))
            sayings[id(asked[-1])] = decl
        verdict = weigh(asked)
        in_play = {sayings[id(each)] for each in verdict.in_play}
        if verdict.is_settled:
            return in_play
        left = [decl for decl in left if decl in in_play]
    return None


def is_wrong(found: set[int], chances: Sequence[float]) -> bool:
    """Whether what was left out is better than all that was kept, or what is kept differs by what
    matters."""
    worth = {-1: 0.0} | {decl: 2 * p - 1 for decl, p in enumerate(chances)}
    kept = [worth[each] for each in found]
    left_out = [worth[each] for each in worth if each not in found]
    return max(left_out, default=-1.0) > max(kept) + 1e-9 or max(kept) - min(kept) > INDIFFERENT


@pytest.mark.parametrize("alike", [0.0, 0.5])
@pytest.mark.parametrize(
    "chances",
    [
        [0.5001],  # a pass is as good, but not quite
        [0.4999],
        [0.5501],  # a little more than a toss-up
        [0.4499],
        [0.7, 0.699],
        [0.6, 0.5499],
        [0.6, 0.58, 0.56, 0.54, 0.52, 0.5],
        [0.501, 0.5, 0.499, 0.45, 0.45, 0.4, 0.4, 0.3, 0.3],
        [0.6, *[0.598] * 8],
    ],
)
def test_settled_advice_is_seldom_wrong(chances: list[float], alike: float) -> None:
    n_hands = 300 if len(chances) < 6 else 150
    rng = np.random.default_rng(5)
    found = [settled_advice(deals(chances, alike, rng)) for _ in range(n_hands)]
    settled = [each for each in found if each is not None]
    n_wrong = sum(is_wrong(each, chances) for each in settled)
    assert n_wrong / n_hands <= AT_MOST
    assert len(settled) > n_hands / 2  # most are told, even of these


def test_the_check_notices_a_hasty_rule() -> None:
    """With the usual interval looked at seven times, the same check fails."""
    rng = np.random.default_rng(5)
    n_wrong = 0
    for _ in range(150):
        made = deals([0.5001], 0.0, rng)[0]
        for n in LOOKS:
            p = made[:n].mean()
            if abs(2 * p - 1) > 1.96 * 2 * np.sqrt(p * (1 - p) / n):
                n_wrong += p < 0.5
                break
    assert n_wrong / 150 > AT_MOST


# ---- the rule ------------------------------------------------------------------------------------


def test_standings() -> None:
    assert standing(0.3, 0.2) == "worse"
    assert standing(0.02, 0.01) == "worse"  # a small difference is one, where it is known
    assert standing(0.02, 0.07) == "as good"
    assert standing(0.02, 0.09) == "open"
    assert standing(0.2, 0.2) == "open"
    assert standing(0.0, 0.0) == "worse"  # both are certain: one is enough


def test_half_an_interval_is_that_of_the_paired_difference() -> None:
    """Against the sum over the four outcomes of a deal, half a deal added to each."""
    rng = np.random.default_rng(1)
    a, b = rng.random(50) < 0.7, rng.random(50) < 0.4
    counts = {(x, y): 0.5 + int(((a == x) & (b == y)).sum()) for x in (0, 1) for y in (0, 1)}
    total = sum(counts.values())
    mean = sum(n * (2 * x - 4 * y) for (x, y), n in counts.items()) / total
    squares = sum(n * (2 * x - 4 * y - mean) ** 2 for (x, y), n in counts.items())
    first, second = (
        of_share(Contract(4, bid), made)
        for bid, made in zip((LOWEST_BID, Bid.of(84)), (a, b), strict=True)
    )
    expected = SURE * np.sqrt(squares / total / total)
    assert half_interval(first, second) == pytest.approx(expected)
    assert half_interval(second, first) == pytest.approx(expected)


def test_a_pass_and_errors_from_elsewhere() -> None:
    made = np.arange(100) < 60
    bid = of_share(Contract(4, LOWEST_BID), made)
    s = 61 / 102
    assert half_interval(bid, PASS) == pytest.approx(SURE * 2 * np.sqrt(s * (1 - s) / 102))
    passing = Saying(None, 0.0, error=0.3)
    both = SURE * np.hypot(2 * np.sqrt(s * (1 - s) / 102), 0.3)
    assert half_interval(bid, passing) == pytest.approx(both)
    assert half_interval(PASS, PASS) == 0.0
    # Of fewer deals, those that both have count.
    assert half_interval(bid, of_share(Contract(5, LOWEST_BID), made[:10])) == half_interval(
        of_share(Contract(4, LOWEST_BID), made[:10]), of_share(Contract(5, LOWEST_BID), made[:10])
    )


def test_what_is_certain_needs_no_deal() -> None:
    sure = Saying(Contract(6, Bid.of(84)), 2.0, np.ones(5, dtype=np.bool_), slope=0.0)
    verdict = weigh([PASS, sure])
    assert verdict.is_clear and verdict.best is sure
    found = evaluate_hand(parse_hand("6-6,6-5,6-4,6-3,6-2,6-1,6-0"), (6,), Simulator(), Plan(1))
    assert headline(found.verdict).startswith("Too few")  # where no proof is asked for
    counted = of_counts(Choice(Contract(6, Bid.of(84)), 1.0, 1.0, 1.0, 2.0), 5, 5)
    assert counted.error == 0.0


def test_more_deals_are_asked_for_only_where_they_help() -> None:
    even = of_share(Contract(4, LOWEST_BID), np.arange(1000) % 2 == 0)
    assert not weigh([PASS, even]).needs_deals  # settled
    few = of_share(Contract(4, LOWEST_BID), np.arange(20) % 2 == 0)
    assert weigh([PASS, few]).needs_deals
    assert not weigh([Saying(None, 0.0, error=0.5), even]).needs_deals  # what is open is the pass


def test_only_the_lowest_bid_of_each_worth_is_weighed() -> None:
    assert Turn().wanted == (LOWEST_BID, Bid.of(84))
    assert Turn(tuple(bid for bid in BIDS if bid > Bid.of(35))).wanted == (
        Bid.of(36),
        Bid.of(84),
    )


# ---- hands ---------------------------------------------------------------------------------------


def test_deals_are_added_until_it_is_settled() -> None:
    plan = Plan(100, settle=True, max_deals=3200)
    found = evaluate_hand(HAND, (3, 4), Simulator(), plan, shipped())
    n = found.simulated.n.tolist()
    assert found.verdict.is_settled and n[1] > 100
    assert n[0] < n[1] and found.dropped == (3,)  # threes are worse
    fewer = evaluate_hand(HAND, (3, 4), Simulator(), Plan(n[1] // 2), shipped())
    assert not fewer.verdict.is_settled
    capped = evaluate_hand(HAND, (4,), Simulator(), Plan(20, settle=True, max_deals=30))
    assert capped.simulated.n.tolist() == [30]
    # Files that are older than `settle` go on.
    assert "settle" not in Plan(100).record() and plan.record()["settle"] is True


def told(means: Sequence[float], n_deals: int) -> Evaluation:
    """Of deals around these mean points."""
    return evaluation(means, calibration=CALIBRATION, n_deals=n_deals)


def test_headlines() -> None:
    cases = {
        "Pass": told([20.0, 18.0], 2000),
        "Bid 30, blanks": told([40.0, 20.0], 500),
        "A toss-up between": told([33.6], 6400),
        "Too few deals to tell: ": told([33.6, 33.0], 20),
        "Bid 30: a toss-up between ": told([36.0, 36.0], 6400),
        "Bid 30, blanks or ones: too few deals to tell": told([38.0, 37.3], 60),
    }
    for said, found in cases.items():
        choice, what, why = advice(found)
        assert what == headline(found.verdict)
        assert what.startswith(said), (said, what)
        assert (choice is None) == (found.verdict.best.contract is None)
        assert ("More deals would tell." in why) == ("too few" in what.lower())
        assert ("At most 0.1 marks" in why) == ("toss-up" in what)
        assert (doubt(found.verdict) == "") == found.verdict.is_clear
        marks = f"{found.verdict.best.marks:+.2f}"
        assert marks in marks_of(found.verdict)
    many = told([33.6] * 9, 20)
    assert "others" in headline(many.verdict) and len(headline(many.verdict)) < 80


def test_a_headline_names_both_sides_of_a_toss_up() -> None:
    found = told([33.6], 6400)
    assert {"a pass", "30 in blanks"} <= set(
        headline(found.verdict).removeprefix("A toss-up between ").split(" and ")
    )


def test_a_line_of_a_file_is_less_sure_than_its_deals() -> None:
    from forge.bidding.hands_file import HandWork, row_verdict

    row = HandWork(Simulator(), (4, 6), Plan(60))(HAND)
    found = evaluate_hand(HAND, (4, 6), Simulator(), Plan(60))
    by_row = row_verdict(row, (4, 6), 60)
    assert by_row.best.marks == found.verdict.best.marks
    assert len(by_row.in_play) >= len(found.verdict.in_play)


def test_the_table_of_what_is_left_has_its_rows() -> None:
    table = make_table((4, 5, 6), np.array([[30, 42], [10, 31], [29, 12]], dtype=np.int8))
    part = table.of([6, 4])
    assert part.decls == (4, 6) and part.made.tolist() == table.made[[0, 2]].tolist()
    assert part.best_decl(LOWEST_BID) == table.best_decl(LOWEST_BID)
