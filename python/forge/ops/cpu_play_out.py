"""How hands come out if everybody plays on by a policy."""

import torch
from torch import Tensor

from forge.build import native
from forge.errors import ForgeError
from forge.game.constants import N_SLOTS
from forge.ops.policy_schemas import check_open, check_weights, numbers_on_cpu
from forge.ops.schemas import on_cpu


def play_out(
    deals: Tensor, decls: Tensor, plays: Tensor, needed: Tensor, weights: Tensor
) -> Tensor:
    """Whether the declarer's side makes its contract after each slot, once everybody, from its own
    view, plays what a policy likes best.

    Args:
        deals: int8 [B, 4, 7], domino ids in slot order; seat 0 declares and leads.
        decls: int8 [B].
        plays: int8 [B, 28], dominoes in the order played, then -1; not all of them.
        needed: int8 [B], 1..42, the points that the declarer's side needs of the 42.
        weights: float32 [N], of the policy.

    Returns:
        int8 [B, 7], for slots of the seat to act: 1 made, 0 set, **of team 0** whoever acts; -1
        illegal.

    Raises:
        ForgeError: for a row that is no hand with a play to come, or an argument of another shape,
            type or device than the CPU's.
    """
    check_open(deals, decls, plays, needed)
    check_weights(deals, weights)
    arrays = (
        on_cpu("deals", deals),
        on_cpu("decls", decls),
        on_cpu("plays", plays),
        on_cpu("needed", needed),
    )
    row, reason = native.first_bad_open(*arrays)
    if row >= 0:
        raise ForgeError(f"row {row}: {reason}")
    made = torch.empty((deals.shape[0], N_SLOTS), dtype=torch.int8)
    native.play_out(*arrays, numbers_on_cpu(weights), made.numpy(), torch.get_num_threads())
    return made
