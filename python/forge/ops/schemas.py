"""The contract of every operator: schema, argument checks, shapes and types of what comes out.

One check serves fake tensors, CPU and CUDA. A *deal* is int8 [4, 7] domino ids in slot order; in
batches a leading dimension of 1 broadcasts. States are packed int64 (see forge.game.state).
All values are in the team-0 frame. Checks, fakes and rooms of the operators on hidden hands are in
`world_schemas`.
"""

from collections.abc import Callable
from typing import Any

import numpy.typing as npt
import torch
from torch import Tensor

from forge.errors import ForgeError
from forge.game.constants import N_FEATURES, N_SLOTS, N_TOKENS
from forge.game.whole_numbers import whole_number

SCHEMAS = {
    "enumerate_states": "(Tensor deal, int decl) -> Tensor",
    "expand_states": "(Tensor deal, int decl, Tensor states) -> Tensor",
    "backward_induction": "(Tensor deal, int decl, Tensor states) -> (Tensor, Tensor)",
    "solve": "(Tensor deal, int decl) -> (Tensor, Tensor, Tensor)",
    "search": "(Tensor deals, Tensor decls, Tensor states) -> Tensor",
    "search_at_least": "(Tensor deals, Tensor decls, Tensor states, Tensor targets) -> Tensor",
    "search_value": "(Tensor deals, Tensor decls, Tensor states) -> Tensor",
    "search_made": "(Tensor deals, Tensor decls, Tensor states, Tensor targets) -> Tensor",
    "legal_slots": "(Tensor deals, Tensor decls, Tensor states) -> Tensor",
    "tokenize_states": "(Tensor deals, Tensor decls, Tensor states) -> (Tensor, Tensor)",
    "play": "(Tensor deals, Tensor decls, Tensor states, Tensor slots) -> (Tensor, Tensor)",
    "count_worlds": "(Tensor allowed, Tensor sizes) -> Tensor",
    "sample_worlds": (
        "(Tensor allowed, Tensor sizes, Tensor keys, SymInt n_samples, str sampler='uniform')"
        " -> Tensor"
    ),
    "policy_logits": (
        "(Tensor hands, Tensor decls, Tensor plays, Tensor needed, Tensor weights) -> Tensor"
    ),
    "enumerate_worlds": "(Tensor allowed, Tensor sizes, SymInt start, SymInt stop) -> Tensor",
}

LIBRARY = torch.library.Library("forge", "DEF")
for _name, _schema in SCHEMAS.items():
    LIBRARY.define(_name + _schema, tags=(torch.Tag.pt2_compliant_tag,))


def check_dense(name: str, tensor: Any) -> None:
    """Raises ForgeError for what is no tensor, or none whose numbers lie in memory as its strides
    say: sparse and nested ones."""
    if not isinstance(tensor, Tensor):
        raise ForgeError(f"{name} must be a tensor, got {type(tensor).__name__}")
    if tensor.layout != torch.strided or tensor.is_nested:
        kind = "nested" if tensor.is_nested else str(tensor.layout).removeprefix("torch.")
        raise ForgeError(f"{name} must be a dense tensor, got a {kind} one")


def on_cpu(name: str, tensor: Tensor) -> npt.NDArray[Any]:
    """A tensor's numbers as the core takes them, whatever view it is; ForgeError off the CPU."""
    try:
        # Nearly every tensor is what it has to be already, and a call takes microseconds.
        array: npt.NDArray[Any] = tensor.numpy()
        if array.flags.c_contiguous:
            return array
    except (AttributeError, RuntimeError, TypeError):
        pass  # what follows says why, or makes it so
    check_dense(name, tensor)
    if tensor.device.type != "cpu":
        raise ForgeError(f"{name} must be a dense tensor on the CPU, got {tensor.device}")
    return tensor.detach().resolve_neg().resolve_conj().contiguous().numpy()


