"""The reference itself, against examples worked out by hand from the rules."""

import ast
import itertools
import random
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import pytest

from reference import deals, game, minimax, packing, philox, rules, tokens, worlds
from reference.packing import State
from reference.rules import Domino

BLANKS, ONES, TWOS, THREES, FOURS, FIVES, SIXES = range(7)
DOUBLES_TRUMP, DOUBLES_SUIT, NOTRUMP = 7, 8, 9


def dominoes(text: str) -> list[Domino]:
    """Read dominoes written as ``6-5 4-4``."""
    return [(int(word[0]), int(word[2])) for word in text.split()]


class Trick(NamedTuple):
    """A complete trick in play order and the domino that takes it."""

    declaration: int
    played: str
    winner: str
    points: int


# The comment of each line is the reasoning at the table.
TRICKS = [
    # The double is the highest six; 5-5 shows no six.
    Trick(NOTRUMP, "6-5 6-6 6-4 5-5", "6-6", 21),
    # The high pip is led, fives: 6-5 (11) beats 5-4 (9); 3-3 does not follow.
    Trick(NOTRUMP, "5-3 5-4 3-3 6-5", "6-5", 1),
    # A led double is the top of its own suit, whatever the pip sums.
    Trick(NOTRUMP, "4-4 6-4 5-4 4-0", "4-4", 11),
    # Ones are led and nobody follows, so three higher dominoes lose.
    Trick(NOTRUMP, "1-0 0-0 6-0 5-0", "1-0", 6),
    # Twos are led: 2-1 (3) beats 2-0 (2); 1-1 and 6-1 are no twos.
    Trick(NOTRUMP, "2-1 1-1 6-1 2-0", "2-1", 1),
    # Double blank is the highest blank although its pip sum is the lowest.
    Trick(NOTRUMP, "0-0 6-0 5-0 1-0", "0-0", 6),
    # Threes are led: 3-3 beats 6-3 and 5-3.
    Trick(NOTRUMP, "3-2 6-3 3-3 5-3", "3-3", 6),
    # Two trumps fall on a six lead: 6-5 (11) is the higher five.
    Trick(FIVES, "6-6 5-0 6-4 6-5", "6-5", 16),
    # Trumps led; the double of trumps is the highest of all.
    Trick(FIVES, "6-5 5-5 6-6 5-4", "5-5", 11),
    # Sixes led, no trump falls: 6-6 is the highest six; 4-4 does not follow.
    Trick(FIVES, "6-4 6-3 6-6 4-4", "6-6", 11),
    # 6-4 leads sixes, not fours: 4-4 and 4-0 do not follow, 6-2 is lower.
    Trick(FIVES, "6-4 4-4 6-2 4-0", "6-4", 11),
    # The double blank is the highest blank trump.
    Trick(BLANKS, "6-6 1-0 6-5 0-0", "0-0", 1),
    # A called lead is a trump lead, never a six: 6-6 loses to 6-0.
    Trick(BLANKS, "6-0 5-0 6-6 4-0", "6-0", 6),
    # A small trump beats the five that follows (6-5).
    Trick(BLANKS, "5-1 1-1 6-5 1-0", "1-0", 1),
    # 6-1 (7) is the higher of two trumps; the led double five falls.
    Trick(SIXES, "5-5 6-0 6-1 5-4", "6-1", 11),
    # 6-5 shows a five but is called: it wins as a trump, over the double five.
    Trick(SIXES, "5-4 5-5 6-5 4-4", "6-5", 11),
    # Fours led, no trump: 5-4 (9) is the highest.
    Trick(SIXES, "4-1 5-4 4-0 4-2", "5-4", 6),
    # The smallest trump is led, the double one takes it.
    Trick(ONES, "1-0 6-1 1-1 5-1", "1-1", 1),
    # A trump lead that nobody follows; no six beats it.
    Trick(TWOS, "6-2 6-6 6-5 6-4", "6-2", 11),
    # Fours led: 6-2 (8) over-trumps 2-0 (2); the double four loses.
    Trick(TWOS, "4-3 4-4 2-0 6-2", "6-2", 1),
    # 4-3 is called, so trumps were led: 6-3 (9) beats 5-3 (8) and 4-3 (7).
    Trick(THREES, "4-3 4-4 6-3 5-3", "6-3", 1),
    # The double of trumps led.
    Trick(FOURS, "4-4 6-4 5-4 4-3", "4-4", 11),
    # A side double led, nobody trumps.
    Trick(FOURS, "3-3 5-3 3-0 6-3", "3-3", 1),
    # Threes led: 6-3 (9) beats 5-3 (8); 1-1 is no three.
    Trick(FOURS, "3-1 6-3 5-3 1-1", "6-3", 1),
    # The lowest double is still a trump.
    Trick(DOUBLES_TRUMP, "6-5 6-4 0-0 6-3", "0-0", 11),
    # Doubles rank by pip.
    Trick(DOUBLES_TRUMP, "3-3 4-4 6-6 5-5", "6-6", 11),
    # Fives led, no double falls: 6-5 (11) is the highest five; 6-4 does not follow.
    Trick(DOUBLES_TRUMP, "5-4 6-5 5-3 6-4", "6-5", 11),
    # A led double is trumps: 6-2 does not follow it, and 1-1 is lower.
    Trick(DOUBLES_TRUMP, "2-2 6-2 2-1 1-1", "2-2", 1),
    # Two doubles over a six lead: 5-5 is higher by pip than 4-4.
    Trick(DOUBLES_TRUMP, "6-1 5-5 6-5 4-4", "5-5", 11),
    # 6-6 has left the sixes and has no trump power: nothing beats 6-5.
    Trick(DOUBLES_SUIT, "6-5 6-6 6-4 5-5", "6-5", 21),
    # Doubles led: 2-2 is the higher double; 6-1 and 5-1 do not follow.
    Trick(DOUBLES_SUIT, "1-1 6-1 2-2 5-1", "2-2", 1),
    # Fours led: 6-4 (10) beats 5-4 (9), and 4-4 is no four here.
    Trick(DOUBLES_SUIT, "4-2 4-4 5-4 6-4", "6-4", 11),
    # The lowest double led wins when no other double falls.
    Trick(DOUBLES_SUIT, "0-0 6-0 5-0 4-0", "0-0", 6),
    # Fives led: 5-1 (6) beats 5-0 (5); both doubles lose.
    Trick(DOUBLES_SUIT, "5-0 5-5 0-0 5-1", "5-1", 16),
    # The double six is the highest double.
    Trick(DOUBLES_SUIT, "5-5 6-6 6-5 3-2", "6-6", 16),
]


