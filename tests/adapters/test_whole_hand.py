"""A hand from the deal to the last play, and what a seat may know of it."""

import random
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
import torch

from forge.adapters.redealt import lock_step, redealt
from forge.adapters.seat_tensors import (
    INFORMATION_STATE,
    OBSERVATION,
    fill,
    information_text,
    observation,
    observation_text,
    parts_of,
    size_of,
)
from forge.adapters.whole_hand import (
    FIRST_BID,
    FIRST_DECLARATION,
    N_ACTIONS,
    PASS,
    Terms,
    WholeHand,
    action_name,
)
from forge.errors import ForgeError
from forge.game.constants import N_PLAYS
from forge.game.contract import BIDS, Bid
from forge.game.deal import Deal
from reference import rules

BY_ID = {rules.domino_id(domino): domino for domino in rules.ALL_DOMINOES}
TERMS = [
    Terms(),
    Terms(dealer=1, dealer_must_bid=False),
    Terms(dealer=2, decl=8),
    Terms(bid=Bid.of(84), paid_in="points"),
    Terms(dealer=0, bid=Bid.of(30), decl=7),
]


def moments(terms: Terms, seed: int) -> list[WholeHand]:
    """A random hand, from before the deal to its end."""
    chance, hand = random.Random(seed), WholeHand(terms)
    found = [hand]
    while not hand.is_over:
        # Passes are rare among all that may be said.
        calls = hand.auction is not None and PASS in hand.legal and chance.random() < 0.7
        hand = hand.after(PASS if calls else chance.choice(hand.legal))
        found.append(hand)
    return found


def known(hand: WholeHand, seat: int) -> tuple[str, str, list[float], list[float]]:
    """All that is told to a seat."""
    flat = np.zeros(size_of(INFORMATION_STATE), dtype=np.float32)
    fill(parts_of(flat, INFORMATION_STATE), hand, seat)
    return (
        information_text(hand, seat),
        observation_text(hand, seat),
        flat.tolist(),
        observation(hand, seat).tolist(),
    )


def replayed(hand: WholeHand, dealt: tuple[int, ...]) -> WholeHand:
    """The same calls and plays after another deal."""
    other = WholeHand(hand.terms)
    for action in (*dealt, *hand.actions[len(dealt) :]):
        other = other.after(action)
    return other


@pytest.mark.parametrize("terms", TERMS)
def test_a_hand_is_played_by_the_rules(terms: Terms) -> None:
    for seed in range(4):
        found = moments(terms, seed)
        last = found[-1]
        for before, after in pairwise(found):
            assert after.actions[:-1] == before.actions or terms.decl is not None
        assert replayed(last, last.dealt) == last
        if last.position is None:
            assert not terms.dealer_must_bid and last.calls == (None,) * 4
            assert last.returns == [0.0] * 4
            continue
        # Tricks by the reference, which shares no code with the core.
        assert last.decl is not None and last.bid is not None and last.bidder is not None
        leader, points = last.bidder, [0, 0]
        for start in range(0, N_PLAYS, 4):
            trick = [BY_ID[d] for d in last.plays[start : start + 4]]
            seats = [(leader + k) % 4 for k in range(4)]
            assert last.players[start : start + 4] == tuple(seats)
            leader = seats[rules.trick_winner(last.decl, trick)]
            points[leader % 2] += rules.trick_points(trick)
        assert last.points_of(0) == tuple(points) and last.points_of(3) == tuple(points[::-1])
        won = points[last.bidder % 2]
        declarers = (
            2 * won - 42
            if terms.paid_in == "points"
            else last.bid.marks * (1 if won >= last.bid.points else -1)
        )
        assert last.returns[last.bidder] == last.returns[last.bidder - 2] == declarers
        assert sum(last.returns) == 0 and max(last.returns) <= terms.most_at_stake


