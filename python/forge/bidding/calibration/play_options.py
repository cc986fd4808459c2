"""What played hands depend on."""

from dataclasses import dataclass
from typing import Any

from forge.arena.specs import PlayerSpec
from forge.errors import ForgeError


@dataclass(frozen=True)
class PlayOptions:
    """What the results of a hand depend on, beside its number.

    Args:
        player: plays all four seats.
        n_deals: deals of perfect play.
        n_played: further deals, played.

    Raises:
        ForgeError: without a deal of each, or for a player who sees all hands.
    """

    player: PlayerSpec
    n_deals: int
    n_played: int = 1

    def __post_init__(self) -> None:
        if min(self.n_deals, self.n_played) < 1:
            raise ForgeError(
                f"deals must be 1 or more, got {self.n_deals} solved and {self.n_played} played"
            )
        if self.player.sees_all_hands:
            raise ForgeError(
                f"player {self.player.text!r} sees all hands: take seat:n=N, "
                "make:n=N or eq:n=N, which play from what a seat sees"
            )

    def record(self) -> dict[str, Any]:
        """Plain values, as the file holds them."""
        values: dict[str, Any] = {
            "player": self.player.text,
            "deals": self.n_deals,
            "played": self.n_played,
        }
        if self.player.sha256 is not None:
            values["sha256"] = self.player.sha256
        if self.player.races:
            values["races"] = True  # in 0.1.0 the same text asked about every play
        return values
