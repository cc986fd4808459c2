"""What positions with all hands open have in common: whose turn it is, and what may come."""

from forge.build import native
from forge.errors import ForgeError
from forge.game.constants import N_SLOTS
from forge.game.deal import Deal
from forge.game.state import UnpackedState, seats_to_act, unpack_state
from forge.game.tables import domino_name
from forge.oracle.search import search_one


class IllegalPlayError(ForgeError):
    """A domino that the seat to act may not play.

    Args:
        number: of the play, from 1.
        seat: whose turn it is.
        what: may not be played, and what may.
    """

    def __init__(self, number: int, seat: int, what: str) -> None:
        self.number, self.seat, self.what = number, seat, what
        super().__init__(self.told_of(f"seat {seat}"))

    def told_of(self, who: str) -> str:
        """The same of a seat by another name."""
        return f"play {self.number}: {who} may not play {self.what}"


class OpenHand:
    """A deal under a declaration, somewhere in its play; **team-0 frame**.

    Attributes:
        deal: four hands of seven.
        decl: declaration 0..9.
        state: packed.
        points: won so far by team 0 and team 1.
    """

    deal: Deal
    decl: int
    state: int
    points: tuple[int, int]

    @property
    def unpacked(self) -> UnpackedState:
        """The fields of the packed state."""
        return unpack_state(self.state)

    @property
    def seat_to_act(self) -> int:
        """Whose turn it is; the last trick's winner at the end of the hand."""
        return seats_to_act(self.state)

    def legal_slots(self) -> tuple[int, ...]:
        """Slots the seat to act may play."""
        mask = native.legal_mask(self.deal.array, self.decl, self.state)
        return tuple(slot for slot in range(N_SLOTS) if mask >> slot & 1)

    def legal_dominoes(self) -> tuple[int, ...]:
        """Domino ids the seat to act may play."""
        hand = self.deal.hands[self.seat_to_act]
        return tuple(hand[slot] for slot in self.legal_slots())

    def q(self) -> tuple[int | None, ...]:
        """Exact value after each slot, None where the slot is not legal."""
        return search_one(self.deal, self.decl, self.state)

    def _slot_of(self, domino: int, number: int) -> int:
        """The slot of a domino that may be played as play `number`; ForgeError if it may not."""
        legal, seat = self.legal_dominoes(), self.seat_to_act
        if domino not in legal:
            valid = ", ".join(map(domino_name, legal)) or "none: it is over"
            raise IllegalPlayError(number, seat, f"{domino_name(domino)}; valid are {valid}")
        return self.deal.hands[seat].index(domino)

    def _after(self, slot: int) -> tuple[int, tuple[int, int]]:
        """State and points after a slot that may be played."""
        state, points = native.play_slot(self.deal.array, self.decl, self.state, slot)
        return state, (self.points[0] + max(points, 0), self.points[1] + max(-points, 0))
