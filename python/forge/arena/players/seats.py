"""Players that see their own hand and infer the others from how they were played."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from forge import ops
from forge.game.constants import N_PLAYS
from forge.game.contract import LOWEST_BID, Bid
from forge.play.games import Games
from forge.policy.numbers import PolicyNumbers
from forge.policy.seen import needed_by, seen_by


class PolicyPlayer:
    """The play that a policy likes most: no worlds, about a microsecond.

    Args:
        policy: its numbers.
        bid: what team 0 has promised.
    """

    def __init__(self, policy: PolicyNumbers, bid: Bid = LOWEST_BID) -> None:
        self.policy, self.bid = policy, bid

    def slots(self, games: Games, keys: Tensor) -> Tensor:
        """See `forge.play.player.Player`."""
        on_cpu = games.to(torch.device("cpu"))
        seen = seen_by(on_cpu, needed_by(self.bid, len(games)))
        logits: Tensor = ops.policy_logits(*seen, self.policy.tensor)
        return logits.argmax(dim=1).to(keys.device)


@dataclass(frozen=True)
class Judgement:
    """How a seat judges; see `forge.ops.decide`."""

    n_worlds: int
    pool: int
    rollouts: float
    uniform: float
    weigh: bool = True
    for_points: bool = False
    race: bool = True
    window: int = N_PLAYS


class SeatPlayer:
    """Judges by worlds that count by how well a policy explains what hidden seats played.

    Args:
        policy: what seats are taken to play by; None: all worlds count alike.
        how: it judges.
        bid: what team 0 has promised.
    """

    def __init__(self, policy: PolicyNumbers | None, how: Judgement, bid: Bid = LOWEST_BID) -> None:
        self.policy, self.how, self.bid = policy, how, bid

    def slots(self, games: Games, keys: Tensor) -> Tensor:
        """See `forge.play.player.Player`."""
        on_cpu = games.to(torch.device("cpu"))
        weights = None if self.policy is None else self.policy.tensor
        seen = seen_by(on_cpu, needed_by(self.bid, len(games)))
        found = ops.decide(*seen, keys.cpu(), weights, **vars(self.how))
        return found.slots.to(keys.device)
