"""The PettingZoo environment by PettingZoo's tests, and hands in lock step by the environment."""

import importlib.util
import pickle
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pettingzoo.test import api_test, parallel_api_test, seed_test
from pettingzoo.test.seed_test import parallel_seed_test

from forge.adapters import pettingzoo
from forge.adapters.vector_hands import VectorHands
from forge.errors import ForgeError
from forge.game.contract import Bid

ROOT = Path(__file__).parents[2]
# Environments that come with PettingZoo and have masks are excepted by name from these.
WITH_MASKS = [
    pytest.mark.filterwarnings("ignore:Observation is not a NumPy array"),
    pytest.mark.filterwarnings("ignore:Observation space for each agent probably should be"),
]
pytestmark = WITH_MASKS


@pytest.mark.parametrize("terms", [{}, {"bid": 30, "declaration": "fours", "returns": "points"}])
def test_passes_the_tests_of_pettingzoo(terms: dict[str, Any]) -> None:
    api_test(pettingzoo.env(**terms), num_cycles=60)
    api_test(pettingzoo.raw_env("ansi", **terms), num_cycles=60)
    seed_test(lambda: pettingzoo.env(**terms), num_cycles=60)
    parallel_api_test(pettingzoo.parallel_env(**terms), num_cycles=60)
    parallel_seed_test(lambda: pettingzoo.parallel_env(**terms), num_cycles=20)


def played(env: Any, chance: random.Random) -> dict[str, float]:
    """What a random hand pays to each seat, as `last` tells it."""
    total = dict.fromkeys(env.agents, 0.0)
    for seat in env.agent_iter():
        seen, reward, is_over, _, _ = env.last()
        total[seat] += reward
        legal = np.flatnonzero(seen["action_mask"])
        env.step(None if is_over else int(chance.choice(legal)))
    return total


@pytest.mark.parametrize("returns", ["marks", "points"])
def test_rewards_come_to_the_returns(returns: str) -> None:
    env, chance = pettingzoo.env(returns=returns), random.Random(1)
    for seed in range(5):
        env.reset(seed=seed)
        assert list(played(env, chance).values()) == env.unwrapped.hand.returns


def test_an_illegal_action_costs_its_seat_the_most() -> None:
    env = pettingzoo.env(bid=84, declaration="sixes")
    env.reset(seed=1)
    seen, *_ = env.last()
    env.step(int(np.flatnonzero(1 - seen["action_mask"])[0]))
    assert env.terminations["seat_0"] and env.last()[1] == -2
    raw = pettingzoo.raw_env()
    raw.reset(seed=1)
    with pytest.raises(ForgeError, match="action 0 is not legal"):
        raw.step(0)


def test_a_seed_is_a_deal() -> None:
    env, other = pettingzoo.raw_env(), pickle.loads(pickle.dumps(pettingzoo.raw_env(dealer=1)))
    deals = []
    for seed in (3, None, 3, None):
        env.reset(seed=seed)
        deals.append(env.hand.dealt)
    assert deals[:2] == deals[2:] and deals[0] != deals[1]
    other.reset(seed=3)
    assert other.hand.dealt == deals[0] and other.agent_selection == "seat_2"
    assert pettingzoo.raw_env("ansi").render().startswith("dealer 3")  # type: ignore[union-attr]
    with pytest.raises(ForgeError, match="render_mode must be"):
        pettingzoo.raw_env("human")


@pytest.mark.parametrize("returns", ["points", "marks"])
def test_hands_in_lock_step_are_the_environments(returns: Any) -> None:
    hands, chance = VectorHands(4, Bid.of(31), paid_in=returns), random.Random(2)
    seen, legal = hands.reset(7)
    envs = []
    for row in range(hands.n):
        decl = str(int(hands.games.decls[row]))
        envs.append(pettingzoo.raw_env(bid=31, declaration=decl, returns=returns))
        envs[row].reset(options={"hands": hands.games.deals[row].tolist()})
    while not hands.is_over:
        plays = []
        for row, env in enumerate(envs):
            theirs, *_ = env.last()
            assert env.agent_selection == f"seat_{int(hands.seats[row])}"
            np.testing.assert_array_equal(seen[row].numpy(), theirs["observation"])
            assert legal[row].tolist() == theirs["action_mask"][:28].astype(bool).tolist()
            plays.append(chance.choice(np.flatnonzero(theirs["action_mask"]).tolist()))
            env.step(plays[row])
        seen, legal, rewards = hands.step(torch.tensor(plays))
        assert rewards.tolist() == [env.rewards["seat_0"] for env in envs]
    assert all(env.terminations["seat_2"] for env in envs) and not legal.any()


def test_what_lock_step_refuses() -> None:
    hands = VectorHands(2, decl=3)
    assert hands.games.decls.tolist() == [3, 3]
    with pytest.raises(ForgeError, match="hand 0: domino"):
        hands.step((~hands.seen()[1]).int().argmax(dim=1))
    with pytest.raises(ForgeError, match="hands must be 1 or more"):
        VectorHands(0)


@pytest.mark.usefixtures("one_thread")
def test_a_policy_gradient_learns() -> None:
    """A few seconds of bench/train_by_play.py are enough to be better than chance."""
    path = ROOT / "bench" / "train_by_play.py"
    spec = importlib.util.spec_from_file_location("train_by_play", path)
    assert spec is not None and spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    network, _ = example.train(0, 24, 96, seed=0)
    found = example.against_random(network, 300, seed=5)
    assert found.points_difference.interval[0] > 0
