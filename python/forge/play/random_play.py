"""Play without a thought: what every other player is measured against."""

from torch import Tensor

from forge.play.games import Games
from forge.play.keys import uniform


def random_slots(games: Games, keys: Tensor) -> Tensor:
    """Any legal play in each game, each equally likely.

    Args:
        games: B games, none of them over.
        keys: int64 [B], of the decisions; chance comes from them alone.

    Returns:
        int64 [B], slots of the seats to act.
    """
    legal = games.legal
    sums = legal.cumsum(dim=1)
    wanted = (uniform(keys, 1) * sums[:, -1:]).long()  # the how-many-th legal slot
    return (sums > wanted).int().argmax(dim=1)
