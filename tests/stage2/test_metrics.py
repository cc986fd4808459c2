"""Metrics of Stage 2 against cases worked out by hand and number by number."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from forge.stage2.metrics import EqMetrics
from forge.stage2.network import EqPrediction

SUMS = (
    "regret",
    "agree",
    "blunder",
    "abs",
    "square",
    "noise",
    "z",
    "in68",
    "in95",
    "spread",
    "claim",
)


def random_batch(n: int, seed: int = 0) -> tuple[EqPrediction, dict[str, Tensor]]:
    """Labels with noise, and predictions that are off by some points."""
    rng = torch.Generator().manual_seed(seed)

    def normal() -> Tensor:
        return torch.randn(n, 7, generator=rng)

    legal = torch.rand(n, 7, generator=rng) < 0.5
    legal[torch.arange(n), torch.randint(0, 7, (n,), generator=rng)] = True
    mean = (8 * normal()).round()  # whole points: there are ties
    exact = torch.rand(n, 1, generator=rng) < 0.3
    batch = {
        "tokens": torch.zeros(n, 36, 8, dtype=torch.int8),
        "legal": legal,
        "mean": mean * legal,
        "noise": normal().square() * 4 * legal * ~exact,
        "spread": normal().abs() * 6 * legal,
        "targets": mean.masked_fill(~legal, -torch.inf).argmax(dim=1),
        "tricks": torch.randint(0, 6, (n,), generator=rng),  # none of trick 6
    }
    found = EqPrediction(mean + 4 * normal(), 1 + normal().abs() * 4, normal().abs() * 7)
    return found, batch


def slow_figures(found: EqPrediction, batch: dict[str, Tensor]) -> dict[str, float]:
    """All figures, one decision and one play after the other."""
    sums = {trick: dict.fromkeys(("n", "plays", *SUMS), 0.0) for trick in range(7)}
    for i, trick in enumerate(batch["tricks"].tolist()):
        at = sums[trick]
        slots = [s for s in range(7) if batch["legal"][i, s]]
        truth, said = batch["mean"][i].double().tolist(), found.mean[i].double().tolist()
        chosen = max(slots, key=lambda s: (said[s], -s))
        lost = max(truth[s] for s in slots) - truth[chosen]
        at["n"] += 1
        at["regret"] += lost
        at["agree"] += lost <= 1e-4
        at["blunder"] += lost > 10
        for s in slots:
            error, claimed = said[s] - truth[s], float(found.error[i, s])
            noise = float(batch["noise"][i, s])
            z = abs(error) / math.sqrt(claimed**2 + noise)
            at["plays"] += 1
            at["abs"] += abs(error)
            at["square"] += error**2
            at["noise"] += noise
            at["z"] += z**2
            at["in68"] += z <= 1
            at["in95"] += z <= 1.959964
            at["spread"] += abs(float(found.spread[i, s]) - float(batch["spread"][i, s]))
            at["claim"] += claimed**2
    all_of = {name: sum(at[name] for at in sums.values()) for name in sums[0]}
    n, plays = all_of["n"], all_of["plays"]
    figures = {
        "q_gap": all_of["regret"] / n,
        "agreement": all_of["agree"] / n,
        "blunder_rate": all_of["blunder"] / n,
        "q_mae": all_of["abs"] / plays,
        "label_rmse": math.sqrt(all_of["noise"] / plays),
        "excess_rmse": math.sqrt(max(0.0, all_of["square"] - all_of["noise"]) / plays),
        "claimed_rmse": math.sqrt(all_of["claim"] / plays),
        "z_rms": math.sqrt(all_of["z"] / plays),
        "coverage_68": all_of["in68"] / plays,
        "coverage_95": all_of["in95"] / plays,
        "spread_mae": all_of["spread"] / plays,
    }
    for trick, at in sums.items():
        for name, total, count in (
            ("q_gap", "regret", "n"),
            ("q_mae", "abs", "plays"),
            ("agreement", "agree", "n"),
        ):
            figures[f"{name}_trick_{trick}"] = at[total] / at[count] if at[count] else math.nan
    return figures


def computed(*batches: tuple[EqPrediction, dict[str, Tensor]]) -> dict[str, float]:
    """The figures of some batches."""
    metrics = EqMetrics()
    for found, batch in batches:
        metrics.update(found, batch)
    return {name: float(figure) for name, figure in metrics.compute().items()}


def test_figures_of_a_random_batch() -> None:
    found, batch = random_batch(400)
    got, expected = computed((found, batch)), slow_figures(found, batch)
    assert got.keys() == expected.keys()
    assert got == pytest.approx(expected, rel=1e-6, nan_ok=True)
    assert 0.1 < got["agreement"] < 0.9 and 0.0 < got["blunder_rate"] < 0.5
    for name in ("q_gap_trick_6", "q_mae_trick_6", "agreement_trick_6"):
        assert math.isnan(got[name])


def case(**columns: Any) -> tuple[EqPrediction, dict[str, Tensor]]:
    """Two decisions of trick 2 and 5; slots 0 and 3 may be played."""
    legal = torch.tensor([[True, False, False, True, False, False, False]] * 2)

    def spread_out(values: list[list[float]], rest: float) -> Tensor:
        row = torch.full((2, 7), rest)
        row[:, [0, 3]] = torch.tensor(values)
        return row

    said = columns.get("said", [[0.0, 0.0], [0.0, 0.0]])
    found = EqPrediction(
        spread_out(said, 99.0),
        spread_out(columns.get("error", [[1.0, 1.0], [1.0, 1.0]]), 0.01),
        spread_out([[1.0, 1.0], [1.0, 1.0]], 99.0),
    )
    return found, {
        "legal": legal,
        "mean": spread_out(columns.get("mean", [[0.0, 0.0], [0.0, 0.0]]), 0.0),
        "noise": spread_out(columns.get("noise", [[0.0, 0.0], [0.0, 0.0]]), 0.0),
        "spread": spread_out([[3.0, 1.0], [1.0, 1.0]], 0.0),
        "tricks": torch.tensor([2, 5]),
    }


def test_by_hand() -> None:
    """Decision 0 plays slot 3 and loses 12, decision 1 plays slot 0, the lower of equals."""
    got = computed(
        case(
            said=[[1.0, 2.0], [5.0, 5.0]],
            mean=[[4.0, -8.0], [5.0, 3.0]],
            error=[[1.0, 8.0], [2.0, 2.0]],
            noise=[[8.0, 36.0], [0.0, 0.0]],
        )
    )
    expected = {
        "q_gap": 6.0,
        "agreement": 0.5,
        "blunder_rate": 0.5,
        "q_mae": (3 + 10 + 0 + 2) / 4,
        "label_rmse": math.sqrt(11.0),
        "excess_rmse": math.sqrt((9 + 100 + 0 + 4 - 44) / 4),
        "claimed_rmse": math.sqrt((1 + 64 + 4 + 4) / 4),
        "z_rms": math.sqrt((9 / 9 + 100 / 100 + 0 + 4 / 4) / 4),
        "coverage_68": 1.0,
        "spread_mae": 0.5,
        "q_gap_trick_2": 12.0,
        "q_gap_trick_5": 0.0,
        "q_mae_trick_2": 6.5,
        "agreement_trick_2": 0.0,
        "agreement_trick_5": 1.0,
    }
    assert {name: got[name] for name in expected} == pytest.approx(expected)


@pytest.mark.parametrize(("lost", "is_blunder"), [(10.0, False), (10.5, True)])
def test_a_regret_of_exactly_ten_is_no_blunder(lost: float, is_blunder: bool) -> None:
    got = computed(case(said=[[1.0, 0.0], [1.0, 0.0]], mean=[[0.0, lost], [lost, 0.0]]))
    assert got["blunder_rate"] == 0.5 * is_blunder
    assert got["q_gap"] == lost / 2


@pytest.mark.parametrize(("lost", "agrees"), [(5e-5, True), (1e-3, False)])
def test_rounding_of_a_mean_is_no_disagreement(lost: float, agrees: bool) -> None:
    got = computed(case(said=[[1.0, 0.0], [1.0, 0.0]], mean=[[0.0, lost], [0.0, 0.0]]))
    assert got["agreement"] == (1.0 if agrees else 0.5)


@pytest.mark.parametrize(("error", "in_68", "in_95"), [(0.99, 1, 1), (1.5, 0, 1), (1.97, 0, 0)])
def test_coverage(error: float, in_68: float, in_95: float) -> None:
    """A deviation of 5: 3 that the network claims and 4 of the label."""
    off, fives = [[5 * error, -5 * error]] * 2, [[3.0, 3.0]] * 2
    got = computed(case(said=off, error=fives, noise=[[16.0, 16.0]] * 2))
    assert (got["coverage_68"], got["coverage_95"]) == (in_68, in_95)
    assert got["z_rms"] == pytest.approx(error)


def test_noise_beyond_the_error_leaves_no_excess() -> None:
    assert computed(case(noise=[[9.0, 9.0]] * 2))["excess_rmse"] == 0.0


def test_unequal_batches_equal_one_batch() -> None:
    found, batch = random_batch(300, seed=2)
    parts = [
        (
            EqPrediction(*(part[rows] for part in found)),
            {name: column[rows] for name, column in batch.items()},
        )
        for rows in torch.split(torch.arange(300), [1, 200, 7, 92])
    ]
    assert computed(*parts) == pytest.approx(computed((found, batch)), nan_ok=True)


def test_reset_and_empty_epoch() -> None:
    metrics = EqMetrics()
    metrics.update(*random_batch(20))
    metrics.reset()
    assert not metrics.state_dict()
    with pytest.warns(UserWarning, match="before the ``update``"):
        figures = metrics.compute()
    assert all(figure.isnan() for figure in figures.values())
