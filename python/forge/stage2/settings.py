"""What may be said of a Stage 2 training; nothing of it needs torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from forge.game.constants import HAND_POINTS
from forge.learn.settings import NetworkSettings
from forge.options import again, option

ARCHITECTURES: Final = ("mlp", "transformer")


@dataclass(frozen=True)
class Stage2Settings(NetworkSettings):
    """A network that plays from transcripts."""

    lr: float = again(NetworkSettings, "lr", default=2e-3)
    embed_dim: int = again(NetworkSettings, "embed_dim", default=512)
    dropout: float = again(NetworkSettings, "dropout", default=0.0)
    arch: str = option("mlp", f"Network: {', '.join(ARCHITECTURES)}.")
    floor: float = option(
        1.0, "Points: labels more certain than this weigh alike.", above=0, most=HAND_POINTS
    )
    imitate: bool = option(
        False,
        "Learn to choose as the player did who played the games, too (those of --hands, and of "
        "forge generate-eq-continuous --player).",
        "--imitate/--no-imitate",
    )
