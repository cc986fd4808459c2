"""`forge train`: learn the oracle from tokenised data, or from a stream of fresh positions."""

from __future__ import annotations

import tempfile
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
from forge.errors import ForgeError
from forge.learn.data_module import RowsDataModule
from forge.learn.training import RunData
from forge.ml.data import DominoDataModule
from forge.ml.module import DominoLightningModule
from forge.ml.networks.architectures import ARCHITECTURES
from forge.ml.positions import StreamOptions, parse_mixture
from forge.ml.rows import DEFAULT_GLOBAL_SEED
from forge.ml.stream import StreamingDataModule
from forge.ml.tokenize import Settings, tokenize
from forge.ml.tokenized.sources import shard_sources
from forge.oracle.shards.naming import ShardKey
from forge.oracle.shards.pipeline import PipelineOptions, run_pipeline

DEFAULT_DATA: Final = Path("data") / "tokenized"
# Of each split the seed with the fewest states: a trial without data takes seconds.
TRIAL_SEEDS: Final = (30, 930)
# One batch that a CPU does in seconds.
TRIAL_SAMPLES_PER_SHARD: Final = 500


MODULE: Final = defaults(DominoLightningModule)
STREAM: Final = defaults(StreamingDataModule) | defaults(StreamOptions)
DATA: Final = defaults(RowsDataModule)

app = command()


@app.command()
def train(
    context: typer.Context,
    data: Annotated[
        Path | None,
        typer.Option("--data", help=f"Tokenised data. [default: {DEFAULT_DATA}]", metavar="DIR"),
    ] = None,
    stream: Annotated[
        bool, typer.Option("--stream", help="Fresh positions from the solver; needs no data.")
    ] = False,
    mixture: Annotated[
        str,
        typer.Option("--mixture", help="Of the stream, e.g. uniform:0.8,played:0.2."),
    ] = "uniform",
    per_deal: Annotated[
        int, typer.Option("--per-deal", help="Of the stream: positions a deal.")
    ] = STREAM["per_deal"],
    mix_deals: Annotated[
        int, typer.Option("--mix-deals", help="Of the stream: deals a batch is drawn from.")
    ] = STREAM["mix_deals"],
    samples_per_epoch: Annotated[
        int, typer.Option("--samples-per-epoch", help="Of the stream.")
    ] = STREAM["samples_per_epoch"],
    val_per_deal: Annotated[
        int, typer.Option("--val-per-deal", help="Of the stream: validation positions a deal.")
    ] = STREAM["val_per_deal"],
    val_deals: Annotated[
        int, typer.Option("--val-deals", help="Of the stream: validation deals, 1..50.")
    ] = STREAM["val_deals"],
    run_dir: Annotated[
        Path, typer.Option("--run-dir", help="Gets domino/version_N.", metavar="DIR")
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
    value_weight: Annotated[
        float, typer.Option("--value-weight", help="Of the value head in the loss.")
    ] = MODULE["value_weight"],
    loss_mode: Annotated[str, typer.Option("--loss-mode", help="policy or qvalue.")] = MODULE[
        "loss_mode"
    ],
    seed: SeedOption = DATA["seed"],
    num_workers: Annotated[
        int | None,
        typer.Option(
            "--num-workers",
            help="Processes that read (default 0) or, with --stream, solve (cores - 1, at most 7).",
        ),
    ] = None,
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
    """Train a network on exact values."""
    run_training(context, DominoLightningModule, _open_data)


@contextmanager
def _open_data(options: dict[str, Any]) -> Iterator[RunData]:
    with tempfile.TemporaryDirectory(prefix="forge-") as temporary:
        yield _data(options, Path(temporary))


def _data(options: dict[str, Any], temporary: Path) -> DominoDataModule | StreamingDataModule:
    """The rows of a run; `temporary` is for those that a trial makes for itself."""
    folder = Path(options["data"] or DEFAULT_DATA)
    batch_size, num_workers = options["batch_size"], options["num_workers"]
    if options["stream"]:
        if options["data"] is not None:
            raise ForgeError("--stream draws its own positions: leave --data out")
        return StreamingDataModule(
            StreamOptions(
                seed=options["seed"],
                mixture=parse_mixture(options["mixture"]),
                per_deal=options["per_deal"],
                mix_deals=options["mix_deals"],
            ),
            batch_size=batch_size,
            samples_per_epoch=options["samples_per_epoch"],
            num_workers=num_workers,
            val_per_deal=options["val_per_deal"],
            val_deals=options["val_deals"],
        )
    if options["data"] is None and options["fast_dev_run"] and not folder.is_dir():
        folder = _make_data(temporary)
    elif not folder.is_dir():
        raise ForgeError(f"no data folder at {folder}: make one with forge tokenize, or --stream")
    return DominoDataModule(folder, batch_size, num_workers or 0, seed=options["seed"])


def _make_data(folder: Path) -> Path:
    """A few shards, and the data made of them: the whole way that real data go."""
    shards, tokenized = folder / "shards", folder / "tokenized"
    run_pipeline([ShardKey(seed, seed % 10) for seed in TRIAL_SEEDS], PipelineOptions(shards))
    settings = Settings("shards", DEFAULT_GLOBAL_SEED, TRIAL_SAMPLES_PER_SHARD)
    tokenize(shard_sources(shards), tokenized, settings, f"shards {shards}")
    return tokenized


def main(args: Sequence[str] | None = None, prog: str | None = None) -> None:
    """Run the command line."""
    run(app, args, prog)


if __name__ == "__main__":
    main()
