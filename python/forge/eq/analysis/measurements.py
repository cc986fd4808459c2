"""What a sample of worlds, another sampler or a network does to E[Q], decision by decision.

Decisions are taken from recorded games. Where there are few enough worlds all of them are valued by
the exact search, which gives the E[Q] that a sample aims at; samples of the real samplers are then
looked up among them, so that many samples cost no more than one. Where there are too many worlds, a
reference sample stands for them: samples are drawn from it, with replacement.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from forge import ops
from forge.eq.analysis.config import AnalysisConfig
from forge.eq.analysis.decisions import BoolArray, Decisions, FloatArray
from forge.eq.collate import replays
from forge.eq.oracle import ExactOracle, Oracle
from forge.eq.pipeline import CHOICE, WORLDS
from forge.eq.records import EqRecord
from forge.eq.settings import SAMPLERS
from forge.eq.worlds import WorldPositions
from forge.game.constants import ILLEGAL, N_SLOTS
from forge.game.contract import LOWEST_BID
from forge.play.games import Games
from forge.play.keys import combine, decision_keys, uniform
from forge.play.seen import needed_by, seen_by

# What else than `pipeline` draws of a decision are for.
_REFERENCE: Final = max(WORLDS, CHOICE) + 1
_NETWORK: Final = _REFERENCE + 1
_MAX_POSITIONS: Final = 1 << 16
_OF_NETWORK: Final = ("network", "same_worlds")
_MEASURED: Final = ("truth", "sd", "means", "sems", *_OF_NETWORK)


@dataclass(frozen=True)
class Measurements:
    """What K decisions came to; points, **acting-team frame**, NaN where a slot is not legal.

    Args:
        decisions: which.
        complete: bool [K], whether all worlds were valued; else a reference sample.
        has_samples: bool [K], whether samples were drawn; else `means` and `sems` are NaN.
        truth: float64 [K, 7], E[Q] of the exact search over all those worlds.
        sd: float64 [K, 7], standard deviation of Q over them.
        means: float64 [K, S, N, R, 7], E[Q] of sample r of the n-th size by the s-th of `SAMPLERS`;
            that of all worlds where there are no more than the size, as `estimate` has it. A
            reference sample knows no `mrv`: NaN.
        sems: float64 [K, S, N, R, 7], the standard error that goes with it, 0 with all worlds.
        network: float64 [K, 7], E[Q] of the network over some of the worlds; NaN without one.
        same_worlds: float64 [K, 7], that of the exact search over the same ones.
    """

    decisions: Decisions
    complete: BoolArray
    has_samples: BoolArray
    truth: FloatArray
    sd: FloatArray
    means: FloatArray
    sems: FloatArray
    network: FloatArray
    same_worlds: FloatArray

    @property
    def has_network(self) -> BoolArray:
        """bool [K]: whether a network was asked."""
        return np.asarray(np.isfinite(self.network).any(axis=1))


def measure(
    record: EqRecord,
    picked: Decisions,
    oracle: Oracle,
    network: Oracle | None,
    config: AnalysisConfig,
    device: torch.device | str = "cpu",
    on_decision: Callable[[], None] | None = None,
) -> Measurements:
    """Value the worlds of some decisions.

    Args:
        record: of the games.
        picked: which decisions.
        oracle: the exact search.
        network: a network to compare with it, if any.
        config: how.
        device: where games and worlds are.
        on_decision: called after each one.
    """
    columns: dict[str, list[FloatArray]] = {name: [] for name in _MEASURED}
    order: list[int] = []
    for index, games in enumerate(replays(record)):
        for k in np.flatnonzero(picked.index == index).tolist():
            game = int(picked.game[k])
            one = games.take(torch.tensor([game])).to(torch.device(device))
            judge = _Judge(one, record.seeds[game], oracle, network, config)
            row = judge.row(int(picked.n_possible[k]))
            for name, column in columns.items():
                column.append(row[name].cpu().numpy())
            order.append(k)
            if on_decision is not None:
                on_decision()
    back = np.argsort(order)
    complete = picked.n_possible <= config.enum_limit
    has_samples = complete | (config.reference_samples > 0)
    measured = {name: np.stack(column)[back] for name, column in columns.items()}
    return Measurements(picked, complete, has_samples, **measured)


class _Judge:
    """One decision, looked at in several ways.

    Args:
        game: one game, not over.
        seed: of that game.
        oracle, network, config: as `measure` has them.
    """

    def __init__(
        self,
        game: Games,
        seed: int,
        oracle: Oracle,
        network: Oracle | None,
        config: AnalysisConfig,
    ) -> None:
        self.game, self.oracle, self.network, self.config = game, oracle, network, config
        self.allowed, self.sizes = game.hidden()
        self.seeds = torch.tensor([seed], device=game.states.device)

    def row(self, n_possible: int) -> dict[str, Tensor]:
        """The fields `_MEASURED` of it."""
        complete = n_possible <= self.config.enum_limit
        if complete:
            hands = ops.enumerate_worlds(self.allowed[0], self.sizes[0], 0, n_possible)
        else:
            hands = self._drawn(self.config.reference_samples, _REFERENCE)
        q = values(self.game, hands, self.oracle)  # [W, 7]
        means, sems = self._samples(hands, q, complete)
        # Of no worlds at all these two are NaN, as they should be.
        row = {"truth": q.mean(dim=0), "sd": (q - q.mean(dim=0)).square().mean(dim=0).sqrt()}
        row |= {"means": means, "sems": sems}
        row |= {name: torch.full_like(q[:1].sum(dim=0), torch.nan) for name in _OF_NETWORK}
        if self.network is not None:
            shared, exact = self._shared(hands, q, complete)
            row["network"] = values(self.game, shared, self.network).mean(dim=0)
            row["same_worlds"] = exact.mean(dim=0)
        return row

    def _drawn(self, n: int, purpose: int, sampler: str = "uniform", repeat: int = 0) -> Tensor:
        """int32 [n, 3]: a sample. That of repeat 0 of seed 0 for WORLDS is what generation took."""
        if n == 0:
            return self.allowed[:0]
        worlds: Tensor = ops.sample_worlds(
            self.allowed, self.sizes, self._key(purpose, repeat), n, sampler
        )
        return worlds[0]

    def _key(self, purpose: int, repeat: int) -> Tensor:
        """int64 [1]."""
        key = decision_keys(self.seeds, self.game.n_plays, purpose)
        for part in (self.config.seed, repeat):
            key = combine(key, part) if part else key
        return key

    def _samples(self, hands: Tensor, q: Tensor, complete: bool) -> tuple[Tensor, Tensor]:
        """E[Q] and standard errors of all samples: float64 [S, N, R, 7] each."""
        sizes, n_repeats = self.config.n_worlds, self.config.repeats
        shape = (len(SAMPLERS), len(sizes), n_repeats, N_SLOTS)
        means = torch.full(shape, torch.nan, dtype=torch.float64, device=q.device)
        sems = means.clone()
        if not len(q):
            return means, sems
        for s, sampler in enumerate(SAMPLERS if complete else ("uniform",)):
            rows = self._sample_rows(hands, complete, sampler)
            for i, n in enumerate(sizes):
                if complete and len(q) <= n:
                    means[s, i] = q.mean(dim=0)
                    sems[s, i] = torch.where(q[0].isnan(), torch.nan, 0.0)
                else:
                    # World j of a sample depends on the key and j alone: a smaller sample is the
                    # beginning of a larger one.
                    some = q[rows[:, :n]]
                    means[s, i] = some.mean(dim=1)
                    sems[s, i] = (some.var(dim=1, correction=0) / (n - 1)).sqrt()
        return means, sems

    def _sample_rows(self, hands: Tensor, complete: bool, sampler: str) -> Tensor:
        """int64 [R, n]: which of the worlds `hands` make up the largest samples."""
        n, repeats = self.config.n_worlds[-1], range(self.config.repeats)
        if not complete:
            chances = torch.cat([uniform(self._key(WORLDS, repeat), n) for repeat in repeats])
            return (chances * len(hands)).long()
        drawn = [self._drawn(n, WORLDS, sampler, repeat) for repeat in repeats]
        return places(hands, torch.cat(drawn)).view(len(drawn), n)

    def _shared(self, hands: Tensor, q: Tensor, complete: bool) -> tuple[Tensor, Tensor]:
        """Worlds int32 [n, 3] for the network, and what the exact search says of them [n, 7]."""
        n = self.config.network_worlds
        if complete and len(hands) <= n:
            return hands, q
        drawn = self._drawn(n, _NETWORK)
        if complete:
            return drawn, q[places(hands, drawn)]
        return drawn, values(self.game, drawn, self.oracle)


def values(game: Games, hands: Tensor, oracle: Oracle) -> Tensor:
    """What an oracle says of worlds of one decision.

    Args:
        game: one game, not over.
        hands: int32 [W, 3], as `ops.sample_worlds` gives them.
        oracle: whom to ask.

    Returns:
        float64 [W, 7], value-to-go, points, **acting-team frame**, NaN where not legal.
    """
    if isinstance(oracle, ExactOracle) and hands.device.type == "cpu":
        # In the core from what the seat sees: no tensor of open hands, whatever their number.
        q = ops.world_values(*seen_by(game, needed_by(LOWEST_BID, 1)), hands)
        return q.double().masked_fill(q == ILLEGAL, torch.nan)
    parts = [torch.empty((0, 7), dtype=torch.float64, device=hands.device)]
    for start in range(0, len(hands), _MAX_POSITIONS):
        positions = WorldPositions(game, hands[None, start : start + _MAX_POSITIONS])
        q = oracle.q(positions.deals, positions.decls, positions.states(game.n_plays))
        parts.append(q.double() * game.signs)
    return torch.cat(parts)


def places(hands: Tensor, wanted: Tensor) -> Tensor:
    """Where worlds stand among all worlds of the same decision.

    Args:
        hands: int32 [W, 3], all of them, each once.
        wanted: int32 [K, 3].

    Returns:
        int64 [K], rows of `hands`.
    """
    # What the first two seats hold fixes the third hand: 28 bits each.
    codes, order = _codes(hands).sort()
    return order[torch.searchsorted(codes, _codes(wanted))]


def _codes(hands: Tensor) -> Tensor:
    return hands[:, 0].long() | hands[:, 1].long() << 28
