"""The standard protocol of the arena: no auction, a bid of 30 forced on a random seat."""

import random
from dataclasses import dataclass
from typing import Final

from forge.game.constants import N_PIPS
from forge.game.contract import LOWEST_BID, Contract
from forge.game.deal import Deal
from forge.game.tables import COUNT_POINTS, HIGH, LOW

FORCED_BID: Final = LOWEST_BID


@dataclass(frozen=True)
class ArenaDeal:
    """One deal of the protocol, turned so that the seat with the bid is seat 0.

    Args:
        number: 0, 1, ... in the series.
        deal: seat 0 is the declarer and leads.
        contract: the forced bid in the best pip suit of seat 0.
        bidder: the seat 0..3 at the table that the bid was forced on.
    """

    number: int
    deal: Deal
    contract: Contract
    bidder: int


def arena_deal(seed: int, number: int) -> ArenaDeal:
    """Deal `number` of the series that `seed` stands for; independent of all others.

    Deals are drawn by a generator of their own, not by `Deal.from_seed`, so that no network was
    trained on them.
    """
    chance = random.Random(f"forge arena {seed} {number}")
    hands = Deal.random(chance).hands
    bidder = chance.randrange(4)
    deal = Deal(hands[bidder:] + hands[:bidder])
    contract = Contract(best_pip_suit(deal.hands[0]), FORCED_BID)
    return ArenaDeal(number, deal, contract, bidder)


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
