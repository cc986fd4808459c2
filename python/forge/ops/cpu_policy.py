"""The CPU kernels of what one seat sees; `policy_schemas` has their contract."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from forge.build import native
from forge.errors import ForgeError
from forge.game.constants import N_PLAYS, N_SLOTS
from forge.game.whole_numbers import whole_number
from forge.ops import policy_schemas as schemas
from forge.ops.schemas import expect, same_device

Array = npt.NDArray[Any]
# Worlds of one decision: what fits in memory whoever asks.
_MAX_WORLDS: Final = 1 << 20
_Seen = tuple[Array, Array, Array, Array]


class SeatDecisions(NamedTuple):
    """What `decide` finds for B decisions.

    Args:
        slots: int64 [B], chosen.
        chances: float64 [B, 7], of the **acting side's** end, to make the contract or to set it;
            NaN where illegal, where there is no choice, and `for_points`. Of a play that was
            dropped: up to then.
        points: float64 [B, 7], E[Q] of plays it had to decide between, **acting-team frame**;
            else NaN.
        n_worlds: int64 [B], judged by; 0 where there is no choice.
        effective: float64 [B], how many worlds alike would tell as much as those that were weighed.
    """

    slots: Tensor
    chances: Tensor
    points: Tensor
    n_worlds: Tensor
    effective: Tensor


def _seen(hands: Tensor, decls: Tensor, plays: Tensor, needed: Tensor) -> _Seen:
    for name, given in (("hands", hands), ("decls", decls), ("plays", plays), ("needed", needed)):
        if not isinstance(given, Tensor) or given.device.type != "cpu" or given.is_sparse:
            raise ForgeError(f"{name} must be a dense tensor on the CPU")
    schemas.check_seen(hands, decls, plays, needed)
    seen = (
        hands.contiguous().numpy(),
        decls.contiguous().numpy(),
        plays.contiguous().numpy(),
        needed.contiguous().numpy(),
    )
    row, reason = native.first_bad_seen(*seen)
    if row >= 0:
        raise ForgeError(f"row {row}: {reason}")
    return seen


def policy_logits(
    hands: Tensor, decls: Tensor, plays: Tensor, needed: Tensor, weights: Tensor
) -> Tensor:
    seen = _seen(hands, decls, plays, needed)
    schemas.check_weights(hands, weights)
    logits = schemas.empty_logits(hands)
    numbers = weights.detach().contiguous().numpy()
    native.policy_logits(*seen, numbers, logits.numpy(), torch.get_num_threads())
    return logits


def policy_features(
    hands: Tensor, decls: Tensor, plays: Tensor, needed: Tensor
) -> tuple[Tensor, Tensor]:
    """What the policy network reads, for training.

    Args:
        hands, decls, plays, needed: see `policy_schemas`.

    Returns:
        context: int16 [B, 56], features of the situation; `native.N_POLICY_FEATURES` is none.
        candidates: int16 [B, 7, 12], of each legal slot; of others none.

    Raises:
        ForgeError: for a row that no seat can be looking at.
    """
    seen = _seen(hands, decls, plays, needed)
    n = hands.shape[0]
    context = np.empty((n, native.MAX_POLICY_CONTEXT), dtype=np.int16)
    candidates = np.empty((n, N_SLOTS, native.MAX_POLICY_CANDIDATE), dtype=np.int16)
    native.policy_features(*seen, context, candidates, torch.get_num_threads())
    return torch.from_numpy(context), torch.from_numpy(candidates)


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
) -> SeatDecisions:
    """Choose the play with the best chance, judged by worlds; of equals by E[Q], then by slot.

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

    Returns:
        slots int64 [B], chances float64 [B, 7] (acting side), points float64 [B, 7] (acting-team
        frame), n_worlds int64 [B], effective float64 [B]: see `SeatDecisions`.

    Raises:
        ForgeError: for a row that no seat can be looking at or no hidden hands fit, or an argument
            out of range.
    """
    seen = _seen(hands, decls, plays, needed)
    n = hands.shape[0]
    ok = isinstance(keys, Tensor) and keys.dim() == 1 and keys.shape[0] == n
    expect("keys", keys, torch.int64, f"[{n}]", ok)
    same_device(hands=hands, keys=keys)
    if weights is not None:
        schemas.check_weights(hands, weights)
    n_worlds = whole_number("n_worlds", n_worlds, 1, _MAX_WORLDS)
    pool = whole_number("pool", pool, 1, _MAX_WORLDS)
    if not 0 <= rollouts <= 1:
        raise ForgeError(f"rollouts must be 0..1, got {rollouts}")
    if not 0 < uniform <= 1:
        raise ForgeError(f"uniform must be above 0, up to 1, got {uniform}")
    window = whole_number("window", window, 1, N_PLAYS)
    settings = native.DecideSettings(
        n_worlds, pool, rollouts, uniform, weigh, for_points, race, window
    )
    slots = np.empty(n, dtype=np.int8)
    chances = np.empty((n, N_SLOTS))
    points = np.empty((n, N_SLOTS))
    counts = np.empty(n, dtype=np.int64)
    effective = np.empty(n)
    row = native.decide(
        *seen,
        keys.contiguous().numpy(),
        None if weights is None else weights.detach().contiguous().numpy(),
        settings,
        slots,
        chances,
        points,
        counts,
        effective,
        torch.get_num_threads(),
    )
    if row >= 0:
        raise ForgeError(f"row {row}: no hidden hands fit what was played")
    found = (slots.astype(np.int64), chances, points, counts, effective)
    return SeatDecisions(*map(torch.from_numpy, found))


KERNELS: dict[str, Callable[..., Any]] = {"policy_logits": policy_logits}
