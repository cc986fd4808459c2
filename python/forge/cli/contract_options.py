"""What the deals of `forge arena` and `forge tournament` are played for, as options have it."""

from __future__ import annotations

from typing import Any, Final

from forge.arena.protocol import (
    BLOCK_DEALS,
    AnyDeclaration,
    BestPipSuit,
    ContractRule,
    TrumpRule,
)
from forge.errors import ForgeError
from forge.game.contract import BIDS, LOWEST_BID, VALID_BIDS, Bid
from forge.options import option
from forge.work.wording import listed

_TRUMPS: Final = ("suit", "bidding", "any")
_AUCTION: Final = "auction"


def _forced_bid(name: str, text: str) -> Bid | tuple[Bid, ...] | None:
    """None: all bids in turn, or those of auctions."""
    if text in ("all", _AUCTION):
        return None
    bids = {str(bid.number): bid for bid in BIDS}
    low, dots, high = text.partition("..")
    if dots and low in bids and high in bids and bids[low] < bids[high]:
        return tuple(bid for bid in BIDS if bids[low] <= bid <= bids[high])
    if text not in bids:
        raise ForgeError(f"{name} must be {VALID_BIDS}, A..B, all or {_AUCTION}, got {text!r}")
    return bids[text]


def _trump_rule(name: str, text: str) -> TrumpRule:
    if text not in _TRUMPS:
        raise ForgeError(f"{name} must be {listed(_TRUMPS, 'or')}, got {text!r}")
    if text == "bidding":
        from forge.bidding.trump import BestChance

        return BestChance()
    return BestPipSuit() if text == "suit" else AnyDeclaration()


def contract_rule(bid: str, trump: str) -> ContractRule:
    """Of the two options.

    Raises:
        ForgeError: for what they cannot be.
    """
    if bid != _AUCTION:
        return ContractRule(_forced_bid("--bid", bid), _trump_rule("--trump", trump))
    from forge.bidding.at_the_table import TableAuction

    if _trump_rule("--trump", trump) == AnyDeclaration():
        raise ForgeError("--trump any: after an auction trump is what the bid was made on")
    return ContractRule(None, _trump_rule("--trump", "bidding"), TableAuction())


def bid_option() -> Any:
    """The option `--bid`."""
    return option(
        str(LOWEST_BID),
        f"Forced on a seat: {VALID_BIDS}; A..B or all: each of them in turn for {BLOCK_DEALS} "
        f"deals, so that {BLOCK_DEALS * len(BIDS)} deals have each of all as often; {_AUCTION}: "
        "the bidding code calls for all four seats (the dealer has to bid) and names trump.",
        metavar=f"BID|A..B|all|{_AUCTION}",
        reads=_forced_bid,
    )


def trump_option() -> Any:
    """The option `--trump`."""
    return option(
        BestPipSuit().name,
        "What is trump: suit (the best pip suit), bidding (where the bidding code sees the best "
        "chance to make the bid), any (each of the ten declarations equally often).",
        metavar="|".join(_TRUMPS),
        reads=_trump_rule,
    )
