"""Deals whose contract comes of an auction."""

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from forge.arena.protocol import STANDARD, ContractRule, arena_deal
from forge.arena.registry import parse_player
from forge.arena.results import ARENA, called_in
from forge.arena.series import ArenaOptions, run_arena
from forge.arena.tournament import TournamentOptions, run_tournament
from forge.bidding import at_the_table
from forge.bidding.at_the_table import TableAuction
from forge.bidding.auction import Auction
from forge.bidding.calibration.logistic import shipped
from forge.bidding.calls import calls, other_contract
from forge.bidding.estimates import make_table
from forge.bidding.hand import BIDDING_DECLS
from forge.bidding.simulate import Simulator
from forge.bidding.trump import BestChance
from forge.cli.contract_options import contract_rule
from forge.errors import ForgeError
from forge.game.contract import Bid
from forge.game.deal import Deal

RULE = contract_rule("auction", "suit")


@pytest.fixture(autouse=True)
def few_deals(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of the time."""
    monkeypatch.setattr(at_the_table, "N_DEALS", 8)


@pytest.mark.parametrize("seed", range(6))
def test_a_seat_calls_what_is_worth_most(seed: int) -> None:
    """By the table of all bids and the list of all that may be said."""
    chance = random.Random(seed)
    hand = Deal.random(chance).hands[0]
    said = [(), (None,), (Bid.of(30),), (None, Bid.of(32), None), (None, None, None)][seed % 5]
    auction = Auction(said, dealer_must_bid=bool(seed % 2))
    calibration = shipped()
    assert calibration is not None
    points = Simulator(seed=seed).points(hand, BIDDING_DECLS, 0, 8)
    table = calibration.apply(make_table(BIDDING_DECLS, points, auction.legal_bids), hand)
    best = calls(auction, table, other_contract(auction, hand, seed, calibration, 8))[0]
    found = TableAuction(seed).call(auction, hand)
    assert found == (None if best.contract is None else best.contract.bid)


def test_the_highest_bid_plays() -> None:
    hands = Deal.random(random.Random(5)).hands
    rule = TableAuction()
    said: tuple[Bid | None, ...] = ()
    for hand in hands:
        said = (*said, rule.call(Auction(said, dealer_must_bid=True), hand))
    place, bid = rule.bidder(hands)
    assert said[place] == bid == max(each for each in said if each is not None)


def test_nobody_goes_higher_than_two_marks() -> None:
    hand = Deal.random(random.Random(5)).hands[0]
    assert TableAuction().call(Auction((Bid.of(84),)), hand) is None


def test_deals_are_those_without_an_auction() -> None:
    for number in range(4):
        called, forced = arena_deal(7, number, RULE), arena_deal(7, number, STANDARD)
        turn = (called.bidder - forced.bidder) % 4
        assert called.deal.hands == forced.deal.hands[turn:] + forced.deal.hands[:turn]
        trump = BestChance().decl(called.deal.hands[0], called.contract.bid, random.Random(0))
        assert called.contract.decl == trump


def test_a_series_goes_on_and_is_the_same_for_any_number_of_workers(tmp_path: Path) -> None:
    a, b = parse_player("greedy-points"), parse_player("random")
    options = ArenaOptions(a, b, 3, rule=RULE)
    whole = run_arena(options, 20, out=tmp_path / "whole.jsonl")
    run_arena(options, 5, out=tmp_path / "parts.jsonl")
    parts = run_arena(options, 20, out=tmp_path / "parts.jsonl")
    assert parts.results.bids == whole.results.bids
    for name in ("points_a", "points_b", "bidders"):
        assert np.array_equal(getattr(parts.results, name), getattr(whole.results, name))
    # What is made is judged by the bid of each deal, and deals of several bids are in one block.
    (block, *_) = ARENA.read(tmp_path / "whole.jsonl")[1]
    assert block.deals == list(range(16)) and block.bids is not None and len(set(block.bids)) > 1
    made = [points >= min(bid, 42) for points, bid in zip(block.points_a, block.bids, strict=True)]
    assert whole.results.made_a[:16].tolist() == made


def test_known_auctions_are_not_held_again(tmp_path: Path) -> None:
    class Never:
        def bidder(self, hands: object) -> tuple[int, Bid]:
            raise AssertionError

    options = ArenaOptions(parse_player("greedy-points"), parse_player("random"), 3, rule=RULE)
    first = run_arena(options, 6, out=tmp_path / "first.jsonl")
    known = called_in(ARENA.read(tmp_path / "first.jsonl")[1])
    assert sorted(known) == list(range(6))
    rule = replace(RULE, auction=Never(), known=known)
    again = run_arena(replace(options, rule=rule), 6, out=tmp_path / "again.jsonl")
    assert np.array_equal(first.results.points_a, again.results.points_a)
    assert again.results.bids == first.results.bids


def test_a_tournament_holds_each_auction_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[object] = []
    real = TableAuction.bidder

    def counted(self: TableAuction, hands: tuple[tuple[int, ...], ...]) -> tuple[int, Bid]:
        held.append(hands)
        return real(self, hands)

    monkeypatch.setattr(TableAuction, "bidder", counted)
    players = tuple(map(parse_player, ("greedy-points", "random", "make:n=2")))
    run_tournament(TournamentOptions(players, 4, 1, rule=RULE), out=tmp_path)
    assert len(held) == len(set(map(str, held))) == 4


def test_the_options() -> None:
    assert ContractRule(None, BestChance(), TableAuction()) == RULE
    assert RULE.told == "auction"
    with pytest.raises(ForgeError, match="after an auction trump is what the bid was made on"):
        contract_rule("auction", "any")
