"""A hand to bid on, and the trumps to look at, as text."""

from typing import Final

from forge.errors import ForgeError
from forge.game.constants import N_DECLARATIONS
from forge.game.deal import Deal
from forge.game.declarations import DECLARATION_NAMES, parse_declarations
from forge.game.tables import domino_name, parse_hand

__all__ = ["BIDDING_DECLS", "hand_of_seed", "hand_text", "parse_hand", "parse_trumps"]

# What players bid on and the bidding file holds. Doubles as a suit without trump power (8) is asked
# for by name only.
DOUBLES_SUIT: Final = 8
BIDDING_DECLS: Final = tuple(decl for decl in range(N_DECLARATIONS) if decl != DOUBLES_SUIT)


def hand_text(hand: tuple[int, ...]) -> str:
    """`6-6,6-5,...`, highest first; what `parse_hand` reads back."""
    return ",".join(domino_name(domino) for domino in sorted(hand, reverse=True))


def parse_trumps(text: str) -> tuple[int, ...]:
    """Ids of a comma list of declarations, in order, by name or id; `all` means the usual nine.

    Raises:
        ForgeError: for an unknown declaration, or none at all.
    """
    if text.strip().lower() == "all":
        return BIDDING_DECLS
    if not text.strip(", "):
        raise ForgeError(f"no trump given: valid are {', '.join(DECLARATION_NAMES)}, ids and all")
    return tuple(parse_declarations(text))


def hand_of_seed(seed: int) -> tuple[int, ...]:
    """Seat 0's hand in the deal of a seed: seven ids, ascending."""
    return Deal.from_seed(seed).hands[0]
