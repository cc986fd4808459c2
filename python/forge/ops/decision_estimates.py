"""E[Q] and the chance of a contract, natively, on the CPU and on CUDA: no tensor holds a world."""

from __future__ import annotations

from typing import Final, NamedTuple

import torch
from torch import Tensor

from forge.build import native, require_cuda_build
from forge.errors import ForgeError, brief
from forge.game.constants import HAND_POINTS, N_PLAYS, N_SLOTS
from forge.game.whole_numbers import real_number, truth, whole_number
from forge.ops.cpu import search_memories
from forge.ops.cpu_policy import check_fits, seen_arrays
from forge.ops.cuda_estimate import estimate_on_cuda
from forge.ops.policy_schemas import (
    check_keys,
    check_model,
    check_seen,
    check_weights,
    numbers_on_cpu,
)
from forge.ops.schemas import on_cpu
from forge.ops.world_schemas import SAMPLERS, check_sampler
from forge.options import MAX_WORLDS

_MOST = 1 << 40
_MOST_ON_DEVICE: Final = 1 << 16  # worlds that are counted together, as the core has it


class OracleWeights(NamedTuple):
    """Worlds count by the last plays of the others, taken from a softmax of what each was worth.

    Args:
        window: how many plays back, 1..28.
        tau: temperature of the softmax, points, above 0.
        mix: share of any legal play, 0..1.
        min_ess_share: where fewer worlds count than this share, weights are tempered.
    """

    window: int = 4
    tau: float = 0.1
    mix: float = 0.1
    min_ess_share: float = 0.02


class PolicyWeights(NamedTuple):
    """Worlds count by all plays of the others that were a choice, as a policy would make them.

    Args:
        numbers: float32 [N], of the policy.
        pool: worlds weighed for each that is drawn from them and valued, 1 or more.
        uniform: share of any legal play, above 0, up to 1.
        window: how many plays of the hand back, 1..28.
    """

    numbers: Tensor
    pool: int = 8
    uniform: float = 0.02
    window: int = 28


class AdaptiveSampling(NamedTuple):
    """Worlds until the standard error of every legal play is below a threshold.

    Args:
        min_samples: before that is looked at.
        max_samples: at most so many, not less.
        batch_size: from one look to the next.
        sem_threshold: points, above 0.
        stop_when_certain: end too when the best play is ahead of every other one by four standard
            errors of the difference.
    """

    min_samples: int
    max_samples: int
    batch_size: int
    sem_threshold: float
    stop_when_certain: bool = False


class DecisionEstimates(NamedTuple):
    """What worlds say of B decisions; **acting-team frame**, points.

    Args:
        mean: float64 [B, 7], E[Q]; NaN where not legal, and where only the chance was asked for.
        var: float64 [B, 7], weighted mean squared distance to it, NaN likewise.
        pdf: float64 [B, 7, 85], share of the weight by value + 42, 0 likewise.
        chances: float64 [B, 7], that the acting team makes its contract or sets the other's; NaN
            where not legal.
        n_possible: int64 [B], worlds that there are.
        n_worlds: int64 [B], worlds counted.
        ess: float64 [B], effective number of them.
        max_w: float64 [B], greatest share of one.
        converged: bool [B], whether all worlds were counted, or errors are below the threshold.
    """

    mean: Tensor
    var: Tensor
    pdf: Tensor
    chances: Tensor
    n_possible: Tensor
    n_worlds: Tensor
    ess: Tensor
    max_w: Tensor
    converged: Tensor


def estimate_decisions(
    hands: Tensor,
    decls: Tensor,
    plays: Tensor,
    needed: Tensor,
    keys: Tensor,
    *,
    n_samples: int = 50,
    all_up_to: int | None = None,
    sampler: str = "uniform",
    weighing: OracleWeights | PolicyWeights | None = None,
    adaptive: AdaptiveSampling | None = None,
    for_chance: bool = False,
) -> DecisionEstimates:
    """Value every legal slot exactly in worlds that fit, and sum over them.

    On a CUDA device nothing leaves it and nothing waits for it; the bytes are the same. Worlds are
    drawn once there (not adaptively), at most 65,536 of a decision, and not weighed by the oracle.

    Args:
        hands, decls, plays, needed: what the seats to act see, as `decide` takes it.
        keys: int64 [B]; worlds are those of `sample_worlds`, a decision depends on its row and its
            key alone. Adaptive batch i has the key `forge.play.keys.combine(key, i)`.
        n_samples: worlds drawn for a decision.
        all_up_to: decisions with at most so many worlds get each once; None: `n_samples`, or the
            least number of adaptive sampling.
        sampler: see `sample_worlds`; with a policy uniform alone.
        weighing: what worlds count for; None: alike.
        adaptive: instead of `n_samples`.
        for_chance: the chance alone is asked for, which takes a fraction of the time.

    Raises:
        ForgeError: for an argument out of range, or more than a device does; and on the CPU for a
            row that no seat can be looking at or no hidden hands fit: on a device `n_possible` of
            such a row is 0.
    """
    check_seen(hands, decls, plays, needed)
    check_keys(hands, keys)
    numbers = None
    if isinstance(weighing, PolicyWeights):
        check_weights(hands, weighing.numbers)
        numbers = weighing.numbers
    settings = _settings(n_samples, all_up_to, sampler, weighing, adaptive, for_chance)
    seen = (hands, decls, plays, needed)
    if hands.device.type == "cpu":
        return _estimate_on_cpu(seen, keys, numbers, settings)
    if hands.device.type != "cuda":
        raise ForgeError(f"decisions are estimated on the CPU or on CUDA, got {hands.device}")
    require_cuda_build()
    all_up_to = n_samples if all_up_to is None else all_up_to
    refused = refused_on_a_device(
        n_samples,
        all_up_to,
        weighing.pool if isinstance(weighing, PolicyWeights) else 1,
        by_oracle=isinstance(weighing, OracleWeights),
        is_adaptive=adaptive is not None,
    )
    if refused is not None:
        raise ForgeError(refused)
    found = _room(hands)
    estimate_on_cuda(seen, keys, numbers, settings, found, max(n_samples, all_up_to))
    return found


