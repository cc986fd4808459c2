"""The contract of the operators about what one seat sees: checks, fakes, shapes and types.

A *seen hand* is what a seat to act knows: ``hands`` int8 [7], the dominoes dealt to it in slot
order; ``decls`` int8; ``plays`` int8 [28], all dominoes played in order, the declarer's lead first,
then -1; ``needed`` int8 1..42, the points that the declarer's side needs of the 42. Whose turn it
is follows from the plays.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from forge.build import native
from forge.errors import ForgeError
from forge.game.constants import N_PLAYS, N_SEATS, N_SLOTS
from forge.game.whole_numbers import real_number, whole_number
from forge.ops.schemas import LIBRARY, check_dense, expect, on_cpu, same_device

N_WEIGHTS: int = native.N_POLICY_WEIGHTS
MAX_WEIGHT: int = native.MAX_POLICY_WEIGHT


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


def check_seen(hands: Tensor, decls: Tensor, plays: Tensor, needed: Tensor) -> None:
    """hands int8 [B, 7], decls int8 [B], plays int8 [B, 28], needed int8 [B]."""
    _check_hands("hands", (N_SLOTS,), hands, decls, plays, needed)


def check_open(deals: Tensor, decls: Tensor, plays: Tensor, needed: Tensor) -> None:
    """deals int8 [B, 4, 7], the rest as of `check_seen`."""
    _check_hands("deals", (N_SEATS, N_SLOTS), deals, decls, plays, needed)


def _check_hands(
    name: str,
    row: tuple[int, ...],
    hands: Tensor,
    decls: Tensor,
    plays: Tensor,
    needed: Tensor,
) -> None:
    """`name` are the hands, whose rows have the shape `row`."""
    given = {name: hands, "decls": decls, "plays": plays, "needed": needed}
    for each, tensor in given.items():
        check_dense(each, tensor)
    n = hands.shape[0] if hands.dim() else 0
    shapes = {name: row, "decls": (), "plays": (N_PLAYS,), "needed": ()}
    for each, of_row in shapes.items():
        told = f"[{', '.join(map(str, ('B' if each == name else n, *of_row)))}]"
        expect(each, given[each], torch.int8, told, tuple(given[each].shape) == (n, *of_row))
    same_device(**given)


def check_keys(hands: Tensor, keys: Tensor) -> None:
    """keys int64 [B]."""
    n = hands.shape[0]
    ok = isinstance(keys, Tensor) and keys.dim() == 1 and keys.shape[0] == n
    expect("keys", keys, torch.int64, f"[{n}]", ok)
    same_device(hands=hands, keys=keys)


def check_model(uniform: float, window: int) -> int:
    """How a policy is taken to tell of a seat: the share of any legal play, above 0, up to 1, and
    of how many of the last plays, 1..28; returns the latter."""
    real_number("uniform", uniform, above=0, most=1)
    return whole_number("window", window, 1, N_PLAYS)


def check_weights(hands: Tensor, weights: Tensor) -> None:
    """weights float32 [N_WEIGHTS]."""
    ok = isinstance(weights, Tensor) and weights.dim() == 1 and weights.shape[0] == N_WEIGHTS
    expect("weights", weights, torch.float32, f"[{N_WEIGHTS}]", ok)
    same_device(hands=hands, weights=weights)


def numbers_on_cpu(weights: Tensor) -> npt.NDArray[np.float32]:
    """Weights for the native core, whose logits are then finite.

    Raises:
        ForgeError: for a number that is not finite, or larger than `MAX_WEIGHT` in size.
    """
    numbers: npt.NDArray[np.float32] = on_cpu("weights", weights)
    if not (numbers.min() >= -MAX_WEIGHT and numbers.max() <= MAX_WEIGHT):  # nor not a number
        raise ForgeError(f"weights must be finite numbers of at most {MAX_WEIGHT:,} in size")
    return numbers


def empty_logits(hands: Tensor) -> Tensor:
    """Room for float32 [B, 7]."""
    return hands.new_empty((hands.shape[0], N_SLOTS), dtype=torch.float32)


def empty_decisions(hands: Tensor) -> SeatDecisions:
    """Room for B decisions; slots int8."""
    n, device = hands.shape[0], hands.device
    return SeatDecisions(
        torch.empty(n, dtype=torch.int8, device=device),
        torch.empty((n, N_SLOTS), dtype=torch.float64, device=device),
        torch.empty((n, N_SLOTS), dtype=torch.float64, device=device),
        torch.empty(n, dtype=torch.int64, device=device),
        torch.empty(n, dtype=torch.float64, device=device),
    )


@torch.library.register_fake("forge::policy_logits", lib=LIBRARY)
def _fake_policy_logits(
    hands: Tensor, decls: Tensor, plays: Tensor, needed: Tensor, weights: Tensor
) -> Tensor:
    check_seen(hands, decls, plays, needed)
    check_weights(hands, weights)
    return empty_logits(hands)
