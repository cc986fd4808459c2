"""The packed state: 41 bits of an int64 (csrc/game/state.h has the layout)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from forge.build import native
from forge.errors import ForgeError
from forge.game.constants import N_PLAYS, NO_SLOT

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class UnpackedState:
    """The fields of one state."""

    hands: tuple[int, int, int, int]  # masks of the slots still in hand, by seat
    leader: int
    plays: tuple[int, ...]  # slots played to the current trick, the leader's first

    @property
    def seat_to_act(self) -> int:
        """Seat whose turn it is."""
        return (self.leader + len(self.plays)) % 4

    @property
    def n_played(self) -> int:
        """Dominoes played since the deal, 0..28."""
        return N_PLAYS - sum(mask.bit_count() for mask in self.hands)


def pack_state(hands: Sequence[int], leader: int, plays: Sequence[int] = ()) -> int:
    """The packed state; raises ForgeError if there is no such state."""
    if len(hands) != 4 or not all(0 <= mask <= 127 for mask in hands):
        raise ForgeError(f"hands must be four masks 0..127, got {list(hands)}")
    if not 0 <= leader <= 3 or len(plays) > 3 or not all(0 <= slot <= 6 for slot in plays):
        raise ForgeError(
            f"leader must be 0..3 and plays at most three slots 0..6, got {leader}, {list(plays)}"
        )
    held = sum(mask << 7 * seat for seat, mask in enumerate(hands))
    slots = (*plays, *[NO_SLOT] * (3 - len(plays)))
    state = pack_fields(held, leader, len(plays), slots)
    check_state(state)
    return state


def check_state(state: int) -> None:
    """Raises ForgeError unless `state` is a possible packing."""
    error = native.state_error(state) if -(2**63) <= state < 2**63 else "it has more than 64 bits"
    if error:
        raise ForgeError(f"{state} is not a packed state: {error}")


States = TypeVar("States", int, npt.NDArray[np.int64], "Tensor")


# The functions below take one packed state or an int64 array or tensor of them. They are arithmetic
# alone: no state is checked.


def pack_fields(
    held: States, leaders: States | int, n_plays: States | int, slots: Sequence[States | int]
) -> States:
    """States of their fields.

    Args:
        held: masks of 28 bits, slot s of seat t at 7 * t + s.
        leaders: of the current trick, 0..3.
        n_plays: dominoes on the table, 0..3.
        slots: three, played to the current trick, the leader's first; NO_SLOT where none is.
    """
    states = held | leaders << 28 | n_plays << 30
    for k, slot in enumerate(slots):
        states = states | slot << (32 + 3 * k)
    return states


def leaders_of(states: States) -> States:
    """Seat that led the current trick or is to lead it, 0..3."""
    return states >> 28 & 3


def plays_on_table(states: States) -> States:
    """How many dominoes lie in the current trick, 0..3."""
    return states >> 30 & 3


def seats_to_act(states: States) -> States:
    """Seat whose turn it is, 0..3."""
    return (leaders_of(states) + plays_on_table(states)) & 3


def held_slots(states: States, seats: States | int) -> States:
    """Masks 0..127 of the slots that seats still hold; states and seats broadcast."""
    return states >> 7 * seats & 127


def unpack_state(state: int) -> UnpackedState:
    """The fields of a packed state."""
    check_state(state)
    a, b, c, d = (held_slots(state, seat) for seat in range(4))
    plays = tuple(state >> (32 + 3 * k) & 7 for k in range(plays_on_table(state)))
    return UnpackedState((a, b, c, d), leaders_of(state), plays)


def unpack_states(states: npt.ArrayLike) -> dict[str, npt.NDArray[Any]]:
    """Fields of many states [N]: ``hands`` [N, 4], ``leader``, ``n_plays``, ``seat_to_act`` [N],
    ``plays`` [N, 3] (7 = none), all int8."""
    packed = np.asarray(states, dtype=np.int64)
    plays = packed[:, None] >> (32 + 3 * np.arange(3)) & 7
    return {
        "hands": held_slots(packed[:, None], np.arange(4)).astype(np.int8),
        "leader": leaders_of(packed).astype(np.int8),
        "n_plays": plays_on_table(packed).astype(np.int8),
        "plays": plays.astype(np.int8),
        "seat_to_act": seats_to_act(packed).astype(np.int8),
    }
