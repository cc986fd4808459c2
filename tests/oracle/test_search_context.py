"""`SearchContext`: warm answers are the cold ones, along whole hands."""

import random
from collections import defaultdict

import pytest
import torch

from forge import Deal, ForgeError, Position, SearchContext, ops, search
from forge.game.contract import Bid
from reference import deals
from reference.minimax import ILLEGAL, Solver


def random_line(deal: Deal, decl: int, rng: random.Random) -> list[Position]:
    """Return the 29 positions of a game at random."""
    line = [Position(deal, decl)]
    while not line[-1].is_over:
        line.append(line[-1].play(rng.choice(line[-1].legal_slots())))
    return line


@pytest.mark.parametrize("decl", range(10))
def test_along_a_hand(decl: int) -> None:
    line = random_line(Deal.from_seed(decl), decl, random.Random(decl))
    context = SearchContext(line[0].deal, decl)
    assert [context.q(position.state) for position in line] == search(line)


@pytest.mark.parametrize("decl", range(10))
def test_at_least_along_a_hand(decl: int) -> None:
    rng = random.Random(decl)
    line = random_line(Deal.from_seed(decl + 20), decl, rng)
    context = SearchContext(line[0].deal, decl)
    for position, q in zip(line, search(line), strict=True):
        for target in (rng.randint(-43, 43), *(x + rng.randint(0, 1) for x in q if x is not None)):
            expected = tuple(None if x is None else x >= target for x in q)
            assert context.at_least(target, position.state) == expected


def test_any_order_with_both_questions_mixed() -> None:
    # Backwards, sideways and again: what the memory keeps of one question is right for another.
    rng = random.Random(7)
    deal = Deal.from_seed(77)
    positions = [p for _ in range(3) for p in random_line(deal, 4, rng)]
    expected = dict(zip((p.state for p in positions), search(positions), strict=True))
    context = SearchContext(deal, 4)
    for state in rng.choices(list(expected), k=300):
        q = expected[state]
        if rng.random() < 0.5:
            assert context.q(state) == q
        else:
            target = rng.randint(-20, 20)
            answers = tuple(None if x is None else x >= target for x in q)
            assert context.at_least(target, state) == answers


def ways_to_one_state(seed: int, decl: int, n_plays: int) -> list[list[Position]]:
    """Positions that differ in the points won alone, by their common state."""
    rng = random.Random(seed)
    found: dict[int, dict[tuple[int, int], Position]] = defaultdict(dict)
    for _ in range(1500):
        position = Position(Deal.from_seed(seed), decl)
        for _ in range(n_plays):
            position = position.play(rng.choice(position.legal_slots()))
        found[position.state][position.points] = position
    return [list(each.values()) for each in found.values() if len(each) > 1]


def test_neither_the_points_won_nor_the_contract_are_in_the_table() -> None:
    # The table's key is the state: what was won and promised moves the target alone. One warm
    # table, and one batch, answer for all ways to a state and for all bids, in any order.
    seed, decl = 77, 4
    ways = ways_to_one_state(seed, decl, 16)
    solver = Solver(deals.from_seed(seed), decl)
    asked = [(p, Bid(points)) for each in ways for p in each for points in range(1, 43)]
    random.Random(0).shuffle(asked)
    targets = [bid.target(*position.points) for position, bid in asked]
    context = SearchContext(Deal.from_seed(seed), decl)
    batch = ops.search_at_least(
        context.deal.tensor[None],
        torch.tensor([decl], dtype=torch.int8),
        torch.tensor([position.state for position, _ in asked]),
        torch.tensor(targets, dtype=torch.int8),
    )
    by_question: dict[tuple[int, Bid], set[tuple[bool | None, ...]]] = defaultdict(set)
    for (position, bid), target, row in zip(asked, targets, batch.tolist(), strict=True):
        won, lost = position.points
        expected = tuple(
            None if q == ILLEGAL else won + (42 - won - lost + q) / 2 >= bid.points
            for q in solver.q(position.state)
        )
        assert context.at_least(target, position.state) == expected
        assert tuple(None if answer < 0 else answer == 1 for answer in row) == expected
        by_question[position.state, bid].add(expected)
    # The points do decide: the same bid in the same state is made after one way and set after
    # another.
    assert sum(len(answers) > 1 for answers in by_question.values()) > 20


def test_the_first_lead_is_the_default() -> None:
    position = Position(Deal.from_seed(3), 3)
    context = SearchContext(position.deal, 3)
    assert context.q() == position.q()
    assert context.at_least(18) == tuple(x is not None and x >= 18 for x in position.q())


@pytest.mark.parametrize("target", [-1000, -128, -43, 43, 128, 1000])
def test_targets_beyond_what_a_hand_pays(target: int) -> None:
    context = SearchContext(Deal.from_seed(0), 9)
    assert context.at_least(target) == (target < 0,) * 7


def test_several_contexts_at_once() -> None:
    lines = [random_line(Deal.from_seed(5), decl, random.Random(0)) for decl in (2, 8)]
    contexts = [SearchContext(line[0].deal, line[0].decl) for line in lines]
    for k in range(29):
        for line, context in zip(lines, contexts, strict=True):
            assert context.q(line[k].state) == line[k].q()


@pytest.mark.parametrize("decl", [-1, 10])
def test_unknown_declaration(decl: int) -> None:
    with pytest.raises(ForgeError, match=rf"^decl must be 0\.\.9, got {decl}$"):
        SearchContext(Deal.from_seed(0), decl)


@pytest.mark.parametrize("state", [-1, 0, 1 << 41, 2**64])
def test_bad_state(state: int) -> None:
    context = SearchContext(Deal.from_seed(0), 0)
    for ask in (context.q, lambda s: context.at_least(0, s)):
        with pytest.raises(ForgeError, match=rf"^{state} is not a packed state: [^\n]+$"):
            ask(state)


def test_display() -> None:
    context = SearchContext(Deal.from_seed(0), 5)
    assert repr(context) == f"SearchContext({context.deal!r}, decl=5)"
    assert len(repr(context)) < 190
