"""What an analysis says, row by row; points, **acting-team frame**."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from forge.stats.figures import Figure


@dataclass(frozen=True)
class Group:
    """Decisions that share a row.

    Args:
        trick: 1..7, None for all.
        complete: whether compared with all worlds, else with a reference sample; None for both.
        n: decisions measured.
    """

    trick: int | None
    complete: bool | None
    n: int

    @property
    def label(self) -> str:
        """`3`, `3 ref`, `all`."""
        name = "all" if self.trick is None else str(self.trick)
        return f"{name} ref" if self.complete is False else name


@dataclass(frozen=True)
class TrickRow:
    """What decisions with a choice are like.

    Args:
        trick: 1..7.
        n_decisions: in the games.
        enumerable: share of them that have at most `enum_limit` worlds.
        median_worlds: how many worlds they have.
        n_complete, n_reference: measured against all worlds, against a reference sample.
        sd: standard deviation of Q over the worlds, root mean square over legal plays of those
            measured, points; NaN if there are none.
    """

    trick: int
    n_decisions: int
    enumerable: float
    median_worlds: float
    n_complete: int
    n_reference: int
    sd: Figure


@dataclass(frozen=True)
class SamplingRow:
    """How wrong E[Q] of uniform samples of one size is; points.

    Args:
        group, n_worlds: of which decisions, of which size.
        exact: share of decisions that have no more worlds, so that E[Q] is exact.
        mae, rmse, bias: of E[Q] over legal plays.
        worst: greatest error.
        not_best: how often the greedy play is not a best one.
        lost: E[Q] lost by it.
        sem, actual: of decisions that are not exact: standard error as the samples have it, and
            error, both root mean squares.
        sem_ratio: `actual / sem`, 1 where the standard error is right.
        coverage: how often E[Q] of all worlds is within 1.96 standard errors.
    """

    group: Group
    n_worlds: int
    exact: float
    mae: Figure
    rmse: Figure
    bias: Figure
    worst: float
    not_best: Figure
    lost: Figure
    sem: Figure
    actual: Figure
    sem_ratio: Figure
    coverage: Figure


@dataclass(frozen=True)
class NetworkRow:
    """A network against the exact search on the same worlds; points.

    Args:
        group: of which decisions.
        bias, mae, rmse: of the network's E[Q] over legal plays.
        differs: how often its greedy play is not that of the search.
        not_best: how often its greedy play is not a best one by the search.
        lost: E[Q] by the search lost by it.
    """

    group: Group
    bias: Figure
    mae: Figure
    rmse: Figure
    differs: Figure
    not_best: Figure
    lost: Figure


@dataclass(frozen=True)
class SamplerRow:
    """`mrv` against `uniform`, of decisions with more worlds than the size; points.

    Args:
        group, n_worlds: of which decisions, of which size.
        rmse_uniform, rmse_mrv: error of E[Q].
        systematic_uniform, systematic_mrv: what of it no number of samples would average out, root
            mean square, by products of errors of different samples: 0 but for noise if there is
            none.
        differs: how often the greedy plays by a sample of each are different.
        differs_uniform: the same of two uniform samples.
        lost: E[Q] lost by `mrv` minus that lost by `uniform`.
    """

    group: Group
    n_worlds: int
    rmse_uniform: Figure
    rmse_mrv: Figure
    systematic_uniform: Figure
    systematic_mrv: Figure
    differs: Figure
    differs_uniform: Figure
    lost: Figure


@dataclass(frozen=True)
class LossRow:
    """E[Q] that greedy plays lose, for comparison across what they rely on; points.

    Args:
        source: `10 worlds`, `50 worlds, mrv`, `network`.
        group: decisions of a trick, or all; those of `mrv` have no reference samples among them.
        lost: a decision with a choice.
    """

    source: str
    group: Group
    lost: Figure


@dataclass(frozen=True)
class Analysis:
    """All figures.

    Args:
        tricks: tricks that have decisions with a choice.
        sampling, network, samplers: rows, those of all tricks last; or none.
        losses: source by source.
        decisions_a_hand: how many decisions with a choice in a hand the rows of all tricks stand
            for, by `sampling` and `network`: times points lost it is points lost a hand, by all
            four seats.
    """

    tricks: list[TrickRow]
    sampling: list[SamplingRow]
    network: list[NetworkRow]
    samplers: list[SamplerRow]
    losses: list[LossRow]
    decisions_a_hand: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """Plain values; what is not defined is None."""
        plain: dict[str, Any] = _defined(asdict(self))
        return plain


def _defined(value: Any) -> Any:
    """Plain values with None for NaN."""
    if isinstance(value, dict):
        return {name: _defined(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_defined(each) for each in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
