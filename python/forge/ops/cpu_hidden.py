"""Who may hold what: chances of the hidden dominoes, before and after what the plays told."""

from typing import NamedTuple

import torch
from torch import Tensor

from forge.build import native
from forge.game.constants import N_DOMINOES, N_PLAYS, N_SEATS
from forge.game.whole_numbers import whole_number
from forge.ops.cpu_policy import check_fits, seen_arrays
from forge.ops.policy_schemas import check_keys, check_model, check_weights, numbers_on_cpu
from forge.ops.schemas import on_cpu
from forge.options import MAX_WORLDS


class HiddenDominoes(NamedTuple):
    """What the seats to act of B decisions may think of the others.

    Args:
        before: float64 [B, 3, 28], the chance that the seat 1, 2, 3 places to the left holds a
            domino if all worlds that fit count alike, exact; 0 of dominoes that are played or own.
        after: float64 [B, 3, 28], if those drawn count by how well a policy explains the plays;
            `before` if nothing was played yet.
        n_worlds: int64 [B], drawn; all of them where there are no more.
        n_possible: int64 [B], all that fit.
        effective: float64 [B], how many worlds alike would tell as much as those weighed.
    """

    before: Tensor
    after: Tensor
    n_worlds: Tensor
    n_possible: Tensor
    effective: Tensor


def hidden_dominoes(
    hands: Tensor,
    decls: Tensor,
    plays: Tensor,
    needed: Tensor,
    keys: Tensor,
    weights: Tensor,
    *,
    n_worlds: int = 2000,
    uniform: float = 0.02,
    window: int = N_PLAYS,
) -> HiddenDominoes:
    """Weigh worlds by a policy, as `decide` does, and say who holds what in them.

    Args:
        hands, decls, plays, needed: what the seats to act see, as `decide` takes it.
        keys: int64 [B], of the random numbers; a row depends on its key alone.
        weights: float32 [N], of the policy.
        n_worlds: drawn and weighed, all of them where there are no more.
        uniform: share of any legal play in what a seat is taken to do, above 0, up to 1.
        window: how many plays of the hand back, 1..28.

    Raises:
        ForgeError: for a row that no seat can be looking at or no hidden hands fit, or an argument
            out of range.
    """
    seen = seen_arrays(hands, decls, plays, needed)
    n = hands.shape[0]
    check_keys(hands, keys)
    check_weights(hands, weights)
    window = check_model(uniform, window)
    found = HiddenDominoes(
        torch.empty((n, N_SEATS - 1, N_DOMINOES), dtype=torch.float64),
        torch.empty((n, N_SEATS - 1, N_DOMINOES), dtype=torch.float64),
        torch.empty(n, dtype=torch.int64),
        torch.empty(n, dtype=torch.int64),
        torch.empty(n, dtype=torch.float64),
    )
    row = native.hidden_dominoes(
        *seen,
        on_cpu("keys", keys),
        numbers_on_cpu(weights),
        whole_number("n_worlds", n_worlds, 1, MAX_WORLDS),
        uniform,
        window,
        found.before.numpy(),
        found.after.numpy(),
        found.n_worlds.numpy(),
        found.n_possible.numpy(),
        found.effective.numpy(),
        torch.get_num_threads(),
    )
    check_fits(row)
    return found
