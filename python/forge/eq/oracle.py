"""Who is asked what a play is worth when all hands are open."""

from typing import Final, Protocol

import torch
from torch import Tensor

from forge import ops
from forge.game.constants import ILLEGAL


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
