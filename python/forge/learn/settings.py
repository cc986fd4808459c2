"""What may be said of a training, whatever the network; nothing of it needs torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from forge.options import check, option
from forge.work.tracking import wandb_or_not

DEFAULT_EPOCHS: Final = 20
STAGE_TEXTS: Final = {1: "Stage 1 (it sees all hands)", 2: "Stage 2 (it plays from transcripts)"}
OPTIMIZERS: Final = ("adamw", "muon")
PRECISIONS: Final = ("32-true", "16-mixed", "bf16-mixed", "bf16-true", "64-true")


@dataclass(frozen=True)
class RowsSettings:
    """Rows on their way into a training."""

    batch_size: int = option(4096, "Rows a step and process.", least=1)
    seed: int = option(42, "Of weights and order.", least=0, most=2**32 - 1)


@dataclass(frozen=True)
class NetworkSettings:
    """A network and its optimiser; the defaults are those of the author's small network."""

    lr: float = option(3e-4, "Highest learning rate.", above=0)
    optimizer: str = option("adamw", f"{', '.join(OPTIMIZERS)}.")
    embed_dim: int = option(128, "Width.", least=1)
    n_heads: int = option(8, "Heads of attention.", least=1)
    n_layers: int = option(4, "Layers.", least=1)
    ff_dim: int = option(512, "Width inside a layer.", least=1)
    dropout: float = option(0.1, "Share of units left out of a step.", least=0, below=1)
    weight_decay: float = option(0.01, "On matrices.", least=0)


@dataclass(frozen=True)
class Training:
    """How a run goes, apart from its network and its data.

    Raises:
        ForgeError: on a value that makes no sense.
    """

    run_dir: str = option("runs", "Gets domino/version_N, for Stage 2 eq/version_N.", metavar="DIR")
    epochs: int | None = option(
        None, f"[default: {DEFAULT_EPOCHS}; no end with --max-hours]", least=1
    )
    max_hours: float | None = option(None, "End after so long; the learning rate follows.", above=0)
    warmup_steps: int = option(0, "Steps of linear warm-up.", least=0)
    limit_batches: int | None = option(None, "Of an epoch, train and val each.", least=1)
    compile_network: bool = option(False, "torch.compile.", "--compile/--no-compile")
    precision: str = option("auto", f"auto, {', '.join(PRECISIONS)}.")
    strategy: str = option("auto", "Lightning's: auto, ddp, ...")
    devices: int = option(1, "GPUs, or processes on a CPU.", least=1)
    deterministic: bool = option(False, "Same bits every time; slower.", "--deterministic")
    log_every_n_steps: int = option(50, "Steps from one row of figures to the next.", least=1)
    fast_dev_run: bool = option(
        False, "One train and one val batch; saves nothing.", "--fast-dev-run"
    )
    wandb: bool = option(
        False, "Log the run to Weights & Biases.", "--wandb/--no-wandb", reads=wandb_or_not
    )
    wandb_group: str | None = option(None, "W&B group; implies --wandb.", reads=wandb_or_not)
    resume: str | None = option(
        None, "Go on from a checkpoint, or from the last run's: last.", metavar="FILE|last"
    )

    def __post_init__(self) -> None:
        check(self)

    @property
    def max_epochs(self) -> int:
        """As Lightning takes it: -1 is no end."""
        if self.epochs is not None:
            return self.epochs
        return -1 if self.max_hours is not None else DEFAULT_EPOCHS
