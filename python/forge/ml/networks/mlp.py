"""`SuitMLP`: a residual network over the geometry of suits, for machines without a GPU.

All of its products are wide matrices, which a CPU multiplies five times faster than the narrow ones
of a 32-token transformer, and what the rules imply need not be learned (`.geometry`).
"""

from typing import Final

from torch import Tensor, nn
from torch.nn import functional

from forge.errors import ForgeError
from forge.game.constants import N_DOMINOES
from forge.ml.networks.geometry import N_KINDS, SuitGeometry

# Outputs of the move head are in units of this many points, so that they start near 1.
_POINTS_PER_UNIT: Final = 10.0


class ResidualBlock(nn.Module):
    """x + W2 relu(W1 norm(x)), which starts as the identity."""

    def __init__(self, width: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.linear1 = nn.Linear(width, hidden)
        self.linear2 = nn.Linear(hidden, width)
        self.dropout = nn.Dropout(dropout)
        nn.init.zeros_(self.linear2.weight)
        nn.init.zeros_(self.linear2.bias)

    def forward(self, x: Tensor) -> Tensor:
        """float [B, width] to the same."""
        out: Tensor = x + self.linear2(self.dropout(functional.relu(self.linear1(self.norm(x)))))
        return out


class SuitMLP(nn.Module):
    """Scores the moves of the seat to act in one fully visible position.

    A move is scored by the row of its (renamed) domino in the output matrix, so what is learned of
    a domino holds for every slot it can be in.

    Args:
        width: of the residual stream.
        n_blocks: residual blocks.
        hidden: width inside a block.
        dropout: rate inside a block, training only.

    Raises:
        ForgeError: if a size is below 1.
    """

    def __init__(
        self, width: int = 512, n_blocks: int = 4, hidden: int = 512, dropout: float = 0.0
    ) -> None:
        super().__init__()
        if min(width, n_blocks, hidden) < 1:
            raise ForgeError(
                f"embed_dim, n_layers and ff_dim must be at least 1, "
                f"got {width}, {n_blocks} and {hidden}"
            )
        self.geometry = SuitGeometry()
        self.input = nn.Linear(SuitGeometry.n_features, width)
        self.blocks = nn.ModuleList(ResidualBlock(width, hidden, dropout) for _ in range(n_blocks))
        self.norm = nn.LayerNorm(width)
        self.move_head = nn.Linear(width, N_KINDS * N_DOMINOES)
        self.value_head = nn.Linear(width, 1)

    def forward(
        self, tokens: Tensor, masks: Tensor, current_player: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Score the seven slots of the seat to act and the position.

        Args and returns as `DominoTransformer.forward`: scores float [B, 7] and V / 42 float [B],
        both in the **acting-team frame**.
        """
        features, own, kind = self.geometry(tokens, masks, current_player)
        x = functional.relu(self.input(features))
        for block in self.blocks:
            x = block(x)
        x = functional.relu(self.norm(x))
        by_domino = self.move_head(x) * _POINTS_PER_UNIT
        scores = by_domino.gather(1, kind[:, None] * N_DOMINOES + own)
        return scores, self.value_head(x).squeeze(-1)
