"""What to play and what to bid, and hands as text."""

import json
from pathlib import Path
from typing import Any

import pytest

import forge
from forge.advice import bids
from forge.advice.bids import advise_bid
from forge.advice.for_python import advise, review
from forge.advice.hand_text import LINK_MARK, TableHand
from forge.advice.plays import Advice, advise_play
from forge.advice.seat_view import SeatView
from forge.bidding.plan import Plan
from forge.errors import ForgeError
from forge.game.contract import Bid, Contract
from forge.game.deal import Deal
from forge.game.tables import domino_name, parse_domino, parse_hand
from forge.oracle.position import Position

pytestmark = pytest.mark.usefixtures("one_thread")

ENDINGS = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "golden" / "endings.jsonl").read_text().splitlines()
]


def view_of(golden: dict[str, Any]) -> SeatView:
    hand, plays = (tuple(map(parse_domino, golden[name])) for name in ("hand", "plays"))
    return SeatView(hand, golden["decl"], -golden["seat"] % 4, plays, Bid.of(golden["bid"]))


@pytest.mark.parametrize("golden", ENDINGS, ids=lambda golden: str(golden["seed"]))
def test_exact_chances_of_endings(golden: dict[str, Any]) -> None:
    """By all hidden hands the chances are those of a brute force that shares no code."""
    found = advise_play(view_of(golden), "make:n=2000")
    assert {play.name: play.chance for play in found.plays} == pytest.approx(golden["chance"])
    assert found.n_possible == found.n_worlds == golden["worlds"]
    assert all(play.error == 0.0 for play in found.plays)
    chances = [play.chance for play in found.plays]
    assert chances == sorted(chances, key=lambda chance: -(chance or 0.0))


@pytest.mark.parametrize("golden", ENDINGS[:4], ids=lambda golden: str(golden["seed"]))
def test_few_worlds_have_an_error(golden: dict[str, Any]) -> None:
    found = advise_play(view_of(golden), "make:n=40")
    for play in found.plays:
        assert play.chance is not None and play.error is not None and play.error > 0.0
        assert abs(play.chance - golden["chance"][play.name]) < 5 * play.error


def test_an_only_legal_play_has_its_chance() -> None:
    """It is the chance that all worlds give, as if there were a choice."""
    hand = "6-4,5-5,4-2,3-1,4-4,4-1,0-0"
    found = advise(hand, "sixes", declarer="left", plays="6-6,6-1,6-0", player="make:n=50")
    assert isinstance(found, Advice)
    (only,) = found.plays
    assert only.name == "6-4" and only.chance is not None and 0.0 <= only.chance <= 1.0
    assert found.sentence == "6-4 is the only legal play." and found.n_possible > 10**6


def test_the_contrast_is_a_deal_that_fits_and_tells() -> None:
    golden = ENDINGS[0]
    found = advise_play(view_of(golden), "make:n=2000")
    contrast = found.contrast
    assert contrast is not None
    assert contrast.plays == (found.plays[0].domino, found.plays[1].domino)
    hidden = sorted(domino for hand in contrast.example for domino in hand)
    known = {*map(parse_domino, golden["hand"]), *map(parse_domino, golden["plays"])}
    assert hidden == sorted(set(range(28)) - known)
    # Replayed with all hands open: the first play makes it and the second does not.
    me = golden["seat"]
    plays = list(map(parse_domino, golden["plays"]))
    hands: list[list[int]] = [[] for _ in range(4)]
    hands[me] = list(map(parse_domino, golden["hand"]))
    for places, hand in enumerate(contrast.example, 1):
        seat = (me + places) % 4
        hands[seat] = [
            *hand,
            *(d for d, who in zip(plays, found.view.seats, strict=True) if who == places),
        ]
    position = Position.from_plays(Deal.from_hands(hands), golden["decl"], plays)
    target = Bid.of(golden["bid"]).target(*position.points)
    q = dict(zip(position.deal.hands[me], position.q(), strict=True))
    first, second = (q[domino] for domino in contrast.plays)
    assert first is not None and second is not None
    assert (first >= target) == (me % 2 == 0) and (second >= target) != (me % 2 == 0)
    assert domino_name(contrast.plays[0]) in found.sentence


def test_other_players() -> None:
    view = view_of(ENDINGS[1])
    by_points = advise_play(view, "eq:n=60")
    assert all(play.chance is None and play.points is not None for play in by_points.plays)
    by_seat = advise_play(view)
    assert by_seat.player == "seat:n=400" and by_seat.best.chance is not None
    for other in ("oracle", "random", "policy", "make:n=10,posterior"):
        with pytest.raises(ForgeError, match="valid are seat, make and eq"):
            advise_play(view, other)
    assert advise_play(view, seed=3).to_json() == advise_play(view, seed=3).to_json()


