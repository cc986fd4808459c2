"""Memory that an exact solve takes, and whether there is enough, asked before any is taken."""

from __future__ import annotations

from typing import Final

from forge.game.deal import Deal
from forge.work.room import MAX_MEMORY, Room, in_mb

# A solved state, and what solving and writing take beside.
BYTES_A_STATE: Final = 17
BYTES_BESIDE: Final = 64 << 20
# No deal has as many; where there is room for so many, none is counted beforehand.
MOST_STATES: Final = 250_000_000


def bytes_needed(n_states: int) -> int:
    """Memory that a deal takes until what is made of it is written, in bytes."""
    return BYTES_A_STATE * n_states + BYTES_BESIDE


def want_of_memory(n_states: int, memory: int) -> str | None:
    """How a memory is too small for a deal of so many states, in words; None where it is not."""
    if bytes_needed(n_states) <= memory:
        return None
    return (
        f"{n_states:,} states need {in_mb(bytes_needed(n_states))} of memory, "
        f"{in_mb(memory)} may be taken ({MAX_MEMORY})"
    )


def too_large(deal: Deal, decl: int, room: Room) -> tuple[int, str] | None:
    """The states of a deal that needs more memory than this process may take, and that in words;
    None where there is enough. States are counted only where there may not be."""
    from forge.ops import count_states
    from forge.ops.memory import kept_bytes

    memory = room.memory(kept_bytes())
    if bytes_needed(MOST_STATES) <= memory:
        return None
    n_states = count_states(deal.tensor, decl)
    reason = want_of_memory(n_states, memory)
    return None if reason is None else (n_states, reason)
