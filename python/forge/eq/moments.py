"""Means and variances of millions of weighted values, without keeping them."""

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from forge.game.constants import HAND_POINTS, N_SLOTS

N_BINS: Final = 85
ZERO_BIN: Final = HAND_POINTS  # bin = q + 42


@dataclass(frozen=True)
class Summary:
    """What B decisions look like, over their worlds; **acting-team frame**, points.

    Args:
        mean, var: float64 [B, 7], NaN where a slot is not legal; `var` is the weighted mean squared
            distance to the mean.
        pdf: float64 [B, 7, 85], share of the weight by bin (q + 42), 0 where not legal.
        n_worlds: int64 [B], worlds counted.
        ess: float64 [B], effective sample size 1 / sum of squared weights, 1..n_worlds.
        max_w: float64 [B], the greatest weight.
        sem: float64 [B, 7], standard error of the mean of a sample: sqrt(var / (ess - 1)), infinite
            where ess is 1.
    """

    mean: Tensor
    var: Tensor
    pdf: Tensor
    n_worlds: Tensor
    ess: Tensor
    max_w: Tensor
    sem: Tensor


class WeightedMoments:
    """Sums over the worlds of B decisions, added to batch by batch.

    Weights come as logarithms and may be of any size: sums are kept relative to the greatest weight
    so far. Means and squared distances are merged by the parallel formula of Chan, Golub and
    LeVeque (1983) in float64, which stays accurate over millions of worlds.

    Args:
        n_rows: B.
        device: where the values are.
    """

    def __init__(self, n_rows: int, device: torch.device | str = "cpu") -> None:
        def zeros(*shape: int) -> Tensor:
            return torch.zeros((n_rows, *shape), dtype=torch.float64, device=device)

        self.shift = torch.full_like(zeros(), -torch.inf)  # the greatest log-weight
        self.sum_w, self.sum_w2 = zeros(), zeros()
        self.mean, self.m2 = zeros(N_SLOTS), zeros(N_SLOTS)
        self.histogram = zeros(N_SLOTS, N_BINS)
        self.legal = zeros(N_SLOTS) > 0
        self.n_worlds = zeros().long()

    def add(self, rows: Tensor, values: Tensor, log_weights: Tensor) -> None:
        """Count a batch of worlds.

        Args:
            rows: int64 [K], which decisions, each once.
            values: float [K, N, 7], points, **acting-team frame**, NaN where a slot is not legal
                (the same slots in all worlds of a decision).
            log_weights: float64 [K, N]; -inf leaves a world out.
        """
        legal = ~values[:, 0].isnan()
        values = values.double().nan_to_num(0.0)
        top = torch.maximum(self.shift[rows], log_weights.amax(dim=1))
        old = torch.where(self.sum_w[rows] > 0, (self.shift[rows] - top).exp(), 0.0)
        weights = (log_weights - top[:, None]).exp()  # [K, N]

        added = weights.sum(dim=1)
        kept = self.sum_w[rows] * old
        total = kept + added
        mean = (weights[..., None] * values).sum(dim=1) / added[:, None]
        m2 = (weights[..., None] * (values - mean[:, None]).square()).sum(dim=1)
        step = mean - self.mean[rows]
        share = (added / total)[:, None]
        self.mean[rows] += step * share
        self.m2[rows] = self.m2[rows] * old[:, None] + m2 + step.square() * kept[:, None] * share

        bins = (values.round().long() + ZERO_BIN).clamp(0, N_BINS - 1)
        fresh = torch.zeros_like(self.histogram[rows])
        fresh.scatter_add_(
            2, bins.transpose(1, 2), weights[:, None].expand(-1, N_SLOTS, -1).contiguous()
        )
        self.histogram[rows] = self.histogram[rows] * old[:, None, None] + fresh
        self.sum_w[rows] = total
        self.sum_w2[rows] = self.sum_w2[rows] * old.square() + weights.square().sum(dim=1)
        self.shift[rows] = top
        self.legal[rows] = legal
        self.n_worlds[rows] += (log_weights > -torch.inf).sum(dim=1)

    def summary(self) -> Summary:
        """What the worlds so far say."""
        total = self.sum_w[:, None]
        var = (self.m2 / total).clamp(min=0.0).masked_fill(~self.legal, torch.nan)
        ess = self.sum_w.square() / self.sum_w2
        return Summary(
            mean=self.mean.masked_fill(~self.legal, torch.nan),
            var=var,
            pdf=(self.histogram / total[..., None]) * self.legal[..., None],
            n_worlds=self.n_worlds.clone(),
            ess=ess,
            max_w=1.0 / self.sum_w,  # the greatest weight is exp(0)
            sem=error_of_mean(var, ess),
        )


def error_of_mean(var: Tensor, ess: Tensor) -> Tensor:
    """float64 [B, 7]: of the mean of a sample, see `Summary`; var [B, 7], ess [B]."""
    return (var / (ess - 1.0).clamp(min=0.0)[:, None]).sqrt()
