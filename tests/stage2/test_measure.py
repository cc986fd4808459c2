"""Figures and intervals of Stage 2 networks."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from forge.errors import ForgeError
from forge.learn.batches import Batch, choose_slots
from forge.stage2.decisions import JudgedDecisions
from forge.stage2.measure import evaluate_eq
from forge.stage2.metrics import EqMetrics
from forge.stage2.network import EqNetwork, EqPrediction
from forge.stats.intervals import RatioSums
from support.checkpoints import tiny_decisions, tiny_eq_module


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> JudgedDecisions:
    return tiny_decisions(tmp_path_factory.mktemp("val"))


def everything(rows: JudgedDecisions) -> Batch:
    return rows.__getitems__(range(len(rows)))


class Knows(EqNetwork):
    """Gives the labels, by the place in the batch."""

    def __init__(self, rows: JudgedDecisions, mean_sign: float = 1.0) -> None:
        super().__init__()
        self.columns, self.sign = rows.columns, mean_sign

    def with_logits(self, tokens: torch.Tensor) -> tuple[EqPrediction, None]:
        assert torch.equal(tokens, self.columns["tokens"])
        mean = self.sign * self.columns["mean"]
        return EqPrediction(mean, torch.ones_like(mean), self.columns["spread"]), None


def test_figures_are_those_of_training(rows: JudgedDecisions) -> None:
    module = tiny_eq_module().train()
    found = evaluate_eq(module, rows, device="cpu", batch_size=7)
    assert module.training
    metrics = EqMetrics()
    with torch.inference_mode():
        metrics.update(module.eval()(everything(rows)["tokens"]), everything(rows))
    expected = {k: float(v) for k, v in metrics.compute().items() if not v.isnan()}
    assert found.metrics == pytest.approx(expected)
    assert found.n_positions == len(rows) and found.n_games == 3
    assert sum(found.by_trick) == len(rows) and found.source == rows.source
    shown = found.tricks()
    assert [each["n_decisions"] for each in shown] == [n for n in found.by_trick if n]
    assert shown[2]["q_gap"] == found.metrics["q_gap_trick_2"]


def test_intervals_draw_games(rows: JudgedDecisions) -> None:
    module = tiny_eq_module()
    found = evaluate_eq(module, rows, device="cpu")
    batch = everything(rows)
    with torch.inference_mode():
        slots = choose_slots(module(batch["tokens"]).mean, batch["legal"])
    best = batch["mean"].masked_fill(~batch["legal"], -torch.inf).amax(dim=1)
    regret = (best - batch["mean"].gather(1, slots[:, None])[:, 0]).double().numpy()
    sums = RatioSums(["q_gap"], frozenset())
    sums.update(regret[:, None], np.ones((len(regret), 1)), batch["games"].numpy())
    assert found.intervals["q_gap"] == pytest.approx(sums.intervals_by_group()["q_gap"], abs=1e-6)
    for name, (low, high) in found.intervals.items():
        assert low <= found.metrics[name] <= high or "trick" in name, name


def test_a_network_that_knows(rows: JudgedDecisions) -> None:
    module = tiny_eq_module()
    module.model = Knows(rows)
    found = evaluate_eq(module, rows, device="cpu")
    assert found.metrics["q_gap"] == found.metrics["q_mae"] == found.metrics["spread_mae"] == 0
    assert found.metrics["agreement"] == 1
    low, high = found.intervals["agreement"]
    assert 0.9 < low < 1 and high == pytest.approx(1)  # not certain, though every game agrees
    module.model = Knows(rows, -1.0)
    assert evaluate_eq(module, rows, device="cpu").metrics["q_gap"] > 1


def test_some_of_the_decisions(rows: JudgedDecisions) -> None:
    found = evaluate_eq(tiny_eq_module(), rows, device="cpu", limit=20, batch_size=6)
    assert found.n_positions == sum(found.by_trick) == 20
    one_game = int((rows.columns["games"] == 0).sum())

    class First:
        source = "one game"

        def __len__(self) -> int:
            return one_game

        def __getitems__(self, indices: Sequence[int]) -> Batch:
            return rows.__getitems__(indices)

    alone = evaluate_eq(tiny_eq_module(), First(), device="cpu")  # type: ignore[arg-type]
    assert alone.intervals == {} and alone.interval_method == "none of a single game"
    assert all(each["q_gap_interval"] is None for each in alone.tricks())


def test_refused(rows: JudgedDecisions) -> None:
    module = tiny_eq_module()
    for options in ({"batch_size": 0}, {"limit": 0}):
        with pytest.raises(ForgeError, match="must be at least 1, got 0"):
            evaluate_eq(module, rows, device="cpu", **options)  # type: ignore[arg-type]
    with torch.no_grad():
        next(module.parameters()).fill_(torch.nan)
    with pytest.raises(ForgeError, match="not numbers"):
        evaluate_eq(module, rows, device="cpu")
