"""The packed state of `formats.md`: 41 bits of an int64, field by field."""

from typing import NamedTuple

NO_SLOT = 7
"""What a play field holds when that play has not been made."""


class State(NamedTuple):
    """One position of a hand; a slot is an index 0..6 into the hand as dealt."""

    hands: tuple[tuple[int, ...], ...]
    """For each of the four seats the slots still in hand, ascending."""
    leader: int
    """The seat that leads, or led, the current trick."""
    plays: tuple[int, ...]
    """The slots played to the current trick so far (0 to 3 of them), in play order."""

    @property
    def seat_to_act(self) -> int:
        """The seat whose turn it is; at the end of a hand the winner of the last trick."""
        return (self.leader + len(self.plays)) % 4

    @property
    def is_terminal(self) -> bool:
        """Whether all 28 dominoes are played."""
        return not any(self.hands)


INITIAL = State(hands=(tuple(range(7)),) * 4, leader=0, plays=())


def hand_mask(slots: tuple[int, ...]) -> int:
    """Return the 7-bit mask of a set of slots."""
    return sum(1 << slot for slot in slots)


def pack(state: State) -> int:
    """Return the packed int of a state."""
    packed = 0
    for seat in range(4):
        packed += hand_mask(state.hands[seat]) << (7 * seat)
    packed += state.leader << 28
    packed += len(state.plays) << 30
    for position in range(3):
        slot = state.plays[position] if position < len(state.plays) else NO_SLOT
        packed += slot << (32 + 3 * position)
    return packed


def unpack(packed: int) -> State:
    """Return the state of a packed int; the inverse of `pack`."""
    hands = tuple(
        tuple(slot for slot in range(7) if (packed >> (7 * seat + slot)) & 1) for seat in range(4)
    )
    n_plays = (packed >> 30) & 3
    plays = tuple((packed >> (32 + 3 * position)) & 7 for position in range(n_plays))
    return State(hands=hands, leader=(packed >> 28) & 3, plays=plays)
