"""`Deal`: four hands, from seeds, text or chance."""

import random
import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from forge import Deal, ForgeError
from forge.game.tables import parse_hand
from reference import deals

SEEDS = st.integers(min_value=0, max_value=2**64)
DEALS = st.permutations(range(28)).map(
    lambda ids: Deal.from_hands([ids[i : i + 7] for i in range(0, 28, 7)])
)
GOOD_TEXT = Deal.from_seed(0).text


@given(seed=SEEDS)
def test_seed(seed: int) -> None:
    assert [list(hand) for hand in Deal.from_seed(seed).hands] == deals.ids(deals.from_seed(seed))


@given(base=SEEDS, opponents=SEEDS)
def test_marginalised(base: int, opponents: int) -> None:
    deal = Deal.marginalized(base, opponents)
    assert [list(hand) for hand in deal.hands] == deals.ids(deals.marginalized(base, opponents))
    assert deal == Deal.with_p0_hand(Deal.from_seed(base).hands[0], opponents)


def test_marginalised_by_hand() -> None:
    # formats.md, written out: the other 21 ids ascending, shuffled, cut in sevenths, sorted.
    hand = [27, 3, 5, 7, 11, 13, 17]
    others = [i for i in range(28) if i not in hand]
    random.Random(99).shuffle(others)
    expected = (sorted(hand), sorted(others[:7]), sorted(others[7:14]), sorted(others[14:]))
    assert Deal.with_p0_hand(hand, 99).hands == tuple(tuple(part) for part in expected)


@given(deal=DEALS)
def test_text_round_trip(deal: Deal) -> None:
    assert Deal.from_text(deal.text) == deal


@given(deal=DEALS, rng=st.randoms(use_true_random=False))
def test_text_may_be_untidy(deal: Deal, rng: random.Random) -> None:
    hands = []
    for hand in deal.text.split("/"):
        dominoes = [d[::-1] if rng.random() < 0.5 else d for d in hand.strip().split(",")]
        rng.shuffle(dominoes)
        hands.append(rng.choice([",", ", ", " ", " , "]).join(dominoes))
    assert Deal.from_text(rng.choice(["/", " / ", "  /"]).join(hands)) == deal


@given(deal=DEALS)
def test_hands_are_sorted_28_dominoes(deal: Deal) -> None:
    assert all(list(hand) == sorted(hand) for hand in deal.hands)
    assert deal.tensor.dtype == torch.int8
    assert deal.tensor.shape == (4, 7)
    assert deal.tensor.tolist() == [list(hand) for hand in deal.hands]
    assert sorted(deal.tensor.flatten().tolist()) == list(range(28))


def test_random_deals() -> None:
    assert Deal.random(random.Random(5)) == Deal.random(random.Random(5))
    assert len({Deal.random() for _ in range(20)}) == 20  # hashable, and differ


def test_equality_and_immutability() -> None:
    deal = Deal.from_seed(3)
    shuffled = Deal.from_hands([hand[::-1] for hand in deal.hands])
    assert deal == shuffled
    assert hash(deal) == hash(shuffled)
    assert deal != Deal.from_seed(4)
    with pytest.raises(AttributeError):
        deal.hands = shuffled.hands  # type: ignore[misc]


def test_display() -> None:
    deal = Deal.from_seed(0)
    assert repr(deal) == f"Deal.from_text('{deal.text}')"
    assert len(repr(deal)) < 140
    page = deal._repr_html_()
    assert re.findall(r"\d-\d", page) == re.findall(r"\d-\d", deal.text)
    assert page.count("<tr>") == page.count("</tr>") == 4


def with_first(domino: str) -> str:
    """Return the text of a deal with its first domino replaced."""
    return domino + GOOD_TEXT[3:]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a deal is four hands separated by '/', got 1"),
        (GOOD_TEXT.rpartition("/")[0], "a deal is four hands separated by '/', got 3"),
        (GOOD_TEXT + " / ", "a deal is four hands separated by '/', got 5"),
        (with_first("7-1"), "not a domino: '7-1'; write two pips 0..6 such as 6-4"),
        (with_first("6_1"), "not a domino: '6_1'; write two pips 0..6 such as 6-4"),
        (GOOD_TEXT[4:], "a hand has 7 dominoes, got 6"),
        (GOOD_TEXT.replace("/", ",6-6 /", 1), "a hand has 7 dominoes, got 8"),
    ],
)
def test_bad_text(text: str, message: str) -> None:
    with pytest.raises(ForgeError, match=re.escape(message)) as error:
        Deal.from_text(text)
    assert "\n" not in str(error.value)


def test_twice_in_two_hands_and_in_one() -> None:
    hands = [list(hand) for hand in Deal.from_seed(0).hands]
    first, second = hands[0][0], hands[1][0]
    names = [name_of(first), name_of(second)]
    hands[1][0] = first
    with pytest.raises(ForgeError, match=rf"^domino {names[0]} is dealt twice and {names[1]} is"):
        Deal.from_hands(hands)
    with pytest.raises(ForgeError, match=r"^domino 6-6 is there twice$"):
        parse_hand("6-6,1-1,2-2,3-3,4-4,5-5,6-6")


def name_of(domino: int) -> str:
    """Return the text of a domino, from the text of a deal that starts with it."""
    others = [d for d in range(28) if d != domino]
    hand = sorted([domino, *others[:6]], reverse=True)
    text = Deal.from_hands([hand, others[6:13], others[13:20], others[20:]]).text
    return text.split(" / ")[0].split(",")[hand.index(domino)]


@pytest.mark.parametrize(
    "hands",
    [
        [],
        [range(7), range(7, 14), range(14, 21)],
        [range(7), range(7, 14), range(14, 21), range(21, 27)],
        [range(8), range(8, 14), range(14, 21), range(21, 28)],
        [range(7), range(7, 14), range(14, 21), range(22, 29)],
        [range(-1, 6), range(7, 14), range(14, 21), range(21, 28)],
    ],
)
def test_bad_hands(hands: list[range]) -> None:
    with pytest.raises(ForgeError, match=r"(four hands of seven|ids are 0\.\.27, got)") as error:
        Deal.from_hands(hands)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("hand", [range(6), range(8), [0] * 7, range(22, 29), range(-1, 6)])
def test_bad_p0_hand(hand: range | list[int]) -> None:
    with pytest.raises(ForgeError, match=r"^a hand is seven different domino ids 0\.\.27, got \["):
        Deal.with_p0_hand(list(hand), 0)
