"""A way to a state: the plays that a packed state does not record."""

from forge.errors import ForgeError
from forge.game.constants import INITIAL_STATE
from forge.game.deal import Deal
from forge.game.state import unpack_state
from forge.game.tables import FOLLOWS, LED_SUIT, trick_winner
from forge.oracle.position import Position

_ALL_SLOTS = 127
Masks = tuple[int, int, int, int]


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
    before = list(fields.hands)  # at the start of the current trick
    for k, slot in enumerate(fields.plays):
        before[(fields.leader + k) % 4] |= 1 << slot
    goal: Masks = (before[0], before[1], before[2], before[3])
    current = tuple(
        deal.hands[(fields.leader + k) % 4][slot] for k, slot in enumerate(fields.plays)
    )
    plays = _Search(deal, decl, goal, fields.leader).plays()
    if plays is not None:
        try:
            if Position(deal, decl, plays + current).state == state:
                return plays + current
        except ForgeError:  # the current trick itself is not legal
            pass
    raise ForgeError(f"{state} is not a reachable state of this deal")


class _Search:
    """Depth-first over trick boundaries, playing only what is gone at the goal.

    Args:
        deal, decl: of the hand.
        goal: masks of the slots in hand at the start of the current trick.
        leader: who leads that trick.
    """

    def __init__(self, deal: Deal, decl: int, goal: Masks, leader: int) -> None:
        self._hands, self._decl = deal.hands, decl
        self._goal, self._leader = goal, leader
        self._dead: set[tuple[Masks, int]] = set()

    def plays(self) -> tuple[int, ...] | None:
        """Domino ids of the completed tricks; None if there is no way."""
        full = unpack_state(INITIAL_STATE)
        n_gone = {(_ALL_SLOTS & ~mask).bit_count() for mask in self._goal}
        return self._from(full.hands, full.leader) if len(n_gone) == 1 else None

    def _from(self, held: Masks, leader: int) -> tuple[int, ...] | None:
        if held == self._goal:
            return () if leader == self._leader else None
        if (held, leader) in self._dead:
            return None
        for slot in self._to_play(held, leader):
            domino = self._hands[leader][slot]
            led_suit = int(LED_SUIT[self._decl][domino])
            found = self._follow(held, leader, led_suit, [slot])
            if found is not None:
                return found
        self._dead.add((held, leader))
        return None

    def _follow(
        self, held: Masks, leader: int, led_suit: int, slots: list[int]
    ) -> tuple[int, ...] | None:
        """Complete the trick that `slots` (the leader's first) begin, and go on from there."""
        if len(slots) == 4:
            return self._after(held, leader, slots)
        seat = (leader + len(slots)) % 4
        hand = self._hands[seat]
        follows = [bool(FOLLOWS[self._decl, led_suit, domino]) for domino in hand]
        must_follow = any(follows[slot] for slot in range(7) if held[seat] >> slot & 1)
        for slot in self._to_play(held, seat):
            if follows[slot] or not must_follow:
                found = self._follow(held, leader, led_suit, [*slots, slot])
                if found is not None:
                    return found
        return None

    def _after(self, held: Masks, leader: int, slots: list[int]) -> tuple[int, ...] | None:
        seats = [(leader + k) % 4 for k in range(4)]
        trick = tuple(self._hands[seat][slot] for seat, slot in zip(seats, slots, strict=True))
        left = list(held)
        for seat, slot in zip(seats, slots, strict=True):
            left[seat] &= ~(1 << slot)
        winner = seats[trick_winner(self._decl, trick)]
        rest = self._from((left[0], left[1], left[2], left[3]), winner)
        return None if rest is None else trick + rest

    def _to_play(self, held: Masks, seat: int) -> list[int]:
        """Slots of a seat that are still held but gone at the goal."""
        due = held[seat] & ~self._goal[seat]
        return [slot for slot in range(7) if due >> slot & 1]
