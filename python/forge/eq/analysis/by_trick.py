"""Figures of an analysis, by trick, with intervals over games.

A decision counts once, however many samples of it were drawn: their mean is its figure. Rows of all
tricks weigh each decision by how many it stands for.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from forge.eq.analysis.config import AnalysisConfig
from forge.eq.analysis.decisions import BoolArray, Decisions, FloatArray
from forge.eq.analysis.measurements import Measurements
from forge.eq.analysis.report import (
    Analysis,
    Group,
    LossRow,
    NetworkRow,
    SamplerRow,
    SamplingRow,
    TrickRow,
)
from forge.eq.analysis.statistics import TIE, Ratios, greedy, mean_of_plays, points_lost, systematic
from forge.eq.settings import SAMPLERS
from forge.game.constants import N_TRICKS
from forge.stats.intervals import normal_quantile

_UNIFORM, _MRV = SAMPLERS.index("uniform"), SAMPLERS.index("mrv")
# Where the true mean lies with a chance of 95 %, in standard errors.
_Z: Final = normal_quantile()


def analyse(found: Decisions, measured: Measurements, config: AnalysisConfig) -> Analysis:
    """The figures.

    Args:
        found: all decisions with a choice, of all games.
        measured: what was measured of some.
        config: how.
    """
    table, sizes = Ratios(measured.decisions.game), config.n_worlds
    of_sampling = _groups(measured, measured.has_samples)
    of_network = _groups(measured, measured.has_network, by_kind=False)
    of_samplers = _groups(measured, measured.complete)
    tricks = [_trick(table, found, measured, config, k) for k in np.unique(found.trick).tolist()]
    sampling = _sampling(table, measured, sizes, of_sampling)
    network = _network(table, measured, of_network)
    samplers = _samplers(table, measured, sizes, of_samplers)
    losses = _losses(table, measured, sizes)
    table.close()
    n_games = len(np.unique(found.game))
    return Analysis(
        [make() for make in tricks],
        [make() for make in sampling],
        [make() for make in network],
        [make() for make in samplers],
        [make() for make in losses],
        decisions_a_hand={
            name: float(measured.decisions.weight[mask].sum()) / n_games
            for name, mask in (
                ("sampling", measured.has_samples),
                ("network", measured.has_network),
            )
        },
    )


def _groups(
    measured: Measurements, is_meant: BoolArray, by_kind: bool = True
) -> list[tuple[Group, FloatArray]]:
    """Rows by trick and by all tricks, with the weights [K] of decisions in them.

    Args:
        measured: the decisions.
        is_meant: bool [K], which of them.
        by_kind: give those with a reference sample rows of their own.
    """
    trick, complete = measured.decisions.trick, measured.complete
    everything = np.ones_like(complete)
    kinds = ((False, ~complete), (True, complete)) if by_kind else ((None, everything),)
    masks = [
        (k, kind, of_kind & (trick == k)) for k in range(1, N_TRICKS + 1) for kind, of_kind in kinds
    ]
    groups: list[tuple[Group, FloatArray]] = []
    for k, kind, mask in [*masks, (None, None, everything)]:
        weight = measured.decisions.weight * (mask & is_meant)
        n = int((weight > 0).sum())
        if n:
            # Intervals of rates take weights for decisions: they must not be more than there are.
            groups.append((Group(k, kind, n), weight * n / weight.sum()))
    return groups


def _trick(
    table: Ratios, found: Decisions, measured: Measurements, config: AnalysisConfig, trick: int
) -> Callable[[], TrickRow]:
    n_possible = found.n_possible[found.trick == trick]
    is_one = (measured.decisions.trick == trick) & measured.has_samples
    weight, variance = measured.decisions.weight * is_one, np.square(measured.sd)
    n_legal = (~np.isnan(variance)).sum(axis=1)
    return _row(
        TrickRow,
        trick=trick,
        n_decisions=len(n_possible),
        enumerable=float((n_possible <= config.enum_limit).mean()),
        median_worlds=float(np.median(n_possible)),
        n_complete=int((is_one & measured.complete).sum()),
        n_reference=int((is_one & ~measured.complete).sum()),
        sd=table.root(weight * np.nansum(variance, axis=1), weight * n_legal),
    )


def _sampling(
    table: Ratios,
    measured: Measurements,
    sizes: tuple[int, ...],
    groups: list[tuple[Group, FloatArray]],
) -> list[Callable[[], SamplingRow]]:
    truth = measured.truth[:, None]  # [K, 1, 7]
    n_legal = (~np.isnan(truth)).sum(axis=2)  # [K, 1]
    makers = []
    for group, weight in groups:
        for i, n in enumerate(sizes):
            error = measured.means[:, _UNIFORM, i] - truth  # [K, R, 7]
            sem = measured.sems[:, _UNIFORM, i]
            lost = points_lost(truth, measured.means[:, _UNIFORM, i])  # [K, R]
            exact = measured.complete & (measured.decisions.n_possible <= n)
            slots = weight * n_legal[:, 0]
            inexact = slots * ~exact
            with np.errstate(invalid="ignore"):  # NaN of slots that are not legal
                covered = (np.abs(error) <= _Z * sem + TIE).astype(float)
            squares, variance = mean_of_plays(np.square(error)), mean_of_plays(np.square(sem))
            makers.append(
                _row(
                    SamplingRow,
                    group=group,
                    n_worlds=n,
                    exact=float((weight * exact).sum() / weight.sum()),
                    mae=table.add(slots * mean_of_plays(np.abs(error)), slots),
                    rmse=table.root(slots * squares, slots),
                    bias=table.add(slots * mean_of_plays(error), slots),
                    worst=float(np.nanmax(np.abs(error[weight > 0]))),
                    not_best=table.add(weight * (lost > 0).mean(axis=1), weight, rate=True),
                    lost=table.add(weight * lost.mean(axis=1), weight),
                    sem=table.root(inexact * variance, inexact),
                    actual=table.root(inexact * squares, inexact),
                    sem_ratio=table.root(inexact * squares, inexact * variance),
                    coverage=table.add(
                        inexact * mean_of_plays(np.where(np.isnan(error), np.nan, covered)), inexact
                    ),
                )
            )
    return makers


def _network(
    table: Ratios, measured: Measurements, groups: list[tuple[Group, FloatArray]]
) -> list[Callable[[], NetworkRow]]:
    exact = measured.same_worlds[:, None]
    error = measured.network[:, None] - exact
    lost = points_lost(exact, measured.network[:, None])[:, 0]
    differs = greedy(measured.network) != greedy(measured.same_worlds)
    n_legal = (~np.isnan(exact[:, 0])).sum(axis=1)
    return [
        _row(
            NetworkRow,
            group=group,
            bias=table.add(weight * n_legal * mean_of_plays(error), weight * n_legal),
            mae=table.add(weight * n_legal * mean_of_plays(np.abs(error)), weight * n_legal),
            rmse=table.root(weight * n_legal * mean_of_plays(np.square(error)), weight * n_legal),
            differs=table.add(weight * differs, weight, rate=True),
            not_best=table.add(weight * (lost > 0), weight, rate=True),
            lost=table.add(weight * lost, weight),
        )
        for group, weight in groups
    ]


def _samplers(
    table: Ratios,
    measured: Measurements,
    sizes: tuple[int, ...],
    groups: list[tuple[Group, FloatArray]],
) -> list[Callable[[], SamplerRow]]:
    truth = measured.truth[:, None]
    n_legal = (~np.isnan(truth[:, 0])).sum(axis=1)
    makers = []
    for group, all_weights in groups:
        for i, n in enumerate(sizes):
            weight = all_weights * (measured.decisions.n_possible > n)
            if not weight.any():
                continue
            uniform, mrv = measured.means[:, _UNIFORM, i], measured.means[:, _MRV, i]
            plays, plays_mrv = greedy(uniform), greedy(mrv)
            lost = points_lost(truth, mrv) - points_lost(truth, uniform)
            slots = weight * n_legal
            makers.append(
                _row(
                    SamplerRow,
                    group=Group(group.trick, group.complete, int((weight > 0).sum())),
                    n_worlds=n,
                    rmse_uniform=table.root(
                        slots * mean_of_plays(np.square(uniform - truth)), slots
                    ),
                    rmse_mrv=table.root(slots * mean_of_plays(np.square(mrv - truth)), slots),
                    systematic_uniform=table.root(slots * systematic(uniform - truth), slots),
                    systematic_mrv=table.root(slots * systematic(mrv - truth), slots),
                    differs=table.add(
                        weight * (plays != plays_mrv).mean(axis=1), weight, rate=True
                    ),
                    differs_uniform=table.add(
                        weight * (plays != np.roll(plays, 1, axis=1)).mean(axis=1),
                        weight,
                        rate=True,
                    ),
                    lost=table.add(weight * lost.mean(axis=1), weight),
                )
            )
    return makers


def _losses(
    table: Ratios, measured: Measurements, sizes: tuple[int, ...]
) -> list[Callable[[], LossRow]]:
    """The rows of each size, of `mrv` in one size, and of the network."""
    truth = measured.truth[:, None]
    middle = len(sizes) // 2
    of_samples = _groups(measured, measured.has_samples, by_kind=False)
    of_mrv = [
        (group, weight) for group, weight in of_samples if measured.complete[weight > 0].all()
    ]
    sources = [
        (f"{n:,} worlds", truth, measured.means[:, _UNIFORM, i], of_samples)
        for i, n in enumerate(sizes)
    ]
    sources.append(
        (f"{sizes[middle]:,} worlds, mrv", truth, measured.means[:, _MRV, middle], of_mrv)
    )
    of_network = _groups(measured, measured.has_network, by_kind=False)
    sources.append(
        ("network", measured.same_worlds[:, None], measured.network[:, None], of_network)
    )
    return [
        _row(
            LossRow,
            source=source,
            group=group,
            lost=table.add(weight * points_lost(exact, means).mean(axis=1), weight),
        )
        for source, exact, means, groups in sources
        for group, weight in groups
    ]


def _row(kind: Callable[..., Any], **values: Any) -> Callable[[], Any]:
    """A row whose figures are worked out when it is called."""
    return lambda: kind(
        **{name: value() if callable(value) else value for name, value in values.items()}
    )
