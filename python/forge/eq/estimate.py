"""E[Q]: the value of each play to a seat that sees its own hand and what was played."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from forge import ops
from forge.eq.asked import asked_for_points
from forge.eq.exact import answers_natively, estimate_natively, summary_of
from forge.eq.moments import Summary
from forge.eq.oracle import Oracle
from forge.eq.settings import EstimateConfig
from forge.errors import ForgeError
from forge.game.constants import N_PLAYS
from forge.game.contract import LOWEST_BID, Bid
from forge.play.games import Games


@dataclass(frozen=True)
class Estimate:
    """E[Q] of B decisions; **acting-team frame**, points.

    Args:
        summary: means, variances, distributions and weights, see `Summary`.
        legal: bool [B, 7].
        complete: bool [B], whether every world was counted: then E[Q] is exact (given the weights
            and the oracle) and its standard error 0.
        converged: bool [B], whether the standard error of every legal play is below the threshold;
            without `adaptive` whether it is complete.
        n_possible: int64 [B], how many worlds there are.
        chances: float64 [B, 7], that the acting team makes its contract or sets the other's, in the
            same worlds; NaN where not legal. None where the oracle would have to be asked again.
    """

    summary: Summary
    legal: Tensor
    complete: Tensor
    converged: Tensor
    n_possible: Tensor
    chances: Tensor | None = None

    @property
    def mean(self) -> Tensor:
        """float64 [B, 7]: E[Q], NaN where not legal."""
        return self.summary.mean

    @property
    def sem(self) -> Tensor:
        """float64 [B, 7]: standard error of E[Q], 0 where complete, NaN where not legal."""
        exact = self.complete[:, None] & self.legal
        return torch.where(exact, torch.zeros_like(self.summary.sem), self.summary.sem)

    @property
    def q_gap(self) -> Tensor:
        """float64 [B]: the best E[Q] minus the second best, 0 where there is no choice."""
        top = self.mean.nan_to_num(-torch.inf).topk(2, dim=1).values
        return torch.where(top[:, 1] > -torch.inf, top[:, 0] - top[:, 1], 0.0)

    @property
    def u_mean(self) -> Tensor:
        """float64 [B]: standard deviation of Q over the worlds, mean over legal plays."""
        return self.summary.var.sqrt().nanmean(dim=1)

    @property
    def u_max(self) -> Tensor:
        """float64 [B]: standard deviation of Q over the worlds, of the most uncertain play."""
        return self.summary.var.sqrt().nan_to_num(0.0).amax(dim=1)


def estimate(
    games: Games,
    keys: Tensor,
    oracle: Oracle,
    config: EstimateConfig,
    bids: Bid | Sequence[Bid] = LOWEST_BID,
    policy: Tensor | None = None,
) -> Estimate:
    """E[Q] of the decision that each game is at.

    Args:
        games: B games, none of them over.
        keys: int64 [B]; the worlds of a decision depend on its key alone.
        oracle: who values the plays of a world.
        config: how.
        bids: of team 0, one for all or one a game: `chances` are about them, and a policy goes by
            them.
        policy: float32 [N], numbers of the policy that the config's posterior goes by, if it does.

    Raises:
        ForgeError: if a game is over, its plays leave no world, or the policy is missing.
    """
    if answers_natively(games, oracle, config):
        _refuse_over(games)
        found = estimate_natively(games, keys, config, bids, policy)
        n_possible, chances = found.n_possible, found.chances
        summary, converged = summary_of(found), found.converged
    else:
        n_possible, chances = possible_worlds(games), None
        summary, converged = asked_for_points(games, keys, n_possible, oracle, config)
    complete = n_possible <= config.all_up_to
    return Estimate(summary, games.legal, complete, converged, n_possible, chances)


def possible_worlds(games: Games) -> Tensor:
    """How many worlds each decision has: int64 [B], at least 1.

    Raises:
        ForgeError: if a game is over, or its plays leave no world.
    """
    _refuse_over(games)
    n_possible: Tensor = ops.count_worlds(*games.hidden())
    if bool((n_possible == 0).any()):
        row = int((n_possible == 0).nonzero()[0])
        raise ForgeError(f"game {row}: no hidden hands fit what was played")
    return n_possible


def _refuse_over(games: Games) -> None:
    if games.n_plays >= N_PLAYS:
        raise ForgeError("the games are over: there is nothing to decide")
