"""Weights of worlds, where they are known in closed form."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from forge import ops
from forge.eq.posterior import (
    effective_size,
    log_likelihood,
    play_log_probs,
    temper,
)
from forge.eq.settings import PosteriorConfig
from forge.eq.worlds import WorldPositions
from forge.errors import ForgeError
from forge.game.state import seats_to_act
from forge.ops import legal_slots
from support.lines import random_lines, replayed


class ByHand:
    """An oracle for which a play is worth 1 point to the team that makes it if it is the lowest."""

    name = "by hand"

    def __init__(self, gain: float) -> None:
        self.gain = gain
        self.asked: list[Tensor] = []

    def q(self, deals: Tensor, decls: Tensor, states: Tensor) -> Tensor:
        self.asked.append(states)
        legal = legal_slots(deals, decls, states)
        sign = 1 - 2 * (seats_to_act(states) & 1)
        q = torch.zeros(legal.shape)
        lowest = legal.int().argmax(dim=1, keepdim=True)
        q.scatter_(1, lowest, self.gain)
        return (q * sign[:, None]).masked_fill(~legal, torch.nan)

    def at_least(self, *args: Any) -> Tensor:
        raise AssertionError


@pytest.mark.parametrize(
    ("tau", "mix", "gain"), [(1.0, 0.1, 1.0), (0.5, 0.0, 2.0), (2.0, 1.0, 5.0)]
)
def test_known_posterior(tau: float, mix: float, gain: float) -> None:
    """Each observed play has the probability that the formula gives to 'lowest' or 'not lowest'."""
    lines = random_lines(12, seed=8)
    n_plays, window, n_worlds = 14, 4, 40
    games = replayed(lines, n_plays)
    allowed, sizes = games.hidden()
    hands = ops.sample_worlds(allowed, sizes, torch.arange(len(lines)), n_worlds)
    positions = WorldPositions(games, hands)
    found = log_likelihood(
        games, positions, ByHand(gain), PosteriorConfig(window=window, tau=tau, mix=mix)
    )
    for i in range(len(lines)):
        for j in range(n_worlds):
            row = i * n_worlds + j
            expected = 0.0
            for k in range(n_plays - window, n_plays):
                if int(games.seats[i, k]) == int(games.players[i]):
                    continue
                state = positions.states(k)[row]
                legal = legal_slots(
                    positions.deals[row][None], positions.decls[row][None], state[None]
                )[0]
                n_legal = int(legal.sum())
                is_lowest = int(positions.slot_of_play(k)[row]) == int(legal.int().argmax())
                weight = math.exp(gain / tau) if is_lowest else 1.0
                soft = weight / (math.exp(gain / tau) + n_legal - 1)
                expected += math.log((1 - mix) * soft + mix / n_legal)
            assert float(found[i, j]) == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_own_plays_say_nothing() -> None:
    lines = random_lines(12, seed=9)
    games = replayed(lines, 12)
    allowed, sizes = games.hidden()
    hands = ops.sample_worlds(allowed, sizes, torch.arange(len(lines)), 5)
    oracle = ByHand(1.0)
    log_likelihood(games, WorldPositions(games, hands), oracle, PosteriorConfig(window=4))
    n_others = (games.seats[:, 8:12].long() != games.players[:, None]).sum()
    assert sum(len(states) for states in oracle.asked) == 5 * int(n_others)


def test_a_play_that_makes_no_sense_costs_at_most_the_mix() -> None:
    q = torch.tensor([[10.0, -30.0, torch.nan, 10.0, torch.nan, torch.nan, torch.nan]]).double()
    config = PosteriorConfig(tau=0.1, mix=0.1)
    assert play_log_probs(q, torch.tensor([1]), config).exp().item() == pytest.approx(0.1 / 3)
    assert play_log_probs(q, torch.tensor([0]), config).exp().item() == pytest.approx(
        0.9 / 2 + 0.1 / 3
    )
    never = PosteriorConfig(tau=0.1, mix=0.0)
    assert play_log_probs(q, torch.tensor([1]), never).item() == pytest.approx(-400, abs=1)


def test_temper_reaches_the_size_asked_for_and_no_more() -> None:
    logs = torch.tensor([[0.0, -1.0, -20.0, -30.0], [0.0, 0.0, -0.1, -torch.inf]]).double()
    before = effective_size(logs)
    wanted = torch.tensor([2.5, 2.5]).double()
    after = temper(logs, wanted)
    assert effective_size(after)[0].item() == pytest.approx(2.5, rel=1e-6)
    assert torch.equal(after[1], logs[1]) and before[1] > 2.5
    assert (after[0].diff() < 0).all()  # the order stays


def test_effective_size() -> None:
    logs = torch.tensor([[0.0, 0.0, 0.0, 0.0], [0.0, -900.0, -900.0, -900.0]]).double() + 700
    torch.testing.assert_close(effective_size(logs), torch.tensor([4.0, 1.0]).double())


@pytest.mark.parametrize(
    "options", [{"window": 0}, {"tau": 0.0}, {"mix": 1.5}, {"min_ess_share": -0.1}]
)
def test_bad_options(options: dict[str, Any]) -> None:
    with pytest.raises(ForgeError, match=next(iter(options))):
        PosteriorConfig(**options)
