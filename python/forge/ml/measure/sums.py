"""What one pass over rows sums up: figures, histograms and calibration."""

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from forge.game.constants import HAND_POINTS, N_DECLARATIONS, N_SLOTS, N_TRICKS
from forge.learn.batches import Batch, choose_slots
from forge.ml.measure.detokenize import positions_of, trick_numbers
from forge.ml.metrics import (
    BLUNDER_POINTS,
    EpochMetrics,
    acting_qvals,
    acting_sign,
    best_qvals,
    regret,
)
from forge.ml.networks.transformer import DECL_FEATURE
from forge.stats.intervals import MAX_GROUPS, Interval, RatioSums, quantile_interval
from forge.stats.reliability import Reliability

_N_REGRETS: Final = 2 * HAND_POINTS + 1
# How the names of figures begin that are shares of positions.
_RATES: Final = ("blunder_", "accuracy", "zero_regret_rate")
_Column = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]


class Deals:
    """Numbers the deals of rows, in the order they turn up."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        self._known = True

    @property
    def n_deals(self) -> int | None:
        """Different deals so far; None once a row did not tell its deal."""
        return len(self._numbers) if self._known else None

    def groups(self, batch: Mapping[str, Tensor]) -> npt.NDArray[np.int64] | None:
        """Group of each row [B] (see `MAX_GROUPS`), None if its deal cannot be told."""
        positions = positions_of(batch) if self._known else None
        if positions is None:
            self._known = False
            return None
        flat = positions.deals.flatten(1).numpy()
        distinct, first, local = np.unique(flat, axis=0, return_index=True, return_inverse=True)
        # In row order, so that the bootstrap's draws do not depend on the batch size.
        for i in np.argsort(first):
            self._numbers.setdefault(distinct[i].tobytes(), len(self._numbers))
        numbers = np.array([self._numbers[deal.tobytes()] for deal in distinct])
        return numbers[local.reshape(-1)] % MAX_GROUPS


class Collected:
    """What is summed up over the batches."""

    def __init__(self, q_in_points: bool) -> None:
        self.q_in_points = q_in_points
        self.metrics = EpochMetrics(q_in_points)
        self.deals = Deals()
        self.q_calibration = Reliability()
        self.value_calibration = Reliability()
        self.regrets: list[npt.NDArray[np.uint8]] = []
        self.sums: RatioSums | None = None
        self.regret_histograms: npt.NDArray[np.float64] = np.zeros((MAX_GROUPS, _N_REGRETS))

    def add(self, scores: Tensor, value: Tensor, batch: Batch) -> None:
        """Count one batch; scores and value float [B, 7] and [B], **acting-team frame**."""
        self.metrics.update(scores, value, batch)
        columns = _columns(scores, value, batch, self.q_in_points)
        if self.sums is None:
            rates = frozenset(name for name in columns if name.startswith(_RATES))
            self.sums = RatioSums(list(columns), rates)
        x, w = (np.stack([pair[i] for pair in columns.values()], axis=1) for i in (0, 1))
        groups = self.deals.groups(batch)
        self.sums.update(x, w, groups)
        lost = columns["q_gap"][0].astype(np.int64)
        cells = (0 if groups is None else groups) * _N_REGRETS + lost
        counts = np.bincount(cells, minlength=self.regret_histograms.size)
        self.regret_histograms += counts.reshape(self.regret_histograms.shape)
        self.regrets.append(lost.astype(np.uint8))

        sign = acting_sign(batch["teams"])
        self.value_calibration.update(
            (value.double() * HAND_POINTS).numpy(), (batch["values"] * sign).double().numpy()
        )
        if self.q_in_points:
            legal = batch["legal"].bool()
            true = acting_qvals(batch["qvals"], batch["teams"])
            self.q_calibration.update(scores[legal].double().numpy(), true[legal].double().numpy())

    def figures(self) -> dict[str, float]:
        """`EpochMetrics`' figures, and the spread of the slots' Q bias."""
        figures = {name: float(figure) for name, figure in self.metrics.compute().items()}
        biases = [figures.get(f"q_bias_slot_{slot}", float("nan")) for slot in range(N_SLOTS)]
        known = [bias for bias in biases if bias == bias]
        if known:
            figures["q_bias_spread"] = max(known) - min(known)
        return figures

    def intervals(self) -> dict[str, Interval]:
        """95 % intervals by name; over deals where they are known and more than one."""
        assert self.sums is not None
        n_deals = self.deals.n_deals
        by_group = n_deals is not None and n_deals > 1
        intervals = (
            self.sums.intervals_by_group() if by_group else self.sums.intervals_by_position()
        )
        histograms = self.regret_histograms[: self.sums.n_groups]
        return intervals | {"regret_p99": quantile_interval(histograms, 0.99, by_group)}

    def groups(self) -> dict[str, list[dict[str, float]]]:
        """Mean regret, blunder rate, positions and deals by trick and by declaration."""
        assert self.sums is not None
        figures, weights, intervals = self.sums.figures(), self.sums.weights(), self.intervals()
        n_deals = self.sums.group_counts() if self.deals.n_deals is not None else {}
        return {
            group: [
                {
                    group: i,
                    "n": int(weights[f"regret_{key}_{i}"]),
                    "n_deals": n_deals.get(f"regret_{key}_{i}", math.nan),
                    "regret": figures[f"regret_{key}_{i}"],
                    "regret_low": intervals[f"regret_{key}_{i}"][0],
                    "regret_high": intervals[f"regret_{key}_{i}"][1],
                    "blunder_rate": figures[f"blunder_{key}_{i}"],
                }
                for i in range(n)
            ]
            for group, key, n in (
                ("trick", "trick", N_TRICKS),
                ("declaration", "decl", N_DECLARATIONS),
            )
        }


def _columns(scores: Tensor, value: Tensor, batch: Batch, q_in_points: bool) -> dict[str, _Column]:
    """Numerator [B] and denominator [B] of each figure that is a ratio of sums, by its name."""
    legal, teams, qvals = batch["legal"].bool(), batch["teams"], batch["qvals"]
    lost = regret(scores, qvals, legal, teams).double()
    _, is_best = best_qvals(qvals, legal, teams)
    one = torch.ones_like(lost)
    blunder = (lost > BLUNDER_POINTS).double()
    value_error = value.double() * HAND_POINTS - batch["values"] * acting_sign(teams)
    columns = {
        "q_gap": (lost, one),
        "blunder_rate": (blunder, one),
        "accuracy": ((choose_slots(scores, legal) == batch["targets"]).double(), one),
        "zero_regret_rate": ((lost == 0).double(), one),
        "value_mae": (value_error.abs(), one),
    }
    for key, n, numbers in (
        ("trick", N_TRICKS, trick_numbers(batch["tokens"])),
        ("decl", N_DECLARATIONS, batch["tokens"][:, 0, DECL_FEATURE].long()),
        ("slot", N_SLOTS, is_best.int().argmax(dim=1)),
    ):
        for i in range(n):
            inside = (numbers == i).double()
            columns[f"regret_{key}_{i}"] = (lost * inside, inside)
            if key != "slot":
                columns[f"blunder_{key}_{i}"] = (blunder * inside, inside)
    if q_in_points:
        error = (scores.double() - acting_qvals(qvals, teams)).masked_fill(~legal, 0.0)
        columns["q_mae"] = (error.abs().sum(dim=1), legal.sum(dim=1).double())
        for slot in range(N_SLOTS):
            columns[f"q_bias_slot_{slot}"] = (error[:, slot], legal[:, slot].double())
    return {name: (x.numpy(), w.numpy()) for name, (x, w) in columns.items()}
