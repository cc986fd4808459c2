"""From hands in lock step to what the seats to act see."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from forge.game.constants import N_PLAYS
from forge.game.contract import Bid
from forge.play.games import Games


class Seen(NamedTuple):
    """What B seats see; see `forge.ops.policy_schemas`."""

    hands: Tensor
    decls: Tensor
    plays: Tensor
    needed: Tensor


def seen_by(games: Games, needed: Tensor) -> Seen:
    """What the seats to act see.

    Args:
        games: B games, none of them over; seat 0 is the declarer.
        needed: int8 [B], points that team 0 needs of the 42.
    """
    plays = torch.full((len(games), N_PLAYS), -1, dtype=torch.int8, device=games.plays.device)
    plays[:, : games.n_plays] = games.plays
    return Seen(games.hand, games.decls, plays, needed)


def needed_by(bids: Bid | Sequence[Bid], n: int) -> Tensor:
    """int8 [n]: the points that bids need, one for all or one a game."""
    if isinstance(bids, Bid):
        bids = [bids] * n
    return torch.tensor([bid.points for bid in bids], dtype=torch.int8)
