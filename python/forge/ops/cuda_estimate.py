"""Estimates of decisions by the CUDA kernels; `decision_estimates` has their contract."""

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor

from forge.build import native
from forge.game.constants import N_SLOTS
from forge.ops.device import current_stream, on_device
from forge.ops.lanes import lane_tables, most_lanes

# Scratch of one call, unless a single decision takes more: 0.1 MB each with 1,024 worlds.
WORK_BYTES: Final = 1 << 30


def estimate_on_cuda(
    seen: tuple[Tensor, Tensor, Tensor, Tensor],
    keys: Tensor,
    numbers: Tensor | None,
    settings: native.EstimateSettings,
    room: Sequence[Tensor],
    n_valued: int,
) -> None:
    """See `forge.ops.estimate_decisions`; checked arguments.

    Args:
        seen: hands, decls, plays, needed.
        keys: int64 [B].
        numbers: float32 [N], of a policy that worlds are weighed by.
        settings: how; see `refused_on_a_device`.
        room: the tensors of `DecisionEstimates`, in order.
        n_valued: worlds valued of a decision, at most.
    """
    n = keys.shape[0]
    if n == 0:
        return
    columns = [each.contiguous() for each in (*seen, keys)]
    hands, decls, plays, needed, keys_there = (on_device(each) for each in columns)
    mean, var, pdf, chances, n_possible, n_worlds, ess, max_w, converged = map(on_device, room)
    weights = None if numbers is None else numbers.detach().contiguous()
    with torch.cuda.device(keys.device):
        work_bytes = native.cuda.estimate_work_bytes
        n_rows = max(1, min(n, WORK_BYTES // work_bytes(1, settings)))
        work = keys.new_empty(work_bytes(n_rows, settings), dtype=torch.uint8)
        n_lanes = min(most_lanes(keys.device), n_rows * n_valued * N_SLOTS)
        native.cuda.estimate(
            hands,
            decls,
            plays,
            needed,
            keys_there,
            None if weights is None else on_device(weights),
            settings,
            mean,
            var,
            pdf,
            chances,
            n_possible,
            n_worlds,
            ess,
            max_w,
            converged,
            on_device(work),
            n_rows,
            on_device(lane_tables(n_lanes, keys.device)),
            on_device(keys.new_zeros(n_lanes, dtype=torch.int32)),
            current_stream(keys),
        )
