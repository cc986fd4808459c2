"""Networks that play from a transcript: E[Q] and how sure of it they are, in one forward pass."""

from typing import Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from forge.errors import ForgeError
from forge.game.constants import N_DOMINOES, N_SLOTS
from forge.ml.networks.geometry import N_KINDS
from forge.ml.networks.mlp import ResidualBlock
from forge.ml.networks.transformer import Encoder
from forge.play.transcript import MAX_TOKENS, N_FEATURES, TYPE, TYPE_HAND, TYPE_PLAY
from forge.stage2.geometry import TranscriptGeometry, own_tokens
from forge.stage2.settings import ARCHITECTURES

# Values of the token features, in feature order: the rows of their embedding tables.
FEATURE_SIZES: Final = (7, 7, 2, 3, 4, 2, 10, 3)
# Outputs of the trunk's own head: E[Q], and the spread of Q over the hidden hands.
N_OUTPUTS: Final = 2
# Outputs of the network are in units of this many points, so that they start near 1.
_POINTS_PER_UNIT: Final = 10.0
# No prediction is taken to be better than this, in those units.
_LEAST_SPREAD: Final = 0.02


class EqPrediction(NamedTuple):
    """What a network says of the seven slots of the dealt hand; slots that may not be played hold
    numbers too. Points, **acting-team frame**."""

    mean: Tensor  # float32 [B, 7]: E[Q]
    error: Tensor  # float32 [B, 7]: standard deviation of the true E[Q] around `mean`
    spread: Tensor  # float32 [B, 7]: standard deviation of Q over the hidden hands


def build_transcript_network(
    arch: str,
    embed_dim: int,
    n_heads: int,
    n_layers: int,
    ff_dim: int,
    dropout: float,
    imitate: bool = False,
) -> "EqNetwork":
    """A fresh network.

    Args:
        arch: `mlp` (`TranscriptMLP`, for machines without a GPU: `embed_dim` is its width,
            `n_layers` its blocks, `ff_dim` the width inside a block, and `n_heads` means nothing)
            or `transformer` (`TranscriptTransformer`).
        embed_dim, n_heads, n_layers, ff_dim, dropout: sizes, see the networks.
        imitate: whether it has logits of plays too.

    Raises:
        ForgeError: on another name, or sizes that do not fit together.
    """
    if min(embed_dim, n_heads, n_layers, ff_dim) < 1:
        raise ForgeError(
            "embed_dim, n_heads, n_layers and ff_dim must be at least 1, "
            f"got {embed_dim}, {n_heads}, {n_layers} and {ff_dim}"
        )
    if arch == "mlp":
        return TranscriptMLP(embed_dim, n_layers, ff_dim, dropout, imitate)
    if arch == "transformer":
        return TranscriptTransformer(embed_dim, n_heads, n_layers, ff_dim, dropout, imitate)
    raise ForgeError(f"arch must be {' or '.join(ARCHITECTURES)}, got {arch!r}")


def _prediction(outputs: Tensor, error: Tensor) -> EqPrediction:
    """From raw outputs: float [B, 7, 2] of mean and spread, float [B, 7] of the error."""
    mean, spread = outputs.float().unbind(dim=2)
    positive = (functional.softplus(each) + _LEAST_SPREAD for each in (error.float(), spread))
    return EqPrediction(mean * _POINTS_PER_UNIT, *(each * _POINTS_PER_UNIT for each in positive))


class EqNetwork(nn.Module):
    """A network over transcripts: E[Q], and where it imitates a player the logits of its plays."""

    def forward(self, tokens: Tensor) -> EqPrediction:
        """Value the plays of transcripts, int8 [B, 36, 8]."""
        return self.with_logits(tokens)[0]

    def with_logits(self, tokens: Tensor) -> tuple[EqPrediction, Tensor | None]:
        """What it says of transcripts int8 [B, 36, 8], and float32 [B, 7] logits of the plays, by
        slot of the dealt hand; None if it imitates nobody."""
        raise NotImplementedError


