"""`forge.advise` and `forge.review`: the same as the commands, for Python and notebooks."""

from __future__ import annotations

from collections.abc import Sequence

from forge.advice.bids import BidAdvice, advise_bid
from forge.advice.hand_text import TableHand
from forge.advice.plays import Advice, advise_play
from forge.advice.reviewing import Review, review_hand
from forge.advice.seat_view import (
    DEFAULT_PLAYER,
    PLAYERS,
    SeatView,
    check_for_bids,
    parse_declarer,
)
from forge.game.contract import LOWEST_BID, Bid
from forge.game.declarations import parse_declaration
from forge.game.tables import parse_dominoes, parse_hand

Dominoes = str | Sequence[int] | Sequence[str]


def advise(
    hand: Dominoes,
    decl: str | int | None = None,
    *,
    declarer: str = PLAYERS[0],
    plays: Dominoes = "",
    bid: int = LOWEST_BID.number,
    player: str = DEFAULT_PLAYER,
    seed: int = 0,
) -> Advice | BidAdvice:
    """What to play now, from what you may know; without a declaration what to bid.

    Args:
        hand: the seven dominoes dealt to you: `"6-4,5-5,..."`, a list of such names, or of ids.
        decl: trump, by name or id 0..9.
        declarer: who declared, and led first: `me`, `left`, `partner` or `right`.
        plays: all dominoes played so far, in order, written likewise.
        bid: what the declarer's side promised: 30..42 or 84.
        player: who judges: `seat`, `make` or `eq`, with options.
        seed: of the worlds or deals.

    Returns:
        `Advice`: chances of the **acting side**; or `BidAdvice`.

    Raises:
        ForgeError: for what cannot be: a hand that is none, plays against the rules, another's
            turn.
    """
    text = _as_text(hand)
    held = _ids(hand) if text is None else parse_hand(text)
    if decl is None:
        given = {
            "plays": len(plays),
            "player": player != DEFAULT_PLAYER,
            "declarer": parse_declarer(declarer),
            "bid": bid != LOWEST_BID.number,
        }
        check_for_bids(given, "decl")
        return advise_bid(held, seed)
    view = SeatView(
        held,
        parse_declaration(decl) if isinstance(decl, str) else decl,
        parse_declarer(declarer),
        _ids(plays),
        Bid.of(bid),
    )
    return advise_play(view, player, seed)


def _ids(dominoes: Dominoes) -> tuple[int, ...]:
    """Ids of dominoes, in the order given."""
    text = _as_text(dominoes)
    if text is not None:
        return parse_dominoes(text)
    return tuple(dominoes)  # type: ignore[arg-type]  # what is no id is told where they are used


def _as_text(dominoes: Dominoes) -> str | None:
    """Names of dominoes as one text; None for ids."""
    if isinstance(dominoes, str):
        return dominoes
    named = [each for each in dominoes if isinstance(each, str)]
    return ",".join(named) if named and len(named) == len(dominoes) else None


def review(hand: str | TableHand, *, player: str = DEFAULT_PLAYER, seed: int = 0) -> Review:
    """Every play of a hand graded, and the one that turned it.

    Args:
        hand: a text or a link, see `forge.advice.hand_text`.
        player: who judges as the seats saw it: `seat` or `make`, with options.
        seed: of the worlds.

    Raises:
        ForgeError: for another player, a hand that is none, or one without plays.
    """
    return review_hand(
        hand if isinstance(hand, TableHand) else TableHand.from_text(hand), player, seed
    )
