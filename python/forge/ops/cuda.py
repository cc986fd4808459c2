"""Registration of the CUDA kernels, or of what says how to get them.

They run on the current stream of the device of their arguments and wait for nothing, but for the
check of a single deal and for the number of states of `solve` and `enumerate_states`. In batches,
positions that cannot be come back as illegal in every slot, and plays that are not legal as state
-1 with 0 points (the CPU refuses them).
"""

from collections.abc import Callable
from typing import Any, NoReturn

import torch
from torch import Tensor

from forge.build import NO_CUDA_BUILD, native
from forge.errors import ForgeError
from forge.game.constants import N_SLOTS
from forge.ops import cuda_policy, cuda_worlds, schemas
from forge.ops.cpu import check_dominoes
from forge.ops.device import current_stream, on_device
from forge.ops.lanes import lane_tables, most_lanes


def _single_deal(deal: Tensor, decl: int) -> Tensor:
    schemas.check_deal(deal, decl)
    deal = deal.contiguous()
    check_dominoes(deal.cpu())
    return deal


def _work(deal: Tensor, with_offsets: bool) -> Tensor:
    n_bytes = native.cuda.work_bytes(with_offsets)
    return torch.empty(n_bytes, dtype=torch.uint8, device=deal.device)


def _reach(deal: Tensor, decl: int) -> tuple[Tensor, int]:
    work = _work(deal, with_offsets=True)
    native.cuda.reach_states(on_device(work), on_device(deal), decl, current_stream(deal))
    start = native.cuda.n_states_offset()
    return work, int(work[start : start + 8].view(torch.int64))


def _enumerate_states(deal: Tensor, decl: int) -> Tensor:
    deal = _single_deal(deal, decl)
    with torch.cuda.device(deal.device):
        work, n = _reach(deal, decl)
        states = torch.empty(n, dtype=torch.int64, device=deal.device)
        native.cuda.emit_states(on_device(work), on_device(states), current_stream(deal))
    return states


def _solve(deal: Tensor, decl: int) -> tuple[Tensor, Tensor, Tensor]:
    deal = _single_deal(deal, decl)
    with torch.cuda.device(deal.device):
        work, n = _reach(deal, decl)
        states, values, q = schemas.empty_solution(n, deal.device)
        native.cuda.emit_solution(
            on_device(work),
            on_device(states),
            on_device(values),
            on_device(q),
            current_stream(deal),
        )
    return states, values, q


def _expand_states(deal: Tensor, decl: int, states: Tensor) -> Tensor:
    schemas.check_deal_states(deal, decl, states)
    deal, states = _single_deal(deal, decl), states.contiguous()
    children = states.new_empty((states.shape[0], N_SLOTS))
    with torch.cuda.device(deal.device):
        context = torch.empty(native.cuda.CONTEXT_BYTES, dtype=torch.uint8, device=deal.device)
        native.cuda.expand_states(
            on_device(context),
            on_device(deal),
            decl,
            on_device(states),
            on_device(children),
            current_stream(deal),
        )
    return children


def _backward_induction(deal: Tensor, decl: int, states: Tensor) -> tuple[Tensor, Tensor]:
    schemas.check_deal_states(deal, decl, states)
    deal, states = _single_deal(deal, decl), states.contiguous()
    values, q = schemas.empty_values(states), schemas.empty_q(states)
    with torch.cuda.device(deal.device):
        work = _work(deal, with_offsets=False)
        native.cuda.backward_induction(
            on_device(work),
            on_device(deal),
            decl,
            on_device(states),
            on_device(values),
            on_device(q),
            current_stream(deal),
        )
    return values, q


