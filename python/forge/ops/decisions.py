"""Decisions of seats, on the CPU and on CUDA."""

from torch import Tensor

from forge.build import native, require_cuda_build
from forge.errors import ForgeError
from forge.game.constants import N_PLAYS
from forge.game.whole_numbers import real_number, truth, whole_number
from forge.ops.cpu_policy import decide_on_cpu
from forge.ops.cuda_policy import decide_on_cuda
from forge.ops.policy_schemas import (
    SeatDecisions,
    check_keys,
    check_model,
    check_seen,
    check_weights,
    empty_decisions,
)
from forge.options import MAX_WORLDS


def decide(
    hands: Tensor,
    decls: Tensor,
    plays: Tensor,
    needed: Tensor,
    keys: Tensor,
    weights: Tensor | None = None,
    *,
    n_worlds: int = 100,
    pool: int = 800,
    rollouts: float = 0.35,
    uniform: float = 0.02,
    weigh: bool = True,
    for_points: bool = False,
    race: bool = True,
    window: int = N_PLAYS,
    prior: float = 0.0,
) -> SeatDecisions:
    """Choose the play with the best chance, judged by worlds; of equals by E[Q], then by slot.

    On a CUDA device nothing leaves it and nothing waits for it; the bytes are the same.

    Args:
        hands: int8 [B, 7], dominoes dealt to the seat to act, in slot order.
        decls: int8 [B].
        plays: int8 [B, 28], dominoes played so far, the declarer's lead first, then -1.
        needed: int8 [B], points that the declarer's side needs of the 42.
        keys: int64 [B], of the random numbers; a decision depends on its row and its key alone.
        weights: float32 [N], of a policy; None: all worlds count alike and nothing is rolled out.
        n_worlds: judged by, all of them where there are no more.
        pool: worlds drawn and weighed before.
        rollouts: share of the policy's own play to the end in the chance of a play, 0..1.
        uniform: share of *any legal play* in what a hidden seat is taken to do, above 0, up to 1.
        weigh: whether worlds count by how well the policy explains what hidden seats played.
        for_points: choose by E[Q] alone, whatever the contract.
        race: whether plays that are clearly behind are dropped.
        window: of the last so many plays of the hand those of hidden seats tell.
        prior: chance that a play may lack if the policy would play it e times as likely, 0..1;
            `chances` are without it.

    Returns:
        slots int64 [B], chances float64 [B, 7] (acting side), points float64 [B, 7] (acting-team
        frame), n_worlds int64 [B], effective float64 [B]: see `SeatDecisions`.

    Raises:
        ForgeError: for an argument out of range, and on the CPU for a row that no seat can be
            looking at or no hidden hands fit; on a device the slot of such a row is -1.
    """
    check_seen(hands, decls, plays, needed)
    check_keys(hands, keys)
    if weights is not None:
        check_weights(hands, weights)
    n_worlds = whole_number("n_worlds", n_worlds, 1, MAX_WORLDS)
    pool = whole_number("pool", pool, 1, MAX_WORLDS)
    rollouts = real_number("rollouts", rollouts, 0, 1)
    for name, value in (("weigh", weigh), ("for_points", for_points), ("race", race)):
        truth(name, value)
    window = check_model(uniform, window)
    prior = real_number("prior", prior, 0, 1)
    settings = native.DecideSettings(
        n_worlds, pool, rollouts, uniform, weigh, for_points, race, window, prior
    )
    seen = (hands, decls, plays, needed)
    room = empty_decisions(hands)
    if hands.device.type == "cpu":
        decide_on_cpu(seen, keys, weights, settings, room)
    elif hands.device.type == "cuda":
        require_cuda_build()
        decide_on_cuda(seen, keys, weights, settings, room)
    else:
        raise ForgeError(f"decisions are made on the CPU or on CUDA, got {hands.device}")
    return room._replace(slots=room.slots.long())
