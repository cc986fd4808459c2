"""`forge train-eq`: learn to play from what a seat may see, from E[Q] files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from forge.cli.common import WandbGroupOption, command, run
from forge.cli.training_options import (
    TRAINING,
    BatchSizeOption,
    CompileOption,
    DeterministicOption,
    DevicesOption,
    DropoutOption,
    EmbedDimOption,
    EpochsOption,
    FastDevRunOption,
    FfDimOption,
    HeadsOption,
    InitFromOption,
    LayersOption,
    LimitBatchesOption,
    LogEveryOption,
    LrOption,
    MaxHoursOption,
    OptimizerOption,
    PrecisionOption,
    ResumeOption,
    SeedOption,
    StrategyOption,
    WandbOption,
    WarmupOption,
    WeightDecayOption,
    defaults,
    run_training,
)
from forge.learn.training import RunData
from forge.stage2.data import EqDataModule
from forge.stage2.module import EqLightningModule
from forge.stage2.network import ARCHITECTURES

DEFAULT_DATA: Final = Path("data") / "eq-games"
MODULE: Final = defaults(EqLightningModule)
DATA: Final = defaults(EqDataModule)

app = command()


@app.command(name="train-eq")
def train_eq(
    context: typer.Context,
    data: Annotated[
        Path,
        typer.Option("--data", help="E[Q] files, in train/ and val/.", metavar="DIR"),
    ] = DEFAULT_DATA,
    run_dir: Annotated[
        Path, typer.Option("--run-dir", help="Gets eq/version_N.", metavar="DIR")
    ] = Path("runs"),
    epochs: EpochsOption = None,
    max_hours: MaxHoursOption = None,
    batch_size: BatchSizeOption = DATA["batch_size"],
    lr: LrOption = MODULE["lr"],
    warmup_steps: WarmupOption = TRAINING["warmup_steps"],
    arch: Annotated[
        str, typer.Option("--arch", help=f"Network: {', '.join(ARCHITECTURES)}.")
    ] = MODULE["arch"],
    optimizer: OptimizerOption = MODULE["optimizer"],
    embed_dim: EmbedDimOption = MODULE["embed_dim"],
    n_heads: HeadsOption = MODULE["n_heads"],
    n_layers: LayersOption = MODULE["n_layers"],
    ff_dim: FfDimOption = MODULE["ff_dim"],
    dropout: DropoutOption = MODULE["dropout"],
    weight_decay: WeightDecayOption = MODULE["weight_decay"],
    floor: Annotated[
        float,
        typer.Option("--floor", help="Points: labels more certain than this weigh alike."),
    ] = MODULE["floor"],
    seed: SeedOption = DATA["seed"],
    num_workers: Annotated[int, typer.Option("--num-workers", help="Processes that read.")] = DATA[
        "num_workers"
    ],
    wandb: WandbOption = False,
    wandb_group: WandbGroupOption = None,
    fast_dev_run: FastDevRunOption = False,
    limit_batches: LimitBatchesOption = None,
    compile_network: CompileOption = TRAINING["compile_network"],
    precision: PrecisionOption = TRAINING["precision"],
    strategy: StrategyOption = TRAINING["strategy"],
    devices: DevicesOption = TRAINING["devices"],
    deterministic: DeterministicOption = TRAINING["deterministic"],
    log_every_n_steps: LogEveryOption = TRAINING["log_every_n_steps"],
    resume: ResumeOption = None,
    init_from: InitFromOption = None,
) -> None:
    """Train a network that plays from transcripts (Stage 2)."""
    run_training(context, EqLightningModule, _open_data)


@contextmanager
def _open_data(options: dict[str, Any]) -> Iterator[RunData]:
    yield EqDataModule(
        options["data"], options["batch_size"], options["num_workers"], seed=options["seed"]
    )


def main(args: Sequence[str] | None = None, prog: str | None = None) -> None:
    """Run the command line."""
    run(app, args, prog)


if __name__ == "__main__":
    main()