def expect(name: str, tensor: Tensor, dtype: torch.dtype, shape: str, ok: bool) -> None:
    """Raises ForgeError unless the type is right and the shape is `ok`; `shape` says what it is."""
    check_dense(name, tensor)
    if tensor.dtype != dtype or not ok:
        raise ForgeError(
            f"{name} must be {str(dtype).removeprefix('torch.')} {shape}, "
            f"got {str(tensor.dtype).removeprefix('torch.')} {list(tensor.shape)}"
        )


def same_device(**tensors: Tensor) -> None:
    """Raises ForgeError unless all are on one device."""
    devices = [tensor.device for tensor in tensors.values()]
    if devices.count(devices[0]) < len(devices):
        found = ", ".join(f"{name} on {tensor.device}" for name, tensor in tensors.items())
        raise ForgeError(f"all arguments must be on one device, got {found}")


def check_deal(deal: Tensor, decl: int) -> None:
    """One deal int8 [4, 7] and a declaration id 0..9."""
    check_dense("deal", deal)
    expect("deal", deal, torch.int8, "[4, 7]", deal.dim() == 2 and tuple(deal.shape) == (4, 7))
    if not isinstance(decl, torch.SymInt):
        decl = whole_number("decl", decl, -(2**63), 2**63 - 1)
    if not 0 <= decl <= 9:
        raise ForgeError(f"decl must be 0..9, got {decl}")


def check_deal_states(deal: Tensor, decl: int, states: Tensor) -> None:
    """One deal and states int64 [N] of it."""
    check_deal(deal, decl)
    expect("states", states, torch.int64, "[N]", states.dim() == 1)
    same_device(deal=deal, states=states)


def check_positions(deals: Tensor, decls: Tensor, states: Tensor) -> None:
    """deals int8 [B or 1, 4, 7], decls int8 [B or 1], states int64 [B]."""
    expect("states", states, torch.int64, "[B]", states.dim() == 1)
    n = states.shape[0]
    deals_ok = deals.dim() == 3 and deals.shape[1] == 4 and deals.shape[2] == N_SLOTS
    rows = "1" if n == 1 else f"{n} or 1"
    expect("deals", deals, torch.int8, f"[{rows}, 4, 7]", deals_ok and deals.shape[0] in (1, n))
    expect("decls", decls, torch.int8, f"[{rows}]", decls.dim() == 1 and decls.shape[0] in (1, n))
    same_device(deals=deals, decls=decls, states=states)


def check_targets(states: Tensor, targets: Tensor) -> None:
    """targets int8 [B or 1]."""
    n = states.shape[0]
    ok = targets.dim() == 1 and targets.shape[0] in (1, n)
    expect("targets", targets, torch.int8, f"[{n} or 1]", ok)
    same_device(states=states, targets=targets)


def check_slots(states: Tensor, slots: Tensor) -> None:
    """slots int8 [B]."""
    n = states.shape[0]
    expect("slots", slots, torch.int8, f"[{n}]", slots.dim() == 1 and slots.shape[0] == n)
    same_device(states=states, slots=slots)


