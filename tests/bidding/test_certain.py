"""What a hand takes whatever the others hold."""

import random

import pytest
import torch

from forge.bidding.certain import certain_points, sure_leads
from forge.bidding.deals import deals_around
from forge.bidding.hand import parse_hand
from forge.bidding.simulate import perfect_points
from forge.game.constants import N_DOMINOES
from forge.game.deal import Deal
from forge.game.declarations import parse_declaration
from forge.game.tables import FOLLOWS, HIGH, LOW, parse_dominoes

SIX_SIXES = "6-6,6-5,6-4,6-2,6-1,6-0,2-2"


@pytest.mark.parametrize(
    ("hand", "trump", "points"),
    [
        (SIX_SIXES, "sixes", 42),  # the double pulls the one trump outside
        (SIX_SIXES, "notrump", 42),
        ("6-6,5-5,4-4,3-3,2-2,1-1,0-0", "doubles-trump", 42),
        ("6-6,5-5,4-4,3-3,2-2,1-1,0-0", "doubles-suit", 42),
        # One may hold all four trumps outside, which two from the top don't draw: two tricks.
        ("6-6,6-5,6-0,5-5,4-4,3-3,2-2", "sixes", 42 - 5 - 10 - 25),
        # Three draw three, and the fourth trump and the doubles stand.
        ("6-6,6-5,6-4,6-0,5-5,4-4,3-3", "sixes", 42),
        # The same with 3-2: six tricks; the seventh may take it, 5-0 and 4-1 that were kept.
        ("6-6,6-5,6-4,6-0,5-5,4-4,3-2", "sixes", 42 - 1 - 5 - 5 - 5),
        # All the count but one is in the hand and led.
        ("5-5,5-4,5-6,5-3,5-0,6-4,6-6", "fives", 42),
        ("6-5,4-3,4-2,3-1,2-1,1-0,3-0", "notrump", 0),
    ],
)
def test_hands_that_are_known(hand: str, trump: str, points: int) -> None:
    assert certain_points(parse_hand(hand), parse_declaration(trump)) == points


def test_leads_that_are_sure_are_named() -> None:
    hand = parse_hand("6-6,6-5,5-5,5-3,3-3,2-1,0-0")
    sure = set(parse_dominoes("6-6,6-5,5-5,3-3,0-0"))
    assert sure_leads(hand, parse_declaration("notrump")) == sure
    # Two trumps draw two of the five outside, and one may hold them all.
    assert sure_leads(hand, parse_declaration("sixes")) == set(parse_dominoes("6-6,6-5"))


def test_no_deal_takes_less() -> None:
    """Strong hands, in deals at random and in deals that give one side all of a suit."""
    chance, n_certain = random.Random(1), 0
    for number in range(600):
        hand = _strong_hand(chance)
        for decl in range(10):
            certain = certain_points(hand, decl)
            if certain < 20:
                continue
            n_certain += 1
            deals = torch.cat([deals_around(hand, number, 0, 12), _piled_up(hand, decl, chance)])
            assert int(perfect_points(deals, decl).min()) >= certain
    assert n_certain > 80


def test_what_is_just_not_certain_can_be_lost() -> None:
    """With one top trump fewer than trumps that one seat may hold there is a deal that is lost."""
    hand = parse_hand("6-6,6-5,6-1,5-5,4-4,3-3,2-2")
    decl = parse_declaration("sixes")
    assert certain_points(hand, decl) < 42
    outside = [d for d in range(N_DOMINOES) if d not in hand]
    trumps = [d for d in outside if FOLLOWS[decl, 7, d]]
    rest = [d for d in outside if d not in trumps]
    left = trumps + rest[: 7 - len(trumps)]
    others = rest[7 - len(trumps) :]
    deal = Deal.from_hands([list(hand), left, others[:7], others[7:]]).tensor[None]
    assert int(perfect_points(deal, decl)[0]) < 42


def _strong_hand(chance: random.Random) -> tuple[int, ...]:
    """Of twenty hands the one with the most dominoes of a suit, and doubles."""
    dealt = [tuple(sorted(chance.sample(range(N_DOMINOES), 7))) for _ in range(20)]

    def strength(hand: tuple[int, ...]) -> int:
        longest = max(sum(pip in (HIGH[d], LOW[d]) for d in hand) for pip in range(7))
        return longest + sum(int(HIGH[d] == LOW[d]) for d in hand)

    return max(dealt, key=strength)


def _piled_up(hand: tuple[int, ...], decl: int, chance: random.Random) -> torch.Tensor:
    """int8 [24, 4, 7]: of each suit as much as can be with one opponent, and with the other."""
    deals = []
    for suit in range(8):
        for turn in range(3):
            outside = [d for d in range(N_DOMINOES) if d not in hand]
            chance.shuffle(outside)
            outside.sort(key=lambda d: not FOLLOWS[decl, suit, d])
            hands = [outside[:7], outside[7:14], outside[14:]]
            hands = hands[turn:] + hands[:turn]
            deals.append(Deal.from_hands([list(hand), *hands]).tensor)
    return torch.stack(deals)
