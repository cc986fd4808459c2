"""`sample_worlds`: every world fits, `uniform` is uniform, `mrv` is what it is said to be."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from scipy import stats

import forge.ops  # noqa: F401  (registers the ops)
from reference import philox
from reference import worlds as reference
from support import world_sets
from support.world_sets import EMPTY_BOARD, Question, tensors

SAMPLERS = ("uniform", "mrv")
P_BOUND = 1e-4


def sample(questions: list[Question], n: int, sampler: str, seed: int = 0) -> torch.Tensor:
    """Return int32 [B, n, 3]; the key of row i is seed + i."""
    keys = torch.arange(len(questions)) + seed
    worlds: torch.Tensor = torch.ops.forge.sample_worlds(*tensors(questions), keys, n, sampler)
    return worlds


def assert_consistent(questions: list[Question], worlds: torch.Tensor) -> None:
    """Fail unless every sampled world fits its question."""
    allowed, sizes = (x.long()[:, None] for x in tensors(questions))
    hands = worlds.long()
    held = (hands[..., None] >> torch.arange(32) & 1).sum(dim=-1)
    assert bool((hands & ~allowed == 0).all())
    assert bool((held == sizes).all())
    union = allowed[..., 0] | allowed[..., 1] | allowed[..., 2]
    assert bool((hands[..., 0] | hands[..., 1] | hands[..., 2] == union).all())
    assert bool((hands.sum(dim=-1) == union).all())  # no domino twice


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_world_fits(sampler: str) -> None:
    questions = world_sets.random_questions(3000)
    assert_consistent(questions, sample(questions, 20, sampler))


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_small_question_with_a_world_is_answered(sampler: str) -> None:
    # Among them all the tight ones: one world only, reached by no luck.
    questions = [q for n in range(5) for q in world_sets.all_small(n) if reference.seatings(*q)]
    assert len(questions) > 1000
    assert_consistent(questions, sample(questions, 10, sampler))


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_tight_questions_of_full_hands(sampler: str) -> None:
    # Seven dominoes for seats 0 and 1 and seven for 1 and 2: whatever else seat 1 takes shuts one
    # of the others out. Naive backtracking finds that out only at the end.
    low, middle, high = 0x7F, 0x7F << 7, 0x7F << 14
    questions = [
        Question((low | middle, low | high, middle | high), (7, 7, 7)),
        Question((low | middle | high, low, middle | high), (7, 7, 7)),
        Question((low | middle, low | middle, low | middle | high), (7, 7, 7)),
        Question((low | 1 << 7, middle | 1, high), (7, 7, 7)),
    ]
    assert_consistent(questions, sample(questions, 2000, sampler))


def small_sets() -> list[Question]:
    """Return every question on four dominoes with two worlds or more."""
    return [q for q in world_sets.all_small(4) if len(reference.seatings(*q)) > 1]


def observed(worlds: torch.Tensor) -> list[dict[tuple[int, ...], int]]:
    """Return for each row how often each world came."""
    rows = []
    for row in worlds.numpy():
        found, times = np.unique(row, axis=0, return_counts=True)
        rows.append({tuple(w): int(k) for w, k in zip(found.tolist(), times, strict=True)})
    return rows


def assert_as_expected(
    questions: list[Question],
    rows: list[dict[tuple[int, ...], int]],
    probabilities: list[dict[tuple[int, int, int], Fraction]],
) -> None:
    """Chi-square of every row, and of all rows together."""
    n_tests = len(questions)
    total, freedom = 0.0, 0
    for question, found, expected in zip(questions, rows, probabilities, strict=True):
        n = sum(found.values())
        assert found.keys() <= expected.keys()
        times = [found.get(world, 0) for world in expected]
        verdict = stats.chisquare(times, [float(p) * n for p in expected.values()])
        assert verdict.pvalue > P_BOUND / n_tests, question
        total += verdict.statistic
        freedom += len(expected) - 1
    assert stats.chi2.sf(total, freedom) > P_BOUND


def even(question: Question) -> dict[tuple[int, int, int], Fraction]:
    """Return the uniform probabilities."""
    worlds = reference.worlds(*question)
    return dict.fromkeys(worlds, Fraction(1, len(worlds)))


def test_uniform_on_every_small_set() -> None:
    questions = small_sets()
    rows = observed(sample(questions, 500, "uniform"))
    assert_as_expected(questions, rows, [even(question) for question in questions])


def test_uniform_on_1680_worlds() -> None:
    question = Question((0b111111111,) * 3, (3, 3, 3))
    rows = observed(sample([question], 100_000, "uniform"))
    assert_as_expected([question], rows, [even(question)])


def test_uniform_on_the_empty_board() -> None:
    # Seven of 21: a seat holds a domino with 1/3, and two of them with 1/3 * 6/20.
    n = 100_000
    hands = sample([EMPTY_BOARD], n, "uniform")[0]
    bits = (hands[..., None] >> torch.arange(21) & 1).double()  # [n, 3, 21]
    single = bits.mean(dim=0)
    assert bool(((single - 1 / 3).abs() < 6 * (2 / 9 / n) ** 0.5).all())
    for seat in range(3):
        pairs = bits[:, seat].T @ bits[:, seat] / n
        off = pairs[~torch.eye(21, dtype=torch.bool)]
        assert bool(((off - 0.1).abs() < 6 * (0.09 / n) ** 0.5).all())
    assert len(hands.unique(dim=0)) > n - 50  # 12.5 equal pairs are expected


def mixed_small_sets() -> list[Question]:
    """Return questions on five and six dominoes on which `mrv` is far from uniform and near."""
    classes_and_sizes = [
        ((3, 3, 6, 6, 5), (2, 2, 1)),
        ((3, 6, 7, 7, 7), (1, 2, 2)),
        ((3, 3, 3, 7, 7, 7), (2, 2, 2)),
        ((3, 5, 6, 7, 7, 7), (3, 2, 1)),
        ((7, 7, 7, 7, 7, 7), (1, 2, 3)),
        ((1, 3, 7, 7, 5), (3, 1, 1)),
    ]
    return [
        world_sets.of_classes(classes, range(0, 3 * len(classes), 3), sizes)
        for classes, sizes in classes_and_sizes
    ]


def test_mrv_is_most_constrained_first_on_every_small_set() -> None:
    questions = small_sets()
    expected = [reference.mrv_probabilities(*question) for question in questions]
    assert_as_expected(questions, observed(sample(questions, 500, "mrv")), expected)


def test_mrv_is_most_constrained_first() -> None:
    questions = mixed_small_sets()
    expected = [reference.mrv_probabilities(*question) for question in questions]
    assert_as_expected(questions, observed(sample(questions, 50_000, "mrv")), expected)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_chi_square_tells_the_samplers_apart(sampler: str) -> None:
    questions = mixed_small_sets()
    of_the_other = [
        reference.mrv_probabilities(*q) if sampler == "uniform" else even(q) for q in questions
    ]
    with pytest.raises(AssertionError):
        assert_as_expected(questions, observed(sample(questions, 50_000, sampler)), of_the_other)


def test_mrv_reaches_every_world_but_not_evenly() -> None:
    distances = []
    for question in mixed_small_sets() + small_sets():
        exact = reference.mrv_probabilities(*question)
        assert exact.keys() == set(reference.worlds(*question))
        assert min(exact.values()) > 0
        share = Fraction(1, len(exact))
        distances.append(sum(abs(p - share) for p in exact.values()) / 2)
    assert max(distances) > Fraction(1, 20)


def test_uniform_worlds_are_those_of_philox() -> None:
    # World j is number below(n) of the worlds, from the words of (key, j) in stream 0.
    question = Question((0b1111111110, 0b1101111111, 0b1011111111), (4, 3, 3))
    worlds = reference.worlds(*question)
    for key in (0, 1, -1, 2**63 - 1, -(2**63), 0x1234_5678_9ABC):
        sampled = torch.ops.forge.sample_worlds(*tensors([question]), torch.tensor([key]), 20)
        expected = [
            worlds[philox.below(len(worlds), philox.words(key, j, stream=0))] for j in range(20)
        ]
        assert [tuple(world) for world in sampled[0].tolist()] == expected


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_world_depends_on_key_and_index_alone(sampler: str) -> None:
    questions = world_sets.random_questions(40, seed=2)
    worlds = sample(questions, 50, sampler)
    assert torch.equal(sample(questions, 7, sampler), worlds[:, :7])
    for i in (0, 17, 39):
        assert torch.equal(sample([questions[i]], 50, sampler, seed=i), worlds[i : i + 1])
    others = sample([EMPTY_BOARD] * 3, 50, sampler)
    assert len(others.reshape(-1, 3).unique(dim=0)) == 150
    assert not torch.equal(sample([EMPTY_BOARD], 50, "uniform"), sample([EMPTY_BOARD], 50, "mrv"))
