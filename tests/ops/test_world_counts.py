"""`count_worlds` and `enumerate_worlds` against plain enumeration."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import forge.ops  # noqa: F401  (registers the ops)
from reference import worlds as reference
from support import world_sets
from support.world_sets import EMPTY_BOARD, Question, small_questions, tensors

ops = torch.ops.forge


def counts(questions: list[Question]) -> list[int]:
    """Return the numbers of worlds that the package finds."""
    found: list[int] = ops.count_worlds(*tensors(questions)).tolist()
    return found


def enumerated(question: Question, start: int, stop: int) -> list[tuple[int, ...]]:
    """Return worlds start .. stop - 1 of the package."""
    allowed, sizes = tensors([question])
    found = ops.enumerate_worlds(allowed[0], sizes[0], start, stop)
    return [tuple(world) for world in found.tolist()]


def test_empty_board() -> None:
    assert counts([EMPTY_BOARD]) == [399_072_960]
    n = 399_072_960
    assert enumerated(EMPTY_BOARD, 0, 1) == [(0x7F, 0x7F << 7, 0x7F << 14)]
    assert enumerated(EMPTY_BOARD, n - 1, n) == [(0x7F << 14, 0x7F << 7, 0x7F)]


def test_nothing_unseen_is_one_world() -> None:
    nothing = Question((0, 0, 0), (0, 0, 0))
    assert counts([nothing]) == [1]
    assert enumerated(nothing, 0, 1) == [(0, 0, 0)]


def test_questions_without_a_world() -> None:
    none = [
        Question((7, 7, 7), (1, 1, 0)),  # three dominoes, two places
        Question((3, 3, 3), (1, 1, 1)),  # two dominoes, three places
        Question((0b0011, 0b0011, 0b1100), (1, 0, 3)),  # two that only seat 0 has room for
        Question((0b1111, 0b0011, 0b0011), (1, 2, 1)),  # two for seat 0 alone
        Question((0b1111, 0b1111, 0b0001), (1, 1, 2)),  # one for seat 2
        Question(((1 << 28) - 1,) * 3, (7, 7, 7)),  # 28 dominoes, 21 places
        Question((0, 0, 0), (1, 0, 0)),
    ]
    assert counts(none) == [0] * len(none)
    assert all(enumerated(question, 0, 0) == [] for question in none)


@settings(max_examples=200)
@given(batch=st.lists(small_questions(), max_size=8))
def test_counts_are_those_of_enumeration(batch: list[Question]) -> None:
    assert counts(batch) == [len(reference.seatings(*question)) for question in batch]


def test_every_small_question() -> None:
    questions = world_sets.all_small(3) + world_sets.all_small(4)
    assert len(questions) == 84 * 10 + 210 * 15
    assert counts(questions) == [len(reference.seatings(*question)) for question in questions]


@settings(max_examples=200)
@given(question=small_questions(), data=st.data())
def test_each_world_once_and_in_order(question: Question, data: st.DataObject) -> None:
    expected = reference.worlds(*question)
    assert enumerated(question, 0, len(expected)) == expected
    start = data.draw(st.integers(0, len(expected)))
    stop = data.draw(st.integers(start, len(expected)))
    assert enumerated(question, start, stop) == expected[start:stop]


def test_many_worlds_are_different_and_right() -> None:
    # Too many for the reference; order and consistency say as much.
    question = Question(((1 << 15) - 1,) * 3, (6, 4, 5))
    n = counts([question])[0]
    assert n == 630_630
    worlds = ops.enumerate_worlds(*(x[0] for x in tensors([question])), 0, n).long()
    assert bool((worlds.sum(dim=1) == (1 << 15) - 1).all())
    assert bool((worlds[:, 0] & worlds[:, 1] == 0).all())
    bits = worlds[:, :, None] >> torch.arange(15) & 1
    assert torch.equal(bits.sum(dim=2), torch.tensor([[6, 4, 5]]).expand(n, 3))
    text = (bits[:, 1] + 2 * bits[:, 2]) @ (3 ** torch.arange(14, -1, -1))
    assert bool((text.diff() > 0).all())
