"""Players that look at no world: at random, and by the trick alone."""

import torch
from torch import Tensor

from forge.game.constants import N_SEATS
from forge.game.tables import COUNT_POINTS, LED_SUIT, STRENGTH
from forge.play.games import Games
from forge.play.random_play import random_slots

_COUNT_POINTS = torch.from_numpy(COUNT_POINTS.copy()).long()  # [28]
_LED_SUIT = torch.from_numpy(LED_SUIT.copy()).long()  # [10, 28]
_STRENGTH = torch.from_numpy(STRENGTH.copy()).long()  # [10, 8, 28]
# Above every strength: what a point is worth where points come first.
_FIRST = 100
# Below every score.
_NEVER = -1_000_000


class RandomPlayer:
    """Any legal play, each equally likely."""

    def slots(self, games: Games, keys: Tensor) -> Tensor:
        """See `forge.play.player.Player`."""
        return random_slots(games, keys)


class GreedyPointsPlayer:
    """Looks at the current trick alone, without search.

    Following: each legal play counts the points of the trick so far and its own, as won if the
    own side would then have the best domino, as lost if not; the most is played, of equals the
    weakest domino, of dominoes that cannot win the lowest slot. Leading: the highest trump, else
    the highest double, else the greatest sum of pips.
    """

    def slots(self, games: Games, keys: Tensor) -> Tensor:
        """See `forge.play.player.Player`."""
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
