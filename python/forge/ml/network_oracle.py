"""A Q-value network in the place of the exact oracle."""

from pathlib import Path

import torch
from torch import Tensor

from forge import ops
from forge.errors import ForgeError
from forge.game.state import seats_to_act
from forge.learn.weights import load_weights
from forge.ml.module import DominoLightningModule


class NetworkOracle:
    """A Q-value network that sees all hands, in batches; mixed precision on CUDA.

    Args:
        module: of `loss_mode` qvalue.
        device: where to run it.
        batch_size: positions at a time.
        name: for records.

    Raises:
        ForgeError: for a policy network, whose scores are no points.
    """

    def __init__(
        self,
        module: DominoLightningModule,
        device: torch.device | str = "cpu",
        batch_size: int = 16384,
        name: str = "model",
    ) -> None:
        if module.loss_mode != "qvalue":
            raise ForgeError(f"{name}: an oracle needs a qvalue network, got {module.loss_mode}")
        self.device = torch.device(device)
        self.module = module.to(self.device).eval()
        self.batch_size = batch_size
        self.name = name

    @classmethod
    def load(cls, path: Path, device: torch.device | str = "cpu") -> "NetworkOracle":
        """The network of a checkpoint.

        Raises:
            ForgeError: as `load_weights`, or for a policy network.
        """
        return cls(load_weights(path, DominoLightningModule), device, name=path.name)

    @torch.inference_mode()
    def q(self, deals: Tensor, decls: Tensor, states: Tensor) -> Tensor:
        """See `forge.eq.oracle.Oracle`; a network's guess, in fractions of points."""
        parts = [
            self._q(deals[rows], decls[rows], states[rows])
            for start in range(0, len(states), self.batch_size)
            for rows in (slice(start, start + self.batch_size),)
        ]
        return torch.cat(parts) if parts else states.new_empty((0, 7), dtype=torch.float32)

    def _q(self, deals: Tensor, decls: Tensor, states: Tensor) -> Tensor:
        tokens, masks = ops.tokenize_states(deals, decls, states)
        players = seats_to_act(states)
        mixed = self.device.type == "cuda"
        with torch.autocast(self.device.type, enabled=mixed):
            scores, _ = self.module(
                tokens.to(self.device), masks.to(self.device), players.to(self.device)
            )
        sign = 1 - 2 * (players & 1)
        q: Tensor = scores.float().to(states.device) * sign[:, None]
        return q.masked_fill(~ops.legal_slots(deals, decls, states), torch.nan)

    def at_least(self, deals: Tensor, decls: Tensor, states: Tensor, targets: Tensor) -> Tensor:
        """See `forge.eq.oracle.Oracle`; 1 where the guess reaches the target."""
        q = self.q(deals, decls, states)
        return (q >= targets[:, None]).float().masked_fill(q.isnan(), torch.nan)
