"""What a seat may know of a hand, as numbers and as text: of other hands nothing but their plays.

Other seats are told by places to the left of the one that looks, so one network serves all four.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from forge.adapters.whole_hand import WholeHand
from forge.game.constants import (
    HAND_POINTS,
    N_DECLARATIONS,
    N_DOMINOES,
    N_PLAYS,
    N_SEATS,
)
from forge.game.contract import BIDS
from forge.game.declarations import declaration_name
from forge.game.tables import domino_name

Shapes = Mapping[str, tuple[int, ...]]
Floats = npt.NDArray[np.float32]

_PUBLIC: Final = {
    "seat": (N_SEATS,),  # of the table: who looks
    "dealer": (N_SEATS,),  # places to the left
    "calls": (N_SEATS, 1 + len(BIDS)),  # by place: a pass, or which bid
    "bidder": (N_SEATS,),  # by place: whose bid is the highest
    "bid": (len(BIDS),),  # which
    "declaration": (N_DECLARATIONS,),
}
# What is on the table now.
OBSERVATION: Final[Shapes] = {
    **_PUBLIC,
    "to_act": (N_SEATS,),  # by place
    "held": (N_DOMINOES,),  # by the one who looks
    "played": (N_SEATS, N_DOMINOES),  # by place, in the whole hand
    "trick": (N_SEATS, N_DOMINOES),  # by place, in the trick that is not complete
    "points": (2,),  # won by the own side and by the other, of 42
}
# All that was seen since the deal, in order.
INFORMATION_STATE: Final[Shapes] = {
    **_PUBLIC,
    "hand": (N_DOMINOES,),  # as dealt
    "plays": (N_PLAYS, N_DOMINOES),
    "players": (N_PLAYS, N_SEATS),  # of the plays, by place
}


def size_of(shapes: Shapes) -> int:
    """Numbers in all parts together."""
    return sum(int(np.prod(shape)) for shape in shapes.values())


def parts_of(flat: Floats, shapes: Shapes) -> dict[str, Floats]:
    """Views of the parts of float32 [size], in the order of `shapes`."""
    parts, start = {}, 0
    for name, shape in shapes.items():
        stop = start + int(np.prod(shape))
        parts[name] = flat[start:stop].reshape(shape)
        start = stop
    return parts


def fill(parts: Mapping[str, Floats], hand: WholeHand, seat: int) -> None:
    """Write what a seat knows into the parts that there are; each is 0 or 1, points 0..1.

    Args:
        parts: of `OBSERVATION` or `INFORMATION_STATE`, all zero.
        hand: at any moment.
        seat: 0..3, who looks.
    """

    def place(of: int) -> int:
        return (of - seat) % N_SEATS

    parts["seat"][seat] = 1
    parts["dealer"][place(hand.terms.dealer)] = 1
    for number, call in enumerate(hand.calls):
        parts["calls"][place(hand.caller(number)), 0 if call is None else 1 + BIDS.index(call)] = 1
    if hand.bid is not None:
        assert hand.bidder is not None
        parts["bidder"][place(hand.bidder)] = 1
        parts["bid"][BIDS.index(hand.bid)] = 1
    if hand.decl is not None:
        parts["declaration"][hand.decl] = 1
    plays, players = hand.plays, hand.players
    if "hand" in parts:
        parts["hand"][list(hand.hand_of(seat))] = 1
    if "plays" in parts:
        numbers = np.arange(len(plays))
        parts["plays"][numbers, list(plays)] = 1
        parts["players"][numbers, [place(player) for player in players]] = 1
    if "held" in parts:
        parts["held"][[d for d in hand.hand_of(seat) if d not in plays]] = 1
    if "played" in parts:
        if hand.seat_to_act is not None:
            parts["to_act"][place(hand.seat_to_act)] = 1
        places = [place(player) for player in players]
        parts["played"][places, list(plays)] = 1
        start = len(plays) - len(plays) % N_SEATS
        parts["trick"][places[start:], list(plays[start:])] = 1
        parts["points"][:] = np.array(hand.points_of(seat), dtype=np.float32) / HAND_POINTS


def observation(hand: WholeHand, seat: int) -> Floats:
    """float32 [354]: what a seat sees on the table, see `OBSERVATION`."""
    flat = np.zeros(size_of(OBSERVATION), dtype=np.float32)
    fill(parts_of(flat, OBSERVATION), hand, seat)
    return flat


def legal_mask(hand: WholeHand, n: int) -> npt.NDArray[np.int8]:
    """int8 [n]: 1 where the seat to act may take the action."""
    mask = np.zeros(n, dtype=np.int8)
    mask[list(hand.legal if hand.is_dealt else ())] = 1
    return mask


def information_text(hand: WholeHand, seat: int | None) -> str:
    """All that a seat has seen, in order; None: what everybody has."""
    own = "" if seat is None else f"seat {seat}: {_names(hand.hand_of(seat))}; "
    plays = " ".join(map(domino_name, hand.plays))
    return f"{own}{_auction_text(hand)}; {plays}"


def observation_text(hand: WholeHand, seat: int | None) -> str:
    """What a seat sees on the table; None: what everybody does."""
    plays, players = hand.plays, hand.players
    own = ""
    if seat is not None:
        own = f"seat {seat}: {_names(d for d in hand.hand_of(seat) if d not in plays)}; "
    start = len(plays) - len(plays) % N_SEATS
    by_seat = (
        _names(d for d, who in zip(plays, players, strict=True) if who == player)
        for player in range(N_SEATS)
    )
    trick = " ".join(
        f"{who}:{domino_name(d)}" for d, who in zip(plays[start:], players[start:], strict=True)
    )
    points = " - ".join(map(str, hand.points_of(0)))
    played = " / ".join(by_seat)
    return f"{own}{_auction_text(hand)}; played {played}; trick {trick}; points {points}"


def _auction_text(hand: WholeHand) -> str:
    calls = " ".join("pass" if call is None else str(call) for call in hand.calls)
    told = "" if hand.bid is None else f" {hand.bid} by {hand.bidder}"
    decl = "" if hand.decl is None else f" {declaration_name(hand.decl)}"
    return f"dealer {hand.terms.dealer}; {calls}; {told}{decl}".replace("  ", " ")


def _names(dominoes: Iterable[int]) -> str:
    return " ".join(domino_name(domino) for domino in sorted(dominoes))
