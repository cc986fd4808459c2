"""One hand, evaluated: how many deals, which declarations, which figures."""

import io
import json
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from forge.arena.registry import parse_player
from forge.bidding.estimates import make_table
from forge.bidding.hand import parse_hand
from forge.bidding.hand_evaluation import PERFECT_PLAY, Evaluation, evaluate_hand
from forge.bidding.plan import Plan
from forge.bidding.simulate import Simulator
from forge.cli.show import hand_tables as report
from forge.errors import ForgeError
from forge.game.contract import BIDS, LOWEST_BID, Bid, Contract
from support.calibrations import straight

pytestmark = pytest.mark.usefixtures("one_thread")
HAND = parse_hand("6-4,5-5,4-2,3-1,2-0,1-1,0-0")
LAYDOWN = parse_hand("6-6,6-5,6-4,6-3,6-2,6-1,6-0")
SIMULATOR = Simulator(seed=3)


def shown(found: Evaluation, as_list: bool = False) -> str:
    """What people see."""
    screen = Console(width=100, record=True, file=io.StringIO())
    (report.show_list if as_list else report.show_matrix)(found, screen)
    return screen.export_text()


def test_perfect_play_is_counted_and_calibrated() -> None:
    calibration = straight()
    found = evaluate_hand(HAND, (4, 6), SIMULATOR, Plan(40), calibration)
    points = SIMULATOR.points(HAND, (4, 6), 0, 40)
    assert np.array_equal(np.stack(found.outcomes), points)
    raw = make_table((4, 6), points)
    assert np.array_equal(found.simulated.p, raw.p)
    assert np.array_equal(found.table.p, calibration.apply(raw, HAND).p)
    assert found.how == PERFECT_PLAY and found.table.bids == BIDS
    text = shown(found)
    assert "calibrated: everybody sees one hand" in text and PERFECT_PLAY in text


def test_without_a_calibration_perfect_play_is_called_that() -> None:
    found = evaluate_hand(HAND, (4,), SIMULATOR, Plan(20))
    assert found.table is found.simulated
    assert "No calibration is shipped: perfect play alone, which flatters." in shown(found)


def test_players_are_taken_at_their_word() -> None:
    found = evaluate_hand(HAND, (4,), Simulator(parse_player("random")), Plan(20), straight())
    assert found.calibration is None and found.table is found.simulated
    assert found.how == "played by random (sees its own hand)"


def test_a_hand_that_cannot_lose() -> None:
    found = evaluate_hand(LAYDOWN, (6,), SIMULATOR, Plan(30))
    assert found.simulated.made.tolist() == [[30] * 14]
    assert (found.best.contract, found.best.marks) == (Contract(6, Bid.of(84)), 2.0)
    assert "Bid 84 with sixes: 100.0 % [88.6, 100.0], +2.00 marks." in shown(found)
    # What is certain needs no deals, and no line that was fitted.
    found = evaluate_hand(LAYDOWN, (5, 6), SIMULATOR, Plan(5, until=0.001), straight())
    told = "Bid 84 with sixes: 100.0 % [100.0, 100.0], +2.00 marks, whatever the others hold."
    assert told in shown(found)
    assert found.simulated.n.tolist() == [5, 5]
    assert found.table.at(Contract(5, Bid.of(42))).p < 1.0


def test_one_bid_alone_is_the_same_column() -> None:
    whole = evaluate_hand(HAND, (4, 6), SIMULATOR, Plan(40))
    bid = Bid.of(36)
    alone = evaluate_hand(HAND, (4, 6), SIMULATOR, Plan(40, bid=bid, only_bid=True))
    assert alone.table.bids == (bid,)
    for decl in (4, 6):
        assert alone.table.at(Contract(decl, bid)) == whole.table.at(Contract(decl, bid))
    assert alone.at_bid.contract.bid == alone.best.contract.bid == bid
    assert (
        alone.differences()
        == evaluate_hand(HAND, (4, 6), SIMULATOR, Plan(40, bid=bid)).differences()
    )


def test_deals_are_added_until_the_interval_is_narrow() -> None:
    plan = Plan(20, until=0.06, only_bid=True)
    found = evaluate_hand(HAND, (6, 3), SIMULATOR, plan)
    at_bid = found.at_bid
    assert (at_bid.high - at_bid.low) / 2 <= 0.06
    assert 100 < found.simulated.n[0] == found.simulated.n[1] < 600
    few = evaluate_hand(HAND, (6, 3), SIMULATOR, Plan(20, until=0.49, only_bid=True))
    assert few.simulated.n.tolist() == [20, 20]
    capped = Plan(20, until=0.001, only_bid=True, max_deals=90)
    stopped = evaluate_hand(HAND, (6,), SIMULATOR, capped)
    assert stopped.simulated.n.tolist() == [90]
    assert "Stopped at 90 deals" in shown(stopped)


def test_worse_declarations_are_dropped_and_the_rest_is_the_same() -> None:
    plan = Plan(200, only_bid=True)
    whole = evaluate_hand(LAYDOWN, (6, 9, 3), SIMULATOR, plan)
    found = evaluate_hand(LAYDOWN, (6, 9, 3), SIMULATOR, Plan(200, only_bid=True, drop_worse=True))
    assert found.dropped == (3,)
    assert found.simulated.n.tolist() == [200, 200, 64]
    for decl in (6, 9):
        assert found.table.at(Contract(decl, LOWEST_BID)) == whole.table.at(
            Contract(decl, LOWEST_BID)
        )
    text = shown(found, as_list=True)
    assert "threes*" in text and "shown to be worse at 30 and dropped: threes" in text


def test_the_report_holds_everything() -> None:
    found = evaluate_hand(HAND, (4, 6), SIMULATOR, Plan(10), straight())
    values: dict[str, Any] = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert values["hand"] == "6-4,5-5,4-2,3-1,2-0,1-1,0-0" and values["seed"] == 3
    assert values["simulated"] == PERFECT_PLAY
    first = values["declarations"][0]
    assert first["declaration"] == "fours" and first["n_samples"] == 10
    assert first["points"] == found.outcomes[0].tolist()
    assert [cell["bid"] for cell in first["bids"]] == [*range(30, 43), 84]
    assert first["bids"][0]["simulated_p"] == found.simulated.at(Contract(4, LOWEST_BID)).p
    assert first["bids"][0]["p"] == found.table.at(Contract(4, LOWEST_BID)).p
    assert set(values["difference_at_bid_simulated"]) == {"sixes"} or set(
        values["difference_at_bid_simulated"]
    ) == {"fours"}


@pytest.mark.parametrize(
    ("values", "part"),
    [
        ({"n_deals": 0}, "n_deals must be 1.."),
        ({"until": 0.0}, "until must be above 0 and below 0.5"),
        ({"until": 0.5}, "until must be above 0 and below 0.5"),
        ({"bid": Bid(29)}, "a bid is 30"),
    ],
)
def test_plans_that_cannot_be(values: dict[str, Any], part: str) -> None:
    with pytest.raises(ForgeError, match=part):
        Plan(**values)
