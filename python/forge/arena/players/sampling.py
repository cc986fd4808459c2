"""Players that see their own hand and judge by worlds."""

import torch
from torch import Tensor

from forge.eq.estimate import estimate
from forge.eq.objective import choose_for_contract
from forge.eq.oracle import Oracle
from forge.eq.settings import EstimateConfig
from forge.game.contract import BID
from forge.play.games import Games


class SamplingPlayer:
    """Sees its own hand and the plays, and judges by worlds; a forced play costs nothing.

    Args:
        oracle: who values the plays of a world.
        config: which worlds.
        for_contract: play for the contract (`make`) instead of for points (`eq`).
        bid: the contract, points of 42 that seat 0's team must win.
    """

    def __init__(
        self, oracle: Oracle, config: EstimateConfig, for_contract: bool, bid: int = BID
    ) -> None:
        self.oracle, self.config, self.for_contract = oracle, config, for_contract
        self.bid = bid

    def slots(self, games: Games, keys: Tensor) -> Tensor:
        """See `forge.play.player.Player`."""
        legal = games.legal
        slots = legal.int().argmax(dim=1)
        rows = (legal.sum(dim=1) > 1).nonzero()[:, 0]
        if len(rows):
            slots[rows] = self._choose(games.take(rows), keys[rows])
        return slots

    def _choose(self, games: Games, keys: Tensor) -> Tensor:
        if self.for_contract:
            bids = torch.full_like(keys, self.bid)
            return choose_for_contract(games, keys, self.oracle, self.config, bids)
        mean = estimate(games, keys, self.oracle, self.config).mean
        return mean.nan_to_num(-torch.inf).argmax(dim=1)
