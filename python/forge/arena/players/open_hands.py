"""Players that see all hands: the exact search, and Stage 1 networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from forge import ops
from forge.eq.oracle import ExactOracle, Oracle
from forge.errors import ForgeError
from forge.play.games import Games
from forge.play.keys import uniform

if TYPE_CHECKING:
    from forge.ml.module import DominoLightningModule

# The least that `uniform` gives above 0.
_SMALLEST = 2.0**-53


class OraclePlayer:
    """Sees all hands and plays the best of them for points."""

    def __init__(self, oracle: Oracle | None = None) -> None:
        self.oracle = oracle or ExactOracle()

    def slots(self, games: Games, keys: Tensor) -> Tensor:
        """See `forge.play.player.Player`."""
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
        """See `forge.play.player.Player`."""
        tokens, masks = ops.tokenize_states(games.deals, games.decls, games.states)
        inputs = (tensor.to(self.device) for tensor in (tokens, masks, games.players))
        scores, _ = self.module(*inputs)
        scores = scores.float().to(games.states.device).masked_fill(~games.legal, -torch.inf)
        if self.sample:
            # The largest of log-probabilities with Gumbel noise is a draw by the probabilities.
            scores = scores - uniform(keys, scores.shape[1]).clamp_min(_SMALLEST).log().neg().log()
        slots: Tensor = scores.argmax(dim=1)
        return slots
