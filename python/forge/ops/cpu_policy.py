"""The CPU kernels of what one seat sees; `policy_schemas` has their contract."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from forge.build import native
from forge.errors import ForgeError
from forge.game.constants import N_SLOTS
from forge.ops import policy_schemas as schemas
from forge.ops.policy_schemas import SeatDecisions
from forge.ops.schemas import on_cpu

Array = npt.NDArray[Any]
_Seen = tuple[Array, Array, Array, Array]


def seen_arrays(hands: Tensor, decls: Tensor, plays: Tensor, needed: Tensor) -> _Seen:
    """What seats see, as the core takes it; ForgeError for a row that none can be looking at."""
    schemas.check_seen(hands, decls, plays, needed)
    seen = (
        on_cpu("hands", hands),
        on_cpu("decls", decls),
        on_cpu("plays", plays),
        on_cpu("needed", needed),
    )
    row, reason = native.first_bad_seen(*seen)
    if row >= 0:
        raise ForgeError(f"row {row}: {reason}")
    return seen


def check_fits(row: int) -> None:
    """Raises ForgeError for the first row that no hidden hands fit, if there is one (not -1)."""
    if row >= 0:
        raise ForgeError(f"row {row}: no hidden hands fit what was played")


def policy_logits(
    hands: Tensor, decls: Tensor, plays: Tensor, needed: Tensor, weights: Tensor
) -> Tensor:
    seen = seen_arrays(hands, decls, plays, needed)
    schemas.check_weights(hands, weights)
    logits = schemas.empty_logits(hands)
    numbers = schemas.numbers_on_cpu(weights)
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
    seen = seen_arrays(hands, decls, plays, needed)
    n = hands.shape[0]
    context = np.empty((n, native.MAX_POLICY_CONTEXT), dtype=np.int16)
    candidates = np.empty((n, N_SLOTS, native.MAX_POLICY_CANDIDATE), dtype=np.int16)
    native.policy_features(*seen, context, candidates, torch.get_num_threads())
    return torch.from_numpy(context), torch.from_numpy(candidates)


def decide_on_cpu(
    seen: tuple[Tensor, Tensor, Tensor, Tensor],
    keys: Tensor,
    weights: Tensor | None,
    settings: native.DecideSettings,
    room: SeatDecisions,
) -> None:
    """See `forge.ops.decide`; checked arguments, slots int8 in `room`.

    Raises:
        ForgeError: for a row that no seat can be looking at or no hidden hands fit.
    """
    arrays = seen_arrays(*seen)
    row = native.decide(
        *arrays,
        on_cpu("keys", keys),
        None if weights is None else schemas.numbers_on_cpu(weights),
        settings,
        room.slots.numpy(),
        room.chances.numpy(),
        room.points.numpy(),
        room.n_worlds.numpy(),
        room.effective.numpy(),
        torch.get_num_threads(),
    )
    check_fits(row)


KERNELS: dict[str, Callable[..., Any]] = {"policy_logits": policy_logits}
