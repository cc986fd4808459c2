"""The exact search: worlds are drawn, weighed, valued and counted in the native core."""

from collections.abc import Sequence

from torch import Tensor

from forge import ops
from forge.eq.moments import Summary, error_of_mean
from forge.eq.oracle import ExactOracle, Oracle
from forge.eq.settings import EstimateConfig, PolicyPosterior, PosteriorConfig
from forge.errors import ForgeError
from forge.game.contract import Bid
from forge.ops import AdaptiveSampling, DecisionEstimates, OracleWeights, PolicyWeights
from forge.play.games import Games
from forge.play.seen import needed_by, seen_by


def answers_natively(games: Games, oracle: Oracle, config: EstimateConfig) -> bool:
    """Whether the native core answers for an oracle: on the CPU always, on a device what
    `forge.ops.estimate_decisions` does there."""
    if not isinstance(oracle, ExactOracle):
        return False
    if games.states.device.type == "cpu":
        return True
    refused = ops.refused_on_a_device(
        config.n_samples,
        config.all_up_to,
        config.posterior.pool if isinstance(config.posterior, PolicyPosterior) else 1,
        by_oracle=isinstance(config.posterior, PosteriorConfig),
        is_adaptive=config.adaptive is not None,
    )
    return refused is None


def estimate_natively(
    games: Games,
    keys: Tensor,
    config: EstimateConfig,
    bids: Bid | Sequence[Bid] | Tensor,
    policy: Tensor | None,
    for_chance: bool = False,
) -> DecisionEstimates:
    """What the worlds of decisions say.

    Args:
        games: B games, none of them over.
        keys: int64 [B].
        config: which worlds, and how they are weighed.
        bids: of team 0, one for all or one a game, or int8 [B], the points that they need.
        policy: float32 [N], that the config's posterior goes by, if it does.
        for_chance: the chance of the contract alone is asked for.

    Raises:
        ForgeError: without the policy.
    """
    needed = bids if isinstance(bids, Tensor) else needed_by(bids, len(games))
    adaptive = config.adaptive
    return ops.estimate_decisions(
        *seen_by(games, needed),
        keys,
        n_samples=config.n_samples,
        all_up_to=config.all_up_to,
        sampler=config.sampler,
        weighing=_weighing(config.posterior, policy),
        adaptive=None if adaptive is None else AdaptiveSampling(**vars(adaptive)),
        for_chance=for_chance,
    )


def _weighing(
    posterior: PosteriorConfig | PolicyPosterior | None, policy: Tensor | None
) -> OracleWeights | PolicyWeights | None:
    if posterior is None:
        return None
    if isinstance(posterior, PosteriorConfig):
        return OracleWeights(**vars(posterior))
    if policy is None:
        raise ForgeError(f"the posterior goes by the policy {posterior.policy}: give its numbers")
    return PolicyWeights(policy, posterior.pool, posterior.uniform, posterior.window)


def summary_of(found: DecisionEstimates) -> Summary:
    """The same as a summary of worlds."""
    return Summary(
        mean=found.mean,
        var=found.var,
        pdf=found.pdf,
        n_worlds=found.n_worlds,
        ess=found.ess,
        max_w=found.max_w,
        sem=error_of_mean(found.var, found.ess),
    )
