"""Registration of the CPU kernels. They run on torch's number of threads, without the GIL.

The native core sees a tensor as the NumPy array that shares its memory.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy.typing as npt
import torch
from torch import Tensor

from forge.build import native
from forge.errors import ForgeError
from forge.game.constants import N_SLOTS
from forge.ops import cpu_policy, cpu_worlds, memory, schemas

Array = npt.NDArray[Any]


def check_dominoes(deal: Tensor) -> None:
    """Raises ForgeError unless a deal [4, 7] is 28 different dominoes."""
    _refuse(native.deals_error(deal[None].numpy()))


def _refuse(error: str) -> None:
    if error:
        raise ForgeError(error)


def _single_deal(deal: Tensor, decl: int) -> Array:
    schemas.check_deal(deal, decl)
    hands = schemas.on_cpu("deal", deal)
    check_dominoes(torch.from_numpy(hands))
    return hands


def _states(states: Tensor) -> Array:
    array = schemas.on_cpu("states", states)
    _refuse(native.states_error(array))
    return array


def count_states(deal: Tensor, decl: int) -> int:
    """How many states `solve` would return; a tenth of its time and no output."""
    return _reach(_single_deal(deal, decl), decl)[0]


def _reach(deal: Array, decl: int) -> tuple[int, native.TablebaseWork]:
    work = memory.tablebase_work()
    return native.reach_states(deal, decl, work, torch.get_num_threads()), work


def enumerate_states(deal: Tensor, decl: int) -> Tensor:
    n, work = _reach(_single_deal(deal, decl), decl)
    states = memory.empty(n, torch.int64)
    native.emit_states(work, states.numpy(), torch.get_num_threads())
    return states


def solve(deal: Tensor, decl: int) -> tuple[Tensor, Tensor, Tensor]:
    n, work = _reach(_single_deal(deal, decl), decl)
    states = memory.empty(n, torch.int64)
    values = memory.empty(n, torch.int8)
    q = memory.empty(n * N_SLOTS, torch.int8).view(n, N_SLOTS)
    outputs = states.numpy(), values.numpy(), q.numpy()
    native.emit_solution(work, *outputs, torch.get_num_threads())
    return states, values, q


def expand_states(deal: Tensor, decl: int, states: Tensor) -> Tensor:
    schemas.check_deal_states(deal, decl, states)
    hands, packed = _single_deal(deal, decl), _states(states)
    children = states.new_empty((states.shape[0], N_SLOTS))
    native.expand_states(hands, decl, packed, children.numpy(), torch.get_num_threads())
    return children


def backward_induction(deal: Tensor, decl: int, states: Tensor) -> tuple[Tensor, Tensor]:
    schemas.check_deal_states(deal, decl, states)
    hands, packed = _single_deal(deal, decl), _states(states)
    values, q = schemas.empty_values(states), schemas.empty_q(states)
    work = memory.tablebase_work()
    outputs = values.numpy(), q.numpy()
    native.backward_induction(hands, decl, packed, work, *outputs, torch.get_num_threads())
    return values, q


def _positions(deals: Tensor, decls: Tensor, states: Tensor) -> tuple[Array, Array, Array]:
    schemas.check_positions(deals, decls, states)
    positions = (
        schemas.on_cpu("deals", deals),
        schemas.on_cpu("decls", decls),
        schemas.on_cpu("states", states),
    )
    _refuse(native.positions_error(*positions))
    return positions


# Tables of searches that are over, for the next: half a megabyte a thread and simultaneous call.
_idle_memories: list[native.SearchMemories] = []


@contextmanager
def search_memories() -> Iterator[native.SearchMemories]:
    """What searches of one call work with; nobody else has it meanwhile."""
    try:
        memories = _idle_memories.pop()
    except IndexError:
        memories = native.SearchMemories()
    try:
        yield memories
    finally:
        _idle_memories.append(memories)


def search(deals: Tensor, decls: Tensor, states: Tensor) -> Tensor:
    positions = _positions(deals, decls, states)
    q = schemas.empty_q(states)
    with search_memories() as memories:
        native.search(*positions, q.numpy(), memories, torch.get_num_threads())
    return q


def search_at_least(deals: Tensor, decls: Tensor, states: Tensor, targets: Tensor) -> Tensor:
    positions = _positions(deals, decls, states)
    schemas.check_targets(states, targets)
    asked, out = schemas.on_cpu("targets", targets), schemas.empty_q(states)
    with search_memories() as memories:
        native.search_at_least(*positions, asked, out.numpy(), memories, torch.get_num_threads())
    return out


def search_value(deals: Tensor, decls: Tensor, states: Tensor) -> Tensor:
    positions = _positions(deals, decls, states)
    values = schemas.empty_values(states)
    with search_memories() as memories:
        native.search_value(*positions, values.numpy(), memories, torch.get_num_threads())
    return values


def search_made(deals: Tensor, decls: Tensor, states: Tensor, targets: Tensor) -> Tensor:
    positions = _positions(deals, decls, states)
    schemas.check_targets(states, targets)
    asked, made = schemas.on_cpu("targets", targets), schemas.empty_values(states)
    with search_memories() as memories:
        native.search_made(*positions, asked, made.numpy(), memories, torch.get_num_threads())
    return made.bool()


def legal_slots(deals: Tensor, decls: Tensor, states: Tensor) -> Tensor:
    positions = _positions(deals, decls, states)
    legal = schemas.empty_legal(states)
    native.mark_legal_slots(*positions, legal.numpy(), torch.get_num_threads())
    return legal


def tokenize_states(deals: Tensor, decls: Tensor, states: Tensor) -> tuple[Tensor, Tensor]:
    positions = _positions(deals, decls, states)
    tokens, masks = schemas.empty_tokens(states)
    outputs = tokens.numpy(), masks.numpy()
    native.tokenize_states(*positions, *outputs, torch.get_num_threads())
    return tokens, masks


def play(deals: Tensor, decls: Tensor, states: Tensor, slots: Tensor) -> tuple[Tensor, Tensor]:
    positions = _positions(deals, decls, states)
    schemas.check_slots(states, slots)
    asked = schemas.on_cpu("slots", slots)
    after, points = schemas.empty_plays(states.contiguous())
    next_states = after.numpy()
    native.play(*positions, asked, next_states, points.numpy(), torch.get_num_threads())
    if next_states.size and next_states.min() < 0:
        _refuse(_illegal(*positions, asked, int((next_states < 0).argmax())))
    return after, points


def _illegal(deals: Array, decls: Array, states: Array, slots: Array, row: int) -> str:
    """What may be played where the slot of a row may not."""
    deal, decl = deals[row % len(deals)], int(decls[row % len(decls)])
    mask = native.legal_mask(deal, decl, int(states[row]))
    legal = ", ".join(str(slot) for slot in range(N_SLOTS) if mask >> slot & 1)
    return f"slots[{row}] = {slots[row]} is not legal: " + (
        f"legal are {legal}" if legal else "the hand is over"
    )


def verify_tablebase(
    deal: Tensor, decl: int, states: Tensor, values: Tensor, q: Tensor
) -> tuple[int, int, str]:
    """Checks states int64 [N], V int8 [N] and q int8 [N, 7] (team-0 frame) by the rules alone.

    Returns (number of faulty rows, first faulty row or -1, what is wrong with it).
    """
    hands = _single_deal(deal, decl)
    for name, given in (("states", states), ("values", values), ("q", q)):
        schemas.check_dense(name, given)
    if states.dim() != 1:
        raise ForgeError(f"states must be int64 [N], got {list(states.shape)}")
    n = states.shape[0]
    if values.shape != (n,) or q.shape != (n, N_SLOTS):
        raise ForgeError(f"for {n} states V must be [{n}] and q [{n}, 7]")
    if (states.dtype, values.dtype, q.dtype) != (torch.int64, torch.int8, torch.int8):
        raise ForgeError("states must be int64, V and q int8")
    return native.verify_tablebase(
        hands,
        decl,
        schemas.on_cpu("states", states),
        schemas.on_cpu("values", values),
        schemas.on_cpu("q", q),
        torch.get_num_threads(),
    )


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
    **cpu_policy.KERNELS,
}

for _op, _kernel in _KERNELS.items():
    schemas.register(_op, "CPU", _kernel)