@pytest.mark.parametrize("trick", TRICKS, ids=lambda trick: f"{trick.declaration}:{trick.played}")
def test_hand_worked_tricks(trick: Trick) -> None:
    played = dominoes(trick.played)
    assert played[rules.trick_winner(trick.declaration, played)] == dominoes(trick.winner)[0]
    assert rules.trick_points(played) == trick.points


@pytest.mark.parametrize(
    ("declaration", "led", "hand", "legal"),
    [
        # 6-5 is a trump, so it cannot follow sixes.
        (FIVES, "6-6", "6-4 6-5 3-2", "6-4"),
        # No double follows a six lead, so anything goes.
        (DOUBLES_TRUMP, "6-5", "3-2 5-5 6-6", "3-2 5-5 6-6"),
        # Fives are led: 6-5 shows one, 3-3 does not.
        (NOTRUMP, "5-3", "3-3 6-5", "6-5"),
        # Trumps are led: 6-0 must follow, 1-1 may not be played.
        (SIXES, "6-1", "1-1 6-0", "6-0"),
        # Doubles are led: a double must follow, 5-4 may not be played.
        (DOUBLES_SUIT, "5-5", "0-0 5-4", "0-0"),
        # Under doubles-suit 6-6 is no six: 6-2 is the only one that follows.
        (DOUBLES_SUIT, "6-5", "6-2 6-6", "6-2"),
        # 1-0 leads ones, so 5-0 need not and does not follow.
        (NOTRUMP, "1-0", "5-0 6-1", "6-1"),
        # 4-2 is a trump under twos: fours need not be played to it.
        (TWOS, "4-2", "4-4 6-4", "4-4 6-4"),
    ],
)
def test_hand_worked_following(declaration: int, led: str, hand: str, legal: str) -> None:
    allowed = rules.legal_dominoes(declaration, dominoes(hand), dominoes(led)[0])
    assert allowed == dominoes(legal)


