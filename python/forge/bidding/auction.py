"""An auction of Texas 42: who may bid what, and what a bid or a pass is worth.

Every seat bids or passes once, in turn; each bid is higher than the last. Seats are numbered in the
order of bidding, 0 first and the dealer, seat 3, last; seats two apart are partners. Expected marks
are risk-neutral, those of the seat's own side minus those of the other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import torch
from torch import Tensor

from forge.arena.protocol import best_pip_suit
from forge.bidding.calibration.table import Calibration
from forge.bidding.deals import deals_around
from forge.bidding.estimates import Choice, MakeTable, wilson
from forge.bidding.simulate import perfect_made
from forge.errors import ForgeError
from forge.game.constants import N_SEATS
from forge.game.contract import BIDS, LOWEST_BID, VALID_BIDS, Bid, Contract

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
        bids: of the seats before it, in turn; None for a pass.
        dealer_must_bid: whether the dealer has to bid where all others passed.

    Raises:
        ForgeError: for bids that cannot be.
    """

    bids: tuple[Bid | None, ...]
    dealer_must_bid: bool = False

    def __post_init__(self) -> None:
        if len(self.bids) > DEALER:
            raise ForgeError(
                f"at most {DEALER} seats bid before another one, got {len(self.bids)} bids"
            )
        made = [Bid.of(bid.number) for bid in self.bids if bid is not None]
        for before, bid in pairwise(made):
            if bid <= before:
                raise ForgeError(f"a bid of {bid} is not higher than the {before} before it")

    @property
    def seat(self) -> int:
        """Whose turn it is, 0..3."""
        return len(self.bids)

    @property
    def highest(self) -> Bid | None:
        """The bid to beat; None without one."""
        return max((bid for bid in self.bids if bid is not None), default=None)

    @property
    def bidder(self) -> int | None:
        """The seat that holds the highest bid."""
        return None if self.highest is None else self.bids.index(self.highest)

    @property
    def legal_bids(self) -> tuple[Bid, ...]:
        """What may be bid, ascending."""
        return tuple(bid for bid in BIDS if self.highest is None or bid > self.highest)

    @property
    def may_pass(self) -> bool:
        """Whether the seat may pass."""
        return self.highest is not None or self.seat < DEALER or not self.dealer_must_bid

    @property
    def after_pass(self) -> tuple[int, Bid] | None:
        """Who plays for what if everybody passes from here on; None: nobody plays."""
        if self.highest is not None:
            return self.bids.index(self.highest), self.highest
        return (DEALER, LOWEST_BID) if self.dealer_must_bid and self.seat < DEALER else None


def parse_bids(text: str) -> tuple[Bid | None, ...]:
    """Bids in turn such as `pass,30,31`, None for a pass; none for an empty text.

    Raises:
        ForgeError: for anything else.
    """
    valid = {str(bid): bid for bid in BIDS}
    bids: list[Bid | None] = []
    for part in (part for part in re.split(r"[,\s]+", text.strip().lower()) if part):
        if part in ("pass", "p"):
            bids.append(None)
        elif part in valid:
            bids.append(valid[part])
        else:
            raise ForgeError(f"unknown bid {part!r}: valid are pass, {VALID_BIDS}")
    return tuple(bids)


@dataclass(frozen=True)
class Action:
    """Something to do, and what it is worth.

    Args:
        contract: the bid and what would be trump; None for a pass.
        p, low, high: chance that the contract that follows is made, with its 95 % interval; None
            if nobody plays.
        marks: expected, of the own side minus the other.
    """

    contract: Contract | None
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
    return Action(choice.contract, choice.p, choice.low, choice.high, choice.marks)


def _pass(auction: Auction, other: OtherContract | None) -> Action:
    if auction.after_pass is None or other is None:
        return Action(None, None, None, None, 0.0)
    seat, bid = auction.after_pass
    side = 1 if (seat - auction.seat) % 2 == 0 else -1
    return Action(None, other.p, other.low, other.high, side * bid.worth(other.p))


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
    n, made = len(kept), int(perfect_made(deals, trumps, bid).sum())
    ends = (made / n, *(float(end) for end in wilson(made, n)))
    p, low, high = (
        float(_chances(torch.full((n,), end), n, trumps, bid, calibration).mean()) for end in ends
    )
    return OtherContract(p, low, high, n, N_BIDDER_DEALS)


def _worth_the_bid(
    deals: Tensor, trumps: Tensor, bid: Bid, seed: int, calibration: Calibration | None
) -> Tensor:
    """int64 [K]: deals in which seat 0 would bid on its hand, or the best of them for it."""
    n = N_BIDDER_SAMPLES
    imagined = torch.cat([deals_around(hand, seed, 0, n) for hand in deals[:, 0].tolist()])
    made = perfect_made(imagined, trumps.repeat_interleave(n), bid)
    shares = torch.from_numpy(made).view(-1, n).double().mean(dim=1)
    chances = _chances(shares, n, trumps, bid, calibration)
    kept = (chances >= 0.5).nonzero()[:, 0]
    if len(kept) < MIN_KEPT:
        kept = chances.argsort(descending=True, stable=True)[:MIN_KEPT]
    return kept


def _chances(
    shares: Tensor, n_deals: int, trumps: Tensor, bid: Bid, calibration: Calibration | None
) -> Tensor:
    """float64 [N]: the chance at a table, given the share of deals that perfect play makes."""
    if calibration is None:
        return shares.double()
    values = [
        calibration.chance(share, n_deals, Contract(trump, bid)).item()
        for share, trump in zip(shares.tolist(), trumps.tolist(), strict=True)
    ]
    return torch.tensor(values, dtype=torch.float64)
