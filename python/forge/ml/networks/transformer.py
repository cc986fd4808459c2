"""`DominoTransformer`: a block of 32 tokens in, seven move scores and one value out.

Parameter names and shapes are those of the author's checkpoints
(`tests/golden/checkpoint_layout.json`), which were built on `nn.TransformerEncoder`. The layers
are written out here because `nn.TransformerEncoder` turns padding masks into prototype nested
tensors in eval mode; these compute the same numbers through `scaled_dot_product_attention`.
"""

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from forge.errors import ForgeError
from forge.game.constants import N_FEATURES, N_SLOTS

# Index of the declaration among the features; the context token (token 0) carries it too.
DECL_FEATURE: Final = 10

# How many values each token feature takes, in feature order: the rows of its embedding table.
# Token type has 8: context, four seats, three trick plays.
FEATURE_SIZES: Final = (7, 7, 2, 3, 8, 4, 2, 2, 2, 8, 10, 4)

_EMBED_NAMES: Final = (
    "high_pip_embed",
    "low_pip_embed",
    "is_double_embed",
    "count_value_embed",
    "trump_rank_embed",
    "player_id_embed",
    "is_current_embed",
    "is_partner_embed",
    "is_remaining_embed",
    "token_type_embed",
    "decl_embed",
    "leader_embed",
)
# Pips, trump rank, token type and declaration get embed_dim//6 columns, the rest embed_dim//12.
_WIDE_FEATURES: Final = frozenset((0, 1, 4, 9, 10))


class SelfAttention(nn.Module):
    """Multi-head self-attention with `nn.MultiheadAttention`'s parameters.

    Args:
        embed_dim: width of a token, a multiple of `n_heads`.
        n_heads: number of heads.
        dropout: rate on the attention weights, training only.
    """

    def __init__(self, embed_dim: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.dropout = dropout
        self.in_proj_weight = nn.Parameter(torch.empty(3 * embed_dim, embed_dim))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * embed_dim))
        self.out_proj = nn.Linear(embed_dim, embed_dim)
        nn.init.xavier_uniform_(self.in_proj_weight)
        nn.init.zeros_(self.out_proj.bias)

    def forward(self, x: Tensor, attend: Tensor) -> Tensor:
        """Mix the tokens.

        Args:
            x: float [B, T, embed_dim].
            attend: bool [B, 1, 1, T], true where a token may be looked at.

        Returns:
            float [B, T, embed_dim].
        """
        projected = functional.linear(x, self.in_proj_weight, self.in_proj_bias)
        # [B, T, 3*E] -> three of [B, heads, T, E/heads]
        batch, n_tokens, width = x.shape
        heads = projected.view(batch, n_tokens, 3, self.n_heads, width // self.n_heads)
        query, key, value = heads.permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(
            query, key, value, attn_mask=attend, dropout_p=self.dropout if self.training else 0.0
        )
        out: Tensor = self.out_proj(mixed.transpose(1, 2).flatten(2))
        return out


class EncoderLayer(nn.Module):
    """One post-norm encoder layer with ReLU, named like `nn.TransformerEncoderLayer`'s parts."""

    def __init__(self, embed_dim: int, n_heads: int, ff_dim: int, dropout: float) -> None:
        super().__init__()
        self.self_attn = SelfAttention(embed_dim, n_heads, dropout)
        self.linear1 = nn.Linear(embed_dim, ff_dim)
        self.linear2 = nn.Linear(ff_dim, embed_dim)
        self.norm1 = nn.LayerNorm(embed_dim)
        self.norm2 = nn.LayerNorm(embed_dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, attend: Tensor) -> Tensor:
        """Attention then feed-forward, each added and normalised; shapes as `SelfAttention`."""
        x = self.norm1(x + self.dropout(self.self_attn(x, attend)))
        hidden = self.dropout(functional.relu(self.linear1(x)))
        out: Tensor = self.norm2(x + self.dropout(self.linear2(hidden)))
        return out


class Encoder(nn.Module):
    """A stack of `EncoderLayer`s, without a norm at the end."""

    def __init__(
        self, embed_dim: int, n_heads: int, n_layers: int, ff_dim: int, dropout: float
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            EncoderLayer(embed_dim, n_heads, ff_dim, dropout) for _ in range(n_layers)
        )

    def forward(self, x: Tensor, attend: Tensor) -> Tensor:
        """Shapes as `SelfAttention`."""
        for layer in self.layers:
            x = layer(x, attend)
        return x


class DominoTransformer(nn.Module):
    """Scores the moves of the seat to act in one fully visible position.

    Args:
        embed_dim: width of a token, a multiple of `n_heads`, at least 12.
        n_heads: attention heads.
        n_layers: encoder layers.
        ff_dim: width of the feed-forward part.
        dropout: rate in training.

    Raises:
        ForgeError: if the sizes do not fit together.
    """

    def __init__(
        self,
        embed_dim: int = 128,
        n_heads: int = 8,
        n_layers: int = 4,
        ff_dim: int = 512,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        if min(n_heads, n_layers, ff_dim) < 1:
            raise ForgeError(
                "n_heads, n_layers and ff_dim must be at least 1, "
                f"got {n_heads}, {n_layers} and {ff_dim}"
            )
        if embed_dim < 12 or embed_dim % n_heads:
            raise ForgeError(
                f"embed_dim must be at least 12 and a multiple of n_heads ({n_heads}), "
                f"got {embed_dim}"
            )
        widths = [embed_dim // (6 if i in _WIDE_FEATURES else 12) for i in range(N_FEATURES)]
        for name, size, width in zip(_EMBED_NAMES, FEATURE_SIZES, widths, strict=True):
            self.add_module(name, nn.Embedding(size, width))
        self.input_proj = nn.Linear(sum(widths), embed_dim)
        self.transformer = Encoder(embed_dim, n_heads, n_layers, ff_dim, dropout)
        self.output_proj = nn.Linear(embed_dim, 1)
        self.value_head = nn.Linear(embed_dim, 1)

    def forward(
        self, tokens: Tensor, masks: Tensor, current_player: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Score the seven slots of the seat to act and the position.

        Args:
            tokens: integer [B, 32, 12], the Stage 1 features.
            masks: integer or bool [B, 32], 1 = real token.
            current_player: integer [B], the seat to act, 0..3.

        Returns:
            scores: float [B, 7], **acting-team frame**: points to go after each slot for a
                Q-value network, logits for a policy network. Slots that may not be played get a
                number too; mask them before an argmax.
            value: float [B], V / 42 in the **acting-team frame**.
        """
        features = tokens.long()
        embedded = [getattr(self, name)(features[..., i]) for i, name in enumerate(_EMBED_NAMES)]
        x = self.input_proj(torch.cat(embedded, dim=-1))
        hidden = self.transformer(x, masks.bool()[:, None, None, :])

        # Tokens 1 + 7*seat + slot are the dealt dominoes.
        slots = torch.arange(1, 1 + N_SLOTS, device=hidden.device)
        own = current_player.long()[:, None] * N_SLOTS + slots  # [B, 7]
        rows = torch.arange(own.shape[0], device=hidden.device)[:, None]
        scores = self.output_proj(hidden[rows, own]).squeeze(-1)
        return scores, self.value_head(hidden[:, 0]).squeeze(-1)
