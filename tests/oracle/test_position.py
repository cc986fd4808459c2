"""`Position`: play, legal slots, points, text, values."""

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import forge
from forge import Deal, ForgeError, Position
from forge.game.constants import INITIAL_STATE
from forge.game.declarations import DECLARATION_NAMES
from forge.game.state import pack_state
from reference import deals, game, rules
from reference.minimax import Solver

SEEDS = st.integers(min_value=0, max_value=2**32 - 1)
DECLS = st.integers(min_value=0, max_value=9)


@st.composite
def positions(draw: st.DrawFn, min_plays: int = 0, max_plays: int = 28) -> Position:
    """Draw a position after random legal plays."""
    position = Position(Deal.from_seed(draw(SEEDS)), draw(DECLS))
    rng = random.Random(draw(SEEDS))
    for _ in range(draw(st.integers(min_plays, max_plays))):
        position = position.play(rng.choice(position.legal_slots()))
    return position


def assert_one_line(error: pytest.ExceptionInfo[ForgeError]) -> None:
    """Fail if the message has several lines."""
    assert "\n" not in str(error.value)


@settings(max_examples=30)
@given(seed=SEEDS, decl=DECLS, choices=SEEDS)
def test_whole_hands_as_the_reference_plays_them(seed: int, decl: int, choices: int) -> None:
    hands, rng = deals.from_seed(seed), random.Random(choices)
    position, packed, score = Position(Deal.from_seed(seed), decl), INITIAL_STATE, [0, 0]
    while not position.is_over:
        legal = position.legal_slots()
        assert list(legal) == game.legal_slots(hands, decl, packed)
        slot = rng.choice(legal)
        seat = position.seat_to_act
        assert position.legal_dominoes()[legal.index(slot)] == rules.domino_id(hands[seat][slot])

        packed, points = game.play(hands, decl, packed, slot)
        score[points < 0] += abs(points)
        position = position.play(slot)
        assert (position.state, list(position.points)) == (packed, score)
    assert position.legal_slots() == ()
    assert position.state == packed
    assert sum(position.points) == 42
    assert sorted(position.plays) == list(range(28))


@given(position=positions())
def test_text_round_trip(position: Position) -> None:
    assert Position.from_text(position.text) == position
    assert Position.from_plays(position.deal, position.decl, position.plays) == position


@given(decl=DECLS)
def test_text_of_the_first_lead(decl: int) -> None:
    deal = Deal.from_seed(decl)
    first = Position(deal, decl)
    name = DECLARATION_NAMES[decl]
    for text in (f"{deal.text};{decl}", f"{deal.text} ; {name.upper()} ;", f"{deal.text};{name};"):
        assert Position.from_text(text) == first
    assert first.text == f"{deal.text} ; {name} ;"


@given(position=positions())
def test_state_and_turn(position: Position) -> None:
    fields = position.unpacked
    assert pack_state(fields.hands, fields.leader, fields.plays) == position.state
    assert fields.n_played == len(position.plays)
    assert position.is_over == (len(position.plays) == 28)
    assert position.seat_to_act == (fields.leader + len(fields.plays)) % 4
    trick = position.plays[len(position.plays) - len(fields.plays) :]
    held = [position.deal.hands[(fields.leader + k) % 4][s] for k, s in enumerate(fields.plays)]
    assert list(trick) == held


@settings(max_examples=40)
@given(position=positions(max_plays=27), slot=st.integers(-2, 8))
def test_play_slot(position: Position, slot: int) -> None:
    before = (position.plays, position.state, position.points)
    legal = position.legal_slots()
    if slot in legal:
        after = position.play(slot)
        assert after.plays[:-1] == position.plays
        assert after.plays[-1] == position.deal.hands[position.seat_to_act][slot]
        assert after == position.play_domino(after.plays[-1])
    else:
        message = re.escape(f"slot {slot} is not legal here; valid are {list(legal)}")
        with pytest.raises(ForgeError, match=message):
            position.play(slot)
    assert (position.plays, position.state, position.points) == before


