"""Figures of an evaluation against plain numpy, against Lightning, and against known answers."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import numpy as np
import pytest
import torch
from torch import Tensor

from forge.errors import ForgeError
from forge.learn.batches import Batch, spread
from forge.ml.data import DominoDataModule, TokenizedSplit
from forge.ml.measure.network_pass import evaluate_network, evaluate_predictor
from forge.ml.measure.report import OracleEvaluation, Target
from forge.stats.reliability import Reliability
from support.played_rows import BatchRows, noisy, played_rows, tiny_module
from support.synthetic_rows import synthetic_arrays, write_split


def plain_figures(batch: Batch, scores: Tensor, value: Tensor) -> dict[str, Any]:
    """The figures, position by position, in numpy and plain Python."""
    rows: list[dict[str, Any]] = []
    for i in range(len(scores)):
        sign = -1 if int(batch["players"][i]) % 2 else 1
        slots = [slot for slot in range(7) if batch["legal"][i, slot]]
        q = {slot: sign * int(batch["qvals"][i, slot]) for slot in slots}
        chosen = max(slots, key=lambda slot: (float(scores[i, slot]), -slot))
        left = int(batch["tokens"][i, 1:29, 8].sum())
        rows.append(
            {
                "regret": max(q.values()) - q[chosen],
                "correct": chosen == int(batch["targets"][i]),
                "errors": [float(scores[i, slot]) - q[slot] for slot in slots],
                "value_error": 42 * float(value[i]) - sign * int(batch["values"][i]),
                "trick": (28 - left) // 4,
                "decl": int(batch["tokens"][i, 0, 10]),
            }
        )
    regrets = np.array([row["regret"] for row in rows])
    errors = np.concatenate([row["errors"] for row in rows])
    return {
        "q_gap": regrets.mean(),
        "blunder_rate": (regrets > 10).mean(),
        "zero_regret_rate": (regrets == 0).mean(),
        "accuracy": np.mean([row["correct"] for row in rows]),
        "regret_max": regrets.max(),
        "regret_p99": np.sort(regrets)[math.ceil(0.99 * len(rows)) - 1],
        "value_mae": np.abs([row["value_error"] for row in rows]).mean(),
        "q_mae": np.abs(errors).mean(),
        "errors": errors,
        "regrets": regrets,
        **{
            name: [
                regrets[[row[name] == i for row in rows]].mean()
                if any(row[name] == i for row in rows)
                else None
                for i in range(n)
            ]
            for name, n in (("trick", 7), ("decl", 10))
        },
    }


@pytest.fixture(scope="module")
def found() -> OracleEvaluation:
    rows = played_rows()
    return evaluate_predictor(noisy(rows), rows, loss_mode="qvalue", batch_size=64)


@pytest.fixture(scope="module")
def plain() -> dict[str, Any]:
    rows = played_rows()
    batch = rows.batch
    scores, value = noisy(rows)(batch["tokens"], batch["masks"], batch["players"])
    return plain_figures(batch, scores, value)


def test_figures_by_hand(found: OracleEvaluation, plain: dict[str, Any]) -> None:
    assert found.n_positions == 360 and found.n_deals == 20
    for name in ("q_gap", "blunder_rate", "zero_regret_rate", "accuracy", "regret_max"):
        assert found.metrics[name] == pytest.approx(plain[name], rel=1e-12), name
    for name in ("regret_p99", "value_mae", "q_mae"):
        assert found.metrics[name] == pytest.approx(plain[name], rel=1e-6), name
    report = found.to_json()
    for group, key in (("by_trick", "trick"), ("by_declaration", "decl")):
        assert len(report[group]) == len(plain[key])
        for each, expected in zip(report[group], plain[key], strict=True):
            assert each["regret"] == (None if expected is None else pytest.approx(expected))
    assert {each["n"] for each in report["by_declaration"]} == {36}
    assert {each["n_deals"] for each in report["by_declaration"]} == {2}
    biases = [slot["q_bias"] for slot in report["slots"]]
    assert found.metrics["q_bias_spread"] == pytest.approx(max(biases) - min(biases))


def test_intervals_hold_the_figures(found: OracleEvaluation) -> None:
    assert found.interval_method == "percentile bootstrap over 20 deals"
    for row in found.table():
        if row.interval is not None:
            assert row.figure is not None
            assert row.interval[0] <= row.figure <= row.interval[1], row.name
    assert found.intervals["q_gap"][0] < found.intervals["q_gap"][1]
    assert set(found.intervals) >= {"q_mae", "value_mae", "q_gap", "blunder_rate", "accuracy"}


def test_calibration_by_hand(found: OracleEvaluation, plain: dict[str, Any]) -> None:
    assert found.q_calibration is not None
    histogram = found.q_calibration.to_json()["error_histogram"]
    assert sum(histogram["counts"]) == len(plain["errors"])
    for i, count in enumerate(histogram["counts"][1:-1], start=1):
        low = histogram["first_edge"] + i
        assert count == np.sum((plain["errors"] >= low) & (plain["errors"] < low + 1)), low
    made = Reliability()
    made.update(np.array([1.0, 3.0, -43.0, 60.0]), np.array([2.0, 5.0, -40.0, 41.0]))
    assert made.bins() == [
        {"low": -44.0, "high": -40.0, "n": 1, "mean_predicted": -43.0, "mean_true": -40.0},
        {"low": 0.0, "high": 4.0, "n": 2, "mean_predicted": 2.0, "mean_true": 3.5},
        {"low": 40.0, "high": 44.0, "n": 1, "mean_predicted": 60.0, "mean_true": 41.0},
    ]
    assert made.expected_error == pytest.approx((3.0 + 2 * 1.5 + 19.0) / 4)
    assert math.isnan(Reliability().expected_error)


def test_worst_positions(found: OracleEvaluation, plain: dict[str, Any]) -> None:
    order = np.argsort(-plain["regrets"], kind="stable")
    lost = int((plain["regrets"] > 0).sum())
    assert [each.row for each in found.worst] == order[: min(20, lost)].tolist()
    assert [each.regret for each in found.worst] == plain["regrets"][order[:20]].tolist()
    for each in found.worst:
        gap = abs(each.q[each.best[0]] - each.q[each.chosen])
        assert gap == each.regret > 0
        assert each.q[each.best[0]] == each.value
        assert max(each.scores, key=each.scores.__getitem__) == each.chosen


def test_nothing_depends_on_the_batch_size(found: OracleEvaluation) -> None:
    rows = played_rows()
    whole = evaluate_predictor(noisy(rows), rows, loss_mode="qvalue", batch_size=1000)
    assert whole.metrics == pytest.approx(found.metrics, rel=1e-9, nan_ok=True)
    assert whole.worst == found.worst
    for name, ends in whole.intervals.items():
        assert ends == pytest.approx(found.intervals[name], rel=1e-9, nan_ok=True), name


@pytest.mark.filterwarnings("ignore:.*does not have many workers.*")
@pytest.mark.filterwarnings("ignore:.*treespec, LeafSpec.*")
@pytest.mark.parametrize("loss_mode", ["policy", "qvalue"])
def test_figures_equal_those_of_the_trainer(tmp_path: Path, loss_mode: str) -> None:
    arrays = {name: array.numpy() for name, array in played_rows().batch.items()}
    write_split(tmp_path / "val", arrays)
    data, module = DominoDataModule(tmp_path, batch_size=100), tiny_module(loss_mode)
    trainer = pl.Trainer(
        accelerator="cpu",
        devices=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=tmp_path,
    )
    (logged,) = trainer.validate(module, data, verbose=False)
    found = evaluate_network(module, data.open_split("val"), device="cpu", batch_size=64)
    shared = {name: logged[f"val/{name}"] for name in found.metrics if f"val/{name}" in logged}
    assert len(shared) >= 30 and ("q_mae" in shared) == (loss_mode == "qvalue")
    for name, figure in shared.items():
        assert found.metrics[name] == pytest.approx(figure, rel=1e-5, nan_ok=True), name


def test_policy_networks_have_no_q_error() -> None:
    found = evaluate_network(tiny_module("policy"), played_rows(), device="cpu")
    rows = {row.name: row for row in found.table()}
    assert rows["q_mae"].figure is None and rows["q_mae"].verdict == ""
    assert rows["accuracy"].target == Target(about=(0.97, 0.02))
    report = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert report["calibration"]["q"] is None and report["calibration"]["value"]["bins"]
    assert all(slot["q_bias"] is None for slot in report["slots"])


def test_rows_without_a_game_behind_them(data_dir: Path) -> None:
    found = evaluate_network(tiny_module("qvalue"), TokenizedSplit(data_dir / "val"), device="cpu")
    assert found.n_deals is None and found.interval_method.startswith("positions taken as")
    assert found.intervals["q_gap"][0] < found.metrics["q_gap"] < found.intervals["q_gap"][1]
    assert found.worst and all(each.command is None for each in found.worst)
    json.dumps(found.to_json(), allow_nan=False)


def test_limit_spreads_over_all_rows() -> None:
    assert spread(10, None).tolist() == spread(10, 99).tolist() == list(range(10))
    assert spread(10, 4).tolist() == [0, 2, 5, 7]
    found = evaluate_network(tiny_module("qvalue"), played_rows(), device="cpu", limit=40)
    assert (found.n_positions, found.n_deals) == (40, 20)


def test_the_module_is_left_as_it_was() -> None:
    module = tiny_module("qvalue")
    for mode in (True, False):
        module.train(mode)
        evaluate_network(module, played_rows(), device="cpu", limit=10)
        assert module.training == mode
    for parameter in module.parameters():
        assert parameter.grad is None


def test_verdicts() -> None:
    def verdict(figure: float, interval: tuple[float, float]) -> str:
        found = OracleEvaluation(
            source="",
            loss_mode="qvalue",
            n_positions=1,
            n_deals=None,
            metrics={"q_gap": figure},
            intervals={"q_gap": interval},
            groups={},
            q_calibration=None,
            value_calibration=Reliability(),
            worst=[],
            elapsed_s=1.0,
        )
        return next(row.verdict for row in found.table() if row.name == "q_gap")

    assert verdict(0.05, (0.04, 0.06)) == "met"
    assert verdict(0.05, (0.04, 0.12)) == "met (not certain)"
    assert verdict(0.11, (0.09, 0.12)) == "missed (not certain)"
    assert verdict(0.11, (0.1, 0.12)) == "missed"
    assert Target(about=(0.74, 0.05)).verdict(0.7) == "as expected"
    assert Target(about=(0.74, 0.05)).verdict(0.6) == "unusual"


class NoRows:
    def __len__(self) -> int:
        return 0

    def __getitems__(self, indices: Sequence[int]) -> Batch:
        raise AssertionError("nothing to ask for")


def test_errors() -> None:
    module, rows = tiny_module("qvalue"), played_rows()
    with pytest.raises(ForgeError, match="there are no rows"):
        evaluate_network(module, NoRows(), device="cpu")
    for option, message in (
        ({"batch_size": 0}, "batch_size must be at least 1, got 0"),
        ({"limit": 0}, "limit must be at least 1, got 0"),
        ({"n_worst": -1}, "n_worst must be at least 0, got -1"),
    ):
        with pytest.raises(ForgeError, match=message):
            evaluate_network(module, rows, device="cpu", **option)
    with pytest.raises(ForgeError, match="valid are auto"):
        evaluate_network(module, rows, device="tpu")
    with torch.no_grad():
        module.get_parameter("model.output_proj.bias").fill_(float("nan"))
    with pytest.raises(ForgeError, match="not numbers"):
        evaluate_network(module, rows, device="cpu")


def test_synthetic_rows_are_no_positions() -> None:
    arrays = {k: torch.from_numpy(v) for k, v in synthetic_arrays(50, seed=1).items()}
    found = evaluate_network(tiny_module("qvalue"), BatchRows(arrays), device="cpu")
    assert found.n_deals is None
