"""Texas 42 as an environment of PettingZoo, one seat after another.

>>> from forge.adapters import pettingzoo
>>> env = pettingzoo.env(bid=30, declaration="fours", returns="points")
>>> env.reset(seed=1)
>>> observation, reward, termination, truncation, info = env.last()
>>> env.agent_selection, observation["observation"].shape, observation["action_mask"].sum()
('seat_0', (354,), np.int8(7))
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

import numpy as np

from forge.adapters.seat_tensors import OBSERVATION, legal_mask, observation, size_of
from forge.adapters.seat_tensors import observation_text as text_of
from forge.adapters.whole_hand import N_ACTIONS, Terms, WholeHand
from forge.errors import ForgeError
from forge.extras import extra
from forge.game.constants import N_DOMINOES, N_SEATS, N_SLOTS

with extra("pettingzoo"):
    from gymnasium.spaces import Box, Dict, Discrete, Space
    from gymnasium.utils import EzPickle
    from gymnasium.utils.seeding import np_random
    from pettingzoo import AECEnv, ParallelEnv
    from pettingzoo.utils.conversions import turn_based_aec_to_parallel
    from pettingzoo.utils.wrappers import (
        AssertOutOfBoundsWrapper,
        OrderEnforcingWrapper,
        TerminateIllegalWrapper,
    )

SEATS: Final = tuple(f"seat_{seat}" for seat in range(N_SEATS))
Seen = dict[str, Any]


def env(render_mode: str | None = None, **terms: Any) -> AECEnv[str, Seen, Any]:
    """The environment as it is meant to be used: an action that is not legal ends the hand, and
    costs its seat the most that a hand can.

    Args:
        render_mode: see `raw_env`.
        terms: as `Terms.read` takes them.

    Raises:
        ForgeError: for terms that cannot be.
    """
    raw = raw_env(render_mode, **terms)
    checked = TerminateIllegalWrapper(raw, illegal_reward=-raw.terms.most_at_stake)
    return OrderEnforcingWrapper(AssertOutOfBoundsWrapper(checked))


def parallel_env(render_mode: str | None = None, **terms: Any) -> ParallelEnv[str, Seen, Any]:
    """The same for libraries that step all seats at once: only the action of the seat whose turn it
    is counts; the masks of the others are 0. Arguments as of `env`."""
    made: ParallelEnv[str, Seen, Any] = turn_based_aec_to_parallel(env(render_mode, **terms))
    return made


class raw_env(AECEnv[str, Seen, Any], EzPickle):  # noqa: N801, the name PettingZoo's users look for
    """One hand from the first call to the last play; `reset` deals the next one.

    A seat observes `observation` float32 [354] (`forge.adapters.seat_tensors.OBSERVATION`) and
    `action_mask` int8 [53] (`forge.adapters.whole_hand` has the numbers), which is 0 unless it is
    its turn. Under `returns="points"` a trick is paid when it is complete, own points minus those
    of the other side; under `marks` the hand is paid at its end.

    Args:
        render_mode: `ansi` for text, or None.
        terms: as `Terms.read` takes them.

    Raises:
        ForgeError: for terms or a mode that cannot be; in `step`, for an action that is not legal.
    """

    metadata: ClassVar[dict[str, Any]] = {
        "name": "texas_42_v0",
        "render_modes": ["ansi"],
        "is_parallelizable": False,
    }

    def __init__(self, render_mode: str | None = None, **terms: Any) -> None:
        EzPickle.__init__(self, render_mode, **terms)
        super().__init__()
        if render_mode not in (None, "ansi"):
            raise ForgeError(f"render_mode must be 'ansi' or None, got {render_mode!r}")
        self.render_mode = render_mode
        self.terms = Terms.read(**terms)
        self.possible_agents = list(SEATS)
        self._observed: dict[str, Space[Any]] = {seat: _observation_space() for seat in SEATS}
        self._actions = {seat: Discrete(N_ACTIONS) for seat in SEATS}
        self._chance: np.random.Generator | None = None
        self.hand = WholeHand(self.terms)

    def observation_space(self, agent: str) -> Space[Any]:
        """See the class."""
        return self._observed[agent]

    def action_space(self, agent: str) -> Space[Any]:
        """See the class."""
        return self._actions[agent]

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        """Deal a hand.

        Args:
            seed: of this deal and of all that follow without one.
            options: `hands`, seven domino ids of each seat, deals these; others are not looked at.

        Raises:
            ForgeError: if they are no deal.
        """
        if seed is not None or self._chance is None:
            self._chance, _ = np_random(seed)
        hands = (options or {}).get("hands")
        if hands is None:
            hands = self._chance.permutation(N_DOMINOES).reshape(N_SEATS, N_SLOTS).tolist()
        self.hand = WholeHand.of_hands(self.terms, hands)
        self.agents = list(SEATS)
        self.rewards = dict.fromkeys(SEATS, 0.0)
        self._cumulative_rewards = dict.fromkeys(SEATS, 0.0)
        self.terminations = dict.fromkeys(SEATS, False)
        self.truncations = dict.fromkeys(SEATS, False)
        self.infos: dict[str, dict[str, Any]] = {seat: {} for seat in SEATS}
        assert self.hand.seat_to_act is not None
        self.agent_selection = SEATS[self.hand.seat_to_act]

    def step(self, action: Any) -> None:
        """The action of the seat whose turn it is; None once the hand is over."""
        if self.terminations[self.agent_selection] or self.truncations[self.agent_selection]:
            self._was_dead_step(action)
            return
        self._cumulative_rewards[self.agent_selection] = 0.0
        before = _won(self.hand)
        self.hand = self.hand.after(int(action))
        after = _won(self.hand)
        self.rewards = {name: after[s] - before[s] for s, name in enumerate(SEATS)}
        if self.hand.seat_to_act is None:
            self.terminations = dict.fromkeys(SEATS, True)
            self.agent_selection = SEATS[0]
        else:
            self.agent_selection = SEATS[self.hand.seat_to_act]
        self._accumulate_rewards()

    def observe(self, agent: str) -> Seen:
        """What a seat sees, whether it is its turn or not."""
        seat = SEATS.index(agent)
        is_turn = seat == self.hand.seat_to_act
        mask = legal_mask(self.hand, N_ACTIONS) if is_turn else np.zeros(N_ACTIONS, dtype=np.int8)
        return {"observation": observation(self.hand, seat), "action_mask": mask}

    def render(self) -> str | None:
        """The table in one line, as everybody sees it; None without a mode."""
        return None if self.render_mode is None else text_of(self.hand, None)

    def close(self) -> None:
        """Nothing is open."""

    def __str__(self) -> str:
        return str(self.metadata["name"])


def _observation_space() -> Space[Any]:
    seen = Box(0.0, 1.0, (size_of(OBSERVATION),), np.float32)
    return Dict({"observation": seen, "action_mask": Box(0, 1, (N_ACTIONS,), np.int8)})


def _won(hand: WholeHand) -> list[float]:
    """What each seat has so far, float [4]."""
    if hand.terms.paid_in == "marks":
        return hand.returns
    return [float(ours - theirs) for ours, theirs in map(hand.points_of, range(N_SEATS))]
