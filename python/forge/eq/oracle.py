"""Who is asked what a play is worth when all hands are open."""

from pathlib import Path
from typing import Final, Protocol

import torch
from torch import Tensor

from forge import ops
from forge.eq.games import legal_slots
from forge.errors import ForgeError
from forge.ml.module import DominoLightningModule
from forge.ml.weights import load_weights
from forge.oracle.state import ILLEGAL, seats_to_act

ORACLES: Final = ("exact", "model")


class Oracle(Protocol):
    """Answers for batches of open positions.

    Arguments as the operators take them: deals int8 [N, 4, 7], decls int8 [N], states int64 [N],
    none of them terminal.
    """

    @property
    def name(self) -> str:
        """For records: `exact`, or the file of a network."""

    def q(self, deals: Tensor, decls: Tensor, states: Tensor) -> Tensor:
        """float32 [N, 7]: value-to-go after each slot, points, **team-0 frame**; NaN: illegal."""

    def at_least(self, deals: Tensor, decls: Tensor, states: Tensor, targets: Tensor) -> Tensor:
        """float32 [N, 7]: the chance that the value-to-go after a slot is at least the target.

        targets int8 [N], **team-0 frame**; NaN: illegal. 0 or 1 where the oracle knows.
        """


class ExactOracle:
    """The search: exact values, no checkpoint."""

    name: Final = "exact"

    def q(self, deals: Tensor, decls: Tensor, states: Tensor) -> Tensor:
        """See `Oracle`."""
        q: Tensor = ops.search(deals, decls, states)
        return q.float().masked_fill(q == ILLEGAL, torch.nan)

    def at_least(self, deals: Tensor, decls: Tensor, states: Tensor, targets: Tensor) -> Tensor:
        """See `Oracle`; one null-window search a slot."""
        answers: Tensor = ops.search_at_least(deals, decls, states, targets)
        return answers.float().masked_fill(answers < 0, torch.nan)


class Stage1Oracle:
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
    def load(cls, path: Path, device: torch.device | str = "cpu") -> "Stage1Oracle":
        """The network of a checkpoint.

        Raises:
            ForgeError: as `load_weights`, or for a policy network.
        """
        return cls(load_weights(path), device, name=path.name)

    @torch.inference_mode()
    def q(self, deals: Tensor, decls: Tensor, states: Tensor) -> Tensor:
        """See `Oracle`; a network's guess, in fractions of points."""
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
        return q.masked_fill(~legal_slots(deals, decls, states), torch.nan)

    def at_least(self, deals: Tensor, decls: Tensor, states: Tensor, targets: Tensor) -> Tensor:
        """See `Oracle`; 1 where the guess reaches the target."""
        q = self.q(deals, decls, states)
        return (q >= targets[:, None]).float().masked_fill(q.isnan(), torch.nan)
