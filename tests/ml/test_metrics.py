"""Metrics against cases worked out by hand, whole and in pieces."""

import pytest
import torch
from torch import Tensor

from forge.learn.batches import choose_slots
from forge.ml import metrics
from forge.ml.metrics import EpochLosses, EpochMetrics
from support.synthetic_rows import synthetic_arrays

X = -128  # illegal


def hand_batch() -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    """Four positions, written in the team-0 frame.

    Row 0, team 0, decl 2: Q 10, 4, -20 in slots 0, 1, 3; chosen slot 1: regret 6.
    Row 1, team 1, decl 2: Q 10, 4, -20 in slots 0, 1, 3 are -10, -4, 20 for it; chosen slot 0:
        regret 30, a blunder. In the team-0 frame slot 0 would have been perfect.
    Row 2, team 1, decl 9: Q 5, 5 in slots 2, 5, a tie; chosen slot 5: regret 0, not the target.
    Row 3, team 0, decl 9: one legal slot, 6, though slot 0 has the highest score: regret 0.
    """
    qvals = torch.tensor(
        [
            [10, 4, X, -20, X, X, X],
            [10, 4, X, -20, X, X, X],
            [X, X, 5, X, X, 5, X],
            [X, X, X, X, X, X, 7],
        ],
        dtype=torch.int8,
    )
    scores = torch.zeros(4, 7)
    scores[0] = torch.tensor([3.0, 9.0, 99.0, -20.0, 0.0, 0.0, 0.0])
    scores[1] = torch.tensor([8.0, -4.0, 99.0, 6.0, 0.0, 0.0, 0.0])
    scores[2] = torch.tensor([50.0, 0.0, -6.0, 0.0, 0.0, -5.0, 0.0])
    scores[3] = torch.tensor([50.0, 0.0, 0.0, 0.0, 0.0, 0.0, 4.0])
    tokens = torch.zeros(4, 32, 12, dtype=torch.int8)
    tokens[:, 0, 10] = torch.tensor([2, 2, 9, 9])
    batch = {
        "tokens": tokens,
        "qvals": qvals,
        "legal": (qvals != X).to(torch.int8),
        "teams": torch.tensor([0, 1, 1, 0], dtype=torch.int8),
        "players": torch.tensor([0, 3, 1, 2], dtype=torch.int8),
        "targets": torch.tensor([0, 3, 2, 6], dtype=torch.int8),
        "values": torch.tensor([10, -20, 5, 7], dtype=torch.int8),
    }
    # V in the acting-team frame is 10, 20, -5, 7; the errors are 0, 2, 4 and 10 points.
    value_pred = torch.tensor([10.0, 22.0, -9.0, -3.0]) / 42
    return scores, value_pred, batch


def test_regret_turns_the_sign_for_team_1() -> None:
    scores, _, batch = hand_batch()
    args = scores, batch["qvals"], batch["legal"], batch["teams"]
    assert choose_slots(scores, batch["legal"]).tolist() == [1, 0, 5, 6]
    assert metrics.regret(*args).tolist() == [6, 30, 0, 0]
    assert metrics.q_gap(*args).item() == 9.0
    assert metrics.blunder_rate(*args).item() == 0.25
    assert metrics.zero_regret_rate(*args).item() == 0.5
    assert metrics.accuracy(scores, batch["targets"], batch["legal"]).item() == 0.25


def test_errors_in_points() -> None:
    scores, value_pred, batch = hand_batch()
    # Legal slots only: |3-10| |9-4| |-20+20|, |8+10| |-4+4| |6-20|, |-6+5| |-5+5|, |4-7|
    expected = (7 + 5 + 0 + 18 + 0 + 14 + 1 + 0 + 3) / 9
    q_mae = metrics.q_mae(scores, batch["qvals"], batch["legal"], batch["teams"])
    assert q_mae.item() == pytest.approx(expected)
    value_mae = metrics.value_mae(value_pred, batch["values"], batch["teams"])
    assert value_mae.item() == pytest.approx(4.0, abs=1e-6)


def test_a_regret_of_exactly_ten_is_no_blunder() -> None:
    qvals = torch.tensor([[10, 0, X, X, X, X, X], [11, 0, X, X, X, X, X]], dtype=torch.int8)
    scores = torch.tensor([[0.0, 1, 0, 0, 0, 0, 0]]).expand(2, 7)
    teams = torch.zeros(2, dtype=torch.int8)
    assert metrics.blunder_rate(scores, qvals, qvals != X, teams).item() == 0.5


def test_the_widest_regret_does_not_wrap_in_int8() -> None:
    qvals = torch.tensor([[-42, 42, X, X, X, X, X]], dtype=torch.int8)
    scores = torch.tensor([[0.0, 1, 0, 0, 0, 0, 0]])
    team_1 = torch.ones(1, dtype=torch.int8)
    assert metrics.regret(scores, qvals, qvals != X, team_1).tolist() == [84]