def test_bids() -> None:
    few = Plan(60, drop_worse=True)
    sure = advise_bid(parse_hand("6-6,6-5,6-4,6-3,6-2,6-1,6-0"), plan=few)
    assert sure.choice is not None and sure.headline == "Bid two marks (84), sixes"
    poor = advise_bid(parse_hand("6-5,5-3,4-3,3-1,2-1,1-0,2-0"), plan=few)
    assert poor.headline == "Pass" and poor.choice is None
    assert json.loads(json.dumps(poor.to_json()))["bid"] is None
    with pytest.raises(ForgeError, match="say what is trump"):
        advise("6-6,6-5,6-4,6-3,6-2,6-1,6-0", plays="6-6")


# ---- hands as text -----------------------------------------------------------------------------


def played(seed: int, decl: int = 4, bid: int = 31, n_plays: int = 28) -> TableHand:
    """A hand of best play but for the lowest slot now and then."""
    position = Position(Deal.from_seed(seed), decl)
    for k in range(n_plays):
        slots = position.legal_slots() if k % 3 == 0 else position.best_slots()
        position = position.play(slots[0])
    return TableHand(position.deal, Contract(decl, Bid.of(bid)), position.plays)


@pytest.mark.parametrize("n_plays", [0, 1, 13, 28])
@pytest.mark.parametrize("bid", [30, 84])
def test_text_and_link_come_back(n_plays: int, bid: int) -> None:
    hand = played(3, decl=9, bid=bid, n_plays=n_plays)
    assert TableHand.from_text(hand.text) == hand
    assert TableHand.from_text(f"https://example.org/any/path/{hand.fragment}") == hand
    assert set(hand.fragment) <= set("#=.~-0123456789abcdefghijklmnopqrstuvwxyz")
    assert hand.fragment.startswith(LINK_MARK)
    assert TableHand.from_text(hand.fragment.upper()) == hand


def test_every_cut_of_a_link_is_told_in_a_line() -> None:
    fragment = played(3).fragment
    n_read = 0
    for end in range(len(LINK_MARK), len(fragment)):
        try:
            n_read += TableHand.from_text(fragment[:end]) is not None
        except ForgeError as error:
            assert "\n" not in str(error)
    assert n_read <= 29  # whole plays may be left away from the end


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a hand has two or three parts, got 1"),
        ("x" * 10_000, "10,000 characters are no hand"),
        ("#hand=<script>alert(1)</script>", "the link is cut short"),
        ("#hand=66<b>~31~fours~", "the link holds '66<b>'"),
        (played(3).text.replace("31 fours", "29 fours"), "a bid is 30..42 or 84"),
        (played(3).text.replace("31 fours", "31"), "unknown declaration"),
        (played(3).text.replace("31 fours", "thirty fours"), "expected a bid"),
        (played(3).text.replace(" / ", " ", 1), "four hands"),
    ],
)
def test_texts_that_are_no_hand(text: str, message: str) -> None:
    with pytest.raises(ForgeError, match=message):
        TableHand.from_text(text)


# ---- review ------------------------------------------------------------------------------------


def test_a_review_grades_what_was_a_choice() -> None:
    hand = played(12)
    found = review(hand, player="make:n=60")
    numbers = [play.number for play in found.plays]
    position, choices = Position(hand.deal, hand.contract.decl), []
    for k, domino in enumerate(hand.plays, 1):
        if (
            len(position.legal_slots()) > 1
            and hand.contract.bid.standing(*position.points) == "open"
        ):
            choices.append(k)
        position = position.play_domino(domino)
    assert numbers == choices
    for play in found.plays:
        before = Position.from_plays(hand.deal, hand.contract.decl, hand.plays[: play.number - 1])
        assert (play.seat, play.domino) == (before.seat_to_act, hand.plays[play.number - 1])
        q = dict(zip(before.deal.hands[play.seat], before.q(), strict=True))
        values = [v if play.seat % 2 == 0 else -v for v in q.values() if v is not None]
        own = q[play.domino]
        assert own is not None
        own = own if play.seat % 2 == 0 else -own
        assert play.points_lost == (max(values) - own) // 2
        target = hand.contract.bid.target(*before.points)
        for_team_0 = play.seat % 2 == 0
        works = [(v >= target) if for_team_0 else (-v < target) for v in values]
        mine = (own >= target) if for_team_0 else (-own < target)
        assert play.open_lost == (any(works) and not mine)
        assert play.cost >= 0.0 and (play.grade == "best") == (play.cost <= 0.005)
        # What the seat saw is what advice says.
        view = SeatView(
            before.deal.hands[play.seat],
            hand.contract.decl,
            -play.seat % 4,
            before.plays,
            hand.contract.bid,
        )
        assert play.domino in view.legal
    loser = {"made": 1, "set": 0}.get(found.standing)
    lost = [p for p in found.plays if loser is None or p.seat % 2 == loser]
    given_away = [p.cost for p in lost if p.open_lost and p.grade != "best"]
    turning = found.turning
    assert (None if turning is None else turning.cost) == max(given_away, default=None)
    report = json.loads(json.dumps(found.to_json()))
    assert TableHand.from_text(report["link"]) == TableHand.from_text(report["hand"]) == hand


