"""Who plays: given what the seat to act may see (or more), which slot."""

from typing import Final, Protocol

from torch import Tensor

from forge.play.games import Games

# Instead of a slot: the player gives the hand up, and its side loses the contract.
GIVES_UP: Final = -1


class Player(Protocol):
    """Chooses for batches of hands that have the same number of plays behind them."""

    def slots(self, games: Games, keys: Tensor) -> Tensor:
        """One play in each game.

        Args:
            games: B games, none of them over; seat 0's team has the contract.
            keys: int64 [B], of the decisions; chance comes from them alone.

        Returns:
            int64 [B], legal slots of the seats to act; only an arena takes `GIVES_UP` too.
        """
