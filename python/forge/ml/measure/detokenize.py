"""From tokens back to the position: what was dealt, declared and played.

Tokens hold the whole deal by seat and slot, what is still in hand, the current trick and its
leader, so a row of any tokenised data can be replayed. They do not hold the order of the completed
tricks; `forge.oracle.history` finds a legal one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from forge import ops
from forge.errors import ForgeError
from forge.game.constants import N_DOMINOES, N_SLOTS, NO_SLOT
from forge.game.state import pack_fields
from forge.ml.networks.transformer import DECL_FEATURE

HIGH_FEATURE: Final = 0
LOW_FEATURE: Final = 1
REMAINING_FEATURE: Final = 8
LEADER_FEATURE: Final = 11
# Token 0 is context, then the dealt dominoes by seat and slot, then the plays of the trick.
_DEALT: Final = slice(1, 1 + N_DOMINOES)
_TRICK: Final = slice(1 + N_DOMINOES, None)


@dataclass(frozen=True)
class PositionBatch:
    """B positions of any deals and declarations."""

    deals: Tensor  # int8 [B, 4, 7], domino ids in slot order
    decls: Tensor  # int8 [B]
    states: Tensor  # int64 [B], packed


def trick_numbers(tokens: Tensor) -> Tensor:
    """How many tricks are complete in each row: int64 [B], 0..6, from `tokens` [B, 32, 12]."""
    n_left = tokens[:, _DEALT, REMAINING_FEATURE].long().sum(dim=1)
    return ((N_DOMINOES - n_left) // 4).clamp(max=N_SLOTS - 1)


def positions_of(batch: Mapping[str, Tensor]) -> PositionBatch | None:
    """The positions that rows were made from.

    Args:
        batch: `tokens` [B, 32, 12], `masks` [B, 32] and `players` [B] are used, on the CPU.

    Returns:
        The positions whose tokens are exactly those of the batch, or None if there are none (the
        rows are no tokenised positions, or those of another tokeniser).
    """
    tokens, masks = batch["tokens"], batch["masks"]
    dominoes = _dominoes(tokens)
    deals = dominoes[:, _DEALT].view(-1, 4, N_SLOTS)
    everything = torch.arange(N_DOMINOES)
    if not (
        torch.equal(deals.flatten(1).sort(dim=1).values, everything.expand(len(tokens), -1))
        and bool((deals.diff(dim=2) > 0).all())
    ):
        return None
    leaders = (tokens[:, 0, LEADER_FEATURE].long() + batch["players"]) & 3
    n_plays = masks[:, _TRICK].long().sum(dim=1)
    held = (tokens[:, _DEALT, REMAINING_FEATURE].long() << everything).sum(dim=1)
    slots = []
    for k in range(3):
        hands = deals[torch.arange(len(deals)), (leaders + k) & 3]  # [B, 7]
        slot = (hands == dominoes[:, 1 + N_DOMINOES + k, None]).int().argmax(dim=1)
        slots.append(torch.where(k < n_plays, slot, NO_SLOT))
    states = pack_fields(held, leaders, n_plays, slots)
    found = PositionBatch(deals.to(torch.int8), tokens[:, 0, DECL_FEATURE].clone(), states)
    return found if _makes(found, batch) else None


def _dominoes(tokens: Tensor) -> Tensor:
    """Domino id of every token: int64 [B, 32]; meaningless where the token shows none."""
    high, low = tokens[..., HIGH_FEATURE].long(), tokens[..., LOW_FEATURE].long()
    return high * (high + 1) // 2 + low


def _makes(positions: PositionBatch, batch: Mapping[str, Tensor]) -> bool:
    """Whether tokenising the positions gives the batch again."""
    try:
        tokens, masks = ops.tokenize_states(positions.deals, positions.decls, positions.states)
    except ForgeError:  # no possible state
        return False
    return torch.equal(tokens, batch["tokens"]) and torch.equal(masks, batch["masks"])
