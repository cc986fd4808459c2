"""The contract of the operators about what one seat sees: checks, fakes, shapes and types.

A *seen hand* is what a seat to act knows: ``hands`` int8 [7], the dominoes dealt to it in slot
order; ``decls`` int8; ``plays`` int8 [28], all dominoes played in order, the declarer's lead first,
then -1; ``needed`` int8 1..42, the points that the declarer's side needs of the 42. Whose turn it
is follows from the plays.
"""

import torch
from torch import Tensor

from forge.build import native
from forge.game.constants import N_PLAYS, N_SLOTS
from forge.ops.schemas import LIBRARY, expect, same_device

N_WEIGHTS: int = native.N_POLICY_WEIGHTS


def check_seen(hands: Tensor, decls: Tensor, plays: Tensor, needed: Tensor) -> None:
    """hands int8 [B, 7], decls int8 [B], plays int8 [B, 28], needed int8 [B]."""
    ok = hands.dim() == 2 and hands.shape[1] == N_SLOTS
    expect("hands", hands, torch.int8, "[B, 7]", ok)
    n = hands.shape[0]
    for name, tensor in (("decls", decls), ("needed", needed)):
        expect(name, tensor, torch.int8, f"[{n}]", tensor.dim() == 1 and tensor.shape[0] == n)
    ok = plays.dim() == 2 and plays.shape[0] == n and plays.shape[1] == N_PLAYS
    expect("plays", plays, torch.int8, f"[{n}, {N_PLAYS}]", ok)
    same_device(hands=hands, decls=decls, plays=plays, needed=needed)


def check_weights(hands: Tensor, weights: Tensor) -> None:
    """weights float32 [N_WEIGHTS]."""
    ok = isinstance(weights, Tensor) and weights.dim() == 1 and weights.shape[0] == N_WEIGHTS
    expect("weights", weights, torch.float32, f"[{N_WEIGHTS}]", ok)
    same_device(hands=hands, weights=weights)


def empty_logits(hands: Tensor) -> Tensor:
    """Room for float32 [B, 7]."""
    return hands.new_empty((hands.shape[0], N_SLOTS), dtype=torch.float32)


@torch.library.register_fake("forge::policy_logits", lib=LIBRARY)
def _fake_policy_logits(
    hands: Tensor, decls: Tensor, plays: Tensor, needed: Tensor, weights: Tensor
) -> Tensor:
    check_seen(hands, decls, plays, needed)
    check_weights(hands, weights)
    return empty_logits(hands)