def test_epoch_metrics_of_the_hand_case() -> None:
    scores, value_pred, batch = hand_batch()
    epoch = EpochMetrics(q_in_points=True)
    epoch.update(scores, value_pred, batch)
    got = {name: float(value) for name, value in epoch.compute().items()}
    expected = {
        "q_gap": 9.0,
        "accuracy": 0.25,
        "blunder_rate": 0.25,
        "zero_regret_rate": 0.5,
        "value_mae": 4.0,
        "q_mae": 48 / 9,
        "regret_p99": 30.0,
        "regret_max": 30.0,
        "regret_decl_2": 18.0,
        "regret_decl_9": 0.0,
        "regret_slot_0": 6.0,  # best in row 0
        "regret_slot_3": 30.0,  # best in row 1
        "regret_slot_2": 0.0,  # the lower of the tie in row 2
        "regret_slot_6": 0.0,
        "tie_rate_slot_0": 0.0,
        "tie_rate_slot_2": 1.0,
        "tie_rate_slot_5": 1.0,
        "q_bias_slot_0": ((3 - 10) + (8 + 10)) / 2,
        "q_bias_slot_6": -3.0,
    }
    assert {name: got[name] for name in expected} == pytest.approx(expected, abs=1e-6)
    for empty in ("regret_decl_0", "regret_slot_5", "tie_rate_slot_1", "q_bias_slot_4"):
        assert got[empty] != got[empty], f"{empty} should be NaN"


def test_p99_is_the_nearest_rank() -> None:
    qvals = torch.full((200, 7), X, dtype=torch.int8)
    qvals[:, :2] = torch.tensor([5, 5], dtype=torch.int8)
    qvals[:2, 0], qvals[2, 0] = 25, 15  # two regrets of 20, one of 10, 197 of 0
    n = len(qvals)
    scores = torch.tensor([[0.0, 1, 0, 0, 0, 0, 0]]).expand(n, 7)
    zeros = torch.zeros(n, dtype=torch.int8)
    batch = {
        "tokens": torch.zeros(n, 32, 12, dtype=torch.int8),
        "qvals": qvals,
        "legal": qvals != X,
        "teams": zeros,
        "targets": zeros,
        "values": zeros,
    }
    epoch = EpochMetrics(q_in_points=False)
    epoch.update(scores, torch.zeros(n), batch)
    summary = epoch.compute()
    assert summary["regret_p99"] == 10 and summary["regret_max"] == 20
    assert "q_mae" not in summary and "q_bias_slot_0" not in summary


def random_case(n: int) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    batch = {k: torch.from_numpy(v) for k, v in synthetic_arrays(n, seed=7).items()}
    generator = torch.Generator().manual_seed(1)
    scores = 20 * torch.randn(n, 7, generator=generator)
    return scores, torch.randn(n, generator=generator), batch


def test_unequal_batches_equal_one_batch_and_the_functions() -> None:
    scores, value_pred, batch = random_case(500)
    whole, parts = EpochMetrics(q_in_points=True), EpochMetrics(q_in_points=True)
    whole.update(scores, value_pred, batch)
    for rows in torch.split(torch.arange(500), [1, 300, 7, 192]):
        parts.update(scores[rows], value_pred[rows], {k: v[rows] for k, v in batch.items()})
    one, many = whole.compute(), parts.compute()
    for name in one:
        torch.testing.assert_close(one[name], many[name], equal_nan=True)

    args = scores, batch["qvals"], batch["legal"], batch["teams"]
    assert torch.equal(one["q_gap"], metrics.q_gap(*args))
    assert torch.equal(one["blunder_rate"], metrics.blunder_rate(*args))
    assert torch.equal(one["zero_regret_rate"], metrics.zero_regret_rate(*args))
    assert torch.equal(one["regret_max"], metrics.regret(*args).max().double())
    torch.testing.assert_close(one["q_mae"], metrics.q_mae(*args))
    torch.testing.assert_close(
        one["accuracy"], metrics.accuracy(scores, batch["targets"], batch["legal"])
    )
    torch.testing.assert_close(
        one["value_mae"], metrics.value_mae(value_pred, batch["values"], batch["teams"])
    )


def test_reset_and_empty_epoch() -> None:
    epoch = EpochMetrics(q_in_points=True)
    epoch.update(*hand_batch())
    epoch.reset()
    assert not epoch.state_dict()
    with pytest.warns(UserWarning, match="before the ``update``"):
        summary = epoch.compute()
    for name in ("q_gap", "regret_p99", "regret_max", "q_mae"):
        assert summary[name].isnan(), name


def test_epoch_losses_weigh_each_mean_by_its_terms() -> None:
    losses = EpochLosses()
    losses.update(torch.tensor(10.0), torch.tensor(30), torch.tensor(1.0), 10)
    losses.update(torch.tensor(40.0), 10, torch.tensor(6.0), 5)
    move_loss, value_loss = losses.compute()
    assert move_loss == (300 + 400) / 40 and value_loss == (10 + 30) / 15


def test_slot_bias_warning() -> None:
    fair = {f"q_bias_slot_{slot}": torch.tensor(0.1 * slot) for slot in range(7)}
    assert metrics.slot_bias_warning(fair) is None
    assert metrics.slot_bias_warning({"q_gap": torch.tensor(1.0)}) is None
    skewed = {**fair, "q_bias_slot_0": torch.tensor(-2.0)}
    warning = metrics.slot_bias_warning(skewed)
    assert warning is not None and "-2.00 in slot 0" in warning
