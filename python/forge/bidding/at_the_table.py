"""What seats call, hand after hand: auctions for the arena and for tables of other libraries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from forge.bidding.auction import Auction
from forge.bidding.calls import other_contract, turn_of
from forge.bidding.settled import Turn
from forge.bidding.trump import chances_at_table, shipped_calibration
from forge.game.contract import Bid

# Deals around the hand that calls, and deals that the hand of another bidder may be in.
N_DEALS: Final = 64


@dataclass(frozen=True)
class TableAuction:
    """All four seats call what is worth most to their side, each from its own hand.

    What a bid or a pass is worth is `forge.bidding.calls`'s, from 64 deals and the shipped
    calibration. Of bids worth as many marks the lowest is called; of equals a pass. What is called
    depends on the hands and the seed alone.

    Args:
        seed: of the deals.
    """

    seed: int = 0

    def bidder(self, hands: Sequence[tuple[int, ...]]) -> tuple[int, Bid]:
        """See `forge.arena.protocol.AuctionRule`."""
        bids: tuple[Bid | None, ...] = ()
        for hand in hands:
            bids = (*bids, self.call(Auction(bids, dealer_must_bid=True), hand))
        highest = max(bid for bid in bids if bid is not None)
        return bids.index(highest), highest

    def call(self, auction: Auction, hand: tuple[int, ...]) -> Bid | None:
        """What a seat calls; None for a pass.

        Args:
            auction: it is the seat's turn.
            hand: seven ascending ids.
        """
        wanted = Turn(auction.legal_bids).wanted
        if not wanted:
            return None
        table = chances_at_table(hand, wanted, self.seed, N_DEALS)
        best = max((table.best_decl(bid) for bid in wanted), key=lambda choice: choice.marks)
        if auction.may_pass:
            other = other_contract(auction, hand, self.seed, shipped_calibration(), N_DEALS)
            passing = turn_of(auction, other).passing
            assert passing is not None
            if passing.marks >= best.marks:
                return None
        return best.contract.bid
