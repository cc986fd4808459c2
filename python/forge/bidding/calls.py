"""What a bid or a pass is worth in an auction.

Expected marks are risk-neutral, those of the seat's own side minus those of the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from forge.arena.protocol import best_pip_suit
from forge.bidding.auction import Auction
from forge.bidding.calibration.logistic import Calibration
from forge.bidding.deals import deals_around
from forge.bidding.estimates import Choice, MakeTable
from forge.bidding.settled import Saying, Turn
from forge.bidding.simulate import perfect_made
from forge.game.constants import N_SEATS
from forge.game.contract import Bid, Contract
from forge.stats.intervals import normal_quantile, wilson

# The other bidder: deals that its hand may be in, deals it looks at from each of its hands, and how
# many of the first are kept at least.
N_BIDDER_DEALS: Final = 200
MORE_BIDDER_DEALS: Final = 800  # where deals are added until the advice is settled
N_BIDDER_SAMPLES: Final = 24
MIN_KEPT: Final = 20


@dataclass(frozen=True)
class Call:
    """Something to say, and what it is worth.

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


def calls(auction: Auction, table: MakeTable, other: OtherContract | None) -> list[Call]:
    """All that may be said, the most marks first; of equals a pass, then the lowest bid.

    Args:
        auction: so far.
        table: chances of the own hand, for all legal bids.
        other: of the contract that stands if all pass.
    """
    choices = [_of_choice(table.best_decl(bid)) for bid in auction.legal_bids]
    if auction.may_pass:
        choices.insert(0, _pass(auction, other))
    return sorted(choices, key=lambda action: -action.marks)


def turn_of(auction: Auction, other: OtherContract | None) -> Turn:
    """What may be said, for the verdict on it; arguments as `calls`."""
    if not auction.may_pass:
        return Turn(auction.legal_bids, None)
    marks = _pass(auction, other).marks
    if auction.after_pass is None or other is None:
        return Turn(auction.legal_bids, Saying(None, marks))
    bid = auction.after_pass[1]
    width = float(bid.worth(other.high)) - float(bid.worth(other.low))
    error = width / (2 * normal_quantile())
    return Turn(auction.legal_bids, Saying(None, marks, error=error))


def _of_choice(choice: Choice) -> Call:
    return Call(choice.contract, choice.p, choice.low, choice.high, choice.marks)


def _pass(auction: Auction, other: OtherContract | None) -> Call:
    if auction.after_pass is None or other is None:
        return Call(None, None, None, None, 0.0)
    seat, bid = auction.after_pass
    side = 1 if (seat - auction.seat) % 2 == 0 else -1
    return Call(None, other.p, other.low, other.high, side * bid.worth(other.p))


def other_contract(
    auction: Auction,
    hand: Sequence[int],
    seed: int,
    calibration: Calibration | None,
    n_deals: int = N_BIDDER_DEALS,
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
        n_deals: that the bidder's hand may be in.
    """
    if auction.after_pass is None:
        return None
    seat, bid = auction.after_pass
    turn = (seat - auction.seat) % N_SEATS
    deals = deals_around(hand, seed, 0, n_deals).roll(-turn, dims=1)  # bidder first
    trumps = torch.tensor([best_pip_suit(tuple(hand)) for hand in deals[:, 0].tolist()])
    kept = torch.arange(len(deals))
    if auction.bidder is not None:
        kept = _worth_the_bid(deals, trumps, bid, seed, calibration)
    deals, trumps = deals[kept], trumps[kept]
    n, made = len(kept), int(perfect_made(deals, trumps, bid).sum())
    ends = (made / n, *(float(end) for end in wilson(made, n)))
    p, low, high = (
        float(_chances(shares, n, trumps, bid, calibration).mean())
        for shares in (torch.full((n,), end, dtype=torch.float64) for end in ends)
    )
    return OtherContract(p, low, high, n, n_deals)


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
