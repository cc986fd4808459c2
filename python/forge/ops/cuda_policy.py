"""The CUDA kernels of what one seat sees; `policy_schemas` has their contract."""

from collections.abc import Callable
from typing import Any, Final

import torch
from torch import Tensor

from forge.build import native
from forge.game.constants import N_SLOTS
from forge.ops import policy_schemas as schemas
from forge.ops.device import current_stream, on_device
from forge.ops.lanes import lane_tables, most_lanes

# Scratch of one call of `decide`, unless a single decision takes more: 40 KB each with the 100
# worlds of a seat, 0.3 MB with 1,024.
WORK_BYTES: Final = 1 << 30


def _policy_logits(
    hands: Tensor, decls: Tensor, plays: Tensor, needed: Tensor, weights: Tensor
) -> Tensor:
    schemas.check_seen(hands, decls, plays, needed)
    schemas.check_weights(hands, weights)
    logits = schemas.empty_logits(hands)
    with torch.cuda.device(hands.device):
        native.cuda.policy_logits(
            on_device(hands.contiguous()),
            on_device(decls.contiguous()),
            on_device(plays.contiguous()),
            on_device(needed.contiguous()),
            on_device(weights.contiguous()),
            on_device(logits),
            current_stream(hands),
        )
    return logits


def decide_on_cuda(
    seen: tuple[Tensor, Tensor, Tensor, Tensor],
    keys: Tensor,
    weights: Tensor | None,
    settings: native.DecideSettings,
    room: schemas.SeatDecisions,
) -> None:
    """See `forge.ops.decide`; checked arguments, slots int8 in `room`."""
    n = keys.shape[0]
    if n == 0:
        return
    hands, decls, plays, needed = (each.contiguous() for each in seen)
    keys = keys.contiguous()
    numbers = None if weights is None else weights.detach().contiguous()
    has_policy = numbers is not None
    with torch.cuda.device(keys.device):
        work_bytes = native.cuda.decide_work_bytes
        n_rows = max(1, min(n, WORK_BYTES // work_bytes(1, settings, has_policy)))
        work = keys.new_empty(work_bytes(n_rows, settings, has_policy), dtype=torch.uint8)
        n_lanes = min(most_lanes(keys.device), n_rows * settings.n_worlds * N_SLOTS)
        native.cuda.decide(
            on_device(hands),
            on_device(decls),
            on_device(plays),
            on_device(needed),
            on_device(keys),
            None if numbers is None else on_device(numbers),
            settings,
            on_device(room.slots),
            on_device(room.chances),
            on_device(room.points),
            on_device(room.n_worlds),
            on_device(room.effective),
            on_device(work),
            n_rows,
            on_device(lane_tables(n_lanes, keys.device)),
            on_device(keys.new_zeros(n_lanes, dtype=torch.int32)),
            current_stream(keys),
        )


KERNELS: dict[str, Callable[..., Any]] = {"policy_logits": _policy_logits}