class TranscriptMLP(EqNetwork):
    """A residual network over what the transcript implies (`TranscriptGeometry`).

    It sees who played what and when: every play has inputs of its own by its place in the order.

    Args:
        width: of the residual stream.
        n_blocks: residual blocks.
        hidden: width inside a block.
        dropout: rate inside a block, training only.
        imitate: whether it has logits of plays too.
    """

    def __init__(
        self,
        width: int = 512,
        n_blocks: int = 4,
        hidden: int = 512,
        dropout: float = 0.0,
        imitate: bool = False,
    ) -> None:
        super().__init__()
        self.geometry = TranscriptGeometry()
        self.input = nn.Linear(TranscriptGeometry.n_features, width)
        self.blocks = nn.ModuleList(ResidualBlock(width, hidden, dropout) for _ in range(n_blocks))
        self.norm = nn.LayerNorm(width)
        self.heads = nn.Linear(width, N_OUTPUTS * N_KINDS * N_DOMINOES)
        self.error_head = nn.Linear(width, N_KINDS * N_DOMINOES)
        self.choice_head = nn.Linear(width, N_KINDS * N_DOMINOES) if imitate else None

    def with_logits(self, tokens: Tensor) -> tuple[EqPrediction, Tensor | None]:
        """See `EqNetwork`."""
        features, own, kind, _ = self.geometry(tokens)
        x = functional.relu(self.input(features))
        for block in self.blocks:
            x = block(x)
        x = functional.relu(self.norm(x))
        index = (kind[:, None] * N_DOMINOES + own)[:, None]
        by_domino = self.heads(x).view(-1, N_OUTPUTS, N_KINDS * N_DOMINOES)
        outputs = by_domino.gather(2, index.expand(-1, N_OUTPUTS, -1)).transpose(1, 2)
        # How wrong the mean is should be learned without bending the mean.
        error = self.error_head(x.detach()).gather(1, index.squeeze(1))
        found = _prediction(outputs, error)
        if self.choice_head is None:
            return found, None
        return found, self.choice_head(x).gather(1, index.squeeze(1)).float()


class TranscriptTransformer(EqNetwork):
    """A post-norm encoder over the tokens of a transcript, with their places learned.

    Args:
        embed_dim: width of a token, a multiple of `n_heads`.
        n_heads: attention heads.
        n_layers: encoder layers.
        ff_dim: width of the feed-forward part.
        dropout: rate in training.
        imitate: whether it has logits of plays too.

    Raises:
        ForgeError: if the sizes do not fit together.
    """

    def __init__(
        self,
        embed_dim: int = 128,
        n_heads: int = 8,
        n_layers: int = 4,
        ff_dim: int = 512,
        dropout: float = 0.0,
        imitate: bool = False,
    ) -> None:
        super().__init__()
        if embed_dim % n_heads:
            raise ForgeError(
                f"embed_dim must be a multiple of n_heads ({n_heads}), got {embed_dim}"
            )
        self.embeddings = nn.ModuleList(nn.Embedding(size, embed_dim) for size in FEATURE_SIZES)
        # The k-th play stands at a place of its own whatever the size of the hand before it.
        self.place = nn.Embedding(2 * MAX_TOKENS, embed_dim)
        self.encoder = Encoder(embed_dim, n_heads, n_layers, ff_dim, dropout)
        self.heads = nn.Linear(embed_dim, N_OUTPUTS)
        self.error_head = nn.Linear(embed_dim, 1)
        self.choice_head = nn.Linear(embed_dim, 1) if imitate else None
        assert len(self.embeddings) == N_FEATURES

    def with_logits(self, tokens: Tensor) -> tuple[EqPrediction, Tensor | None]:
        """See `EqNetwork`."""
        features = tokens.long()
        place = torch.arange(MAX_TOKENS, device=tokens.device)
        kind = features[..., TYPE]
        n_held = (kind == TYPE_HAND).sum(dim=1, keepdim=True)
        place = torch.where(kind == TYPE_PLAY, MAX_TOKENS + place - 1 - n_held, place)
        x = self.place(place)
        for i, embedding in enumerate(self.embeddings):
            x = x + embedding(features[..., i])
        attend = (kind > 0) | (torch.arange(MAX_TOKENS, device=tokens.device) == 0)
        hidden = self.encoder(x, attend[:, None, None, :])
        index, _ = own_tokens(features)
        own = hidden.gather(1, index[:, :, None].expand(-1, N_SLOTS, hidden.shape[2]))
        found = _prediction(self.heads(own), self.error_head(own.detach()).squeeze(2))
        if self.choice_head is None:
            return found, None
        return found, self.choice_head(own).squeeze(2).float()
