"""Hands and trumps as text."""

import pytest

from forge.bidding.hand import BIDDING_DECLS, hand_of_seed, hand_text, parse_hand, parse_trumps
from forge.errors import ForgeError
from reference import deals


def test_hands_are_read_and_written_back() -> None:
    hand = parse_hand("0-0, 4-6,5-5,2-4 3-1,2-0,1-1")
    assert hand_text(hand) == "6-4,5-5,4-2,3-1,2-0,1-1,0-0"
    assert parse_hand(hand_text(hand)) == hand == tuple(sorted(hand))


def test_the_hand_of_a_seed_is_seat_0s() -> None:
    for seed in (0, 7, 123456):
        assert list(hand_of_seed(seed)) == list(deals.ids(deals.from_seed(seed))[0])


def test_all_trumps_are_the_nine_of_the_bidding_file() -> None:
    assert parse_trumps("all") == BIDDING_DECLS == (0, 1, 2, 3, 4, 5, 6, 7, 9)
    assert parse_trumps("Sixes,nt,0,ds,sixes") == (6, 9, 0, 8)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("6-4,5-5,4-2,3-1,2-0,1-1", "a hand has 7 dominoes, got 6"),
        ("6-4,5-5,4-2,3-1,2-0,1-1,4-6", "domino 6-4 is there twice"),
        ("6-4,5-5,4-2,3-1,2-0,1-1,7-0", "not a domino: '7-0'"),
        ("", "a hand has 7 dominoes, got 0"),
    ],
)
def test_bad_hands(text: str, part: str) -> None:
    with pytest.raises(ForgeError) as told:
        parse_hand(text)
    assert part in str(told.value) and "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("text", "part"),
    [("sevens", "unknown declaration 'sevens'; valid are blanks"), (" , ", "no trump given")],
)
def test_bad_trumps(text: str, part: str) -> None:
    with pytest.raises(ForgeError, match=part):
        parse_trumps(text)
