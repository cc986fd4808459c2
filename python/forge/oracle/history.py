"""A way to a state: the plays that a packed state does not record."""

from forge.build import native
from forge.errors import ForgeError
from forge.game.constants import INITIAL_STATE, N_SLOTS
from forge.game.deal import Deal
from forge.game.state import (
    held_slots,
    pack_state,
    plays_on_table,
    seats_to_act,
    unpack_state,
)
from forge.oracle.position import Position


def plays_to(deal: Deal, decl: int, state: int) -> tuple[int, ...]:
    """Legal plays from the deal to a state.

    A state holds the current trick, but of the completed ones only which dominoes are gone and
    who leads now. Many histories may fit; this returns the first one found, and the same one
    always.

    Args:
        deal: the four hands.
        decl: declaration id 0..9.
        state: packed, of this deal.

    Returns:
        Domino ids in the order played; `Position(deal, decl, plays).state` is `state`.

    Raises:
        ForgeError: if no legal play leads to the state.
    """
    fields = unpack_state(state)
    seats = [(fields.leader + k) % 4 for k in range(len(fields.plays))]
    before = list(fields.hands)  # at the start of the current trick
    for seat, slot in zip(seats, fields.plays, strict=True):
        before[seat] |= 1 << slot
    current = tuple(deal.hands[seat][slot] for seat, slot in zip(seats, fields.plays, strict=True))
    plays = _Search(deal, decl, pack_state(before, fields.leader)).plays()
    if plays is not None:
        try:
            if Position(deal, decl, plays + current).state == state:
                return plays + current
        except ForgeError:  # the current trick itself is not legal
            pass
    raise ForgeError(f"{state} is not a reachable state of this deal")


class _Search:
    """Depth-first, slots ascending, playing only what is gone at the goal.

    Args:
        deal, decl: of the hand.
        goal: packed, at the start of a trick.
    """

    def __init__(self, deal: Deal, decl: int, goal: int) -> None:
        self._deal, self._decl = deal.array, decl
        self._hands, self._goal = deal.hands, goal
        self._dead: set[int] = set()  # states at the start of a trick

    def plays(self, state: int = INITIAL_STATE) -> tuple[int, ...] | None:
        """Domino ids played from a state to the goal; None if there is no way."""
        if state == self._goal:
            return ()
        if state in self._dead:
            return None
        seat = seats_to_act(state)
        due = native.legal_mask(self._deal, self._decl, state) & ~held_slots(self._goal, seat)
        for slot in range(N_SLOTS):
            if due >> slot & 1:
                after, _ = native.play_slot(self._deal, self._decl, state, slot)
                rest = self.plays(after)
                if rest is not None:
                    return (self._hands[seat][slot], *rest)
        if not plays_on_table(state):
            self._dead.add(state)
        return None