def test_anything_may_be_led() -> None:
    hand = dominoes("0-0 3-2 6-5")
    for declaration in rules.DECLARATIONS:
        assert rules.legal_dominoes(declaration, hand, None) == hand


def test_domino_ids_and_counts() -> None:
    assert [rules.domino_id(domino) for domino in rules.ALL_DOMINOES] == list(range(28))
    assert rules.domino_id((1, 0)) == 1
    assert rules.domino_id((6, 6)) == 27
    # 35 count points and seven tricks make the 42 of the game.
    assert sum(map(rules.count_points, rules.ALL_DOMINOES)) == 35


def test_called_order() -> None:
    assert rules.called_order(FOURS) == dominoes("4-4 6-4 5-4 4-3 4-2 4-1 4-0")
    assert rules.called_order(DOUBLES_SUIT) == dominoes("6-6 5-5 4-4 3-3 2-2 1-1 0-0")
    assert rules.called_order(NOTRUMP) == []


def test_first_packed_state() -> None:
    # All 28 mask bits, leader 0, no plays, three sevens in bits 32 to 40.
    assert packing.pack(packing.INITIAL) == (2**28 - 1) + (511 << 32) == 2194996723711


def test_packed_state_in_a_trick() -> None:
    # Seat 2 leads slot 0, seat 3 follows with slot 6; seat 0 is to act.
    state = State(
        hands=((0, 1), (0, 1), (1,), (0,)),
        leader=2,
        plays=(0, 6),
    )
    packed = 3 + (3 << 7) + (2 << 14) + (1 << 21) + (2 << 28) + (2 << 30)
    packed += (0 << 32) + (6 << 35) + (7 << 38)
    assert packing.pack(state) == packed
    assert packing.unpack(packed) == state
    assert state.seat_to_act == 0


def test_last_trick_by_hand() -> None:
    # Under sixes seat 1 leads the double six to the last trick and wins all the count in it.
    deal = deals.from_seed(0)
    hands = [list(hand) for hand in deal]
    flat = [domino for hand in hands for domino in hand]
    last = dominoes("5-5 6-6 6-4 5-0")
    rest = [domino for domino in flat if domino not in last]
    deal = tuple((last[seat], *rest[6 * seat : 6 * seat + 6]) for seat in range(4))
    start = packing.pack(State(hands=((0,),) * 4, leader=1, plays=()))

    base = minimax.tablebase(deal, SIXES, start)
    assert len(base.states) == 5
    root = base.states.index(start)
    # 1 + 10 + 10 + 5, lost by team 0.
    assert base.values[root] == -26
    assert base.q[root] == [-26] + [minimax.ILLEGAL] * 6
    assert sorted(base.values) == [-26, -26, -26, -26, 0]


@pytest.mark.parametrize("declaration", rules.DECLARATIONS)
def test_every_hand_pays_42(declaration: int) -> None:
    rng = random.Random(declaration)
    deal = deals.from_seed(declaration)
    packed = packing.pack(packing.INITIAL)
    paid = 0
    for _ in range(28):
        slot = rng.choice(game.legal_slots(deal, declaration, packed))
        packed, points = game.play(deal, declaration, packed, slot)
        paid += abs(points)
    assert paid == 42
    assert packing.unpack(packed).is_terminal
    assert game.legal_slots(deal, declaration, packed) == []


