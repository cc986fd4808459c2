"""Pictures of tricks say what the rules say, and those of the documentation are the ones that are
drawn now."""

import importlib.util
import random
import re
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

from forge.errors import ForgeError
from forge.game.deal import Deal
from forge.game.tables import HIGH, LOW, domino_name, parse_dominoes
from forge.look.trick_picture import ToldTrick, told_trick, trick_svg, trump_text
from forge.oracle.position import Position
from reference import rules

ROOT = Path(__file__).parents[2]
RULES = (ROOT / "docs/rules.md").read_text()
# A declaration, its picture with what it tells, and the sentence above it.
_SHOWN = re.compile(r"^\*\*[\w() -]+\*\* \((\d)\)\. (.+)\n\n!\[(.+)\]\((.+)\)$", re.MULTILINE)


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("site_tricks", ROOT / "docs/site/tricks.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TRICKS = script()


def shapes(svg: bytes) -> list[tuple[str, str, str, list[float]]]:
    """Tag, colour, words and numbers of all that is drawn."""
    found = []
    for each in ElementTree.fromstring(svg).iter():
        tag, style = each.tag.rpartition("}")[2], each.get("style", "")
        if tag in ("path", "circle", "text"):
            places = " ".join(each.get(name, "") for name in ("d", "cx", "cy", "r", "x", "y"))
            numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", places)]
            found.append((tag, style.rpartition("fill: ")[2], each.text or "", numbers))
    return found


def random_trick(decl: int, seed: int) -> tuple[Position, list[int], ToldTrick]:
    draw = random.Random(seed)
    before = Position(Deal.from_seed(seed), decl)
    for _ in range(4 * draw.randrange(7)):
        before = before.play(draw.choice(before.legal_slots()))
    after = before
    for _ in range(4):
        after = after.play(draw.choice(after.legal_slots()))
    dominoes = list(after.plays[-4:])
    return before, dominoes, told_trick(before, dominoes)


def pips(domino: int) -> tuple[int, int]:
    return int(HIGH[domino]), int(LOW[domino])


@pytest.mark.parametrize("decl", range(10))
def test_what_is_told_is_what_the_rules_say(decl: int) -> None:
    """The rules as `tests/reference` has them."""
    n_alone = 0
    for seed in range(60):
        before, dominoes, told = random_trick(decl, seed)
        tiles = [pips(domino) for domino in dominoes]
        led = rules.led_suit(decl, tiles[0])
        assert told.winner == rules.trick_winner(decl, tiles)
        assert told.points == rules.trick_points(tiles)
        for place, (play, tile) in enumerate(zip(told.plays, tiles, strict=True)):
            assert play.seat == (before.seat_to_act + place) % 4
            legal = rules.legal_dominoes(
                decl, [pips(each) for each in play.held], tiles[0] if place else None
            )
            assert {pips(each) for each in play.playable} == set(legal)
            is_trump = decl <= 7 and rules.is_called(decl, tile)
            follows = rules.can_follow(decl, led, tile)
            other = "trumps with" if is_trump else "throws off"
            assert play.role == ("leads" if not place else "follows with" if follows else other)
        won_by_trump = decl <= 7 and rules.is_called(decl, tiles[told.winner])
        assert told.why.endswith("trump") == won_by_trump
        rivals = [
            tile
            for tile in tiles
            if (rules.is_called(decl, tile) if won_by_trump else rules.can_follow(decl, led, tile))
        ]
        assert told.why.startswith("the only") == (len(rivals) == 1)
        n_alone += len(rivals) == 1
    assert 0 < n_alone < 60


def test_the_only_one_is_alone() -> None:
    before = Position(Deal.from_seed(5), 0)
    told = told_trick(before, parse_dominoes("6-6 6-4 1-0 6-1"))
    assert told.why == "the only trump" and told.plays[told.winner].seat == 2
    assert told.text == (
        "Blanks are trump: seat 0 leads 6-6, seat 1 follows with 6-4, seat 2 trumps with 1-0, "
        "seat 3 follows with 6-1; seat 2 wins 11 with the only trump"
    )


def test_what_is_no_trick_is_refused() -> None:
    before = Position(Deal.from_seed(5), 0)
    with pytest.raises(ForgeError, match="four plays"):
        told_trick(before, parse_dominoes("6-6 6-4 1-0"))
    inside = before.play_domino(parse_dominoes("6-6")[0])
    with pytest.raises(ForgeError, match="four plays"):
        told_trick(inside, parse_dominoes("6-4 1-0 6-1 5-5"))
    with pytest.raises(ForgeError, match="seat 1 may not play"):
        told_trick(before, parse_dominoes("6-6 1-0 6-4 6-1"))


def test_what_is_trump_in_words() -> None:
    assert trump_text(6) == "Sixes are trump"
    assert trump_text(7) == "Doubles are trump"
    assert trump_text(8) == "Doubles are a suit, no trump"
    assert trump_text(9) == "No trump"


@pytest.mark.parametrize("decl", range(10))
def test_a_picture_has_all_tiles_and_words(decl: int) -> None:
    _, dominoes, told = random_trick(decl, 7)
    drawn = shapes(trick_svg(told))
    words = [text for tag, _, text, _ in drawn if tag == "text"]
    assert {trump_text(decl), told.why, "Seat 0", "Seat 3"} <= set(words)
    tiles = [*dominoes, *(domino for play in told.plays for domino in play.held)]
    n_pips = sum(sum(pips(domino)) for domino in tiles)
    n_badges = sum(rules.count_points(pips(domino)) > 0 for domino in dominoes)
    assert sum(tag == "circle" for tag, *_ in drawn) == n_pips + n_badges
    assert trick_svg(told) == trick_svg(told)


def test_the_rules_show_a_trick_of_every_declaration() -> None:
    shown = _SHOWN.findall(RULES)
    assert [int(decl) for decl, *_ in shown] == list(range(10))
    for decl, sentence, tells, file in shown:
        trick = TRICKS.shown_trick(int(decl))
        assert tells == trick.text
        assert ROOT / "docs" / file == TRICKS.picture_path(int(decl))
        # Whatever else is said of it, the sentence names who wins and no domino that is not there.
        named = re.findall(r"\d-\d", sentence)
        assert domino_name(trick.plays[trick.winner].domino) in named
        there = {domino_name(domino) for play in trick.plays for domino in play.held}
        assert set(named) <= there


@pytest.mark.parametrize("decl", range(10))
def test_pictures_of_the_rules_are_those_that_are_drawn_now(decl: int) -> None:
    """To less than can be seen: versions of Matplotlib may round otherwise."""
    there = shapes(TRICKS.picture_path(decl).read_bytes())
    now = shapes(trick_svg(TRICKS.shown_trick(decl)))
    assert [each[:3] for each in there] == [each[:3] for each in now]
    for one, other in zip(there, now, strict=True):
        assert one[3] == pytest.approx(other[3], abs=0.06)
