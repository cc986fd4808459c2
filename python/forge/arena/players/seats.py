"""Players that see their own hand and infer the others from how they were played."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from forge import ops
from forge.game.constants import N_PLAYS
from forge.game.contract import LOWEST_BID, Bid
from forge.play.games import Games
from forge.play.seen import Seen, needed_by, seen_by
from forge.policy.numbers import PolicyNumbers


def _seen(games: Games, bid: Bid) -> Seen:
    """What the seats to act see, on the device of the games."""
    return seen_by(games, needed_by(bid, len(games)).to(games.deals.device))


class PolicyPlayer:
    """The play that a policy likes most: no worlds, about a microsecond.

    Args:
        policy: its numbers.
        bid: what team 0 has promised.
    """

    def __init__(self, policy: PolicyNumbers, bid: Bid = LOWEST_BID) -> None:
        self.weights, self.bid = policy.tensor, bid

    def slots(self, games: Games, keys: Tensor) -> Tensor:
        """See `forge.play.player.Player`."""
        self.weights = self.weights.to(keys.device)
        logits: Tensor = ops.policy_logits(*_seen(games, self.bid), self.weights)
        return logits.argmax(dim=1)


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
    prior: float = 0.0


class SeatPlayer:
    """Judges by worlds that count by how well a policy explains what hidden seats played.

    Args:
        policy: what seats are taken to play by; None: all worlds count alike.
        how: it judges.
        bid: what team 0 has promised.
    """

    def __init__(self, policy: PolicyNumbers | None, how: Judgement, bid: Bid = LOWEST_BID) -> None:
        self.weights = None if policy is None else policy.tensor
        self.how, self.bid = how, bid

    def slots(self, games: Games, keys: Tensor) -> Tensor:
        """See `forge.play.player.Player`."""
        if self.weights is not None:
            self.weights = self.weights.to(keys.device)
        return ops.decide(*_seen(games, self.bid), keys, self.weights, **vars(self.how)).slots
