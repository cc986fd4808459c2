"""From perfect play to the chance at a table."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import expit, logit

from forge.bidding.calibration import fit as fitting
from forge.bidding.calibration import validation
from forge.bidding.calibration.columns import is_certain
from forge.bidding.calibration.logistic import (
    Calibration,
    class_of,
    evidence,
    shipped,
)
from forge.bidding.estimates import make_table
from forge.bidding.hand import parse_hand
from forge.errors import ForgeError
from forge.game.contract import BIDS, Bid, Contract
from forge.look.plots.calibration import reliability_plot
from support.calibrations import MADE_WITH, invented_hands, straight

HAND = parse_hand("6-4,5-5,4-2,3-1,2-0,1-1,0-0")


def test_lines_are_applied_to_shares_and_their_ends() -> None:
    calibration = straight(-1.0, 0.5)
    points = np.array([[42] * 30 + [30] * 40 + [0] * 30], dtype=np.int8)
    table = make_table((6,), points)
    found = calibration.apply(table, HAND)
    for bid, share in ((30, 0.7), (31, 0.3), (84, 0.3)):
        expected = expit(-1.0 + 0.5 * logit((100 * share + 0.5) / 101))
        contract = Contract(6, Bid.of(bid))
        cell, raw = found.at(contract), table.at(contract)
        assert cell.p == pytest.approx(expected)
        assert cell.low < cell.p < cell.high
        assert cell.low == pytest.approx(float(calibration.chance(raw.low, 100, contract)))
    two = found.at(Contract(6, Bid.of(84)))
    assert two.marks == pytest.approx(2 * (2 * two.p - 1))
    with pytest.raises(ForgeError, match="a bid is 30"):
        calibration.chance(0.5, 100, Contract(6, Bid(29)))
    assert (found.made == table.made).all() and (found.n == table.n).all()


def test_what_cannot_be_lost_is_sure() -> None:
    hand = parse_hand("6-6,6-5,6-4,6-2,6-1,6-0,2-2")
    table = make_table((2, 6), np.array([[42] * 20, [42] * 20], dtype=np.int8))
    twos, sixes = straight().apply(table, hand).p
    assert (sixes == 1.0).all() and (twos < 1.0).all()
    found = straight().apply(table, hand)
    assert (found.low[1] == 1.0).all() and (found.high[1] == 1.0).all()
    # Six tricks are sure, and all count but three fives: 26 points, which no bid asks for.
    hand = parse_hand("6-6,6-5,6-4,6-0,5-5,4-4,3-2")
    assert (straight().apply(table, hand).p < 1.0).all()


def test_a_higher_bid_is_never_made_more_often() -> None:
    calibration = straight()
    lines = {name: list(line) for name, line in calibration.intercepts.items()}
    lines["pip trump"][5] = 3.0  # a line that jumps up at 35
    table = make_table((6,), np.array([[42, 42, 30, 30, 0]], dtype=np.int8))
    found = Calibration(lines, calibration.slopes, MADE_WITH).apply(table, HAND)
    assert (np.diff(found.p, axis=1) <= 0.0).all() and (np.diff(found.high, axis=1) <= 0.0).all()


def test_evidence_is_finite_and_grows_with_deals() -> None:
    assert evidence(0.5, 100) == 0.0
    assert evidence(1.0, 10) < evidence(1.0, 1000) < 10.0
    assert float(evidence(0.0, 10)) == pytest.approx(-float(evidence(1.0, 10)))


def test_classes() -> None:
    assert [class_of(decl) for decl in (0, 6, 7, 8, 9)] == [
        "pip trump",
        "pip trump",
        "doubles-trump",
        "doubles-suit",
        "notrump",
    ]


def test_files(tmp_path: Path) -> None:
    path, calibration = tmp_path / "deep" / "c.json", straight()
    calibration.write(path)
    assert Calibration.read(path) == calibration
    values = json.loads(path.read_text())
    del values["file_sha256"]
    broken: dict[str, dict[str, Any]] = {
        "slopes must be positive": {"slopes": {**values["slopes"], "notrump": [-1.0] * 13}},
        "must be of pip trump": {"intercepts": {"pip trump": [0.0] * 13}},
        "must be 13 numbers": {"slopes": {**values["slopes"], "notrump": [1.0]}},
        "is not a forge bidding calibration of version 1": {"version": 2},
        "is not a forge bidding calibration": {"format": "another"},
        "surprise is no key": {"surprise": 1},
    }
    for part, change in broken.items():
        path.write_text(json.dumps({**values, **change}))
        with pytest.raises(ForgeError, match=part):
            Calibration.read(path)
    path.write_text("{")
    with pytest.raises(ForgeError, match=r"c\.json: not JSON"):
        Calibration.read(path)
    with pytest.raises(ForgeError, match="No such file"):
        Calibration.read(tmp_path / "missing.json")


def test_what_is_shipped_meets_its_contract() -> None:
    calibration = shipped()
    assert calibration is not None
    made, found = calibration.made_with, calibration.validation
    assert made["player"].startswith("seat:n=") and "sha256" in made
    assert sum(last - first + 1 for first, last in made["numbers"]) == made["hands"] >= 10_000
    assert found["hands"] >= 10_000 and found["error"] <= 0.015
    assert set(found["bids"]) == {str(bid) for bid in BIDS}
    for part in found["classes"].values():
        assert part["hands"] >= 0.04 * found["hands"] and part["error"] <= 0.03
    # Nearly sure is nearly sure.
    assert float(calibration.chance(1.0, 500, Contract(6, Bid.of(30)))) > 0.98


def true_chance(share: float, kind: str, bid: int) -> float:
    """What the fit has to find: flatters, by class and bid."""
    x = float(evidence(share, 50))
    shift = {"doubles-trump": 0.6, "notrump": -0.5}.get(kind, 0.0)
    return float(expit(-0.8 + shift + 0.6 * x - 0.05 * (bid - 36)))


def test_a_fit_finds_the_lines_and_is_validated() -> None:
    hands = invented_hands(range(3000), true_chance)
    calibration = fitting.fit(hands, "x + C(kind) + bid", {"player": "make:n=100"})
    assert calibration.made_with["hands"] == 3000
    for share in (0.1, 0.5, 0.9):
        for decl, bid in ((6, 30), (6, 42), (7, 30), (9, 36)):
            found = float(calibration.chance(share, 50, Contract(decl, Bid.of(bid))))
            assert found == pytest.approx(true_chance(share, class_of(decl), bid), abs=0.1)
    others = invented_hands(range(10_000, 12_000), true_chance)
    good = validation.validate(validation.predictions(calibration, others), others)
    flattering = validation.validate(validation.perfect_shares(others), others)
    assert good.error < 0.04 < 0.1 < flattering.error
    assert good.interval[0] <= good.error <= good.interval[1]
    assert 0.0 < good.by_chance < 0.03
    assert good.log_loss < flattering.log_loss
    assert sum(each.n_hands for each in good.bins) == good.n_hands == 2000
    again = validation.validated(calibration, good, by_tenths=False)
    assert again.summary.endswith(" on 2,000 others") and "off by" in again.summary
    assert again.validation["error"] == good.error
    again = validation.validated(calibration, good, by_tenths=True)
    assert again.summary.endswith("], each tenth told by the rest")


def test_what_cannot_lose_is_predicted_and_not_fitted_to() -> None:
    hands = invented_hands(range(2000), true_chance)
    laydown = "6-6,6-5,6-4,6-2,6-1,6-0,2-2"
    lost = [replace(hand, hand=laydown, decl=6, bid=30, made=0) for hand in hands[:300]]
    formula = "x + C(kind) + bid"
    with_them = fitting.fit(hands + lost, formula, {})
    without = fitting.fit(hands, formula, {})
    assert with_them.slopes == without.slopes and with_them.intercepts == without.intercepts
    n_certain = sum(map(is_certain, hands))
    assert with_them.made_with["cannot lose"] == n_certain + 300
    assert (validation.predictions(without, lost) == 1.0).all()


def test_a_validation_has_its_parts() -> None:
    hands = invented_hands(range(2000), true_chance)
    calibration = fitting.fit(hands, "x + C(kind) + bid", {})
    others = invented_hands(range(10_000, 11_000), true_chance)
    found = validation.validate(validation.predictions(calibration, others), others)
    assert set(found.classes) == {"pip trump", "doubles-trump", "doubles-suit", "notrump"}
    assert set(found.bids) == {str(bid) for bid in BIDS}
    predicted = validation.predictions(calibration, others)
    for name, rows in (
        ("notrump", [i for i, hand in enumerate(others) if hand.decl == 9]),
        ("84", [i for i, hand in enumerate(others) if hand.bid == 84]),
    ):
        part = {**found.classes, **found.bids}[name]
        assert part.n_hands == len(rows)
        assert part.predicted == pytest.approx(predicted[rows].mean())
        assert part.realised == pytest.approx(np.mean([others[i].made for i in rows]))
        assert part.error <= part.by_chance + 0.1
    for parts in (found.classes, found.bids):
        assert sum(part.n_hands for part in parts.values()) == 1000
    # A class that is off by a fifth is seen to be.
    off = np.clip(predicted - 0.2 * np.array([hand.decl == 9 for hand in others]), 0.0, 1.0)
    again = validation.validate(off, others)
    assert again.classes["notrump"].error > 0.1 > again.classes["pip trump"].error


def test_held_out_loss_prefers_what_is_there() -> None:
    def by_class(share: float, kind: str, bid: int) -> float:
        """Steep for doubles, flat for suits."""
        return share if kind == "doubles-trump" else 0.3 + 0.2 * share

    hands = invented_hands(range(1500), by_class)
    predictions = fitting.held_out_predictions(hands)
    losses = fitting.held_out_losses(predictions, hands)
    assert set(losses) == set(fitting.FORMULAS)
    assert losses["x * C(kind) + bid"].mean() < losses["x + C(kind) + bid"].mean()
    # A tenth is predicted by the rest.
    rest = [hand for i, hand in enumerate(hands) if i % fitting.N_FOLDS != 3]
    formula = fitting.FORMULAS[0]
    expected = validation.predictions(fitting.fit(rest, formula, {}), hands[3 :: fitting.N_FOLDS])
    assert predictions[formula][3 :: fitting.N_FOLDS] == pytest.approx(expected)


def test_the_simplest_of_the_good_formulas_is_chosen() -> None:
    simple, best, *others = fitting.FORMULAS
    noise = np.random.default_rng(0).normal(0.0, 0.1, 400)
    losses = {formula: np.full(400, 0.9) for formula in others}
    losses[best] = np.full(400, 0.5)
    losses[simple] = losses[best] + noise - noise.mean() + 0.004  # standard error 0.005
    assert fitting.chosen_formula(losses) == simple
    losses[simple] = losses[simple] + 0.002
    assert fitting.chosen_formula(losses) == best


def test_the_plot_is_a_png_and_always_the_same(tmp_path: Path) -> None:
    hands = invented_hands(range(300), true_chance)
    found = validation.validate(validation.perfect_shares(hands), hands)
    one, two = tmp_path / "one.png", tmp_path / "two.png"
    for path in (one, two):
        reliability_plot(path, found, found, "make:n=100")
    assert one.read_bytes() == two.read_bytes() and one.read_bytes().startswith(b"\x89PNG")


def test_too_few_hands_are_told() -> None:
    hands = invented_hands(range(5), true_chance)
    with pytest.raises(ForgeError, match="5 hands are too few: there is none of bid"):
        fitting.fit(hands, "x + C(kind) + bid", {})
    with pytest.raises(ForgeError, match="at least 10 hands"):
        validation.validate(validation.predictions(straight(), hands), hands)


def test_a_bid_that_one_tenth_alone_has() -> None:
    """Few hands leave whole bids to one tenth: the fit to the others has a line for them too."""
    found = fitting.held_out_predictions(invented_hands(range(40), true_chance))
    assert all(np.isfinite(predicted).all() for predicted in found.values())
