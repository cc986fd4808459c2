"""`forge train`: learn the oracle from tokenised data, or from a stream of fresh positions."""

from __future__ import annotations

import inspect
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Final

import lightning.pytorch as pl
import typer

from forge.cli.common import EXIT_INTERRUPTED, WandbGroupOption, command, console, run
from forge.errors import ForgeError
from forge.ml.architectures import ARCHITECTURES
from forge.ml.callbacks import RECORD_KEY, RunStoppedError
from forge.ml.data import DominoDataModule
from forge.ml.module import DominoLightningModule
from forge.ml.optim import OPTIMIZERS
from forge.ml.positions import StreamOptions, parse_mixture
from forge.ml.rows import DEFAULT_GLOBAL_SEED
from forge.ml.run import is_first_process, last_checkpoint
from forge.ml.sources import shard_sources
from forge.ml.stream import StreamingDataModule
from forge.ml.tokenize import Settings, tokenize
from forge.ml.training import (
    DEFAULT_EPOCHS,
    Training,
    build_module,
    load_weights,
    read_checkpoint,
    train_network,
)
from forge.oracle.naming import ShardKey
from forge.oracle.pipeline import PipelineOptions, run_pipeline
from forge.oracle.stop import StopSignal

DEFAULT_DATA: Final = Path("data") / "tokenized"
# Of each split the seed with the fewest states: a trial without data takes seconds.
TRIAL_SEEDS: Final = (30, 930)
TRIAL_SAMPLES_PER_SHARD: Final = 5000


def _defaults(function: Any) -> dict[str, Any]:
    """The defaults of a signature: they are written down there alone."""
    return {name: p.default for name, p in inspect.signature(function).parameters.items()}