@settings(max_examples=40)
@given(position=positions(max_plays=27), data=st.data())
def test_illegal_dominoes(position: Position, data: st.DataObject) -> None:
    legal = position.legal_dominoes()
    domino = data.draw(st.sampled_from([d for d in range(28) if d not in legal]))
    number = len(position.plays) + 1
    match = rf"^play {number}: seat {position.seat_to_act} may not play \d-\d; valid are \d-\d"
    with pytest.raises(ForgeError, match=match) as error:
        position.play_domino(domino)
    assert_one_line(error)
    assert len(re.findall(r"\d-\d", str(error.value))) == 1 + len(legal)


@settings(max_examples=5)
@given(position=positions(min_plays=28))
def test_the_end(position: Position) -> None:
    assert position.is_over
    assert (position.value(), position.best_slots(), position.q()) == (0, (), (None,) * 7)
    with pytest.raises(ForgeError, match="none: it is over"):
        position.play_domino(0)
    with pytest.raises(ForgeError, match=r"valid are \[\]"):
        position.play(0)


@settings(max_examples=30)
@given(position=positions(min_plays=16))
def test_values(position: Position) -> None:
    seat_ids = [list(hand) for hand in position.deal.hands]
    hands = tuple(deals.hand_from_ids(ids) for ids in seat_ids)
    expected = Solver(hands, position.decl).q(position.state)
    q = tuple(None if value == -128 else value for value in expected)
    assert position.q() == q
    best = (min if position.seat_to_act % 2 else max)((x for x in q if x is not None), default=0)
    assert position.value() == best
    assert position.best_slots() == tuple(slot for slot in range(7) if q[slot] == best)


@settings(max_examples=20)
@given(batch=st.lists(positions(min_plays=12), max_size=8))
def test_search_of_many(batch: list[Position]) -> None:
    assert forge.search(batch) == [position.q() for position in batch]


@settings(max_examples=15)
@given(position=positions(min_plays=12, max_plays=27))
def test_a_play_is_worth_its_q(position: Position) -> None:
    # q[slot] = points of the trick that the play completes + value of what follows (team 0).
    for slot in position.legal_slots():
        after = position.play(slot)
        points = (after.points[0] - position.points[0]) - (after.points[1] - position.points[1])
        assert position.q()[slot] == points + after.value()


@given(position=positions())
def test_display(position: Position) -> None:
    assert repr(position) == f"Position.from_text({position.text!r})"
    assert len(repr(position)) < 290
    page = position._repr_html_()
    assert page.count("<s>") == len(position.plays)
    assert page.count(" *</th>") == 1
    assert f"points {position.points[0]} - {position.points[1]}</caption>" in page


@pytest.mark.parametrize("decl", [-1, 10])
def test_unknown_declaration(decl: int) -> None:
    with pytest.raises(ForgeError, match=rf"^declaration id must be 0\.\.9, got {decl}$"):
        Position(Deal.from_seed(0), decl)


DEAL_TEXT = Deal.from_seed(0).text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (DEAL_TEXT, "a position is 'four hands ; declaration ; plays so far'"),
        (f"{DEAL_TEXT};1;;", "a position is 'four hands ; declaration ; plays so far'"),
        (f"{DEAL_TEXT};sevens", "unknown declaration 'sevens'; valid are blanks, ones, "),
        (f"{DEAL_TEXT};10", "unknown declaration '10'; valid are blanks, ones, "),
        (f"{DEAL_TEXT};1;6-7", "not a domino: '6-7'; write two pips 0..6 such as 6-4"),
        (f"{DEAL_TEXT};1;6-6,6-6", "domino 6-6 is there twice"),
        ("6-6;1", "a deal is four hands separated by '/', got 1"),
    ],
)
def test_bad_text(text: str, message: str) -> None:
    with pytest.raises(ForgeError, match=re.escape(message)) as error:
        Position.from_text(text)
    assert_one_line(error)
