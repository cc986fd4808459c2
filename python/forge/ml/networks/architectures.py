"""Networks by name: all take a token block and give seven scores and a value."""

from torch import nn

from forge.errors import ForgeError
from forge.ml.networks.mlp import SuitMLP
from forge.ml.networks.transformer import DominoTransformer
from forge.ml.settings import ARCHITECTURES


def build_network(
    arch: str, embed_dim: int, n_heads: int, n_layers: int, ff_dim: int, dropout: float
) -> nn.Module:
    """A fresh network.

    Args:
        arch: `transformer` (the author's layout, `DominoTransformer`) or `mlp` (`SuitMLP`, for
            machines without a GPU: `embed_dim` is its width, `n_layers` its blocks, `ff_dim` the
            width inside a block, and `n_heads` means nothing).
        embed_dim, n_heads, n_layers, ff_dim, dropout: sizes, see the networks.

    Raises:
        ForgeError: on another name, or sizes that do not fit together.
    """
    if arch == "transformer":
        return DominoTransformer(embed_dim, n_heads, n_layers, ff_dim, dropout)
    if arch == "mlp":
        return SuitMLP(embed_dim, n_layers, ff_dim, dropout)
    raise ForgeError(f"arch must be {' or '.join(ARCHITECTURES)}, got {arch!r}")