def test_what_a_review_refuses() -> None:
    with pytest.raises(ForgeError, match="nothing to review"):
        review(played(3, n_plays=0))
    for player in ("eq:n=10", "oracle", "policy"):
        with pytest.raises(ForgeError, match="valid are seat and make"):
            review(played(3), player=player)


def test_from_the_top() -> None:
    """`forge.advise` and `forge.review` are these; both show themselves in a notebook."""
    assert forge.advise is advise and forge.review is review
    found = forge.review(played(12).text, player="make:n=20")
    assert found.sentence in found._repr_html_().replace("&#x27;", "'")
    advice = forge.advise("6-4,5-5,4-2,3-1,4-4,4-1,0-0", "fours", player="make:n=20")
    assert "<table>" in advice._repr_html_()


@pytest.mark.parametrize("seed", range(20, 28))
def test_only_the_side_that_lost_can_have_turned_it(seed: int) -> None:
    """A play that gave the bid away turned the hand only if the bid came out that way."""
    found = review(played(seed, decl=seed % 10, bid=30), player="make:n=20")
    turning = found.turning
    if turning is not None:
        assert (found.standing == "made") == (turning.seat % 2 == 1)
        assert f"Play {turning.number} turned it" in found.sentence
    else:
        assert "turned" not in found.sentence
    assert found.sentence[0].isupper() or found.sentence[0].isdigit()


def test_print_is_for_people() -> None:
    names = ["6-4", "5-5", "4-2", "3-1", "4-4", "4-1", "0-0"]
    play = forge.advise(names, "fours", player="make:n=20")
    assert play == forge.advise(",".join(names), "fours", player="make:n=20")
    assert isinstance(play, Advice)
    assert str(play).startswith(play.sentence) and "Advice(" not in str(play)
    assert len(str(play).splitlines()) == 1 + 7
    bid = forge.advise(names)
    assert isinstance(bid, bids.BidAdvice)
    assert str(bid).startswith(f"{bid.headline}. {bid.why}\n") and "BidAdvice(" not in str(bid)
    assert bid._repr_html_().count("<tr>") == 1 + len(bid.choices)
    graded = forge.review(played(12), player="make:n=20")
    assert str(graded).startswith(graded.sentence) and "Review(" not in str(graded)
    assert len(str(graded).splitlines()) == 1 + len(graded.plays)


def test_hands_that_are_none_are_told_by_name() -> None:
    for hand in ("6-4", ["6-4"]):
        with pytest.raises(ForgeError, match="a hand has 7 dominoes, got 1: '6-4'"):
            forge.advise(hand)
    with pytest.raises(ForgeError, match="not a domino: '9-9'"):
        forge.advise(["6-4", "9-9"])


def test_a_hand_that_is_not_over_says_how_far_it_is() -> None:
    found = review(played(3, n_plays=9), player="make:n=20")
    assert found.standing == "open"
    assert "still open" in found.sentence and "after 9 of 28 plays" in found.sentence
    assert "lost it" not in found.sentence
    whole = review(played(3), player="make:n=20")
    assert "of 28 plays" not in whole.sentence


def test_a_play_that_is_good_is_no_costly_one() -> None:
    for seed in range(8):
        found = review(played(seed, decl=seed % 10), player="make:n=20")
        for play in (found.turning, found.costliest):
            assert play is None or play.cost > 0.02


def test_whose_turn_it_was_is_said_as_in_the_review() -> None:
    text = played(3).text
    head, plays = text.rsplit(";", 1)
    dominoes = plays.strip().split(",")
    dominoes[1], dominoes[2] = dominoes[2], dominoes[1]
    with pytest.raises(ForgeError, match="play 2: left may not play"):
        TableHand.from_text(f"{head}; {','.join(dominoes)}")


def test_a_bid_that_is_decided_has_no_error() -> None:
    view = view_of_decided()
    found = advise_play(view, "seat:n=20")
    assert view.standing == "set" and "is set already" in found.sentence
    assert {play.chance for play in found.plays} == {1.0}
    assert {play.error for play in found.plays} == {0.0} and found.contrast is None


def view_of_decided() -> SeatView:
    """A defender whose side has set the bid, with a choice left."""
    for seed in range(200):
        hand = played(seed, decl=seed % 10, bid=84)
        for n in range(8, 20):
            before = Position.from_plays(hand.deal, hand.contract.decl, hand.plays[:n])
            seat = before.seat_to_act
            if seat % 2 == 1 and before.points[1] > 0 and len(before.legal_slots()) > 1:
                own = hand.deal.hands[seat]
                plays, bid = hand.plays[:n], hand.contract.bid
                return SeatView(own, hand.contract.decl, -seat % 4, plays, bid)
    raise AssertionError