def _positions(deals: Tensor, decls: Tensor, states: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    schemas.check_positions(deals, decls, states)
    return deals.contiguous(), decls.contiguous(), states.contiguous()


def _run_search(
    deals: Tensor, decls: Tensor, states: Tensor, targets: Tensor | None, out: Tensor
) -> Tensor:
    """Fill out: int8 [B, 7] about every slot, or [B] about the position itself."""
    n = states.shape[0]
    if n == 0:
        return out
    width = out.numel() // n
    with torch.cuda.device(states.device):
        most = most_lanes(states.device)
        slots_per_item = width if n >= most else 1
        n_lanes = min(n * (width // slots_per_item), most)
        entries = lane_tables(n_lanes, states.device)
        queue = torch.zeros(1, dtype=torch.int64, device=states.device)
        native.cuda.search(
            on_device(deals),
            on_device(decls),
            on_device(states),
            None if targets is None else on_device(targets),
            on_device(out.view(n, width)),
            slots_per_item,
            on_device(queue),
            on_device(entries),
            current_stream(states),
        )
    return out


def _search(deals: Tensor, decls: Tensor, states: Tensor) -> Tensor:
    positions = _positions(deals, decls, states)
    return _run_search(*positions, targets=None, out=schemas.empty_q(states))


def _search_at_least(deals: Tensor, decls: Tensor, states: Tensor, targets: Tensor) -> Tensor:
    positions = _positions(deals, decls, states)
    schemas.check_targets(states, targets)
    return _run_search(*positions, targets=targets.contiguous(), out=schemas.empty_q(states))


def _search_value(deals: Tensor, decls: Tensor, states: Tensor) -> Tensor:
    positions = _positions(deals, decls, states)
    return _run_search(*positions, targets=None, out=schemas.empty_values(states))


def _search_made(deals: Tensor, decls: Tensor, states: Tensor, targets: Tensor) -> Tensor:
    positions = _positions(deals, decls, states)
    schemas.check_targets(states, targets)
    out = schemas.empty_values(states)
    # A row that is no position has -1: not made.
    return _run_search(*positions, targets=targets.contiguous(), out=out) > 0


def _legal_slots(deals: Tensor, decls: Tensor, states: Tensor) -> Tensor:
    deals, decls, states = _positions(deals, decls, states)
    legal = schemas.empty_legal(states)
    with torch.cuda.device(states.device):
        native.cuda.mark_legal_slots(
            on_device(deals),
            on_device(decls),
            on_device(states),
            on_device(legal),
            current_stream(states),
        )
    return legal


def _tokenize_states(deals: Tensor, decls: Tensor, states: Tensor) -> tuple[Tensor, Tensor]:
    deals, decls, states = _positions(deals, decls, states)
    tokens, masks = schemas.empty_tokens(states)
    with torch.cuda.device(states.device):
        native.cuda.tokenize_states(
            on_device(deals),
            on_device(decls),
            on_device(states),
            on_device(tokens),
            on_device(masks),
            current_stream(states),
        )
    return tokens, masks


def _play(deals: Tensor, decls: Tensor, states: Tensor, slots: Tensor) -> tuple[Tensor, Tensor]:
    deals, decls, states = _positions(deals, decls, states)
    schemas.check_slots(states, slots)
    slots = slots.contiguous()
    after, points = schemas.empty_plays(states)
    with torch.cuda.device(states.device):
        native.cuda.play(
            on_device(deals),
            on_device(decls),
            on_device(states),
            on_device(slots),
            on_device(after),
            on_device(points),
            current_stream(states),
        )
    return after, points


def _no_cuda(*_args: Any) -> NoReturn:
    raise ForgeError(NO_CUDA_BUILD)


_KERNELS: dict[str, Callable[..., Any]] = {
    "enumerate_states": _enumerate_states,
    "expand_states": _expand_states,
    "backward_induction": _backward_induction,
    "solve": _solve,
    "search": _search,
    "search_at_least": _search_at_least,
    "search_value": _search_value,
    "search_made": _search_made,
    "legal_slots": _legal_slots,
    "tokenize_states": _tokenize_states,
    "play": _play,
    **cuda_worlds.KERNELS,
    **cuda_policy.KERNELS,
}

for _op in schemas.SCHEMAS:
    schemas.register(_op, "CUDA", _KERNELS[_op] if native.build()["cuda"] else _no_cuda)
