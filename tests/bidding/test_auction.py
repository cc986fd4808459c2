"""Auctions: what may be bid, and what bids and passes are worth."""

import pytest

from forge.bidding.auction import Auction, parse_bids
from forge.bidding.calls import (
    MIN_KEPT,
    N_BIDDER_DEALS,
    Call,
    OtherContract,
    calls,
    other_contract,
)
from forge.bidding.hand import parse_hand
from forge.errors import ForgeError
from forge.game.contract import Bid
from support.evaluations import CALIBRATION, HAND, evaluation

TABLE = evaluation((22, 35, 28, 41, 20, 33, 25, 18, 30)).table
OTHER = OtherContract(0.75, 0.7, 0.8, 100, 200)
# Every double and the best trumps: whoever else bids has little.
STRONG = parse_hand("6-6,5-5,4-4,3-3,2-2,1-1,0-0")


def auction(*numbers: int, dealer_must_bid: bool = False) -> Auction:
    """Bids in turn, 0 for a pass."""
    return Auction(tuple(Bid.of(each) if each else None for each in numbers), dealer_must_bid)


def numbers(standing: Auction) -> list[int]:
    return [bid.number for bid in standing.legal_bids]


def test_bids_are_read() -> None:
    assert parse_bids("pass,30, 31") == (None, Bid.of(30), Bid.of(31))
    assert parse_bids(" P 42 84 ") == (None, Bid.of(42), Bid.of(84))
    assert parse_bids("") == ()
    for text in ("29", "43", "30,pas", "-30", "0", "3O"):
        with pytest.raises(ForgeError, match=r"unknown bid .*: valid are pass, 30\.\.42 or 84"):
            parse_bids(text)


def test_the_rules_of_an_auction() -> None:
    opening = Auction(())
    assert (opening.seat, opening.bidder, opening.highest) == (0, None, None)
    assert numbers(opening) == [*range(30, 43), 84]
    assert opening.may_pass and opening.after_pass is None
    third = auction(0, 36)
    assert (third.seat, third.bidder, third.highest) == (2, 1, Bid.of(36))
    assert numbers(third) == [*range(37, 43), 84]
    assert third.after_pass == (1, Bid.of(36))
    assert numbers(auction(42)) == [84]
    assert numbers(auction(84)) == []


def test_a_dealer_who_must_bid_may_not_pass() -> None:
    dealer = auction(0, 0, 0, dealer_must_bid=True)
    assert not dealer.may_pass and dealer.after_pass is None
    assert all(each.contract for each in calls(dealer, TABLE, None))
    assert auction(0, 0, 0).may_pass
    assert auction(0, 30, 0, dealer_must_bid=True).may_pass
    assert auction(0, dealer_must_bid=True).after_pass == (3, Bid.of(30))


@pytest.mark.parametrize(
    ("bids", "said"),
    [
        ((31, 30), "30 is not higher than the 31"),
        ((30, 0, 30), "30 is not higher than the 30"),
        ((0, 0, 0, 0), "at most 3 seats"),
    ],
)
def test_auctions_that_cannot_be(bids: tuple[int, ...], said: str) -> None:
    with pytest.raises(ForgeError, match=said):
        auction(*bids)


def test_no_bid_of_less_than_a_table_takes() -> None:
    with pytest.raises(ForgeError, match=r"30\.\.42 or 84 \(two marks\), got 29"):
        Auction((Bid(29),))


def test_own_bids_are_worth_their_marks() -> None:
    todo = calls(auction(36), TABLE, OTHER)
    found = {each.contract.bid.number: each for each in todo if each.contract}
    assert set(found) == {*range(37, 43), 84} and len(todo) == len(found) + 1
    for number in (37, 42, 84):
        best = TABLE.best_decl(Bid.of(number))
        assert (found[number].contract, found[number].p) == (best.contract, best.p)
        stake = 2 if number == 84 else 1
        assert found[number].marks == pytest.approx(stake * (2 * best.p - 1))
    assert Call(None, 0.75, 0.7, 0.8, -0.5) in todo


def test_a_pass_is_worth_what_the_contract_is_to_the_own_side() -> None:
    def worth(*bids: int) -> float:
        todo = calls(auction(*bids), TABLE, OTHER)
        return next(each.marks for each in todo if each.contract is None)

    assert worth(30, 0) == worth(0, 30, 0) == 0.5  # partner plays
    assert worth(0, 30) == worth(30) == worth(30, 0, 0) == -0.5
    assert worth(42, 84) == -1.0
    best = [each.marks for each in calls(auction(30, 0), TABLE, OTHER)]
    assert best == sorted(best, reverse=True)
    best_contract = calls(Auction(()), TABLE, None)[0].contract
    assert best_contract is not None and best_contract.bid == Bid.of(30)
    hopeless = evaluation([5.0]).table
    assert calls(Auction(()), hopeless, None)[0] == Call(None, None, None, None, 0.0)


def test_the_contract_of_another_seat() -> None:
    assert other_contract(Auction(()), HAND, 0, None) is None
    partner = other_contract(auction(30, 0), STRONG, 0, None)
    opponent = other_contract(auction(0, 30), STRONG, 0, None)
    assert partner is not None and opponent is not None
    assert partner.low < partner.p <= partner.high and opponent.p < opponent.high
    assert partner.p > opponent.p + 0.2  # all doubles help the one and hurt the other
    assert MIN_KEPT <= partner.n_kept < partner.n_deals == N_BIDDER_DEALS
    assert partner == other_contract(auction(30, 0), STRONG, 0, None)
    real = other_contract(auction(30, 0), STRONG, 0, CALIBRATION)
    assert real is not None and real.p < partner.p


def test_a_forced_dealer_may_hold_anything() -> None:
    forced = other_contract(auction(0, dealer_must_bid=True), HAND, 0, None)
    free = other_contract(auction(30, 0), HAND, 0, None)
    assert forced is not None and free is not None
    assert forced.n_kept == N_BIDDER_DEALS
    assert forced.p < free.p
