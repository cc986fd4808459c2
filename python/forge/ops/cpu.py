"""Registration of the CPU kernels. They run on torch's number of threads, without the GIL."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from forge.build import native
from forge.errors import ForgeError
from forge.game.constants import N_DOMINOES, N_SLOTS
from forge.ops import cpu_worlds, memory, schemas


def check_deals(deals: Tensor) -> None:
    """Raises ForgeError unless every deal [..., 4, 7] is 28 different dominoes."""
    bad = native.first_bad_deal(deals.data_ptr(), deals.numel() // N_DOMINOES)
    if bad >= 0:
        raise ForgeError(f"deal {bad} must hold each domino id 0..27 exactly once")


def check_states(states: Tensor) -> None:
    """Raises ForgeError unless every state is a possible packing."""
    bad, reason = native.first_bad_state(states.data_ptr(), states.numel())
    if bad >= 0:
        raise ForgeError(f"states[{bad}] = {int(states[bad])} is not a packed state: {reason}")


def check_decls(decls: Tensor) -> None:
    """Raises ForgeError unless every declaration id is 0..9."""
    if decls.numel() and not 0 <= int(decls.min()) <= int(decls.max()) <= 9:
        raise ForgeError(f"decls must be 0..9, got {int(decls.min())}..{int(decls.max())}")


class Workspace:
    """Scratch of one tablebase: 3.4 MB of reachable rows, 0.8 MB of counts, 13.6 MB of values."""

    def __init__(self) -> None:
        self.rows = memory.empty(native.N_ROWS, torch.int64)
        self.counts = memory.empty(native.N_COUNTS, torch.int32)
        self.level_values = memory.empty(native.N_VALUES, torch.int8)


def _reach(deal: Tensor, decl: int, work: Workspace) -> int:
    n: int = native.reach_states(
        deal.data_ptr(), decl, work.rows.data_ptr(), work.counts.data_ptr(), torch.get_num_threads()
    )
    return n


def _single_deal(deal: Tensor, decl: int) -> Tensor:
    schemas.check_deal(deal, decl)
    deal = deal.contiguous()
    check_deals(deal)
    return deal


def count_states(deal: Tensor, decl: int) -> int:
    """How many states `solve` would return; a tenth of its time and no output."""
    return _reach(_single_deal(deal, decl), decl, Workspace())


def enumerate_states(deal: Tensor, decl: int) -> Tensor:
    deal = _single_deal(deal, decl)
    work = Workspace()
    states = memory.empty(_reach(deal, decl, work), torch.int64)
    _emit(deal, decl, work, 0, states.data_ptr(), 0, 0)
    return states


def _emit(
    deal: Tensor, decl: int, work: Workspace, level_values: int, states: int, values: int, q: int
) -> None:
    native.emit_states(
        deal.data_ptr(),
        decl,
        work.rows.data_ptr(),
        work.counts.data_ptr(),
        level_values,
        states,
        values,
        q,
        torch.get_num_threads(),
    )


def solve(deal: Tensor, decl: int) -> tuple[Tensor, Tensor, Tensor]:
    deal = _single_deal(deal, decl)
    work = Workspace()
    n = _reach(deal, decl, work)
    states = memory.empty(n, torch.int64)
    values = memory.empty(n, torch.int8)
    q = memory.empty(n * N_SLOTS, torch.int8).view(n, N_SLOTS)
    _emit(
        deal,
        decl,
        work,
        work.level_values.data_ptr(),
        states.data_ptr(),
        values.data_ptr(),
        q.data_ptr(),
    )
    return states, values, q


def expand_states(deal: Tensor, decl: int, states: Tensor) -> Tensor:
    schemas.check_deal_states(deal, decl, states)
    deal, states = _single_deal(deal, decl), states.contiguous()
    check_states(states)
    children = states.new_empty((states.shape[0], N_SLOTS))
    native.expand_states(
        deal.data_ptr(),
        decl,
        states.data_ptr(),
        states.shape[0],
        children.data_ptr(),
        torch.get_num_threads(),
    )
    return children


def backward_induction(deal: Tensor, decl: int, states: Tensor) -> tuple[Tensor, Tensor]:
    schemas.check_deal_states(deal, decl, states)
    deal, states = _single_deal(deal, decl), states.contiguous()
    check_states(states)
    values, q = states.new_empty(states.shape[0], dtype=torch.int8), schemas.empty_q(states)
    work = Workspace()
    native.backward_induction(
        deal.data_ptr(),
        decl,
        states.data_ptr(),
        states.shape[0],
        work.rows.data_ptr(),
        work.counts.data_ptr(),
        work.level_values.data_ptr(),
        values.data_ptr(),
        q.data_ptr(),
        torch.get_num_threads(),
    )
    return values, q


def _positions(deals: Tensor, decls: Tensor, states: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    schemas.check_positions(deals, decls, states)
    deals, decls, states = deals.contiguous(), decls.contiguous(), states.contiguous()
    check_deals(deals)
    check_decls(decls)
    check_states(states)
    return deals, decls, states


def batch_arguments(deals: Tensor, decls: Tensor, states: Tensor) -> tuple[int, int, int, int, int]:
    """Addresses and strides as the native batch functions take them."""
    return (
        deals.data_ptr(),
        N_DOMINOES if deals.shape[0] > 1 else 0,
        decls.data_ptr(),
        1 if decls.shape[0] > 1 else 0,
        states.data_ptr(),
    )


# Tables of searches that are over, for the next: half a megabyte a thread and simultaneous call.
_idle_memories: list[native.SearchMemories] = []


@contextmanager
def _search_memories() -> Iterator[native.SearchMemories]:
    try:
        memories = _idle_memories.pop()
    except IndexError:
        memories = native.SearchMemories()
    try:
        yield memories
    finally:
        _idle_memories.append(memories)


def search(deals: Tensor, decls: Tensor, states: Tensor) -> Tensor:
    deals, decls, states = _positions(deals, decls, states)
    q = schemas.empty_q(states)
    with _search_memories() as memories:
        native.search(
            *batch_arguments(deals, decls, states),
            states.shape[0],
            q.data_ptr(),
            memories,
            torch.get_num_threads(),
        )
    return q


def search_at_least(deals: Tensor, decls: Tensor, states: Tensor, targets: Tensor) -> Tensor:
    deals, decls, states = _positions(deals, decls, states)
    schemas.check_targets(states, targets)
    targets = targets.contiguous()
    out = schemas.empty_q(states)
    with _search_memories() as memories:
        native.search_at_least(
            *batch_arguments(deals, decls, states),
            targets.data_ptr(),
            1 if targets.shape[0] > 1 else 0,
            states.shape[0],
            out.data_ptr(),
            memories,
            torch.get_num_threads(),
        )
    return out


def search_value(deals: Tensor, decls: Tensor, states: Tensor) -> Tensor:
    deals, decls, states = _positions(deals, decls, states)
    values = schemas.empty_values(states)
    with _search_memories() as memories:
        native.search_value(
            *batch_arguments(deals, decls, states),
            states.shape[0],
            values.data_ptr(),
            memories,
            torch.get_num_threads(),
        )
    return values


def search_made(deals: Tensor, decls: Tensor, states: Tensor, targets: Tensor) -> Tensor:
    deals, decls, states = _positions(deals, decls, states)
    schemas.check_targets(states, targets)
    targets = targets.contiguous()
    made = schemas.empty_values(states)
    with _search_memories() as memories:
        native.search_made(
            *batch_arguments(deals, decls, states),
            targets.data_ptr(),
            1 if targets.shape[0] > 1 else 0,
            states.shape[0],
            made.data_ptr(),
            memories,
            torch.get_num_threads(),
        )
    return made.bool()


def legal_slots(deals: Tensor, decls: Tensor, states: Tensor) -> Tensor:
    deals, decls, states = _positions(deals, decls, states)
    legal = schemas.empty_legal(states)
    native.mark_legal_slots(
        *batch_arguments(deals, decls, states),
        states.shape[0],
        legal.data_ptr(),
        torch.get_num_threads(),
    )
    return legal


def tokenize_states(deals: Tensor, decls: Tensor, states: Tensor) -> tuple[Tensor, Tensor]:
    deals, decls, states = _positions(deals, decls, states)
    tokens, masks = schemas.empty_tokens(states)
    native.tokenize_states(
        *batch_arguments(deals, decls, states),
        states.shape[0],
        tokens.data_ptr(),
        masks.data_ptr(),
        torch.get_num_threads(),
    )
    return tokens, masks


def play(deals: Tensor, decls: Tensor, states: Tensor, slots: Tensor) -> tuple[Tensor, Tensor]:
    deals, decls, states = _positions(deals, decls, states)
    schemas.check_slots(states, slots)
    slots = slots.contiguous()
    after, points = schemas.empty_plays(states)
    native.play(
        *batch_arguments(deals, decls, states),
        slots.data_ptr(),
        states.shape[0],
        after.data_ptr(),
        points.data_ptr(),
        torch.get_num_threads(),
    )
    illegal = (after < 0).nonzero()
    if len(illegal):
        row = int(illegal[0])
        deal, decl = deals[row % deals.shape[0]], int(decls[row % decls.shape[0]])
        mask = native.legal_slots(deal.data_ptr(), decl, int(states[row]))
        legal = ", ".join(str(slot) for slot in range(N_SLOTS) if mask >> slot & 1)
        raise ForgeError(
            f"slots[{row}] = {int(slots[row])} is not legal: "
            + (f"legal are {legal}" if legal else "the hand is over")
        )
    return after, points


def verify_tablebase(
    deal: Tensor, decl: int, states: Tensor, values: Tensor, q: Tensor
) -> tuple[int, int, str]:
    """Checks states int64 [N], V int8 [N] and q int8 [N, 7] (team-0 frame) by the rules alone.

    Returns (number of faulty rows, first faulty row or -1, what is wrong with it).
    """
    deal = _single_deal(deal, decl)
    states, values, q = states.contiguous(), values.contiguous(), q.contiguous()
    n = states.shape[0]
    if values.shape != (n,) or q.shape != (n, N_SLOTS):
        raise ForgeError(f"for {n} states V must be [{n}] and q [{n}, 7]")
    if (states.dtype, values.dtype, q.dtype) != (torch.int64, torch.int8, torch.int8):
        raise ForgeError("states must be int64, V and q int8")
    has_parent = torch.empty(n, dtype=torch.uint8)
    verdict: tuple[int, int, str] = native.verify_tablebase(
        deal.data_ptr(),
        decl,
        states.data_ptr(),
        values.data_ptr(),
        q.data_ptr(),
        n,
        has_parent.data_ptr(),
        torch.get_num_threads(),
    )
    return verdict


_KERNELS: dict[str, Callable[..., Any]] = {
    "enumerate_states": enumerate_states,
    "expand_states": expand_states,
    "backward_induction": backward_induction,
    "solve": solve,
    "search": search,
    "search_at_least": search_at_least,
    "search_value": search_value,
    "search_made": search_made,
    "legal_slots": legal_slots,
    "tokenize_states": tokenize_states,
    "play": play,
    **cpu_worlds.KERNELS,
}

for _op, _kernel in _KERNELS.items():
    schemas.register(_op, "CPU", _kernel)
