"""OpenSpiel's IS-MCTS as a player of our arena: `forge.adapters.open_spiel_player:IS_MCTS`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from torch import Tensor

from forge.adapters.open_spiel import SHORT_NAME, Texas42State
from forge.adapters.open_spiel_bots import ExactEvaluator
from forge.arena.specs import PlayerKind
from forge.arena.written_options import written
from forge.extras import extra
from forge.game.contract import Bid
from forge.game.declarations import declaration_name
from forge.options import option
from forge.play.games import Games

if TYPE_CHECKING:
    from forge.play.player import Player

with extra("openspiel"):
    import pyspiel
    from open_spiel.python.algorithms.ismcts import ISMCTSBot
    from open_spiel.python.algorithms.mcts import RandomRolloutEvaluator

# What exploring is worth, as OpenSpiel's own examples have it for returns of -1 to 1.
_UCT_C: Final = 2.0
_N_SEEDS: Final = 2**32


@dataclass(frozen=True)
class IsMcts:
    """What may be said of it.

    Args:
        simulations: a play, each in a new world.
        exact: values a world by the exact search, in place of a random rollout.
    """

    simulations: int = written(option(20, "", least=1, most=100_000))
    exact: bool = False


class IsMctsPlayer:
    """Searches in worlds that are drawn evenly from all that fit; plays for the contract.

    Args:
        how: it searches.
        bid: what team 0 has promised.
    """

    def __init__(self, how: IsMcts, bid: Bid) -> None:
        self.how, self.bid = how, bid

    def slots(self, games: Games, keys: Tensor) -> Tensor:
        """See `forge.play.player.Player`."""
        found = [self._slot(games.take(torch.tensor([row])), key) for row, key in enumerate(keys)]
        return torch.tensor(found, device=games.states.device)

    def _slot(self, games: Games, key: Tensor) -> int:
        hand, legal = games.hand[0].tolist(), games.legal[0].tolist()
        if sum(legal) == 1:
            return int(legal.index(True))
        chance = np.random.RandomState(int(key) % _N_SEEDS)
        state = self._state(games, chance)
        evaluator = ExactEvaluator() if self.how.exact else RandomRolloutEvaluator(1, chance)
        bot = ISMCTSBot(
            state.get_game(), evaluator, _UCT_C, self.how.simulations, random_state=chance
        )
        # By default it draws worlds by numbers that nothing determines.
        bot.set_resampler(lambda at, seat: at.resample_from_infostate(seat, chance.random_sample))
        return int(hand.index(int(bot.step(state))))

    def _state(self, games: Games, chance: np.random.RandomState) -> Texas42State:
        """The decision, with other hands than those dealt: some that fit what the seat knows."""
        state = _game(self.bid.number, int(games.decls[0])).new_initial_state()
        for action in [*games.deals[0].flatten().tolist(), *games.plays[0].tolist()]:
            state.apply_action(action)
        found: Texas42State = state.resample_from_infostate(
            int(games.players[0]), chance.random_sample
        )
        return found


class IsMctsKind(PlayerKind):
    """See `IsMcts`."""

    name = "IS_MCTS"
    help = "IS-MCTS of OpenSpiel, in Python"
    options = IsMcts

    def build(self, options: Any, device: torch.device | str, bid: Bid) -> Player:
        """See `PlayerKind`; it computes on the CPU whatever the device."""
        return IsMctsPlayer(options, bid)


IS_MCTS = IsMctsKind()


@cache
def _game(bid: int, decl: int) -> Any:
    # The declarer of our hands is seat 0, whom dealer 3 sits to the right of.
    return pyspiel.load_game(f"{SHORT_NAME}(bid={bid},declaration={declaration_name(decl)})")
