"""Which play is chosen, and how often."""

from typing import Any

import pytest
import torch
from scipy.stats import chisquare
from torch import Tensor

from forge.eq.exploration import Mode, choose
from forge.eq.settings import ExplorationConfig
from forge.errors import ForgeError

NAN = torch.nan
E_Q = torch.tensor([3.0, NAN, 5.0, 4.5, NAN, 5.0, -20.0]).double()
LEGAL = [0, 2, 3, 5, 6]
N = 20_000


def many(**options: Any) -> tuple[Tensor, Tensor]:
    """Choices at one decision under N keys."""
    return choose(E_Q.expand(N, -1), torch.arange(N), ExplorationConfig(**options))


def test_greedy_takes_the_best_and_the_lowest_of_equals() -> None:
    slots, modes = choose(
        torch.stack([E_Q, E_Q.flip(0), torch.tensor([NAN] * 6 + [-42.0]).double()]),
        torch.arange(3),
        ExplorationConfig(),
    )
    assert slots.tolist() == [2, 1, 6]
    assert modes.tolist() == [Mode.GREEDY] * 3


def test_epsilon_greedy() -> None:
    slots, modes = many(policy="epsilon_greedy", epsilon=0.25)
    explored = modes == Mode.EPSILON
    assert (slots[~explored] == 2).all() and (modes[~explored] == Mode.GREEDY).all()
    n_explored = int(explored.sum())
    assert chisquare([n_explored, N - n_explored], [0.25 * N, 0.75 * N]).pvalue > 1e-3
    counts = torch.bincount(slots[explored], minlength=7)
    assert int(counts[[1, 4]].sum()) == 0
    assert chisquare(counts[LEGAL].tolist()).pvalue > 1e-3


def test_epsilon_of_nothing_and_of_all() -> None:
    slots, modes = many(policy="epsilon_greedy", epsilon=0.0)
    assert (slots == 2).all() and (modes == Mode.GREEDY).all()
    assert (many(policy="epsilon_greedy", epsilon=1.0)[1] == Mode.EPSILON).all()


def test_boltzmann_is_a_softmax() -> None:
    slots, modes = many(policy="boltzmann", temperature=2.0)
    assert (modes == Mode.BOLTZMANN).all()
    counts = torch.bincount(slots, minlength=7)
    assert int(counts[[1, 4]].sum()) == 0
    expected = (E_Q[[0, 2, 3, 5]] / 2.0).softmax(dim=0) * N
    assert (
        chisquare(counts[[0, 2, 3, 5]].tolist(), expected.tolist(), sum_check=False).pvalue > 1e-3
    )
    assert int(counts[6]) == 0  # 25 points behind: once in 300,000


@pytest.mark.parametrize("policy", ["greedy", "epsilon_greedy", "boltzmann"])
def test_blunders_are_bounded(policy: str) -> None:
    slots, modes = many(policy=policy, blunder_rate=0.5, max_blunder=2.0)
    blunders = modes == Mode.BLUNDER
    n_blunders = int(blunders.sum())
    assert chisquare([n_blunders, N - n_blunders]).pvalue > 1e-3
    counts = torch.bincount(slots[blunders], minlength=7)
    assert counts.nonzero().flatten().tolist() == [0, 3]  # worse by 2.0 and by 0.5
    assert chisquare(counts[[0, 3]].tolist()).pvalue > 1e-3


def test_no_blunder_where_nothing_is_a_little_worse() -> None:
    slots, modes = many(blunder_rate=1.0, max_blunder=0.4)
    assert (slots == 2).all() and (modes == Mode.GREEDY).all()


@pytest.mark.parametrize("policy", ["greedy", "epsilon_greedy", "boltzmann"])
def test_a_choice_depends_on_its_own_key_alone(policy: str) -> None:
    config = ExplorationConfig(policy=policy, epsilon=0.5, blunder_rate=0.3)
    generator = torch.Generator().manual_seed(1)
    mean = torch.randn((50, 7), generator=generator, dtype=torch.float64)
    keys = torch.randint(2**60, (50,), generator=generator)
    slots, modes = choose(mean, keys, config)
    order = torch.randperm(50, generator=generator)[:17]
    again = choose(mean[order], keys[order], config)
    assert torch.equal(again[0], slots[order]) and torch.equal(again[1], modes[order])


@pytest.mark.parametrize(
    "options",
    [
        {"policy": "bold"},
        {"epsilon": 1.1},
        {"epsilon": -0.1},
        {"blunder_rate": 2.0},
        {"temperature": 0.0},
        {"max_blunder": -1.0},
        {"temperature": torch.nan},
    ],
)
def test_bad_options(options: dict[str, Any]) -> None:
    name = next(iter(options)).replace("policy", "exploration")
    with pytest.raises(ForgeError, match=name):
        ExplorationConfig(**options)
