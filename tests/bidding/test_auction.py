"""Auctions: what may be bid, and what bids and passes are worth."""

import pytest

from bidding.made_up import CALIBRATION, HAND, evaluation
from forge.bidding.auction import (
    MIN_KEPT,
    N_BIDDER_DEALS,
    PASS,
    Action,
    Auction,
    OtherContract,
    actions,
    other_contract,
    parse_bids,
)
from forge.bidding.hand import parse_hand
from forge.errors import ForgeError

TABLE = evaluation((22, 35, 28, 41, 20, 33, 25, 18, 30)).table
OTHER = OtherContract(0.75, 0.7, 0.8, 100, 200)
# Every double and the best trumps: whoever else bids has little.
STRONG = parse_hand("6-6,5-5,4-4,3-3,2-2,1-1,0-0")


def test_bids_are_read() -> None:
    assert parse_bids("pass,30, 31") == (PASS, 30, 31)
    assert parse_bids(" P 42 84 ") == (PASS, 42, 84)
    assert parse_bids("") == ()
    for text in ("29", "43", "30,pas", "-30", "0", "3O"):
        with pytest.raises(ForgeError, match=r"unknown bid .*: valid are pass, 30\.\.42 and 84"):
            parse_bids(text)


def test_the_rules_of_an_auction() -> None:
    opening = Auction(())
    assert (opening.seat, opening.bidder, opening.highest) == (0, None, PASS)
    assert opening.legal_bids == (*range(30, 43), 84)
    assert opening.may_pass and opening.after_pass is None
    third = Auction((PASS, 36))
    assert (third.seat, third.bidder, third.highest) == (2, 1, 36)
    assert third.legal_bids == (*range(37, 43), 84)
    assert third.after_pass == (1, 36)
    assert Auction((42,)).legal_bids == (84,)
    assert Auction((84,)).legal_bids == ()


def test_a_dealer_who_must_bid_may_not_pass() -> None:
    dealer = Auction((PASS, PASS, PASS), dealer_must_bid=True)
    assert not dealer.may_pass and dealer.after_pass is None
    assert all(each.bid for each in actions(dealer, TABLE, None))
    assert Auction((PASS, PASS, PASS)).may_pass
    assert Auction((PASS, 30, PASS), dealer_must_bid=True).may_pass
    assert Auction((PASS,), dealer_must_bid=True).after_pass == (3, 30)


@pytest.mark.parametrize(
    ("bids", "said"),
    [
        ((31, 30), "30 is not higher than the 31"),
        ((30, PASS, 30), "30 is not higher than the 30"),
        ((PASS,) * 4, "at most 3 seats"),
        ((29,), r"30\.\.42 and 84"),
    ],
)
def test_auctions_that_cannot_be(bids: tuple[int, ...], said: str) -> None:
    with pytest.raises(ForgeError, match=said):
        Auction(bids)


def test_own_bids_are_worth_their_marks() -> None:
    found = {each.bid: each for each in actions(Auction((36,)), TABLE, OTHER)}
    assert set(found) == {PASS, *range(37, 43), 84}
    for bid in (37, 42, 84):
        best = TABLE.best_decl(bid)
        assert (found[bid].decl, found[bid].p) == (best.decl, best.p)
        assert found[bid].marks == pytest.approx((2 if bid == 84 else 1) * (2 * best.p - 1))
    assert found[PASS] == Action(PASS, None, 0.75, 0.7, 0.8, -0.5)


def test_a_pass_is_worth_what_the_contract_is_to_the_own_side() -> None:
    def worth(*bids: int) -> float:
        return next(a.marks for a in actions(Auction(bids), TABLE, OTHER) if a.bid == PASS)

    assert worth(30, PASS) == worth(PASS, 30, PASS) == 0.5  # partner plays
    assert worth(PASS, 30) == worth(30) == worth(30, PASS, PASS) == -0.5
    assert worth(42, 84) == -1.0
    best = [each.marks for each in actions(Auction((30, PASS)), TABLE, OTHER)]
    assert best == sorted(best, reverse=True)
    assert actions(Auction(()), TABLE, None)[0].bid == 30
    hopeless = evaluation([5.0]).table
    assert actions(Auction(()), hopeless, None)[0] == Action(PASS, None, None, None, None, 0.0)


def test_the_contract_of_another_seat() -> None:
    assert other_contract(Auction(()), HAND, 0, None) is None
    partner = other_contract(Auction((30, PASS)), STRONG, 0, None)
    opponent = other_contract(Auction((PASS, 30)), STRONG, 0, None)
    assert partner is not None and opponent is not None
    assert partner.low < partner.p <= partner.high and opponent.p < opponent.high
    assert partner.p > opponent.p + 0.2  # all doubles help the one and hurt the other
    assert MIN_KEPT <= partner.n_kept < partner.n_deals == N_BIDDER_DEALS
    assert partner == other_contract(Auction((30, PASS)), STRONG, 0, None)
    real = other_contract(Auction((30, PASS)), STRONG, 0, CALIBRATION)
    assert real is not None and real.p < partner.p


def test_a_forced_dealer_may_hold_anything() -> None:
    forced = other_contract(Auction((PASS,), dealer_must_bid=True), HAND, 0, None)
    free = other_contract(Auction((30, PASS)), HAND, 0, None)
    assert forced is not None and free is not None
    assert forced.n_kept == N_BIDDER_DEALS
    assert forced.p < free.p
