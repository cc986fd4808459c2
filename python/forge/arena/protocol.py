"""Deals of the arena: a bid is forced on a random seat, or comes of an auction.

The standard protocol is a bid of 30 in the best pip suit. Other rules say other bids and trumps.
Who plays has no part in the auction: both tables play the same contract.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final, Protocol

from forge.game.constants import N_DECLARATIONS, N_PIPS, N_SEATS
from forge.game.contract import BIDS, LOWEST_BID, Bid, Contract
from forge.game.deal import Deal
from forge.game.tables import COUNT_POINTS, HIGH, LOW

# Deals played in lock step, all for one bid. The same whatever the number of workers, because a
# network may round differently in batches of another size.
BLOCK_DEALS: Final = 16


class TrumpRule(Protocol):
    """Says what is trump."""

    @property
    def name(self) -> str:
        """As options and files have it."""

    @property
    def sha256(self) -> str | None:
        """Of what it goes by beside the hand, as files have it; None where that is nothing."""

    def decl(self, hand: tuple[int, ...], bid: Bid, chance: random.Random) -> int:
        """The declaration 0..9 of a hand of seven ascending ids.

        Args:
            hand: of the declarer.
            bid: forced on it.
            chance: of the deal.
        """


@dataclass(frozen=True)
class BestPipSuit:
    """The suit that most dominoes of the hand show, see `best_pip_suit`."""

    name: str = "suit"
    sha256: ClassVar[None] = None

    def decl(self, hand: tuple[int, ...], bid: Bid, chance: random.Random) -> int:
        """See `TrumpRule`."""
        return best_pip_suit(hand)


@dataclass(frozen=True)
class AnyDeclaration:
    """Each of the ten declarations equally often, whatever the hand."""

    name: str = "any"
    sha256: ClassVar[None] = None

    def decl(self, hand: tuple[int, ...], bid: Bid, chance: random.Random) -> int:
        """See `TrumpRule`."""
        return chance.randrange(N_DECLARATIONS)


class AuctionRule(Protocol):
    """Says who gets the bid, and for what."""

    def bidder(self, hands: Sequence[tuple[int, ...]]) -> tuple[int, Bid]:
        """Who plays, by place in the order of bidding, and the bid; the dealer has to bid.

        Args:
            hands: four of seven ascending ids, in the order of bidding, the dealer's last.
        """


@dataclass(frozen=True)
class Called:
    """What came of the auction of a deal.

    Args:
        bidder: seat 0..3 at the table.
        contract: that it plays.
    """

    bidder: int
    contract: Contract


@dataclass(frozen=True)
class ContractRule:
    """What hands are played for.

    Args:
        bid: forced on a seat; several: each in turn, a block of deals for each; None: all that a
            table hears.
        trump: says what is trump.
        auction: says who gets which bid, instead of `bid`.
        known: what came of auctions, by number of the deal: they need not be held again.
    """

    bid: Bid | tuple[Bid, ...] | None = LOWEST_BID
    trump: TrumpRule = BestPipSuit()
    auction: AuctionRule | None = None
    known: Mapping[int, Called] = field(default_factory=dict, compare=False, repr=False)

    @property
    def bids(self) -> tuple[Bid, ...]:
        """All that there may be."""
        if self.bid is None or self.auction is not None:
            return BIDS
        return self.bid if isinstance(self.bid, tuple) else (self.bid,)

    def bid_of(self, number: int) -> Bid:
        """The bid that is forced in deal `number`; no auction says it beforehand."""
        assert self.auction is None
        return self.bids[number // BLOCK_DEALS % len(self.bids)]

    @property
    def told(self) -> str | int:
        """The bids as options and files have them: `auction`, `all`, a number, or numbers with
        commas."""
        if self.auction is not None:
            return "auction"
        if self.bid is None:
            return "all"
        numbers = [bid.number for bid in self.bids]
        return numbers[0] if len(numbers) == 1 else ",".join(map(str, numbers))


STANDARD: Final = ContractRule()


@dataclass(frozen=True)
class ArenaDeal:
    """One deal of the protocol, turned so that the seat with the bid is seat 0.

    Args:
        number: 0, 1, ... in the series.
        deal: seat 0 is the declarer and leads.
        contract: of seat 0.
        bidder: the seat 0..3 at the table that has the bid.
    """

    number: int
    deal: Deal
    contract: Contract
    bidder: int


def arena_deal(seed: int, number: int, rule: ContractRule = STANDARD) -> ArenaDeal:
    """Deal `number` of the series that `seed` stands for; independent of all others.

    The hands do not depend on the rule. Deals are drawn by a generator of their own, not by
    `Deal.from_seed`, so that no network was trained on them.
    """
    chance = random.Random(f"forge arena {seed} {number}")
    hands = Deal.random(chance).hands
    # Whom the bid is forced on; where there is an auction, who speaks first.
    first = chance.randrange(N_SEATS)
    called = rule.known.get(number)
    if called is None:
        bidder, bid = first, LOWEST_BID
        if rule.auction is None:
            bid = rule.bid_of(number)
        else:
            place, bid = rule.auction.bidder(hands[first:] + hands[:first])
            bidder = (first + place) % N_SEATS
        called = Called(bidder, Contract(rule.trump.decl(hands[bidder], bid, chance), bid))
    deal = Deal(hands[called.bidder :] + hands[: called.bidder])
    return ArenaDeal(number, deal, called.contract, called.bidder)


def best_pip_suit(hand: tuple[int, ...]) -> int:
    """The pip 0..6 that most dominoes of a hand show.

    Of equals: the one whose double is held, then the one with more count points, then the higher
    pip.
    """

    def rank(pip: int) -> tuple[int, bool, int, int]:
        suit = [domino for domino in hand if pip in (HIGH[domino], LOW[domino])]
        has_double = any(HIGH[domino] == LOW[domino] for domino in suit)
        return len(suit), has_double, sum(int(COUNT_POINTS[domino]) for domino in suit), pip

    return max(range(N_PIPS), key=rank)
