"""Exact values by memoised recursion: usable for the last three or four tricks of a hand.

Values are points still to be won, **team-0 frame**: team 0 maximises, team 1 minimises.
"""

from typing import NamedTuple

from reference import game, rules
from reference.game import Deal
from reference.packing import unpack

ILLEGAL = -128
"""The q of a slot that is missing or may not be played."""


class Tablebase(NamedTuple):
    """Every state that can follow from one position, with its exact values (team-0 frame)."""

    states: list[int]
    """Packed states, ascending."""
    values: list[int]
    """Value-to-go of each state; 0 at the end of the hand."""
    q: list[list[int]]
    """Seven values per state, one for each slot; `ILLEGAL` where there is none."""


class Solver:
    """Values of one deal under one declaration; remembers every state it has seen."""

    def __init__(self, deal: Deal, declaration: int) -> None:
        self.deal = deal
        self.declaration = declaration
        self._q: dict[int, list[int]] = {}

    def value(self, packed: int) -> int:
        """Return the value-to-go of a packed state."""
        legal = [q for q in self.q(packed) if q != ILLEGAL]
        if not legal:
            return 0
        if rules.team(unpack(packed).seat_to_act) == 0:
            return max(legal)
        return min(legal)

    def q(self, packed: int) -> list[int]:
        """Return the value after each of the seven slots, `ILLEGAL` where there is none."""
        if packed not in self._q:
            q = [ILLEGAL] * 7
            for slot in game.legal_slots(self.deal, self.declaration, packed):
                after, points = game.play(self.deal, self.declaration, packed, slot)
                q[slot] = points + self.value(after)
            self._q[packed] = q
        return self._q[packed]

    def at_least(self, packed: int, target: int) -> list[int]:
        """Return for each slot 1 if its value is at least ``target``, 0 if not, -1 if illegal."""
        return [-1 if q == ILLEGAL else int(q >= target) for q in self.q(packed)]


def tablebase(deal: Deal, declaration: int, start: int) -> Tablebase:
    """Return all states that can follow from ``start``, with their values."""
    solver = Solver(deal, declaration)
    states = game.reachable_states(deal, declaration, start)
    return Tablebase(
        states=states,
        values=[solver.value(packed) for packed in states],
        q=[solver.q(packed) for packed in states],
    )