def refused_on_a_device(
    n_samples: int, all_up_to: int, pool: int = 1, *, by_oracle: bool, is_adaptive: bool
) -> str | None:
    """Why a device does not estimate so; None where it does.

    Args:
        n_samples, all_up_to: see `estimate_decisions`.
        pool: worlds drawn for each that is valued.
        by_oracle: whether worlds count by `OracleWeights`.
        is_adaptive: whether they are drawn until they are enough.
    """
    if is_adaptive:
        return "on a device worlds are drawn once: no adaptive sampling"
    if by_oracle:
        return "worlds are weighed by the oracle on the CPU alone"
    n_drawn = max(n_samples * pool, all_up_to)
    if n_drawn > _MOST_ON_DEVICE:
        return f"a device draws at most {_MOST_ON_DEVICE:,} worlds of a decision, got {n_drawn:,}"
    return None


def _estimate_on_cpu(
    seen: tuple[Tensor, Tensor, Tensor, Tensor],
    keys: Tensor,
    numbers: Tensor | None,
    settings: native.EstimateSettings,
) -> DecisionEstimates:
    arrays = seen_arrays(*seen)
    found = _room(keys)
    with search_memories() as memories:
        row = native.estimate(
            *arrays,
            on_cpu("keys", keys),
            None if numbers is None else numbers_on_cpu(numbers),
            settings,
            native.EstimateRoom(*(each.numpy() for each in found)),
            memories,
            torch.get_num_threads(),
        )
    check_fits(row)
    return found


def _room(like: Tensor) -> DecisionEstimates:
    """For as many decisions, on the same device."""

    def room(*shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
        return like.new_empty((like.shape[0], *shape), dtype=dtype)

    return DecisionEstimates(
        mean=room(N_SLOTS),
        var=room(N_SLOTS),
        pdf=room(N_SLOTS, 2 * HAND_POINTS + 1),
        chances=room(N_SLOTS),
        n_possible=room(dtype=torch.int64),
        n_worlds=room(dtype=torch.int64),
        ess=room(),
        max_w=room(),
        converged=room(dtype=torch.bool),
    )


def _settings(
    n_samples: int,
    all_up_to: int | None,
    sampler: str,
    weighing: OracleWeights | PolicyWeights | None,
    adaptive: AdaptiveSampling | None,
    for_chance: bool,
) -> native.EstimateSettings:
    """What was asked for, as the core takes it; ForgeError for what can't be."""
    check_sampler(sampler)
    truth("for_chance", for_chance)
    n_samples = whole_number("n_samples", n_samples, 1, _MOST)
    oracle = policy = sampling = None
    if isinstance(weighing, OracleWeights):
        whole_number("window", weighing.window, 1, N_PLAYS)
        real_number("tau", weighing.tau, above=0)
        for name in ("mix", "min_ess_share"):
            real_number(name, getattr(weighing, name), 0, 1)
        oracle = native.OracleWeights(*weighing)
    elif weighing is not None and not isinstance(weighing, PolicyWeights):
        raise ForgeError(
            f"weighing must be OracleWeights, PolicyWeights or None, got {brief(weighing)}"
        )
    elif weighing is not None:
        whole_number("pool", weighing.pool, 1, MAX_WORLDS)
        check_model(weighing.uniform, weighing.window)
        if sampler != "uniform":
            raise ForgeError("worlds are weighed by a policy only where they are drawn uniformly")
        policy = native.PolicyWeighing(weighing.pool, weighing.uniform, weighing.window)
    if adaptive is not None:
        if not isinstance(adaptive, AdaptiveSampling):
            raise ForgeError(f"adaptive must be AdaptiveSampling or None, got {brief(adaptive)}")
        whole_number("min_samples", adaptive.min_samples, 1, _MOST)
        whole_number("max_samples", adaptive.max_samples, adaptive.min_samples, _MOST)
        whole_number("batch_size", adaptive.batch_size, 1, _MOST)
        real_number("sem_threshold", adaptive.sem_threshold, above=0)
        truth("stop_when_certain", adaptive.stop_when_certain)
        sampling = native.AdaptiveSampling(*adaptive)
    least = n_samples if adaptive is None else adaptive.min_samples
    all_up_to = whole_number("all_up_to", least if all_up_to is None else all_up_to, 0, _MOST)
    return native.EstimateSettings(
        n_samples, all_up_to, SAMPLERS[sampler], for_chance, oracle, policy, sampling
    )
