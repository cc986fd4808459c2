"""How good a network's moves and values are, in points.

Everything here is measured in the **acting-team frame**. Data on disk is in the **team-0 frame**
(`qvals`, `values`), so each function takes `teams` (0, or 1 when seat 1 or 3 acts) and turns
the sign itself; scores and values that come out of a network are in the acting-team frame
already and are used as they are.

*Regret* is the best legal Q minus the Q of the chosen slot, 0 or more. *q_gap* is its mean.
The chosen slot is the legal one with the highest score; ties go to the lowest slot.
"""

from collections.abc import Mapping
from typing import Any, Final

import torch
from torch import Tensor

from forge.extras import extra
from forge.game.constants import HAND_POINTS, N_DECLARATIONS, N_SLOTS
from forge.learn.batches import choose_slots
from forge.ml.networks.transformer import DECL_FEATURE

with extra("train"):
    from torchmetrics import Metric

# A move that loses more points than this is a blunder.
BLUNDER_POINTS: Final = 10

# Regret is a whole number. 84 is the most two values in [-42, 42] can differ, but counting up to
# the full spread of an int8 means that no damaged file can spill into a neighbouring cell.
_N_REGRETS: Final = 256


def acting_sign(teams: Tensor) -> Tensor:
    """The factor between the two frames.

    Args:
        teams: integer, any shape, 0 or 1.

    Returns:
        int64 of the same shape: 1 for team 0, -1 for team 1. It is its own inverse.
    """
    return 1 - 2 * teams.long()


def acting_qvals(qvals: Tensor, teams: Tensor) -> Tensor:
    """Turn stored Q values to the acting team.

    Args:
        qvals: integer [B, 7], **team-0 frame**, points.
        teams: integer [B], 0 or 1.

    Returns:
        int64 [B, 7], **acting-team frame**. Illegal slots hold no meaningful number (the -128
        of the file comes out as 128 for team 1): mask them with `legal`.
    """
    return qvals.long() * acting_sign(teams)[:, None]


def best_qvals(qvals: Tensor, legal: Tensor, teams: Tensor) -> tuple[Tensor, Tensor]:
    """The best Q of each position and where it is.

    Args:
        qvals: integer [B, 7], **team-0 frame**.
        legal: integer or bool [B, 7].
        teams: integer [B].

    Returns:
        best: int64 [B], **acting-team frame**, points.
        is_best: bool [B, 7], true for every legal slot that has it.
    """
    acting = acting_qvals(qvals, teams)
    floor = torch.iinfo(torch.int64).min
    best = acting.masked_fill(~legal.bool(), floor).amax(dim=-1)
    return best, legal.bool() & (acting == best[:, None])


def regret(scores: Tensor, qvals: Tensor, legal: Tensor, teams: Tensor) -> Tensor:
    """Points lost by playing the best-scored legal slot.

    Args:
        scores: float [B, 7], **acting-team frame**.
        qvals: integer [B, 7], **team-0 frame**.
        legal: integer or bool [B, 7], at least one legal slot in each row.
        teams: integer [B].

    Returns:
        int64 [B], points, 0 or more.
    """
    best, _ = best_qvals(qvals, legal, teams)
    chosen = choose_slots(scores, legal)
    return best - acting_qvals(qvals, teams).gather(1, chosen[:, None]).squeeze(1)


def q_gap(scores: Tensor, qvals: Tensor, legal: Tensor, teams: Tensor) -> Tensor:
    """Mean regret in points: float64 scalar. Arguments as `regret`."""
    return regret(scores, qvals, legal, teams).double().mean()


def blunder_rate(scores: Tensor, qvals: Tensor, legal: Tensor, teams: Tensor) -> Tensor:
    """Share of positions with a regret above 10 points: float64 scalar. Arguments as `regret`."""
    return (regret(scores, qvals, legal, teams) > BLUNDER_POINTS).double().mean()


def zero_regret_rate(scores: Tensor, qvals: Tensor, legal: Tensor, teams: Tensor) -> Tensor:
    """Share of positions where a best move was chosen, whichever of equals: float64 scalar."""
    return (regret(scores, qvals, legal, teams) == 0).double().mean()


def accuracy(scores: Tensor, targets: Tensor, legal: Tensor) -> Tensor:
    """Share of positions where the chosen slot is the stored target: float64 scalar.

    An equally good slot other than the target counts as wrong here; `zero_regret_rate` is the
    figure that does not mind.

    Args:
        scores: float [B, 7], **acting-team frame**.
        targets: integer [B], the lowest best slot.
        legal: integer or bool [B, 7].
    """
    return (choose_slots(scores, legal) == targets.long()).double().mean()