def empty_solution(n: int, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Room for states int64 [n], V int8 [n] and q int8 [n, 7]."""
    return (
        torch.empty(n, dtype=torch.int64, device=device),
        torch.empty(n, dtype=torch.int8, device=device),
        torch.empty((n, N_SLOTS), dtype=torch.int8, device=device),
    )


def empty_q(states: Tensor) -> Tensor:
    """Room for int8 [B, 7]."""
    return states.new_empty((states.shape[0], N_SLOTS), dtype=torch.int8)


def empty_values(states: Tensor) -> Tensor:
    """Room for int8 [B]."""
    return states.new_empty(states.shape[0], dtype=torch.int8)


def empty_legal(states: Tensor) -> Tensor:
    """Room for bool [B, 7]."""
    return states.new_empty((states.shape[0], N_SLOTS), dtype=torch.bool)


def empty_tokens(states: Tensor) -> tuple[Tensor, Tensor]:
    """Room for tokens int8 [N, 32, 12] and masks int8 [N, 32]."""
    n = states.shape[0]
    return (
        states.new_empty((n, N_TOKENS, N_FEATURES), dtype=torch.int8),
        states.new_empty((n, N_TOKENS), dtype=torch.int8),
    )


def empty_plays(states: Tensor) -> tuple[Tensor, Tensor]:
    """Room for the next states int64 [B] and points int8 [B]."""
    return torch.empty_like(states), torch.empty_like(states, dtype=torch.int8)


def register(op: str, device: str, kernel: Callable[..., Any]) -> None:
    """Registers the kernel of an operator for a dispatch key (``CPU``, ``CUDA``)."""
    implement: Callable[..., None] = LIBRARY.impl
    implement(op, kernel, device)


@torch.library.register_fake("forge::enumerate_states", lib=LIBRARY)
def _fake_enumerate_states(deal: Tensor, decl: int) -> Tensor:
    check_deal(deal, decl)
    n = torch.library.get_ctx().new_dynamic_size()
    return deal.new_empty(n, dtype=torch.int64)


@torch.library.register_fake("forge::expand_states", lib=LIBRARY)
def _fake_expand_states(deal: Tensor, decl: int, states: Tensor) -> Tensor:
    check_deal_states(deal, decl, states)
    return states.new_empty((states.shape[0], N_SLOTS))


@torch.library.register_fake("forge::backward_induction", lib=LIBRARY)
def _fake_backward_induction(deal: Tensor, decl: int, states: Tensor) -> tuple[Tensor, Tensor]:
    check_deal_states(deal, decl, states)
    return states.new_empty(states.shape[0], dtype=torch.int8), empty_q(states)


@torch.library.register_fake("forge::solve", lib=LIBRARY)
def _fake_solve(deal: Tensor, decl: int) -> tuple[Tensor, Tensor, Tensor]:
    check_deal(deal, decl)
    n = torch.library.get_ctx().new_dynamic_size()
    return (
        deal.new_empty(n, dtype=torch.int64),
        deal.new_empty(n, dtype=torch.int8),
        deal.new_empty((n, N_SLOTS), dtype=torch.int8),
    )


@torch.library.register_fake("forge::search", lib=LIBRARY)
def _fake_search(deals: Tensor, decls: Tensor, states: Tensor) -> Tensor:
    check_positions(deals, decls, states)
    return empty_q(states)


@torch.library.register_fake("forge::search_at_least", lib=LIBRARY)
def _fake_search_at_least(deals: Tensor, decls: Tensor, states: Tensor, targets: Tensor) -> Tensor:
    check_positions(deals, decls, states)
    check_targets(states, targets)
    return empty_q(states)


@torch.library.register_fake("forge::search_value", lib=LIBRARY)
def _fake_search_value(deals: Tensor, decls: Tensor, states: Tensor) -> Tensor:
    check_positions(deals, decls, states)
    return empty_values(states)


@torch.library.register_fake("forge::search_made", lib=LIBRARY)
def _fake_search_made(deals: Tensor, decls: Tensor, states: Tensor, targets: Tensor) -> Tensor:
    check_positions(deals, decls, states)
    check_targets(states, targets)
    return states.new_empty(states.shape[0], dtype=torch.bool)


@torch.library.register_fake("forge::legal_slots", lib=LIBRARY)
def _fake_legal_slots(deals: Tensor, decls: Tensor, states: Tensor) -> Tensor:
    check_positions(deals, decls, states)
    return empty_legal(states)


@torch.library.register_fake("forge::tokenize_states", lib=LIBRARY)
def _fake_tokenize_states(deals: Tensor, decls: Tensor, states: Tensor) -> tuple[Tensor, Tensor]:
    check_positions(deals, decls, states)
    return empty_tokens(states)


@torch.library.register_fake("forge::play", lib=LIBRARY)
def _fake_play(
    deals: Tensor, decls: Tensor, states: Tensor, slots: Tensor
) -> tuple[Tensor, Tensor]:
    check_positions(deals, decls, states)
    check_slots(states, slots)
    return empty_plays(states.contiguous())