MODULE: Final = _defaults(DominoLightningModule)
STREAM: Final = _defaults(StreamingDataModule) | _defaults(StreamOptions)
DATA: Final = _defaults(DominoDataModule)
TRAINING: Final = _defaults(Training)

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
    epochs: Annotated[
        int | None,
        typer.Option(
            "--epochs",
            help=f"[default: {DEFAULT_EPOCHS}; no end with --max-hours]",
        ),
    ] = None,
    max_hours: Annotated[
        float | None,
        typer.Option("--max-hours", help="End after so long; the learning rate follows."),
    ] = None,
    batch_size: Annotated[int, typer.Option("--batch-size", help="Rows a step and process.")] = (
        DATA["batch_size"]
    ),
    lr: Annotated[float, typer.Option("--lr", help="Highest learning rate.")] = MODULE["lr"],
    warmup_steps: Annotated[
        int, typer.Option("--warmup-steps", help="Steps of linear warm-up.")
    ] = TRAINING["warmup_steps"],
    arch: Annotated[
        str, typer.Option("--arch", help=f"Network: {', '.join(ARCHITECTURES)}.")
    ] = MODULE["arch"],
    optimizer: Annotated[
        str, typer.Option("--optimizer", help=f"{', '.join(OPTIMIZERS)}.")
    ] = MODULE["optimizer"],
    embed_dim: Annotated[int, typer.Option("--embed-dim")] = MODULE["embed_dim"],
    n_heads: Annotated[int, typer.Option("--n-heads")] = MODULE["n_heads"],
    n_layers: Annotated[int, typer.Option("--n-layers")] = MODULE["n_layers"],
    ff_dim: Annotated[int, typer.Option("--ff-dim")] = MODULE["ff_dim"],
    dropout: Annotated[float, typer.Option("--dropout")] = MODULE["dropout"],
    weight_decay: Annotated[float, typer.Option("--weight-decay")] = MODULE["weight_decay"],
    value_weight: Annotated[
        float, typer.Option("--value-weight", help="Of the value head in the loss.")
    ] = MODULE["value_weight"],
    loss_mode: Annotated[str, typer.Option("--loss-mode", help="policy or qvalue.")] = MODULE[
        "loss_mode"
    ],
    seed: Annotated[int, typer.Option("--seed", help="Of weights, order and stream.")] = DATA[
        "seed"
    ],
    num_workers: Annotated[
        int | None,
        typer.Option(
            "--num-workers",
            help="Processes that read (default 0) or, with --stream, solve (cores - 1, at most 7).",
        ),
    ] = None,
    wandb: Annotated[
        bool, typer.Option("--wandb/--no-wandb", help="Log the run to Weights & Biases.")
    ] = False,
    wandb_group: WandbGroupOption = None,
    fast_dev_run: Annotated[
        bool, typer.Option("--fast-dev-run", help="One train and one val batch; saves nothing.")
    ] = False,
    limit_batches: Annotated[
        int | None, typer.Option("--limit-batches", help="Of an epoch, train and val each.")
    ] = None,
    compile_network: Annotated[
        bool, typer.Option("--compile/--no-compile", help="torch.compile.")
    ] = TRAINING["compile_network"],
    precision: Annotated[
        str, typer.Option("--precision", help="auto, 32-true, 16-mixed, bf16-mixed, ...")
    ] = TRAINING["precision"],
    strategy: Annotated[
        str, typer.Option("--strategy", help="Lightning's: auto, ddp, ...")
    ] = TRAINING["strategy"],
    devices: Annotated[
        int, typer.Option("--devices", help="GPUs, or processes on a CPU.")
    ] = TRAINING["devices"],
    deterministic: Annotated[
        bool, typer.Option("--deterministic", help="Same bits every time; slower.")
    ] = TRAINING["deterministic"],
    log_every_n_steps: Annotated[int, typer.Option("--log-every-n-steps")] = TRAINING[
        "log_every_n_steps"
    ],
    resume: Annotated[
        str | None,
        typer.Option("--resume", help="Go on from a checkpoint, or from the last run's: last."),
    ] = None,
    init_from: Annotated[
        Path | None, typer.Option("--init-from", help="Start with the weights of a checkpoint.")
    ] = None,
) -> None:
    """Train a network on exact values."""
    options = _resolve(context)
    with StopSignal("step") as signal:
        try:
            _train(options, signal)
        except RunStoppedError as stopped:
            if stopped.checkpoint is not None and is_first_process():
                line = f"stopped; go on with: forge train --resume {stopped.checkpoint}"
                print(line, file=sys.stderr)
            raise typer.Exit(EXIT_INTERRUPTED) from None


def _resolve(context: typer.Context) -> dict[str, Any]:
    """Every option with its value; a resumed run keeps those it had where none is given."""
    options = {
        name: str(value) if isinstance(value, Path) else value
        for name, value in context.params.items()
    }
    if options["resume"] is None:
        return options
    path = Path(options["resume"])
    if options["resume"] == "last":
        path = last_checkpoint(Path(options["run_dir"]))
    earlier = read_checkpoint(path).get(RECORD_KEY, {}).get("config", {})
    for name in options:
        source = context.get_parameter_source(name)
        given = source is not None and source.name == "COMMANDLINE"
        if name in earlier and not given:
            options[name] = earlier[name]
    return options | {"resume": str(path), "init_from": None}


def _train(options: dict[str, Any], signal: StopSignal) -> None:
    if not 0 <= options["seed"] < 2**32:
        raise ForgeError(f"--seed must be 0..{2**32 - 1}, got {options['seed']}")
    training = Training(**{f.name: options[f.name] for f in fields(Training)})
    with tempfile.TemporaryDirectory(prefix="forge-") as temporary:
        data = _data(options, Path(temporary))
        pl.seed_everything(options["seed"], verbose=False)
        module = build_module(options)
        if options["init_from"] is not None:
            load_weights(module, Path(options["init_from"]))
        folder = train_network(module, data, training, config=options, signal=signal)
    if folder is not None and is_first_process():
        console().print(f"run: {folder}", highlight=False, soft_wrap=True)


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
