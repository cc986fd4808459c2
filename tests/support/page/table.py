"""Hands, views, texts, auctions and deals, with the sentences for those that cannot be."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import Any

from forge.advice.hand_text import TableHand
from forge.advice.seat_view import SeatView
from forge.bidding.auction import Auction
from forge.errors import ForgeError
from forge.game.contract import BIDS, Bid, Contract
from forge.game.deal import Deal
from forge.oracle.position import Position

Json = dict[str, Any]


def table() -> Json:
    """All of it."""
    hands = [random_hand(seed) for seed in range(24)]
    return {
        "deals": [
            {"seed": str(seed), "hands": Deal.from_seed(seed).hands}
            for seed in (0, 1, 41, 2**32 - 1, 2**32, 2**53 - 1, 2**61 + 12345)
        ],
        "hands": [_hand(hand) for hand in hands],
        "views": [_tried(view, _view) for view in views(hands)],
        "texts": [{"text": text, **_told(text)} for text in texts(hands)],
        "long": [{"of": of, "times": n, **_told(of * n)} for of, n in LONG],
        "auctions": [_tried(each, _auction) for each in auctions()],
    }


LONG = (("<script>alert(1)</script>", 40_000), ("6-6,", 501), ("\U0001f0b1", 2001))


def random_hand(seed: int) -> TableHand:
    """A hand that was played at random, some to the end."""
    rng = random.Random(f"page {seed}")
    deal = Deal.random(rng)
    contract = Contract(seed % 10, rng.choice(BIDS))
    position = Position(deal, contract.decl)
    for _ in range(28 if seed % 3 else rng.randrange(28)):
        position = position.play_domino(rng.choice(position.legal_dominoes()))
    return TableHand(deal, contract, position.plays)


def view_before(hand: TableHand, n_plays: int) -> SeatView:
    """What the seat to act saw before a play."""
    position = Position.from_plays(hand.deal, hand.contract.decl, hand.plays[:n_plays])
    me = position.seat_to_act
    bid = hand.contract.bid
    return SeatView(hand.deal.hands[me], position.decl, -me % 4, position.plays, bid)


def view_json(view: SeatView) -> Json:
    """As the page has it."""
    return {
        "hand": view.hand,
        "decl": view.decl,
        "bid": view.bid.number,
        "declarer": view.declarer,
        "plays": view.plays,
    }


def hand_json(hand: TableHand) -> Json:
    """As the page has it."""
    return {
        "hands": hand.deal.hands,
        "decl": hand.contract.decl,
        "bid": hand.contract.bid.number,
        "plays": hand.plays,
    }


def _hand(hand: TableHand) -> Json:
    steps, position = [], Position(hand.deal, hand.contract.decl)
    for domino in hand.plays:
        steps.append(_step(position))
        position = position.play_domino(domino)
    steps.append(_step(position))
    bid = hand.contract.bid
    return {
        "hand": hand_json(hand),
        "text": hand.text,
        "link": hand.fragment,
        "steps": steps,
        "standing": bid.standing(*position.points),
        "target": bid.target(*position.points),
    }


def _step(position: Position) -> Json:
    return {
        "turn": position.seat_to_act,
        "legal": position.legal_dominoes(),
        "points": position.points,
        "state": str(position.state),
    }


def views(hands: Iterable[TableHand]) -> list[Json]:
    """Views as they come in play, and as they cannot be."""
    found = []
    for number, hand in enumerate(hands):
        rng = random.Random(number)
        n = rng.randrange(min(28, len(hand.plays) + 1))
        good = view_json(view_before(hand, n))
        plays = list(good["plays"])
        shuffled = rng.sample(plays, len(plays))
        other = [d for d in range(28) if d not in good["hand"]]
        found += [
            good,
            good | {"declarer": (good["declarer"] + 1) % 4},
            good | {"plays": shuffled},
            good | {"plays": [*plays, rng.choice(plays or [0])]},
            good | {"plays": [*plays, *rng.sample(range(28), 1)]},
            good | {"hand": [*good["hand"][:-1], rng.choice(other)]},
            good | {"plays": hand.plays[: n + 1]},
            good | {"decl": (good["decl"] + 3) % 10},
        ]
    one = found[0]
    return [
        *found,
        one | {"hand": one["hand"][:6]},
        one | {"hand": [*one["hand"][:6], one["hand"][0]]},
        one | {"hand": [*one["hand"][:6], 28]},
        one | {"hand": [*one["hand"][:6], 2.5]},
        one | {"decl": 10},
        one | {"bid": 29},
        one | {"bid": 43},
        one | {"declarer": 4},
        one | {"plays": [-1]},
    ]


def _view(value: Json) -> Json:
    plays, bid = tuple(value["plays"]), Bid.of(value["bid"])
    view = SeatView(tuple(value["hand"]), value["decl"], value["declarer"], plays, bid)
    return {
        "seats": view.seats,
        "points": view.points,
        "excluded": view.excluded,
        "held": view.held,
        "legal": view.legal,
        "wanted": view.wanted,
        "points_left": view.points_left,
    }


def texts(hands: list[TableHand]) -> list[str]:
    """Texts and links, whole, cut short, damaged and hostile."""
    rng = random.Random(9)
    found = []
    for hand in hands:
        text, link = hand.text, hand.fragment
        found += [text, link, "https://table.example/42/" + link]
        found += [text[: rng.randrange(len(text))], link[: rng.randrange(6, len(link))]]
        for whole in (text, link):
            at = rng.randrange(len(whole))
            found.append(whole[:at] + rng.choice("0123456789-,;/~.# <\"'\n\\é") + whole[at + 1 :])
    text = hands[1].text
    deal, contract, plays = (part.strip() for part in text.split(";"))
    return [
        *found,
        "",
        ";",
        f"{deal} ; fours",
        f"{deal};follow me".replace("follow me", "follow-me"),
        f"{deal} ; 84 DOUBLES ;",
        f"{deal} ; 29 fours",
        f"{deal} ; 42 fish",
        f"{deal} ; 31 fours fives",
        f"{deal} ; 31000 fours",
        f"{deal} ; ; {plays}",
        f"{deal} ; {contract} ; {plays} ; more",
        f"{deal} ; {contract} ; <img src=x onerror=alert(1)>",
        f"{deal} ; {contract} ; {plays[4:]}",
        f"{deal} ; {contract} ; {plays},{plays[:3]}",
        "#hand=",
        "#hand=<script>alert(document.cookie)</script>",
        "#hand=~~~",
        "#hand=66~30~fours~",
        "javascript:alert(1)#hand=%3Cscript%3E",
        "6-6 / 6-5 / 6-4 / 6-3 ; 30 fours",
        "'quotes' and \"both\" ; 30",
        "\u200b\u00a0\x07 ; 30 fours",
        *(text.replace(" ", blank) for blank in "\t\x1c\x1f\x85\u00a0\u2028\u3000\ufeff"),
        f"\ufeff{text}\x85",
        hands[1].fragment.replace("~", "%7E"),
        f"https://x.example/42/{hands[1].fragment}".replace("#", "%23").replace("=", "%3d"),
        text.replace(" ", "%20"),
        f"{hands[1].fragment}%0A",
        f"{hands[1].fragment}%zz",
        f"{hands[1].fragment}%C3%A9",
    ]


def _told(text: str) -> Json:
    def read(given: str) -> Json:
        hand = TableHand.from_text(given)
        return {"canonical": hand.text, "link": hand.fragment}

    return _outcome(text, read)


def auctions() -> list[Json]:
    """Calls so far; None for a pass."""
    rng = random.Random(3)
    numbers = [bid.number for bid in BIDS]
    found = []
    for _ in range(60):
        calls: list[int | None] = []
        for _ in range(rng.randrange(4)):
            highest = max((call for call in calls if call), default=0)
            higher = [number for number in numbers if number > highest]
            calls.append(rng.choice([None, *higher[:3]]) if rng.random() < 0.8 else None)
        found.append({"calls": calls, "must": rng.random() < 0.5})
    bad: list[list[int | None]] = [[31, 31], [84, 42], [None, 29], [30, 35, 34]]
    return [*found, *({"calls": calls, "must": False} for calls in bad)]


def _auction(value: Json) -> Json:
    bids = tuple(None if call is None else Bid.of(call) for call in value["calls"])
    auction = Auction(bids, value["must"])
    after = auction.after_pass
    return {
        "legal": [bid.number for bid in auction.legal_bids],
        "may_pass": auction.may_pass,
        "bidder": auction.bidder,
        "after_pass": None if after is None else [after[0], after[1].number],
    }


def _tried(value: Json, look: Callable[[Json], Json]) -> Json:
    return {"given": value, **_outcome(value, look)}


def _outcome(value: Any, look: Callable[[Any], Json]) -> Json:
    try:
        return {"found": look(value)}
    except ForgeError as error:
        return {"error": str(error)}
