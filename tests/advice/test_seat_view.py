"""What a player at the table knows: who is to act, and which stories cannot be."""

import random

import pytest

from forge.advice.seat_view import ME, PLAYERS, SeatView, parse_declarer
from forge.errors import ForgeError
from forge.game.contract import Bid
from forge.game.tables import parse_dominoes, parse_hand
from reference import packing, rules
from support.lines import random_lines


def ids(line_deal: tuple[tuple[rules.Domino, ...], ...]) -> list[list[int]]:
    return [[domino_id(domino) for domino in hand] for hand in line_deal]


def domino_id(domino: rules.Domino) -> int:
    high, low = max(domino), min(domino)
    return high * (high + 1) // 2 + low


@pytest.mark.parametrize("seed", range(3))
def test_views_of_random_games(seed: int) -> None:
    """Against the reference: whose turn, what is legal, what was won."""
    for line in random_lines(20, seed):
        dealt = ids(line.deal)
        played: list[int] = []
        for k, state in enumerate(line.states[:-1]):
            unpacked = packing.unpack(state)
            me = (unpacked.leader + len(unpacked.plays)) % 4
            view = SeatView(tuple(dealt[me]), line.decl, -me % 4, tuple(played))
            assert view.seats[-1:] == () or view.seats[-1] in range(4)
            held = [line.deal[me][slot] for slot in unpacked.hands[me]]
            trick = [line.deal[(unpacked.leader + i) % 4][s] for i, s in enumerate(unpacked.plays)]
            legal = rules.legal_dominoes(line.decl, held, trick[0] if trick else None)
            assert set(view.legal) == set(map(domino_id, legal))
            assert sum(view.points) == sum(points_won(line.deal, line.decl, played))
            other = (me + 1) % 4
            if k and other != me:
                with pytest.raises(ForgeError):
                    SeatView(tuple(dealt[other]), line.decl, -other % 4, tuple(played))
            after = line.states[k + 1]
            slot = (((state ^ after) & (2**28 - 1)).bit_length() - 1) % 7
            played.append(dealt[me][slot])


def points_won(
    deal: tuple[tuple[rules.Domino, ...], ...], decl: int, played: list[int]
) -> list[int]:
    by_id = {domino_id(domino): domino for hand in deal for domino in hand}
    tricks = [played[i : i + 4] for i in range(0, len(played) - len(played) % 4, 4)]
    return [rules.trick_points([by_id[d] for d in trick]) for trick in tricks]


HAND = parse_hand("6-4,5-5,4-2,3-1,4-4,4-1,0-0")
FOURS = 4


@pytest.mark.parametrize(
    ("declarer", "plays", "message"),
    [
        ("me", "4-4,4-3,5-4,4-0,6-1", "play 5: you played 6-1, which is not in your hand"),
        ("left", "4-3,4-0,4-4", "play 3: right played 4-4, which is in your hand"),
        ("left", "4-3,4-0,3-3", "it is your turn"),
        ("me", "4-4,4-3", "it is not your turn: after 2 plays partner is to play"),
        ("right", "", "it is not your turn: after 0 plays right is to play (declarer: right)"),
        (
            "me",
            "4-4,4-3,5-4,4-0,5-5,5-3,6-5,5-2,4-2,6-6,4-5",
            "play 11: partner played 5-4, which was",
        ),
        (
            "me",
            "4-4,6-5,5-4,4-0,4-2,4-3",
            "play 6: left played 4-3, but did not follow 4-4 with it in play 2",
        ),
        ("left", "6-6,6-1,6-0,5-5", "play 4: you played 5-5, but had to follow 6-6 with 6-4"),
    ],
)
def test_stories_that_cannot_be(declarer: str, plays: str, message: str) -> None:
    if message == "it is your turn":
        SeatView(HAND, FOURS, parse_declarer(declarer), parse_dominoes(plays))
        return
    decl = 6 if plays.startswith("6-6") else FOURS
    with pytest.raises(ForgeError) as caught:
        given = tuple(_unchecked(plays))
        SeatView(HAND, decl, parse_declarer(declarer), given)
    assert message in str(caught.value)


def _unchecked(plays: str) -> list[int]:
    return [parse_dominoes(each)[0] for each in plays.split(",") if each]


def test_what_is_wanted() -> None:
    view = SeatView(HAND, FOURS, parse_declarer("partner"), parse_dominoes("4-3,4-0"), Bid.of(31))
    assert view.is_declaring and (view.wanted, view.points_left) == ("make", 31)
    view = SeatView(HAND, FOURS, parse_declarer("left"), parse_dominoes("4-3,4-0,3-3"), Bid.of(31))
    assert not view.is_declaring and (view.wanted, view.points_left) == ("set", 12)
    assert view.excluded[PLAYERS.index("right")] and not view.excluded[ME]


def test_shuffled_stories_are_told_in_one_line() -> None:
    """Whatever the order of real plays: a view, or one line."""
    rng = random.Random(5)
    for line in random_lines(40, seed=9):
        dealt = ids(line.deal)
        plays = [d for hand in dealt for d in hand]
        rng.shuffle(plays)
        try:
            SeatView(
                tuple(dealt[0]), line.decl, rng.randrange(4), tuple(plays[: rng.randrange(28)])
            )
        except ForgeError as error:
            assert "\n" not in str(error)


@pytest.mark.parametrize("hand", [(), (0,) * 7, (1, 2, 3), (0, 1, 2, 3, 4, 5, 28), ("a",) * 7])
def test_hands_that_are_none(hand: tuple[int, ...]) -> None:
    with pytest.raises(ForgeError):
        SeatView(hand, 0, 0)
