"""An auction of Texas 42: who may bid what, and what a bid or a pass is worth.

Every seat bids or passes once, in turn; each bid is higher than the last. Seats are numbered in the
order of bidding, 0 first and the dealer, seat 3, last; seats two apart are partners. Expected marks
are risk-neutral, those of the seat's own side minus those of the other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from forge import ops
from forge.arena.protocol import best_pip_suit
from forge.bidding.calibration.table import Calibration
from forge.bidding.deals import deals_around
from forge.bidding.estimates import BIDS, Choice, MakeTable, marks_at_stake, points_needed, wilson
from forge.errors import ForgeError
from forge.game.constants import HAND_POINTS
from forge.game.state import INITIAL_STATE
from forge.play.games import N_SEATS

PASS: Final = 0
DEALER: Final = N_SEATS - 1
# The other bidder: deals that its hand may be in, deals it looks at from each of its hands, and how
# many of the first are kept at least.
N_BIDDER_DEALS: Final = 200
N_BIDDER_SAMPLES: Final = 24
MIN_KEPT: Final = 20


@dataclass(frozen=True)
class Auction:
    """The auction when it is a seat's turn.

    Args:
        bids: of the seats before it, in turn; PASS, 30..42 or 84.
        dealer_must_bid: whether the dealer has to bid where all others passed.

    Raises:
        ForgeError: for bids that cannot be.
    """

    bids: tuple[int, ...]
    dealer_must_bid: bool = False

    def __post_init__(self) -> None:
        if len(self.bids) > DEALER:
            raise ForgeError(
                f"at most {DEALER} seats bid before another one, got {len(self.bids)} bids"
            )
        highest = PASS
        for bid in self.bids:
            if bid == PASS:
                continue
            points_needed(bid)
            if bid <= highest:
                raise ForgeError(f"a bid of {bid} is not higher than the {highest} before it")
            highest = bid

    @property
    def seat(self) -> int:
        """Whose turn it is, 0..3."""
        return len(self.bids)

    @property
    def highest(self) -> int:
        """The bid to beat, PASS without one."""
        return max(self.bids, default=PASS)

    @property
    def bidder(self) -> int | None:
        """The seat that holds the highest bid."""
        return self.bids.index(self.highest) if self.highest else None

    @property
    def legal_bids(self) -> tuple[int, ...]:
        """What may be bid, ascending."""
        return tuple(bid for bid in BIDS if bid > self.highest)

    @property
    def may_pass(self) -> bool:
        """Whether the seat may pass."""
        return bool(self.highest) or self.seat < DEALER or not self.dealer_must_bid

    @property
    def after_pass(self) -> tuple[int, int] | None:
        """The contract if everybody passes from here on, as (seat, bid); None: nobody plays."""
        if self.bidder is not None:
            return self.bidder, self.highest
        return (DEALER, BIDS[0]) if self.dealer_must_bid and self.seat < DEALER else None


def parse_bids(text: str) -> tuple[int, ...]:
    """Bids in turn such as `pass,30,31`; none for an empty text.

    Raises:
        ForgeError: for anything else.
    """
    bids = []
    for part in (part for part in re.split(r"[,\s]+", text.strip().lower()) if part):
        if part in ("pass", "p"):
            bids.append(PASS)
        elif part.isdecimal() and int(part) in BIDS:
            bids.append(int(part))
        else:
            raise ForgeError(f"unknown bid {part!r}: valid are pass, 30..42 and 84 (two marks)")
    return tuple(bids)


@dataclass(frozen=True)
class Action:
    """Something to do, and what it is worth.

    Args:
        bid: PASS or the bid.
        decl: of an own contract; None otherwise.
        p, low, high: chance that the contract that follows is made, with its 95 % interval; None
            if nobody plays.
        marks: expected, of the own side minus the other.
    """

    bid: int
    decl: int | None
    p: float | None
    low: float | None
    high: float | None
    marks: float


@dataclass(frozen=True)
class OtherContract:
    """The chance that another seat makes its bid, seen from a hand that is not its own.

    Args:
        p, low, high: chance and 95 % interval.
        n_kept: deals it rests on, in which the other hand is worth its bid.
        n_deals: deals looked at.
    """

    p: float
    low: float
    high: float
    n_kept: int
    n_deals: int


def actions(auction: Auction, table: MakeTable, other: OtherContract | None) -> list[Action]:
    """All that may be done, the most marks first; of equals a pass, then the lowest bid.

    Args:
        auction: so far.
        table: chances of the own hand, for all legal bids.
        other: of the contract that stands if all pass.
    """
    choices = [_of_choice(table.best_decl(bid)) for bid in auction.legal_bids]
    if auction.may_pass:
        choices.insert(0, _pass(auction, other))
    return sorted(choices, key=lambda action: -action.marks)


def _of_choice(choice: Choice) -> Action:
    return Action(choice.bid, choice.decl, choice.p, choice.low, choice.high, choice.marks)


def _pass(auction: Auction, other: OtherContract | None) -> Action:
    contract = auction.after_pass
    if contract is None or other is None:
        return Action(PASS, None, None, None, None, 0.0)
    seat, bid = contract
    side = 1 if (seat - auction.seat) % 2 == 0 else -1
    marks = side * marks_at_stake(bid) * (2 * other.p - 1)
    return Action(PASS, None, other.p, other.low, other.high, marks)


def other_contract(
    auction: Auction, hand: Sequence[int], seed: int, calibration: Calibration | None
) -> OtherContract | None:
    """The chance of the contract that stands if all pass; None if there is none.

    The bidder is taken to call its best pip suit. Of a bid that was made freely, deals count only
    where the bidder's own hand gives it at least an even chance; a dealer who is forced to bid
    may hold anything.

    Args:
        auction: so far.
        hand: seven domino ids, of the seat whose turn it is.
        seed: of the deals.
        calibration: from perfect play to the chance at the table; None leaves it as it is.
    """
    if auction.after_pass is None:
        return None
    seat, bid = auction.after_pass
    turn = (seat - auction.seat) % N_SEATS
    deals = deals_around(hand, seed, 0, N_BIDDER_DEALS).roll(-turn, dims=1)  # bidder first
    trumps = torch.tensor([best_pip_suit(tuple(hand)) for hand in deals[:, 0].tolist()])
    kept = torch.arange(len(deals))
    if auction.bidder is not None:
        kept = _worth_the_bid(deals, trumps, bid, seed, calibration)
    deals, trumps = deals[kept], trumps[kept]
    n, made = len(kept), int(_makes(deals, trumps, bid).sum())
    ends = (made / n, *(float(end) for end in wilson(made, n)))
    p, low, high = (
        float(_chances(torch.full((n,), end), n, trumps, bid, calibration).mean()) for end in ends
    )
    return OtherContract(p, low, high, n, N_BIDDER_DEALS)


def _worth_the_bid(
    deals: Tensor, trumps: Tensor, bid: int, seed: int, calibration: Calibration | None
) -> Tensor:
    """int64 [K]: deals in which seat 0 would bid on its hand, or the best of them for it."""
    n = N_BIDDER_SAMPLES
    imagined = torch.cat([deals_around(hand, seed, 0, n) for hand in deals[:, 0].tolist()])
    shares = _makes(imagined, trumps.repeat_interleave(n), bid).view(-1, n).double().mean(dim=1)
    chances = _chances(shares, n, trumps, bid, calibration)
    kept = (chances >= 0.5).nonzero()[:, 0]
    if len(kept) < MIN_KEPT:
        kept = chances.argsort(descending=True, stable=True)[:MIN_KEPT]
    return kept


def _chances(
    shares: Tensor, n_deals: int, trumps: Tensor, bid: int, calibration: Calibration | None
) -> Tensor:
    """float64 [N]: the chance at a table, given the share of deals that perfect play makes."""
    if calibration is None:
        return shares.double()
    values = [
        calibration.chance(share, n_deals, trump, bid).item()
        for share, trump in zip(shares.tolist(), trumps.tolist(), strict=True)
    ]
    return torch.tensor(values, dtype=torch.float64)


def _makes(deals: Tensor, trumps: Tensor, bid: int) -> Tensor:
    """bool [N]: whether team 0 makes a bid under perfect play, all hands open."""
    target = 2 * points_needed(bid) - HAND_POINTS  # team-0 frame
    answers = ops.search_at_least(
        deals.contiguous(),
        trumps.to(torch.int8),
        torch.full((len(deals),), INITIAL_STATE),
        torch.tensor([target], dtype=torch.int8),
    )
    made: Tensor = answers.amax(dim=1) > 0
    return made
