"""One training row of a solved state: what every source of samples (shards, seeds, streams) yields.

The eight arrays, their types and the sampling of a shard are written down here alone.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from forge import ops
from forge.errors import ForgeError
from forge.game.constants import ILLEGAL, N_FEATURES, N_SLOTS, N_TOKENS
from forge.game.state import seats_to_act
from forge.learn.batches import Batch

# Shape of one row of each array; all are int8.
ROW_SHAPES: Final[dict[str, tuple[int, ...]]] = {
    "tokens": (N_TOKENS, N_FEATURES),
    "masks": (N_TOKENS,),
    "targets": (),
    "legal": (N_SLOTS,),
    "qvals": (N_SLOTS,),
    "teams": (),
    "players": (),
    "values": (),
}


def sampled_rows(
    global_seed: int, seed: int, decl: int, n_states: int, n_samples: int
) -> npt.NDArray[np.int64]:
    """Which rows of a shard are kept, as the shard format fixes it.

    Args:
        global_seed: of the whole data set.
        seed: of the shard's deal (its base seed if marginalised).
        decl: declaration id 0..9.
        n_states: rows of the shard, terminal states included, ascending by state.
        n_samples: how many to draw; all of a smaller shard.

    Returns:
        int64 [min(n_samples, n_states)], without repeats, in the order drawn. Terminal states are
        among them: drop them after sampling.
    """
    rng = np.random.default_rng((global_seed, seed, decl))
    return rng.choice(n_states, size=min(n_samples, n_states), replace=False)


def make_rows(deals: Tensor, decls: Tensor, states: Tensor, values: Tensor, qvals: Tensor) -> Batch:
    """Rows of solved states.

    Args:
        deals: int8 [B or 1, 4, 7], domino ids in slot order.
        decls: int8 [B or 1].
        states: int64 [B], none of them terminal.
        values: int8 [B], V, **team-0 frame**, points.
        qvals: int8 [B, 7], Q, **team-0 frame**, points, -128 illegal.

    Returns:
        int8 tensors by the names of `ROW_SHAPES`; `qvals` and `values` in the **team-0 frame**.

    Raises:
        ForgeError: if a state is terminal or the shapes do not fit.
    """
    legal = qvals != ILLEGAL
    if not bool(legal.any(dim=1).all()):
        raise ForgeError("a terminal state has no move to learn: drop it before making rows")
    tokens, masks = ops.tokenize_states(deals, decls, states)
    players = seats_to_act(states).to(torch.int8)
    teams = players % 2
    acting = torch.where(teams[:, None].bool(), -qvals.short(), qvals.short())
    return {
        "tokens": tokens,
        "masks": masks,
        # argmax gives the first of equals: the lowest slot.
        "targets": acting.masked_fill(~legal, -1000).argmax(dim=1).to(torch.int8),
        "legal": legal.to(torch.int8),
        "qvals": qvals,
        "teams": teams,
        "players": players,
        "values": values,
    }
