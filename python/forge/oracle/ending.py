"""The end of a hand: four hands of one to seven dominoes, and who leads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from forge.errors import ForgeError
from forge.game.constants import N_DOMINOES, N_SEATS, N_SLOTS
from forge.game.deal import Deal, four_hands
from forge.game.declarations import declaration_name
from forge.game.state import pack_state
from forge.game.tables import domino_name, parse_dominoes
from forge.game.whole_numbers import whole_number
from forge.oracle.open_hand import OpenHand


@dataclass(frozen=True)
class Ending(OpenHand):
    """A position between two tricks, whoever declared, and plays from there; **team-0 frame**.

    Args:
        hands: of four seats, the same number of domino ids in each, 1 to 7.
        decl: declaration 0..9.
        leader: seat that leads.
        plays: domino ids, in order.

    Attributes:
        deal: the hands, filled up with dominoes that count as played; what those were is nothing
            to what is still to be won.
        state: packed, after the plays.
        points: won by the plays, by team 0 and team 1.

    Raises:
        ForgeError: for hands that cannot be, or a play that is not legal.
    """

    hands: tuple[tuple[int, ...], ...]
    decl: int
    leader: int = 0
    plays: tuple[int, ...] = ()
    deal: Deal = field(init=False, compare=False)
    state: int = field(init=False, compare=False)
    points: tuple[int, int] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        declaration_name(self.decl)
        whole_number("leader", self.leader, 0, N_SEATS - 1)
        deal = _filled(self.hands)
        held = [
            sum(1 << slot for slot, domino in enumerate(deal.hands[seat]) if domino in hand)
            for seat, hand in enumerate(self.hands)
        ]
        object.__setattr__(self, "deal", deal)
        self._set(pack_state(held, self.leader), (0, 0))
        for number, domino in enumerate(self.plays, 1):
            self._set(*self._after(self._slot_of(domino, number)))

    @classmethod
    def from_text(cls, hands: str, decl: int, leader: int = 0, plays: Sequence[int] = ()) -> Ending:
        """Hands as ``6-6,5-4 / ... / ... / ...``, seat 0 first."""
        return cls(tuple(map(parse_dominoes, four_hands(hands))), decl, leader, tuple(plays))

    @property
    def text(self) -> str:
        """The hands, as `from_text` reads them."""
        hands = (sorted(hand, reverse=True) for hand in self.hands)
        return " / ".join(",".join(map(domino_name, hand)) for hand in hands)

    def _set(self, state: int, points: tuple[int, int]) -> None:
        object.__setattr__(self, "state", state)
        object.__setattr__(self, "points", points)

    @property
    def kept(self) -> tuple[tuple[int, ...], ...]:
        """What each seat still holds, ascending."""
        masks = self.unpacked.hands
        return tuple(
            tuple(domino for slot, domino in enumerate(hand) if mask >> slot & 1)
            for hand, mask in zip(self.deal.hands, masks, strict=True)
        )


def _filled(hands: Sequence[Sequence[int]]) -> Deal:
    """A deal in which each seat holds what it is said to, and others."""
    sizes = [len(hand) for hand in hands]
    if len(sizes) != N_SEATS or len(set(sizes)) != 1 or not 1 <= sizes[0] <= N_SLOTS:
        told = ", ".join(map(str, sizes))
        raise ForgeError(f"four hands must have equally many dominoes, 1..{N_SLOTS}, got {told}")
    held = [whole_number("a domino", d, 0, N_DOMINOES - 1) for hand in hands for d in hand]
    for i, domino in enumerate(held):
        if domino in held[:i]:
            raise ForgeError(f"domino {domino_name(domino)} is in two places")
    rest = [domino for domino in range(N_DOMINOES) if domino not in held]
    n_gone = N_SLOTS - sizes[0]
    return Deal(
        tuple(
            (*hand, *rest[n_gone * seat : n_gone * (seat + 1)]) for seat, hand in enumerate(hands)
        )
    )
