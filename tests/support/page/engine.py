"""What Python advises, judges and bids, for the engine of the page to be held to."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import torch

from forge.advice.bids import PLAN, advise_bid
from forge.advice.plays import Advice, advise_play
from forge.advice.reviewing import Review, review_hand
from forge.arena.builtin import ORACLE
from forge.arena.protocol import best_pip_suit
from forge.bidding.auction import Auction
from forge.bidding.calibration.logistic import shipped
from forge.bidding.calls import MORE_BIDDER_DEALS, calls, other_contract, turn_of
from forge.bidding.certain import certain_points
from forge.bidding.deals import deal_keys, deals_around
from forge.bidding.estimates import MakeTable
from forge.bidding.hand import BIDDING_DECLS
from forge.bidding.hand_evaluation import evaluate_hand
from forge.bidding.plan import Plan
from forge.bidding.sentences import headline
from forge.bidding.simulate import Simulator
from forge.bidding.trump import BestChance
from forge.game.contract import BIDS, Bid
from forge.game.deal import Deal
from forge.game.tables import parse_hand
from forge.play.keys import combine, decision_keys, uniform
from support.page.table import hand_json, random_hand, view_before, view_json

Json = dict[str, Any]

# For advice on bids, so that the tests are quick; commands look at more.
MOST_DEALS = 400

HANDS = (
    "6-4,5-5,4-2,3-1,2-0,1-1,0-0",
    "6-6,6-5,6-4,6-2,6-1,6-0,2-2",
    "6-5,5-4,5-0,3-3,3-2,2-1,1-0",
    "5-5,4-4,3-3,2-2,1-1,6-3,4-1",
    "6-3,5-2,4-3,4-1,3-1,2-0,1-0",
)


def engine() -> Json:
    """All of it."""
    return {
        "keys": [_keys(seed) for seed in (0, 1, 77, 2**31, 2**53 - 1)],
        "deals": [_deals(hand, seed) for seed, hand in enumerate(HANDS)],
        "certain": [_certain(seed) for seed in range(40)],
        "evaluations": [_evaluation(hand, seed) for seed, hand in enumerate(HANDS[:4])],
        "auctions": [_auction(*each) for each in _auctions()],
        "bids": [_bid(hand) for hand in HANDS],
        "trumps": [_trump(seed) for seed in range(12)],
        "plays": [_play(seed, "seat:n=40") for seed in range(30)],
        "strongest": [_play(seed, "seat:n=400") for seed in (100, 101)],
        "reviews": [_review(seed, "seat:n=40") for seed in range(4)],
        "open": [_open(seed) for seed in range(12)],
    }


def _keys(seed: int) -> Json:
    key = combine(torch.tensor([5]), seed)
    return {
        "seed": seed,
        "combined": str(int(key)),
        "decision": str(int(decision_keys(torch.tensor([seed]), 11, 50))),
        "deals": [str(int(key)) for key in deal_keys(seed, 3, 6)],
        "uniform": uniform(key, 2)[0].tolist(),
    }


def _deals(hand: str, seed: int) -> Json:
    held = parse_hand(hand)
    deals = deals_around(held, seed, 2, 7)
    return {
        "hand": held,
        "seed": seed,
        "deals": deals.flatten(1).tolist(),
        "suits": [best_pip_suit(tuple(each)) for each in deals[:, 1].tolist()],
    }


def _certain(seed: int) -> Json:
    rng = random.Random(seed)
    strong = [d for d in range(28) if d >= 15 or d in (0, 2, 5, 9, 14)]
    hand = sorted(rng.sample(strong if seed % 2 else range(28), 7))
    return {"hand": hand, "points": [certain_points(hand, decl) for decl in range(10)]}


def _table(table: MakeTable) -> Json:
    ends = (table.p, table.low, table.high)
    p, low, high = (each.tolist() for each in ends)
    return {"n": table.n.tolist(), "made": table.made.tolist(), "p": p, "low": low, "high": high}


def _simulator(seed: int) -> Simulator:
    return Simulator(ORACLE, seed)


def _evaluation(hand: str, seed: int) -> Json:
    held, lines = parse_hand(hand), shipped()
    found = evaluate_hand(
        held, BIDDING_DECLS, _simulator(seed), Plan(150, 0.05, drop_worse=True), lines
    )
    return {"hand": held, "seed": seed, "dropped": found.dropped, **_table(found.table)}


def _auctions() -> list[tuple[str, list[int | None], bool, int]]:
    said: list[tuple[list[int | None], bool]] = [
        ([], False),
        ([None, None], True),
        ([None, None, None], True),
        ([30], False),
        ([None, 31], False),
        ([30, None, 34], False),
        ([42], True),
    ]
    pairs = enumerate(said)
    return [(HANDS[i % len(HANDS)], bids, must, i) for i, (bids, must) in pairs]


def _auction(hand: str, said: list[int | None], must: bool, seed: int) -> Json:
    held, lines = parse_hand(hand), shipped()
    auction = Auction(tuple(None if bid is None else Bid.of(bid) for bid in said), must)
    found = evaluate_hand(held, BIDDING_DECLS, _simulator(seed), Plan(60), lines)
    other = other_contract(auction, held, seed, lines)
    todo = calls(auction, found.table, other)
    settled = Plan(200 if said else 100, settle=True, max_deals=MOST_DEALS)
    closely = other_contract(auction, held, seed, lines, MORE_BIDDER_DEALS)
    turn = turn_of(auction, closely)
    verdict = evaluate_hand(
        held, BIDDING_DECLS, _simulator(seed), settled, lines, turn=turn
    ).verdict
    return {
        "hand": held,
        "calls": said,
        "must": must,
        "seed": seed,
        "headline": headline(verdict),
        "other": None
        if other is None
        else {"p": other.p, "low": other.low, "high": other.high, "n": other.n_kept},
        "todo": [
            {
                "bid": None if each.contract is None else each.contract.bid.number,
                "decl": None if each.contract is None else each.contract.decl,
                "marks": each.marks,
            }
            for each in todo
        ],
    }


def _bid(hand: str) -> Json:
    held = parse_hand(hand)
    found = advise_bid(held, 3, replace(PLAN, max_deals=MOST_DEALS))
    return {
        "hand": held,
        "seed": 3,
        "n": int(found.evaluation.simulated.n.max()),
        "headline": found.headline,
        "why": found.why,
        "is_close": not found.evaluation.verdict.is_clear,
    }


def _trump(seed: int) -> Json:
    hand, bid = Deal.from_seed(seed).hands[0], BIDS[seed % len(BIDS)]
    return {
        "hand": hand,
        "bid": bid.number,
        "decl": BestChance().decl(hand, bid, random.Random(0)),
    }


def _play(seed: int, player: str) -> Json:
    hand = random_hand(seed)
    n = random.Random(seed).randrange(len(hand.plays)) if hand.plays else 0
    if player.endswith("400"):
        n = 5
    view = view_before(hand, n)
    found = advise_play(view, player, seed)
    return {"view": view_json(view), "seed": seed, "found": _advice(found)}


def _advice(found: Advice) -> Json:
    contrast = found.contrast
    return {
        "plays": [
            {"domino": play.domino, "chance": play.chance, "error": play.error}
            for play in found.plays
        ],
        "wanted": found.view.wanted,
        "pointsLeft": found.view.points_left,
        "isClose": found.is_close,
        "nWorlds": found.n_worlds,
        "nPossible": found.n_possible,
        "contrast": None
        if contrast is None
        else {
            "plays": contrast.plays,
            "nDeals": contrast.n_deals,
            "nFirst": contrast.n_first,
            "nSecond": contrast.n_second,
            "example": contrast.example,
        },
        "what": found.what,
        "sentence": found.sentence,
    }


def _review(seed: int, player: str) -> Json:
    hand = random_hand(seed + 1)
    return {
        "hand": hand_json(hand),
        "seed": seed,
        "found": _reviewed(review_hand(hand, player, seed)),
    }


def _reviewed(found: Review) -> Json:
    return {
        "plays": [
            {
                "number": play.number,
                "seat": play.seat,
                "domino": play.domino,
                "best": play.best,
                "chance": play.chance,
                "bestChance": play.best_chance,
                "cost": play.cost,
                "grade": play.grade,
                "openLost": play.open_lost,
                "pointsLost": play.points_lost,
            }
            for play in found.plays
        ],
        "turning": None if found.turning is None else found.turning.number,
        "costliest": None if found.costliest is None else found.costliest.number,
        "standing": found.standing,
        "points": found.hand.position.points,
        "sentence": found.sentence,
    }


def _open(seed: int) -> Json:
    hand = random_hand(seed)
    position = hand.position
    values = [] if position.is_over else position.q()
    where = {"turn": position.seat_to_act, "points": position.points}
    return {"hand": hand_json(hand), **where, "q": values}
