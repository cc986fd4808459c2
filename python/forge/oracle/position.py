"""One position of a hand: a deal, a declaration and the plays so far."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from forge.errors import ForgeError
from forge.game.constants import INITIAL_STATE, N_DECLARATIONS, N_DOMINOES, N_PLAYS
from forge.game.deal import Deal
from forge.game.declarations import declaration_name, parse_declaration
from forge.game.tables import domino_name, parse_dominoes
from forge.game.whole_numbers import whole_number
from forge.oracle.open_hand import OpenHand


@dataclass(frozen=True, repr=False)
class Position(OpenHand):
    """A position; `play` gives the next one. Values are in the team-0 frame."""

    deal: Deal
    decl: int
    plays: tuple[int, ...] = ()  # domino ids since the deal, in order
    state: int = field(init=False, compare=False)  # packed
    points: tuple[int, int] = field(init=False, compare=False)  # won so far by team 0, team 1

    def __post_init__(self) -> None:
        """Replays the plays; ForgeError for the first that is not legal."""
        if not isinstance(self.deal, Deal):
            raise ForgeError(f"deal must be a Deal, got {type(self.deal).__name__}")
        decl = whole_number("declaration id", self.decl, 0, N_DECLARATIONS - 1)
        object.__setattr__(self, "decl", decl)
        if isinstance(self.plays, str) or not isinstance(self.plays, Iterable):
            raise ForgeError(f"plays must be domino ids, got {self.plays!r}")
        plays = tuple(whole_number("a play", each, 0, N_DOMINOES - 1) for each in self.plays)
        self._set((), INITIAL_STATE, (0, 0))
        for domino in plays:
            after = self.play_domino(domino)
            self._set(after.plays, after.state, after.points)

    def _set(self, plays: tuple[int, ...], state: int, points: tuple[int, int]) -> None:
        object.__setattr__(self, "plays", plays)
        object.__setattr__(self, "state", state)
        object.__setattr__(self, "points", points)

    @classmethod
    def from_plays(cls, deal: Deal, decl: int, plays: Iterable[int]) -> "Position":
        """The position after `plays` (domino ids in the order played)."""
        return cls(deal, decl, tuple(plays))

    @classmethod
    def from_text(cls, text: str) -> "Position":
        """From ``deal ; declaration ; plays``, as `text` writes it; the plays may be left out."""
        parts = text.split(";")
        if len(parts) not in (2, 3):
            raise ForgeError("a position is 'four hands ; declaration ; plays so far'")
        plays = parse_dominoes(parts[2]) if len(parts) == 3 else ()
        return cls.from_plays(Deal.from_text(parts[0]), parse_declaration(parts[1]), plays)

    @property
    def text(self) -> str:
        """What `from_text` reads back."""
        played = ",".join(domino_name(domino) for domino in self.plays)
        return f"{self.deal.text} ; {declaration_name(self.decl)} ; {played}".rstrip()

    @property
    def is_over(self) -> bool:
        """All 28 dominoes are played."""
        return len(self.plays) == N_PLAYS

    def play(self, slot: int) -> "Position":
        """The position after the seat to act plays `slot`; ForgeError if that is not legal."""
        legal = self.legal_slots()
        if slot not in legal:
            raise ForgeError(f"slot {slot} is not legal here; valid are {list(legal)}")
        domino = self.deal.hands[self.seat_to_act][slot]
        after = Position(self.deal, self.decl)
        after._set((*self.plays, domino), *self._after(slot))
        return after

    def play_domino(self, domino: int) -> "Position":
        """The position after the seat to act plays `domino`; ForgeError if that is not legal."""
        return self.play(self._slot_of(domino, len(self.plays) + 1))

    def value(self) -> int:
        """Exact value-to-go, 0 at the end of the hand."""
        values = [q for q in self.q() if q is not None]
        if not values:
            return 0
        return min(values) if self.seat_to_act & 1 else max(values)

    def best_slots(self) -> tuple[int, ...]:
        """The legal slots that keep the value, ascending."""
        q, best = self.q(), self.value()
        return tuple(slot for slot in self.legal_slots() if q[slot] == best)

    def __repr__(self) -> str:
        return f"Position.from_text({self.text!r})"

    def _repr_html_(self) -> str:
        held = self.unpacked.hands
        rows = ""
        for seat, hand in enumerate(self.deal.hands):
            cells = "".join(
                f"<td>{domino_name(d)}</td>"
                if held[seat] >> slot & 1
                else f"<td><s>{domino_name(d)}</s></td>"
                for slot, d in enumerate(hand)
            )
            rows += f"<tr><th>seat {seat}{' *' * (seat == self.seat_to_act)}</th>{cells}</tr>"
        caption = f"{declaration_name(self.decl)}, points {self.points[0]} - {self.points[1]}"
        return f"<table><caption>{caption}</caption>{rows}</table>"