def q_mae(q_pred: Tensor, qvals: Tensor, legal: Tensor, teams: Tensor) -> Tensor:
    """Mean absolute error of predicted Q over all legal slots, in points: float64 scalar.

    Args:
        q_pred: float [B, 7], **acting-team frame**, points.
        qvals: integer [B, 7], **team-0 frame**.
        legal: integer or bool [B, 7].
        teams: integer [B].
    """
    error = (q_pred.double() - acting_qvals(qvals, teams)).abs()
    return error[legal.bool()].mean()


def value_mae(value_pred: Tensor, values: Tensor, teams: Tensor) -> Tensor:
    """Mean absolute error of the value head, in points: float64 scalar.

    Args:
        value_pred: float [B], V / 42 in the **acting-team frame**, as the network gives it.
        values: integer [B], V in the **team-0 frame**.
        teams: integer [B].
    """
    return (value_pred.double() * HAND_POINTS - values.long() * acting_sign(teams)).abs().mean()


class EpochCounters(Metric):
    """Sums and counts of an epoch, which processes join by adding."""

    full_state_update = False

    def add_counter(self, name: str, size: int, dtype: torch.dtype) -> None:
        """Declare a state of `size` zeros."""
        self.add_state(name, default=torch.zeros(size, dtype=dtype), dist_reduce_fx="sum")

    def reset(self) -> None:
        """Forget everything counted.

        Lightning validates in inference mode. Counters made there could not be added to by a
        later run outside of it, such as the sanity check of a `fit` after a `validate`.
        """
        with torch.inference_mode(False):
            super().reset()


