"""What may be said of a training, whatever the network; nothing of it needs torch."""

from __future__ import annotations

import numbers as numbers_abc
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, get_type_hints

from forge.errors import ForgeError
from forge.options import INT64_MAX, Option, check, check_value, option, option_of
from forge.work.paths import writable_folder
from forge.work.plain_values import shown
from forge.work.tracking import wandb_or_not

DEFAULT_EPOCHS: Final = 20
# Of weights: with gradients and moments sixteen times as many bytes.
MAX_PARAMS: Final = 1_000_000_000
STAGE_TEXTS: Final = {1: "Stage 1 (it sees all hands)", 2: "Stage 2 (it plays from transcripts)"}
OPTIMIZERS: Final = ("adamw", "muon")
# A strategy: every process keeps a share of the weights. Lightning takes it in these precisions.
FSDP: Final = "fsdp"
FSDP_PRECISIONS: Final = ("32-true", "bf16-mixed", "bf16-true")
PRECISIONS: Final = ("32-true", "16-mixed", "bf16-mixed", "bf16-true", "64-true")


@dataclass(frozen=True)
class RowsSettings:
    """Rows on their way into a training."""

    batch_size: int = option(4096, "Rows a step and process.", least=1, most=1 << 24)
    seed: int = option(42, "Of weights and order.", least=0, most=2**32 - 1)


@dataclass(frozen=True)
class NetworkSettings:
    """A network and its optimiser; the defaults are those of the author's small network."""

    lr: float = option(3e-4, "Highest learning rate.", above=0, below=1e31)
    optimizer: str = option("adamw", f"{', '.join(OPTIMIZERS)}.")
    embed_dim: int = option(128, "Width.", least=1, most=1 << 16)
    n_heads: int = option(8, "Heads of attention.", least=1, most=1 << 16)
    n_layers: int = option(4, "Layers.", least=1, most=1000)
    ff_dim: int = option(512, "Width inside a layer.", least=1, most=1 << 20)
    dropout: float = option(0.1, "Share of units left out of a step.", least=0, below=1)
    weight_decay: float = option(0.01, "On matrices.", least=0, most=1e6)

    def __post_init__(self) -> None:
        check(self)
        check_network_size(self.embed_dim, self.n_layers, self.ff_dim)


def check_network_size(embed_dim: int, n_layers: int, ff_dim: int) -> None:
    """ForgeError for a network of so many parameters that it could only fill the memory."""
    n_params = n_layers * (4 * embed_dim**2 + 2 * embed_dim * ff_dim)
    if n_params > MAX_PARAMS:
        raise ForgeError(
            f"a network must have at most {MAX_PARAMS / 1e9:g} billion parameters; embed_dim "
            f"{embed_dim}, n_layers {n_layers} and ff_dim {ff_dim} make {n_params / 1e9:.3g}"
        )


def check_shared_out(strategy: str, optimizer: str, precision: str, compiled: bool) -> None:
    """ForgeError where the weights are to be shared out among processes (`FSDP`), and an option
    does not go with that."""
    if strategy != FSDP:
        return
    if optimizer != "adamw":  # muon turns whole matrices
        raise ForgeError(f"--strategy {FSDP} takes --optimizer adamw, got {optimizer!r}")
    if precision not in ("auto", *FSDP_PRECISIONS):
        valid = ", ".join(FSDP_PRECISIONS)
        raise ForgeError(f"--strategy {FSDP} takes --precision {valid}, got {precision!r}")
    if compiled:
        raise ForgeError(f"--strategy {FSDP} takes no --compile")


def check_values(kind: type[Any], values: Mapping[str, Any], start: str = "") -> None:
    """Nothing, if values are of the types of options and within their bounds.

    Args:
        kind: a dataclass of options.
        values: by the names of its fields; others do not count.
        start: of the message.

    Raises:
        ForgeError: that names the option and what is valid.
    """
    hints = get_type_hints(kind)
    for each in fields(kind):
        if each.name not in values:
            continue
        value, wanted = values[each.name], getattr(hints[each.name], "__args__", None)
        wanted = wanted or (hints[each.name],)
        if not any(_is_of(value, one) for one in wanted):
            names = " or ".join(dict.fromkeys(_WORDS.get(one, "null") for one in wanted))
            raise ForgeError(f"{start}{each.name} must be {names}, got {shown(value)}")
        number = value.item() if hasattr(value, "item") else value
        check_value(start + each.name, number, option_of(each) or Option())


_WORDS: Final = {int: "a whole number", float: "a number", bool: "true or false"} | dict.fromkeys(
    (str, Path), "text"
)


def _is_of(value: object, kind: type) -> bool:
    if kind in (int, float):
        numbers = numbers_abc.Integral if kind is int else numbers_abc.Real
        return isinstance(value, numbers) and not isinstance(value, bool)
    return isinstance(value, str | Path) if kind in (str, Path) else isinstance(value, kind)


@dataclass(frozen=True)
class Training:
    """How a run goes, apart from its network and its data.

    Raises:
        ForgeError: on a value that makes no sense.
    """

    run_dir: str = option(
        "runs",
        "Gets domino/version_N, for Stage 2 eq/version_N.",
        metavar="DIR",
        reads=writable_folder,
    )
    epochs: int | None = option(
        None, f"[default: {DEFAULT_EPOCHS}; no end with --max-hours]", least=1, most=1_000_000_000
    )
    max_hours: float | None = option(
        None, "End after so long; the learning rate follows.", above=0, most=1e6
    )
    warmup_steps: int = option(0, "Steps of linear warm-up.", least=0, most=1_000_000_000)
    limit_batches: int | None = option(
        None, "Of an epoch, train and val each.", least=1, most=INT64_MAX
    )
    compile_network: bool = option(False, "torch.compile.", "--compile/--no-compile")
    precision: str = option("auto", f"auto, {', '.join(PRECISIONS)}.")
    strategy: str = option(
        "auto", "Lightning's: auto, ddp, ...; fsdp shares the weights out among the processes."
    )
    devices: int = option(1, "GPUs, or processes on a CPU, of a machine.", least=1, most=1024)
    num_nodes: int = option(
        1, "Machines; torchrun or Slurm starts the same line on each.", least=1, most=1024
    )
    deterministic: bool = option(False, "Same bits every time; slower.", "--deterministic")
    log_every_n_steps: int = option(
        50, "Steps from one row of figures to the next.", least=1, most=1_000_000_000
    )
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
    def n_processes(self) -> int:
        """Of the run, on all machines."""
        return self.devices * self.num_nodes

    @property
    def max_epochs(self) -> int:
        """As Lightning takes it: -1 is no end."""
        if self.epochs is not None:
            return self.epochs
        return -1 if self.max_hours is not None else DEFAULT_EPOCHS
