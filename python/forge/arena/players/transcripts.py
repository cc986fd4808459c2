"""Players that read the transcript alone: Stage 2 networks."""

import torch
from torch import Tensor

from forge.play.games import Games
from forge.play.transcript import transcript_tokens
from forge.stage2.module import EqLightningModule


class TranscriptPlayer:
    """The play that a Stage 2 network values most, from the transcript alone: no sampling.

    Args:
        module: the network.
        device: where to run it.
    """

    def __init__(self, module: EqLightningModule, device: torch.device | str = "cpu") -> None:
        self.module = module.to(torch.device(device)).eval()

    def slots(self, games: Games, keys: Tensor) -> Tensor:
        """See `forge.play.player.Player`."""
        tokens, _ = transcript_tokens(games)
        return self.module.best_slot(tokens, games.legal)
