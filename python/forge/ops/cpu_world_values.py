"""What each play of one decision is worth in each of given worlds."""

import torch
from torch import Tensor

from forge.build import native
from forge.errors import ForgeError
from forge.game.constants import N_SEATS, N_SLOTS
from forge.ops.cpu import search_memories
from forge.ops.cpu_policy import seen_arrays
from forge.ops.schemas import expect, on_cpu, same_device


def world_values(
    hands: Tensor, decls: Tensor, plays: Tensor, needed: Tensor, worlds: Tensor
) -> Tensor:
    """Exact value of every slot in worlds of one decision: what `estimate_decisions` sums up.

    Args:
        hands, decls, plays, needed: what the seat to act sees, one row of what `decide` takes; what
            is needed makes no difference.
        worlds: int32 [W, 3], masks of the dominoes that the seats 1, 2, 3 places to the left still
            hold, as `sample_worlds` and `enumerate_worlds` give them.

    Returns:
        int8 [W, 7], value-to-go, points, **acting-team frame**; -128 where a slot may not be
        played.

    Raises:
        ForgeError: for a row that no seat can be looking at, more rows than one, worlds that do not
            fit what was played, or a device other than the CPU.
    """
    seen = seen_arrays(hands, decls, plays, needed)
    if hands.shape[0] != 1:
        raise ForgeError(f"hands must be one row, int8 [1, {N_SLOTS}], got {list(hands.shape)}")
    hidden = N_SEATS - 1
    ok = isinstance(worlds, Tensor) and worlds.dim() == 2 and worlds.shape[1] == hidden
    expect("worlds", worlds, torch.int32, f"[W, {hidden}]", ok)
    same_device(hands=hands, worlds=worlds)
    q = torch.empty((worlds.shape[0], N_SLOTS), dtype=torch.int8)
    with search_memories() as memories:
        row = native.world_values(
            *seen, on_cpu("worlds", worlds), q.numpy(), memories, torch.get_num_threads()
        )
    if row >= 0:
        raise ForgeError(f"world {row}: these hidden hands do not fit what was played")
    return q
