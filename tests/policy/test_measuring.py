"""Figures of a policy by declaration and bid, and the curve over hands."""

from dataclasses import fields

import pytest
import torch

from forge.errors import ForgeError
from forge.policy.choices import PolicyRows, rows_of
from forge.policy.learning import HELD_OUT, split_hands
from forge.policy.measuring import HandsPoint, hands_curve, measure_policy
from forge.policy.numbers import PolicyNumbers
from forge.policy.self_play import Teacher, play_hands
from forge.policy.settings import PolicyTraining
from forge.policy.sparse_network import PolicyNetwork
from support.seen import random_weights


@pytest.fixture(scope="module")
def rows() -> PolicyRows:
    return rows_of(play_hands(3, 0, 300, Teacher(n_worlds=2)))


def test_parts_add_up_to_the_whole(rows: PolicyRows) -> None:
    policy = PolicyNumbers(random_weights())
    found = measure_policy(policy, rows)
    for parts in (found.by_declaration, found.by_bid):
        assert sum(each.rows for each in parts.values()) == found.overall.rows == len(rows)
        for name in ("nll", "uniform", "agreement", "regret"):
            mean = sum(each.rows * getattr(each, name) for each in parts.values()) / len(rows)
            assert mean == pytest.approx(getattr(found.overall, name), abs=1e-6)
    assert len(found.by_declaration) == 10 and set(found.by_bid) <= {
        *map(str, range(30, 43)),
        "84",
    }


def test_figures_by_hand(rows: PolicyRows) -> None:
    """One decision: its likelihood is worked out from the logits."""
    policy = PolicyNumbers(random_weights(4))
    one = rows.take(torch.tensor([7]))
    network = PolicyNetwork()
    network.start_from(policy)
    with torch.no_grad():
        p = network(one.context, one.candidates).softmax(dim=1)[0]
    slot, likeliest = int(one.slots[0]), int(p.argmax())
    found = measure_policy(policy, one).overall
    assert found.nll == pytest.approx(-float(p[slot].log()), abs=1e-5)
    assert found.uniform == pytest.approx(float(torch.tensor(float((p > 0).sum())).log()))
    assert found.agreement == float(slot == likeliest)
    lost = float(one.chances[0, slot] - one.chances[0, likeliest])
    assert found.regret == pytest.approx(0.0 if lost != lost else lost, abs=1e-6)


def test_a_curve_measures_all_on_the_same_hands(rows: PolicyRows) -> None:
    told: list[HandsPoint] = []
    training = PolicyTraining(epochs=1)
    points = hands_curve(rows, [100, 300], training, told.append)
    assert points == told and [point.hands for point in points] == [100, 300]
    assert len({point.report.overall.rows for point in points}) == 1
    assert points[0].report.overall.rows == len(split_hands(rows)[1])
    assert points[1].report.overall.nll < points[0].report.overall.nll < 2.0
    for size in (99, 301):
        with pytest.raises(ForgeError, match=r"a curve takes 100\.\.300 hands"):
            hands_curve(rows, [size], training)
    assert hands_curve(rows, [100], training, stopped=lambda: True) == []


def test_no_decisions(rows: PolicyRows) -> None:
    none = rows.take(torch.tensor([], dtype=torch.int64))
    assert all(len(getattr(none, each.name)) == 0 for each in fields(none)) and HELD_OUT > 0
    with pytest.raises(ForgeError, match="no decisions"):
        measure_policy(PolicyNumbers(random_weights()), none)
