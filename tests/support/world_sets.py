"""Questions about hidden hands (allowed dominoes and sizes of three seats) for the tests."""

import itertools
import random
from collections.abc import Sequence
from typing import NamedTuple

import torch
from hypothesis import strategies as st
from torch import Tensor


class Question(NamedTuple):
    """Masks of the unseen dominoes that each hidden seat may hold, and how many it holds."""

    allowed: tuple[int, int, int]
    sizes: tuple[int, int, int]


EMPTY_BOARD = Question(((1 << 21) - 1,) * 3, (7, 7, 7))


def tensors(questions: Sequence[Question]) -> tuple[Tensor, Tensor]:
    """Return allowed int32 [B, 3] and sizes int8 [B, 3]."""
    allowed = torch.tensor([q.allowed for q in questions], dtype=torch.int32)
    sizes = torch.tensor([q.sizes for q in questions], dtype=torch.int8)
    return allowed.reshape(-1, 3), sizes.reshape(-1, 3)


def of_classes(classes: Sequence[int], dominoes: Sequence[int], sizes: Sequence[int]) -> Question:
    """Return the question in which domino k may be with the seats of the 3-bit set classes[k]."""
    pairs = list(zip(classes, dominoes, strict=True))
    a, b, c = (sum(1 << d for seats, d in pairs if seats >> seat & 1) for seat in range(3))
    size0, size1, size2 = sizes
    return Question((a, b, c), (size0, size1, size2))


def all_small(n: int) -> list[Question]:
    """Return every question on n dominoes that sizes add up to, but for their order."""
    sizes = [s for s in itertools.product(range(n + 1), repeat=3) if sum(s) == n]
    classes = itertools.combinations_with_replacement(range(1, 8), n)
    return [of_classes(c, range(n), s) for c in classes for s in sizes]


@st.composite
def small_questions(draw: st.DrawFn, max_unseen: int = 7) -> Question:
    """Draw a question that may have no world."""
    dominoes = draw(st.lists(st.integers(0, 27), max_size=max_unseen, unique=True))
    classes = draw(st.lists(st.integers(1, 7), min_size=len(dominoes), max_size=len(dominoes)))
    cuts = sorted(draw(st.integers(0, len(dominoes))) for _ in range(2))
    sizes = [cuts[0], cuts[1] - cuts[0], len(dominoes) - cuts[1]]
    sizes[draw(st.integers(0, 2))] += draw(st.sampled_from([0, 0, 0, 0, 1, -1]))
    return of_classes(classes, dominoes, [min(max(size, 0), 7) for size in sizes])


def random_question(rng: random.Random, extra: float, most: int = 7) -> Question:
    """Return a question with a world: a deal of hands of up to `most` dominoes.

    Each seat is also allowed each domino of the others with the probability `extra`; 0 leaves the
    one world, small values leave few.
    """
    sizes = [rng.randint(0, most) for _ in range(3)]
    dominoes = rng.sample(range(28), sum(sizes))
    seats = [seat for seat, size in enumerate(sizes) for _ in range(size)]
    classes = [
        sum(1 << other for other in range(3) if other == seat or rng.random() < extra)
        for seat in seats
    ]
    return of_classes(classes, dominoes, sizes)


def random_questions(n: int, seed: int = 0) -> list[Question]:
    """Return questions with a world, from tight to free."""
    rng = random.Random(seed)
    return [random_question(rng, rng.choice([0.05, 0.2, 0.5, 0.9, 1.0])) for _ in range(n)]
