"""What may be said of a Stage 1 training; nothing of it needs torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from forge.learn.settings import NetworkSettings
from forge.options import option

ARCHITECTURES: Final = ("transformer", "mlp")
LOSS_MODES: Final = ("policy", "qvalue")
# Of tokenised data.
DEFAULT_GLOBAL_SEED: Final = 42
DEFAULT_SAMPLES_PER_SHARD: Final = 50_000
# Val deals of the reference protocol: seeds 900-949.
N_VAL_DEALS: Final = 50


@dataclass(frozen=True)
class Stage1Settings(NetworkSettings):
    """A network that sees all hands."""

    arch: str = option("transformer", f"Network: {', '.join(ARCHITECTURES)}.")
    value_weight: float = option(0.5, "Of the value head in the loss.", least=0, most=1e6)
    loss_mode: str = option("policy", f"{' or '.join(LOSS_MODES)}.")


@dataclass(frozen=True)
class PolicyLossSettings:
    """How soft the targets of a policy are; see `forge.ml.module.policy_loss`."""

    temperature: float = option(3.0, "Points by which targets fall by e.", above=0, most=1e6)
    soft_weight: float = option(0.7, "Share of the soft targets.", least=0, most=1)


@dataclass(frozen=True)
class StreamSettings:
    """Fresh positions from the solver."""

    mixture: str = option("uniform", "Of the stream: uniform, played, or NAME:SHARE,... of both.")
    per_deal: int = option(10_000, "Of the stream: positions a deal.", least=1, most=10_000_000)
    mix_deals: int = option(
        32, "Of the stream: deals a batch is drawn from.", least=1, most=100_000
    )
    samples_per_epoch: int = option(1_000_000, "Of the stream.", least=1, most=2**48)
    val_per_deal: int = option(
        1000, "Of the stream: validation positions a deal.", least=1, most=10_000_000
    )
    max_memory: int | None = option(
        None,
        "Of the stream: another deal takes the place of one that needs more memory than this, in "
        "MB and in each process that solves. [default: four fifths of what is free]",
        metavar="MB",
        least=1,
        most=10**8,
    )
    val_deals: int = option(
        N_VAL_DEALS, "Of the stream: validation deals.", least=1, most=N_VAL_DEALS
    )
