"""Players that see their own hand and judge by worlds."""

import torch
from torch import Tensor

from forge.eq.estimate import estimate
from forge.eq.objective import choose_for_contract
from forge.eq.oracle import Oracle
from forge.eq.settings import EstimateConfig
from forge.game.contract import LOWEST_BID, Bid
from forge.play.games import Games


class SamplingPlayer:
    """Sees its own hand and the plays, and judges by worlds; a forced play costs nothing.

    Args:
        oracle: who values the plays of a world.
        config: which worlds.
        for_contract: play for the contract (`make`) instead of for points (`eq`).
        bid: what team 0 has promised; `eq` does not ask.
    """

    def __init__(
        self,
        oracle: Oracle,
        config: EstimateConfig,
        for_contract: bool,
        bid: Bid = LOWEST_BID,
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
            return choose_for_contract(games, keys, self.oracle, self.config, self.bid)
        mean = estimate(games, keys, self.oracle, self.config).mean
        return mean.nan_to_num(-torch.inf).argmax(dim=1)
