"""A whole hand as text and as a link: four hands, what was promised, and the plays.

Text: ``6-6,5-4,... / ... / ... / ... ; 31 fours ; 6-4,4-4,...``. The declarer's hand is the first,
the others follow to the left; the bid may be left out (30), and so may the plays. A link ends with
the same behind ``#hand=``, in characters that need no escape: ``6654...``, hands parted by ``.``,
the parts by ``~``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from forge.errors import ForgeError
from forge.game.contract import LOWEST_BID, VALID_BIDS, Bid, Contract
from forge.game.deal import Deal
from forge.game.declarations import declaration_name, parse_declaration
from forge.game.tables import HIGH, LOW, domino_name, parse_dominoes
from forge.oracle.open_hand import IllegalPlayError
from forge.oracle.position import Position

# Seats by places from the declarer.
SEATS: Final = ("declarer", "left", "partner", "right")

# What a link has before the hand; a page may stand in front of it.
LINK_MARK: Final = "#hand="
_ANY_MARK: Final = re.compile(LINK_MARK, re.IGNORECASE | re.ASCII)
# A hand takes 200 characters; what is much longer is no hand.
MAX_CHARACTERS: Final = 2000
# All that a browser or Python takes for a blank.
_BLANK: Final = re.compile(r"[\s\ufeff]")
_ESCAPED: Final = re.compile("%([0-7][0-9A-Fa-f])")
_WRITE: Final = (
    "write four hands ; bid and trump ; plays, as in '... / ... / ... / ... ; 31 fours ; 6-4,4-4'"
)


@dataclass(frozen=True)
class TableHand:
    """A hand, played to its end or not.

    Args:
        deal: the declarer's hand is that of seat 0.
        contract: what seat 0 declared and promised.
        plays: domino ids in order.

    Raises:
        ForgeError: where a play is not legal.
    """

    deal: Deal
    contract: Contract
    plays: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        try:
            _ = self.position
        except IllegalPlayError as error:
            raise ForgeError(error.told_of(SEATS[error.seat])) from error

    @cached_property
    def position(self) -> Position:
        """After the plays."""
        return Position.from_plays(self.deal, self.contract.decl, self.plays)

    @classmethod
    def from_text(cls, text: str) -> TableHand:
        """From a text or a link.

        Raises:
            ForgeError: for anything else, saying what is wrong.
        """
        if len(text) > MAX_CHARACTERS:
            raise ForgeError(f"{len(text):,} characters are no hand: {_WRITE}")
        text = _BLANK.sub(" ", _unescaped(text))
        if link := _ANY_MARK.search(text):
            text = _unlinked(text[link.end() :])
        parts = [part.strip() for part in text.split(";")]
        if len(parts) not in (2, 3):
            raise ForgeError(f"a hand has two or three parts, got {len(parts)}: {_WRITE}")
        deal = Deal.from_text(parts[0])
        contract = _contract(parts[1])
        return cls(deal, contract, parse_dominoes(parts[2]) if len(parts) == 3 else ())

    @property
    def text(self) -> str:
        """What `from_text` reads back."""
        trump = declaration_name(self.contract.decl)
        played = ",".join(map(domino_name, self.plays))
        return f"{self.deal.text} ; {self.contract.bid} {trump} ; {played}".rstrip()

    @property
    def fragment(self) -> str:
        """`#hand=...`, to be put behind the address of a page; `from_text` reads it back."""
        hands = ".".join(_pairs(hand[::-1]) for hand in self.deal.hands)
        contract = f"{self.contract.bid}~{declaration_name(self.contract.decl)}"
        return f"{LINK_MARK}{hands}~{contract}~{_pairs(self.plays)}"


def _pairs(dominoes: Sequence[int]) -> str:
    return "".join(f"{HIGH[domino]}{LOW[domino]}" for domino in dominoes)


def holds_link(text: str) -> bool:
    """Whether a text is, or ends with, the link of a hand, whole or not."""
    return _ANY_MARK.search(_unescaped(text)) is not None


def _unescaped(text: str) -> str:
    """A text as it was before a program that passed it on escaped what needed no escape."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


def _unlinked(fragment: str) -> str:
    """The text of what follows the mark of a link."""
    parts = fragment.strip().split("~")
    if len(parts) != 4:
        raise ForgeError(f"the link is cut short: {len(parts)} of 4 parts are there")
    hands, bid, trump, plays = parts
    written = [_unpaired(each) for each in (*hands.split("."), plays)]
    return f"{' / '.join(written[:-1])} ; {bid} {trump} ; {written[-1]}"


def _unpaired(pairs: str) -> str:
    if re.fullmatch(r"[0-6]*", pairs) and len(pairs) % 2:
        raise ForgeError(f"the link is cut inside a domino: ...{pairs[-5:]}")
    if not re.fullmatch(r"([0-6][0-6])*", pairs):
        raise ForgeError(f"the link holds {pairs[:20]!r} where pairs of pips 0..6 are expected")
    return ",".join(f"{pairs[i]}-{pairs[i + 1]}" for i in range(0, len(pairs), 2))


def _contract(text: str) -> Contract:
    """`31 fours`, `84 sixes` or `fours`."""
    words = text.split()
    if len(words) == 1:
        return Contract(parse_declaration(words[0]), LOWEST_BID)
    if len(words) != 2 or not re.fullmatch(r"[0-9]{1,4}", words[0]):
        raise ForgeError(f"expected a bid ({VALID_BIDS}) and a trump, as in 31 fours, got {text!r}")
    return Contract(parse_declaration(words[1]), Bid.of(int(words[0])))
