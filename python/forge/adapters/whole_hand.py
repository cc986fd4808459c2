"""A hand from the first domino dealt to the last play, one step after another.

What libraries of games call actions are numbers here, the same in all of them:

=======  =====================================================
0..27    a domino, dealt or played
28..37   the declaration 0..9
38       a pass
39..52   a bid, by its place in `forge.game.contract.BIDS`
=======  =====================================================

Seats are those of the table, 0..3 to the left. The rules are the core's, by `Position`, where the
declarer is seat 0; the auction is `forge.bidding.auction`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, Literal

from forge.bidding.auction import Auction
from forge.errors import ForgeError
from forge.game.constants import (
    HAND_POINTS,
    N_DECLARATIONS,
    N_DOMINOES,
    N_PLAYS,
    N_SEATS,
    N_SLOTS,
)
from forge.game.contract import BIDS, Bid, Contract
from forge.game.deal import Deal
from forge.game.declarations import declaration_name, parse_declaration
from forge.game.tables import domino_name
from forge.game.whole_numbers import truth, whole_number
from forge.oracle.position import Position

FIRST_DECLARATION: Final = N_DOMINOES
PASS: Final = FIRST_DECLARATION + N_DECLARATIONS
FIRST_BID: Final = PASS + 1
N_ACTIONS: Final = FIRST_BID + len(BIDS)
# Calls, a declaration, plays.
MOST_DECISIONS: Final = N_SEATS + 1 + N_PLAYS

Returns = Literal["marks", "points"]
PAID_IN: Final[tuple[Returns, ...]] = ("marks", "points")


@dataclass(frozen=True)
class Terms:
    """What a hand is played for.

    Args:
        dealer: seat 0..3; the seat to its left calls first.
        bid: forced on the seat to the dealer's left; None: there is an auction.
        decl: declaration 0..9 of whoever declares; None: the declarer chooses.
        dealer_must_bid: whether the dealer has to bid where all others passed; else such a hand is
            thrown in and worth nothing.
        paid_in: `marks` of the bid, or `points`, which leave the bid out of account.

    Raises:
        ForgeError: for what cannot be.
    """

    dealer: int = N_SEATS - 1
    bid: Bid | None = None
    decl: int | None = None
    dealer_must_bid: bool = True
    paid_in: Returns = "marks"

    def __post_init__(self) -> None:
        whole_number("dealer", self.dealer, 0, N_SEATS - 1)
        truth("dealer_must_bid", self.dealer_must_bid)
        if self.decl is not None:
            declaration_name(self.decl)
        if self.paid_in not in PAID_IN:
            raise ForgeError(f"returns must be {' or '.join(PAID_IN)}, got {self.paid_in!r}")

    @classmethod
    def read(
        cls,
        dealer: int = N_SEATS - 1,
        bid: int = 0,
        declaration: str = "",
        dealer_must_bid: bool = True,
        returns: str = "marks",
    ) -> Terms:
        """Terms as the libraries' users give them.

        Args:
            dealer: see above.
            bid: as it is said at a table; 0: there is an auction.
            declaration: its name or id; empty: the declarer chooses.
            dealer_must_bid: see above.
            returns: `marks` or `points`.

        Raises:
            ForgeError: for what cannot be.
        """
        forced = Bid.of(bid) if bid else None
        decl = parse_declaration(str(declaration)) if str(declaration) else None
        paid_in: Any = returns
        return cls(dealer, forced, decl, dealer_must_bid, paid_in)

    @property
    def most_at_stake(self) -> int:
        """The most that a seat can win, in marks or points."""
        if self.paid_in == "points":
            return HAND_POINTS
        return max(bid.marks for bid in (BIDS if self.bid is None else (self.bid,)))


@dataclass(frozen=True)
class WholeHand:
    """A hand at one moment; `after` gives the next one, and nothing is changed in place.

    Args:
        terms: what it is played for.
        dealt: dominoes in the order dealt: seven to seat 0, then to seat 1, and so on.
        calls: bids in turn, the seat to the dealer's left first; None for a pass.
        decl: declaration 0..9; None before it is made.
        position: of the play, the declarer as seat 0; None before it.
    """

    terms: Terms
    dealt: tuple[int, ...] = ()
    calls: tuple[Bid | None, ...] = ()
    decl: int | None = None
    position: Position | None = None

    def __deepcopy__(self, memo: object) -> WholeHand:
        """Itself: nothing in it changes. Libraries copy states all the time."""
        return self

    @classmethod
    def of_hands(cls, terms: Terms, hands: Sequence[Sequence[int]]) -> WholeHand:
        """A hand that has been dealt.

        Args:
            terms: what it is played for.
            hands: seven domino ids of each seat.

        Raises:
            ForgeError: if they are no deal.
        """
        return cls(terms, tuple(d for hand in Deal.from_hands(hands).hands for d in hand))._begun()

    @property
    def is_dealt(self) -> bool:
        """Whether all 28 dominoes are out."""
        return len(self.dealt) == N_DOMINOES

    @property
    def undealt(self) -> tuple[int, ...]:
        """Dominoes that may be dealt next, each as likely, ascending."""
        return tuple(d for d in range(N_DOMINOES) if d not in self.dealt)

    def hand_of(self, seat: int) -> tuple[int, ...]:
        """What a seat was dealt so far, ascending."""
        return tuple(sorted(self.dealt[seat * N_SLOTS : (seat + 1) * N_SLOTS]))

    @property
    def plays(self) -> tuple[int, ...]:
        """Domino ids in the order played."""
        return () if self.position is None else self.position.plays

    @property
    def auction(self) -> Auction | None:
        """Where it is a seat's turn to call; None before and after, and where the bid is forced."""
        if not self.is_dealt or self.terms.bid is not None or len(self.calls) == N_SEATS:
            return None
        return Auction(self.calls, self.terms.dealer_must_bid)

    @cached_property
    def bid(self) -> Bid | None:
        """The bid that is played for, or the highest so far; None without one."""
        forced = self.terms.bid
        return forced or max((bid for bid in self.calls if bid is not None), default=None)

    @cached_property
    def bidder(self) -> int | None:
        """The seat whose bid that is."""
        if self.terms.bid is not None:
            return self.caller(0)
        return None if self.bid is None else self.caller(self.calls.index(self.bid))

    def caller(self, number: int) -> int:
        """The seat that makes call `number`, 0..3."""
        return (self.terms.dealer + 1 + number) % N_SEATS

    @cached_property
    def is_over(self) -> bool:
        """Whether the last domino is played, or the hand was thrown in."""
        if self.position is not None:
            return self.position.is_over
        return len(self.calls) == N_SEATS and self.bid is None

    @cached_property
    def seat_to_act(self) -> int | None:
        """Whose turn it is; None while dominoes are dealt, and at the end."""
        if not self.is_dealt or self.is_over:
            return None
        if self.auction is not None:
            return self.caller(len(self.calls))
        assert self.bidder is not None
        return self.bidder if self.position is None else self.at_table(self.position.seat_to_act)

    def at_table(self, seat: int) -> int:
        """The seat 0..3 of the table for one of `position`."""
        assert self.bidder is not None
        return (self.bidder + seat) % N_SEATS

    @cached_property
    def players(self) -> tuple[int, ...]:
        """Who made each of the plays, seats of the table."""
        if self.position is None:
            return ()
        seat_of = {d: i // N_SLOTS for i, d in enumerate(self.dealt)}
        return tuple(seat_of[domino] for domino in self.plays)

    @cached_property
    def legal(self) -> tuple[int, ...]:
        """Actions of the seat to act, ascending; while dominoes are dealt, what may come."""
        if not self.is_dealt:
            return self.undealt
        if self.is_over:
            return ()
        if self.auction is not None:
            bids = tuple(FIRST_BID + BIDS.index(bid) for bid in self.auction.legal_bids)
            return (PASS, *bids) if self.auction.may_pass else bids
        if self.position is None:
            return tuple(range(FIRST_DECLARATION, PASS))
        return self.position.legal_dominoes()

    def after(self, action: int) -> WholeHand:
        """The hand after an action.

        Raises:
            ForgeError: if it is not legal.
        """
        if self.is_dealt and self.position is not None:
            return replace(self, position=self.position.play_domino(action))
        if action not in self.legal:
            valid = ", ".join(map(action_name, self.legal)) or "none: it is over"
            raise ForgeError(f"action {action} is not legal; valid are {valid}")
        if not self.is_dealt:
            dealt = replace(self, dealt=(*self.dealt, action))
            return dealt._begun() if dealt.is_dealt else dealt
        if self.auction is not None:
            call = None if action == PASS else BIDS[action - FIRST_BID]
            return replace(self, calls=(*self.calls, call))._begun()
        return self._declared(action - FIRST_DECLARATION)

    def _begun(self) -> WholeHand:
        """With the declaration of the terms, once somebody is to declare."""
        if self.terms.decl is None or self.auction is not None or self.bid is None:
            return self
        return self._declared(self.terms.decl)

    def _declared(self, decl: int) -> WholeHand:
        hands = [self.hand_of(self.at_table(place)) for place in range(N_SEATS)]
        return replace(self, decl=decl, position=Position(Deal.from_hands(hands), decl))

    @property
    def actions(self) -> tuple[int, ...]:
        """All that led here, the deal included."""
        calls = (PASS if bid is None else FIRST_BID + BIDS.index(bid) for bid in self.calls)
        is_chosen = self.decl is not None and self.terms.decl is None
        declared = (FIRST_DECLARATION + self.decl,) if self.decl is not None and is_chosen else ()
        return (*self.dealt, *calls, *declared, *self.plays)

    @property
    def contract(self) -> Contract | None:
        """What is played for; None before the declaration."""
        return None if self.decl is None or self.bid is None else Contract(self.decl, self.bid)

    def points_of(self, seat: int) -> tuple[int, int]:
        """Points won so far by the side of a seat, and by the other."""
        if self.position is None:
            return 0, 0
        assert self.bidder is not None
        ours, theirs = self.position.points
        return (ours, theirs) if (seat - self.bidder) % 2 == 0 else (theirs, ours)

    def paid(self, points: int) -> list[float]:
        """What each seat gets, in marks or points; what one side wins the other loses.

        Args:
            points: of the declarer's side in the whole hand, 0..42.
        """
        assert self.bid is not None and self.bidder is not None
        if self.terms.paid_in == "points":
            won = 2 * points - HAND_POINTS
        else:
            won = self.bid.marks if self.bid.is_made(points) else -self.bid.marks
        return [float(won if (s - self.bidder) % 2 == 0 else -won) for s in range(N_SEATS)]

    @property
    def returns(self) -> list[float]:
        """What each seat has got: 0 before the end, and where the hand was thrown in."""
        if self.position is None or not self.position.is_over:
            return [0.0] * N_SEATS
        return self.paid(self.position.points[0])


def action_name(action: int) -> str:
    """`6-4`, `fours`, `pass`, `31`.

    Raises:
        ForgeError: for none.
    """
    whole_number("an action", action, 0, N_ACTIONS - 1)
    if action < FIRST_DECLARATION:
        return domino_name(action)
    if action < PASS:
        return declaration_name(action - FIRST_DECLARATION)
    return "pass" if action == PASS else str(BIDS[action - FIRST_BID])