def test_the_auction_is_that_of_the_table() -> None:
    hand = WholeHand.of_hands(Terms(dealer=2), Deal.from_seed(5).hands)
    assert (hand.seat_to_act, hand.legal) == (3, (PASS, *range(FIRST_BID, N_ACTIONS)))
    hand = hand.after(PASS).after(PASS).after(PASS)
    assert (hand.seat_to_act, hand.legal) == (2, tuple(range(FIRST_BID, N_ACTIONS)))  # must bid
    hand = hand.after(FIRST_BID + 1)
    assert (hand.bid, hand.bidder, hand.seat_to_act) == (BIDS[1], 2, 2)
    assert hand.legal == tuple(range(FIRST_DECLARATION, PASS))
    hand = hand.after(FIRST_DECLARATION + 4)
    assert str(hand.contract) == "31 in fours" and hand.seat_to_act == 2
    assert [action_name(a) for a in (0, 31, 38, 39, 52)] == ["0-0", "threes", "pass", "30", "84"]


@pytest.mark.parametrize("terms", TERMS)
def test_what_a_seat_knows_depends_on_no_other_hand(terms: Terms) -> None:
    n_changed = 0
    for hand in moments(terms, 9)[::4]:
        for seat in range(4):
            dealt = redealt(hand, seat, 77)
            other = replayed(hand, dealt)
            assert known(other, seat) == known(hand, seat)
            assert other.seat_to_act == hand.seat_to_act
            if hand.seat_to_act == seat:
                assert other.legal == hand.legal
            changed = [s for s in range(4) if other.hand_of(s) != hand.hand_of(s)]
            n_changed += bool(changed)
            # Those whose hand it is see the change, so hands are told of at all.
            assert all(known(other, s) != known(hand, s) for s in changed)
    assert n_changed > 20


def test_worlds_are_drawn_evenly() -> None:
    """All hidden hands of a late moment come, each about as often."""
    hand = moments(Terms(bid=Bid.of(30), decl=3), 4)[28 + 17]
    seat, n = hand.seat_to_act, 6000
    assert seat is not None
    counts = Counter(redealt(hand, seat, key) for key in range(n))
    from forge import ops

    n_worlds = int(ops.count_worlds(*lock_step(hand).hidden()))
    assert 3 < len(counts) == n_worlds
    expected = n / n_worlds
    chi2 = sum((count - expected) ** 2 / expected for count in counts.values())
    assert chi2 < n_worlds - 1 + 5 * (2 * (n_worlds - 1)) ** 0.5


def test_hidden_by_seat_is_hidden_of_the_seat_to_act() -> None:
    games = lock_step(moments(Terms(bid=Bid.of(30), decl=3), 4)[28 + 10])
    for ours, theirs in zip(games.hidden(), games.hidden(games.players), strict=True):
        assert torch.equal(ours, theirs)


def test_observation_has_what_it_says() -> None:
    hand = moments(Terms(dealer=1, bid=Bid.of(31), decl=4), 2)[28 + 9]
    parts = parts_of(observation(hand, 2), OBSERVATION)
    assert parts["seat"].tolist() == [0, 0, 1, 0]
    assert parts["dealer"].argmax() == 3 and parts["bidder"].argmax() == 0
    assert parts["bid"].argmax() == 1 and parts["declaration"].argmax() == 4
    assert set(np.flatnonzero(parts["held"])) == set(hand.hand_of(2)) - set(hand.plays)
    assert parts["played"].sum() == 9 and parts["trick"].sum() == 1
    assert parts["trick"][(hand.players[8] - 2) % 4, hand.plays[8]] == 1
    assert (parts["points"] * 42).round().tolist() == list(hand.points_of(2))


def test_what_cannot_be_is_told() -> None:
    for given, told in (
        ({"dealer": 4}, "dealer must be 0..3"),
        ({"bid": 29}, "a bid is 30..42"),
        ({"declaration": "hearts"}, "unknown declaration"),
        ({"returns": "money"}, "returns must be marks or points"),
    ):
        with pytest.raises(ForgeError, match=told):
            Terms.read(**given)
    hand = WholeHand.of_hands(Terms(), Deal.from_seed(5).hands)
    with pytest.raises(ForgeError, match="action 3 is not legal; valid are pass, 30, 31"):
        hand.after(3)
    with pytest.raises(ForgeError, match="may not play"):
        hand = WholeHand.of_hands(TERMS[4], Deal.from_seed(5).hands)
        hand.after(hand.hand_of(0)[0])