class EpochMetrics(EpochCounters):
    """All metrics of an epoch, from counts and sums.

    Regret is counted per (declaration, best slot, points), so means, rates, the 99th percentile
    and the maximum are exact whatever the batch sizes, and processes are joined by adding.

    Args:
        q_in_points: whether scores are Q values in points; only then are `q_mae` and the
            per-slot `q_bias` defined.
    """

    regret_counts: Tensor
    n_correct: Tensor
    best_counts: Tensor
    tied_counts: Tensor
    legal_counts: Tensor
    q_error_sums: Tensor
    q_abs_error_sums: Tensor
    value_abs_error_sum: Tensor

    def __init__(self, q_in_points: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.q_in_points = q_in_points

        self.add_counter("regret_counts", N_DECLARATIONS * N_SLOTS * _N_REGRETS, torch.int64)
        self.add_counter("n_correct", 1, torch.int64)
        self.add_counter("best_counts", N_SLOTS, torch.int64)
        self.add_counter("tied_counts", N_SLOTS, torch.int64)
        self.add_counter("legal_counts", N_SLOTS, torch.int64)
        self.add_counter("q_error_sums", N_SLOTS, torch.float64)
        self.add_counter("q_abs_error_sums", N_SLOTS, torch.float64)
        self.add_counter("value_abs_error_sum", 1, torch.float64)

    def update(self, scores: Tensor, value_pred: Tensor, batch: Mapping[str, Tensor]) -> None:
        """Count one batch.

        Args:
            scores: float [B, 7], **acting-team frame**.
            value_pred: float [B], V / 42, **acting-team frame**.
            batch: what `DominoDataModule` yields; `tokens`, `targets`, `legal`, `qvals`
                (**team-0 frame**), `teams` and `values` (**team-0 frame**) are used.
        """
        legal, teams, qvals = batch["legal"].bool(), batch["teams"], batch["qvals"]
        _, is_best = best_qvals(qvals, legal, teams)
        best_slot = is_best.int().argmax(dim=-1)
        is_tied = is_best & (is_best.sum(dim=-1, keepdim=True) > 1)
        decls = batch["tokens"][:, 0, DECL_FEATURE].long()

        cells = (decls * N_SLOTS + best_slot) * _N_REGRETS + regret(scores, qvals, legal, teams)
        # scatter_add_ rather than bincount: bincount waits for the device on every batch.
        self.regret_counts.scatter_add_(0, cells, torch.ones_like(cells))
        chosen = choose_slots(scores, legal)
        self.n_correct += (chosen == batch["targets"].long()).sum()
        self.best_counts += is_best.sum(dim=0)
        self.tied_counts += is_tied.sum(dim=0)
        self.legal_counts += legal.sum(dim=0)
        value_error = value_pred.double() * HAND_POINTS - batch["values"] * acting_sign(teams)
        self.value_abs_error_sum += value_error.abs().sum()
        if self.q_in_points:
            error = (scores.double() - acting_qvals(qvals, teams)).masked_fill(~legal, 0.0)
            self.q_error_sums += error.sum(dim=0)
            self.q_abs_error_sums += error.abs().sum(dim=0)

    def compute(self) -> dict[str, Tensor]:
        """The epoch's figures, joined over all processes.

        Returns:
            float64 scalars by name, NaN where nothing was counted:
            `q_gap`, `accuracy`, `blunder_rate`, `zero_regret_rate`, `value_mae`, `regret_p99`
            (nearest rank), `regret_max`;
            `regret_decl_{0..9}`: mean regret under a declaration;
            `regret_slot_{0..6}`: mean regret where that slot is the (lowest) best one, so the
            positions in a group do not depend on the network;
            `tie_rate_slot_{0..6}`: of the positions where that slot is a best one, the share
            where another is as good;
            and with `q_in_points`: `q_mae`, and `q_bias_slot_{0..6}`, the mean of predicted
            minus true Q over positions where that slot is legal (**acting-team frame**).
        """
        counts = self.regret_counts.view(N_DECLARATIONS, N_SLOTS, _N_REGRETS).double()
        points = torch.arange(_N_REGRETS, dtype=torch.float64, device=counts.device)

        def mean_regret(histograms: Tensor) -> Tensor:
            return (histograms * points).sum(dim=-1) / histograms.sum(dim=-1)

        total = counts.sum(dim=(0, 1))
        n = total.sum()
        summary = {
            "q_gap": mean_regret(total),
            "accuracy": self.n_correct[0] / n,
            "blunder_rate": total[BLUNDER_POINTS + 1 :].sum() / n,
            "zero_regret_rate": total[0] / n,
            "value_mae": self.value_abs_error_sum[0] / n,
            "regret_p99": _nearest_rank(total, 0.99),
            "regret_max": _nearest_rank(total, 1.0),
        }
        groups = {
            "regret_decl": mean_regret(counts.sum(dim=1)),
            "regret_slot": mean_regret(counts.sum(dim=0)),
            "tie_rate_slot": self.tied_counts.double() / self.best_counts,
        }
        if self.q_in_points:
            summary["q_mae"] = self.q_abs_error_sums.sum() / self.legal_counts.sum()
            groups["q_bias_slot"] = self.q_error_sums / self.legal_counts
        for name, figures in groups.items():
            summary |= {f"{name}_{i}": figure for i, figure in enumerate(figures)}
        return summary


class EpochLosses(EpochCounters):
    """Mean losses of an epoch.

    Lightning's own epoch means are not used: in 2.6 they divide the joined batch sizes as
    integers, so processes with 19 and 18 rows get a mean that is 3 % too high.
    """

    sums: Tensor
    weights: Tensor

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.add_counter("sums", 2, torch.float64)
        self.add_counter("weights", 2, torch.float64)

    def update(self, move_loss: Tensor, n_terms: Tensor | int, value_loss: Tensor, n: int) -> None:
        """Count one batch.

        Args:
            move_loss: scalar, mean over `n_terms` terms (positions, or legal slots for Q).
            n_terms: how many.
            value_loss: scalar, mean over the positions.
            n: number of positions.
        """
        weights = torch.stack([torch.as_tensor(w, device=self.sums.device) for w in (n_terms, n)])
        self.weights += weights
        self.sums += torch.stack([move_loss, value_loss]).double() * weights

    def compute(self) -> tuple[Tensor, Tensor]:
        """Mean move loss and mean value loss, float64 scalars, joined over all processes."""
        means = self.sums / self.weights
        return means[0], means[1]


def _nearest_rank(histogram: Tensor, share: float) -> Tensor:
    """The smallest regret that at least `share` of the counted positions do not exceed.

    Args:
        histogram: float64 [R], positions per regret in points.
        share: 0..1.

    Returns:
        float64 scalar, points; NaN if nothing was counted.
    """
    reached = histogram.cumsum(dim=0) >= share * histogram.sum()
    rank = reached.int().argmax().double()
    return torch.where(histogram.sum() > 0, rank, torch.nan)


def slot_bias_warning(summary: Mapping[str, Tensor], max_spread_points: float = 1.0) -> str | None:
    """Say so if a Q-value network treats slots unequally.

    A slot is only a place in a sorted hand, so the mean signed error should hardly depend on it.

    Args:
        summary: what `EpochMetrics.compute` returned.
        max_spread_points: how far the mean errors of two slots may lie apart.

    Returns:
        One line, or None if all is well or the network does not predict points.
    """
    biases = [summary.get(f"q_bias_slot_{slot}") for slot in range(N_SLOTS)]
    known = {slot: float(b) for slot, b in enumerate(biases) if b is not None and b == b}
    if not known:
        return None
    low, high = min(known, key=known.__getitem__), max(known, key=known.__getitem__)
    if known[high] - known[low] <= max_spread_points:
        return None
    return (
        f"slot bias: predicted Q is off by {known[high]:+.2f} points in slot {high} "
        f"but {known[low]:+.2f} in slot {low}"
    )
