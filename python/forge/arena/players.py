"""Players of the arena: given what the seat to act may see (or more), which slot to play."""

from typing import Protocol

import torch
from torch import Tensor

from forge import ops
from forge.eq.estimate import estimate
from forge.eq.objective import choose_for_contract
from forge.eq.oracle import ExactOracle, Oracle
from forge.eq.settings import EstimateConfig
from forge.errors import ForgeError
from forge.game.contract import BID
from forge.game.tables import COUNT_POINTS, LED_SUIT, STRENGTH
from forge.ml.module import DominoLightningModule
from forge.play.games import N_SEATS, Games
from forge.play.keys import uniform
from forge.play.random_play import random_slots
from forge.play.transcript import transcript_tokens
from forge.stage2.module import EqLightningModule, best_slots

_COUNT_POINTS = torch.from_numpy(COUNT_POINTS.copy()).long()  # [28]
_LED_SUIT = torch.from_numpy(LED_SUIT.copy()).long()  # [10, 28]
_STRENGTH = torch.from_numpy(STRENGTH.copy()).long()  # [10, 8, 28]
# Above every strength: what a point is worth where points come first.
_FIRST = 100
# Below every score.
_NEVER = -1_000_000
# The least that `uniform` gives above 0.
_SMALLEST = 2.0**-53


class Player(Protocol):
    """Chooses for batches of hands that have the same number of plays behind them."""

    def slots(self, games: Games, keys: Tensor) -> Tensor:
        """One play in each game.

        Args:
            games: B games, none of them over; seat 0's team has the contract.
            keys: int64 [B], of the decisions; chance comes from them alone.

        Returns:
            int64 [B], legal slots of the seats to act.
        """


class RandomPlayer:
    """Any legal play, each equally likely."""

    def slots(self, games: Games, keys: Tensor) -> Tensor:
        """See `Player`."""
        return random_slots(games, keys)


class GreedyPointsPlayer:
    """Looks at the current trick alone, without search.

    Following: each legal play counts the points of the trick so far and its own, as won if the
    own side would then have the best domino, as lost if not; the most is played, of equals the
    weakest domino, of dominoes that cannot win the lowest slot. Leading: the highest trump, else
    the highest double, else the greatest sum of pips.
    """

    def slots(self, games: Games, keys: Tensor) -> Tensor:
        """See `Player`."""
        place = games.n_plays % N_SEATS
        scores = _lead_scores(games) if place == 0 else _follow_scores(games, place)
        return scores.masked_fill(~games.legal, _NEVER).argmax(dim=1)


def _lead_scores(games: Games) -> Tensor:
    """int64 [B, 7]: strength of each domino in the suit that it would lead."""
    decls, hand = games.decls[:, None].long(), games.hand.long()
    return _table(_STRENGTH, hand)[decls, _table(_LED_SUIT, hand)[decls, hand], hand]


def _follow_scores(games: Games, place: int) -> Tensor:
    """int64 [B, 7]: points to the own side if the trick ended here, then weakness."""
    decls, hand = games.decls.long()[:, None], games.hand.long()
    trick = games.plays[:, games.n_plays - place :].long()  # [B, place]
    suit = _table(_LED_SUIT, hand)[decls[:, 0], trick[:, 0]][:, None]
    strengths, counts = _table(_STRENGTH, hand), _table(_COUNT_POINTS, hand)
    best, winner = strengths[decls, suit, trick].max(dim=1, keepdim=True)
    own = strengths[decls, suit, hand]
    partner_has_it = winner == place - 2
    points = 1 + counts[trick].sum(dim=1, keepdim=True) + counts[hand]
    return torch.where((own > best) | partner_has_it, points, -points) * _FIRST - own


def _table(table: Tensor, like: Tensor) -> Tensor:
    return table.to(like.device)


class OraclePlayer:
    """Sees all hands and plays the best of them for points."""

    def __init__(self, oracle: Oracle | None = None) -> None:
        self.oracle = oracle or ExactOracle()

    def slots(self, games: Games, keys: Tensor) -> Tensor:
        """See `Player`."""
        q = self.oracle.q(games.deals, games.decls, games.states) * games.signs[:, None]
        return q.nan_to_num(-torch.inf).argmax(dim=1)


class NetworkPlayer:
    """The move that a Stage 1 network scores best, all hands seen.

    Args:
        module: of either loss mode.
        device: where to run it.
        sample: draw moves by the probabilities of a policy network instead.

    Raises:
        ForgeError: if moves are to be drawn from a network that has no probabilities.
    """

    def __init__(
        self,
        module: DominoLightningModule,
        device: torch.device | str = "cpu",
        sample: bool = False,
    ) -> None:
        if sample and module.loss_mode != "policy":
            raise ForgeError(f"only a policy network can be sampled, this is a {module.loss_mode}")
        self.device = torch.device(device)
        self.module = module.to(self.device).eval()
        self.sample = sample

    @torch.inference_mode()
    def slots(self, games: Games, keys: Tensor) -> Tensor:
        """See `Player`."""
        tokens, masks = ops.tokenize_states(games.deals, games.decls, games.states)
        inputs = (tensor.to(self.device) for tensor in (tokens, masks, games.players))
        scores, _ = self.module(*inputs)
        scores = scores.float().to(games.states.device).masked_fill(~games.legal, -torch.inf)
        if self.sample:
            # The largest of log-probabilities with Gumbel noise is a draw by the probabilities.
            scores = scores - uniform(keys, scores.shape[1]).clamp_min(_SMALLEST).log().neg().log()
        slots: Tensor = scores.argmax(dim=1)
        return slots


class TranscriptPlayer:
    """The play that a Stage 2 network values most, from the transcript alone: no sampling.

    Args:
        module: the network.
        device: where to run it.
    """

    def __init__(self, module: EqLightningModule, device: torch.device | str = "cpu") -> None:
        self.module = module.to(torch.device(device)).eval()

    def slots(self, games: Games, keys: Tensor) -> Tensor:
        """See `Player`."""
        tokens, _ = transcript_tokens(games)
        return best_slots(self.module, tokens, games.legal)


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
        """See `Player`."""
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