def test_deals_are_28_dominoes_in_order() -> None:
    for deal in (deals.from_seed(7), deals.marginalized(7, 3)):
        ids = deals.ids(deal)
        assert sorted(domino for hand in ids for domino in hand) == list(range(28))
        assert all(hand == sorted(hand) for hand in ids)
    assert deals.marginalized(7, 3)[0] == deals.from_seed(7)[0]
    assert deals.marginalized(7, 3) != deals.marginalized(7, 4)


def test_tokens_of_a_first_lead() -> None:
    deal = deals.from_seed(0)
    block, mask = tokens.tokenize(deal, FIVES, packing.pack(packing.INITIAL))
    assert block[0] == [0] * 10 + [FIVES, 0]
    assert mask == [1] * 29 + [0] * 3
    high, low = deal[2][3]
    token = block[1 + 7 * 2 + 3]
    assert token[:2] == [high, low]
    # Seat 2 is seat 0's partner; its token type is 1 + 2.
    assert token[5:] == [2, 0, 1, 1, 3, FIVES, 0]


@pytest.mark.parametrize(
    ("counter", "key", "answer"),
    [  # Random123, kat_vectors, philox4x32 with 10 rounds
        ((0,) * 4, (0,) * 2, (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((2**32 - 1,) * 4, (2**32 - 1,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_philox_known_answers(
    counter: philox.Counter, key: tuple[int, int], answer: philox.Counter
) -> None:
    assert philox.philox4x32(counter, key) == answer


def test_fair_integers_leave_the_unfair_words_out() -> None:
    # 2^32 mod 3 = 1: word 0 would give 0 one word more than the others.
    assert philox.below(3, iter([0, 2**32 - 1])) == 2
    assert philox.below(3, itertools.repeat(1)) == 0
    assert philox.below(4, itertools.repeat(0)) == 0  # 4 divides 2^32: nothing is unfair


def test_worlds_by_hand() -> None:
    # Domino 0 may be with seats 0 and 1, domino 4 with all, domino 9 with seats 1 and 2.
    allowed, sizes = (0b0000010001, 0b1000010001, 0b1000010000), (1, 1, 1)
    assert worlds.unseen(allowed) == [0, 4, 9]
    assert worlds.worlds(allowed, sizes) == [(1, 16, 512), (1, 512, 16), (16, 1, 512)]
    assert worlds.is_world((1, 512, 16), allowed, sizes)
    assert not worlds.is_world((512, 1, 16), allowed, sizes)


def test_most_constrained_first_by_hand() -> None:
    # Dominoes 0 and 2 (two seats each) come before 1 (three). 0 to seat 0: then 1 and 2 may be with
    # 1 and 2 either way, even chances. 0 to seat 1: 2 must go to seat 2. And 2 first likewise.
    allowed, sizes = (0b011, 0b111, 0b110), (1, 1, 1)
    half, quarter = Fraction(1, 2), Fraction(1, 4)
    by_0 = {(1, 2, 4): quarter, (1, 4, 2): quarter, (2, 1, 4): half}
    by_2 = {(1, 2, 4): quarter, (2, 1, 4): quarter, (1, 4, 2): half}
    expected = {world: (by_0[world] + by_2[world]) / 2 for world in by_0}
    assert worlds.mrv_probabilities(allowed, sizes) == expected


def test_reference_stands_alone() -> None:
    for path in Path(__file__).parent.glob("*.py"):
        imported: set[str] = set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path.name}: spell the import out"
                imported.add((node.module or "").split(".")[0])
        allowed = {"ast", "collections", "fractions", "functools", "hypothesis", "itertools"}
        allowed |= {"__future__", "dataclasses"}
        allowed |= {"pathlib", "pytest", "random", "reference", "typing"}
        assert imported <= allowed, f"{path.name} imports {sorted(imported - allowed)}"
