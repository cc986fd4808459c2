"""What a seat may know of a game, in the reference's words."""

from typing import NamedTuple

from reference import packing, rules
from reference.rules import ALL_DOMINOES, Domino
from support.lines import Line, seat_to_act, slot_between

Play = tuple[int, Domino]
"""(seat relative to the seat to act, domino)."""


class View(NamedTuple):
    """One decision as the seat to act sees it."""

    decl: int
    dealt: list[Domino]  # own, in slot order
    hand: list[Domino]  # still held
    plays: list[Play]

    @property
    def tricks(self) -> list[list[Play]]:
        """The completed tricks."""
        return [self.plays[k : k + 4] for k in range(0, len(self.plays) - 3, 4)]

    @property
    def table(self) -> list[Play]:
        """The trick on the table."""
        return self.plays[4 * len(self.tricks) :]

    @property
    def legal(self) -> list[Domino]:
        """What the seat may play."""
        return rules.legal_dominoes(self.decl, self.hand, self.table[0][1] if self.table else None)

    @property
    def unseen(self) -> list[Domino]:
        """What the three other seats hold between them."""
        played = [domino for _, domino in self.plays]
        return [d for d in ALL_DOMINOES if d not in self.hand and d not in played]

    def may_hold(self, seat: int) -> list[Domino]:
        """What a seat may hold: it would have followed with what follows."""
        found = self.unseen
        for trick in [*self.tricks, self.table]:
            for player, domino in trick[1:]:
                suit = rules.led_suit(self.decl, trick[0][1])
                if player == seat and not rules.can_follow(self.decl, suit, domino):
                    found = [d for d in found if not rules.can_follow(self.decl, suit, d)]
        return found

    def is_to_play(self, seat: int) -> bool:
        """Whether one of seats 1..3 has yet to play to the trick on the table."""
        return seat < 4 - len(self.table)

    def suit_with(self, domino: Domino) -> int:
        """The suit of the trick, led by an own domino if it is not begun."""
        return rules.led_suit(self.decl, self.table[0][1] if self.table else domino)

    def beats(self, one: Domino, other: Domino) -> bool:
        """Whether one domino goes over an own one, in the trick that this one is played to."""
        order = rules.winning_order(self.decl, self.suit_with(other))
        return one in order and (other not in order or order.index(one) < order.index(other))

    def is_winning(self, domino: Domino) -> bool:
        """Whether an own play would have the trick, for now."""
        trick = [*(d for _, d in self.table), domino]
        return rules.trick_winner(self.decl, trick) == len(self.table)


def view_of(line: Line, n_plays: int) -> View:
    """What the seat to act knows after `n_plays` plays."""
    me = seat_to_act(line.states[n_plays])
    plays = []
    for before, after in zip(line.states[:n_plays], line.states[1:], strict=False):
        seat = seat_to_act(before)
        plays.append(((seat - me) % 4, line.deal[seat][slot_between(before, after)]))
    held = packing.unpack(line.states[n_plays]).hands[me]
    return View(line.decl, list(line.deal[me]), [line.deal[me][slot] for slot in held], plays)
