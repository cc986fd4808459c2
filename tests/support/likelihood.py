"""How well a policy explains the plays in a world, worked out slowly: play by play."""

import torch
from torch import Tensor

from forge import ops
from forge.eq.worlds import WorldPositions
from forge.game.contract import Bid
from forge.play.games import Games
from forge.play.seen import needed_by


def shares_of_worlds(
    games: Games, row: int, bid: Bid, weights: Tensor, uniform: float
) -> tuple[Tensor, WorldPositions, Games]:
    """Return what each world of one game counts for, float64 [N], the worlds, and the game."""
    one = games.take(torch.tensor([row]))
    allowed, sizes = one.hidden()
    n_worlds = int(ops.count_worlds(allowed, sizes))
    hands = ops.enumerate_worlds(allowed[0], sizes[0], 0, n_worlds)
    positions = WorldPositions(one, hands[None])
    likelihood = torch.ones(n_worlds, dtype=torch.float64)
    needed = needed_by(bid, n_worlds)
    for k in range(one.n_plays):
        seat = int(one.seats[0, k])
        if seat == int(one.players[0]):
            continue
        plays = torch.full((n_worlds, 28), -1, dtype=torch.int8)
        plays[:, :k] = one.plays[:, :k]
        hand = positions.deals[:, seat]
        decls = one.decls.expand(n_worlds)
        p = ops.policy_logits(hand, decls, plays, needed, weights).double().softmax(dim=1)
        n_legal = (p > 0).sum(dim=1)
        mixed = (1 - uniform) * p + uniform / n_legal[:, None]
        of_play = mixed[hand == one.plays[0, k]]
        likelihood *= torch.where(n_legal > 1, of_play, 1.0)
    return likelihood / likelihood.sum(), positions, one
