"""`forge train`: learn the oracle from tokenised data, or from a stream of fresh positions."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from forge.cli.command import Given, command
from forge.cli.training_options import StartOptions, run_training
from forge.errors import ForgeError
from forge.learn.settings import RowsSettings, Training
from forge.ml.settings import Stage1Settings, StreamSettings
from forge.options import option
from forge.work.mirror import fetched
from forge.work.store_path import place

if TYPE_CHECKING:
    from forge.learn.training import RunData
    from forge.ml.data import DominoDataModule
    from forge.ml.stream import StreamingDataModule

DEFAULT_DATA: Final = Path("data") / "tokenized"
# Of each split the seed with the fewest states: a trial without data takes seconds.
TRIAL_SEEDS: Final = (30, 930)
# One batch that a CPU does in seconds.
TRIAL_SAMPLES_PER_SHARD: Final = 500


@dataclass(frozen=True)
class TrainData:
    """Where the rows come from."""

    data: Path | None = option(
        None, f"Tokenised data. [default: {DEFAULT_DATA}]", metavar="DIR|URI", stores=True
    )
    stream: bool = option(False, "Fresh positions from the solver; needs no data.", "--stream")
    num_workers: int | None = option(
        None,
        "Processes that read (default 0) or, with --stream, solve (cores - 1, at most 7).",
        least=0,
        most=1024,
    )


@command()
def train(
    source: TrainData,
    stream: StreamSettings,
    rows: RowsSettings,
    network: Stage1Settings,
    training: Training,
    start: StartOptions,
    given: Given,
) -> None:
    """Train a network on exact values."""
    from forge.ml.module import DominoLightningModule

    groups = (source, stream, rows, network, training, start)
    run_training("train", groups, given, DominoLightningModule, _open_data)


@contextmanager
def _open_data(options: dict[str, Any]) -> Iterator[RunData]:
    with tempfile.TemporaryDirectory(prefix="forge-") as temporary:
        yield _data(options, Path(temporary))


def _data(options: dict[str, Any], temporary: Path) -> DominoDataModule | StreamingDataModule:
    """The rows of a run; `temporary` is for those that a trial makes for itself."""
    from forge.ml.data import DominoDataModule
    from forge.ml.positions import StreamOptions, parse_mixture
    from forge.ml.stream import StreamingDataModule

    folder = fetched(place(options["data"] or DEFAULT_DATA))
    batch_size, num_workers = options["batch_size"], options["num_workers"]
    max_memory = options["max_memory"]
    if options["stream"]:
        if options["data"] is not None:
            raise ForgeError("--stream draws its own positions: leave --data out")
        return StreamingDataModule(
            StreamOptions(
                seed=options["seed"],
                mixture=parse_mixture(options["mixture"]),
                per_deal=options["per_deal"],
                mix_deals=options["mix_deals"],
                max_memory=None if max_memory is None else max_memory * 10**6,
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
    from forge.ml.settings import DEFAULT_GLOBAL_SEED
    from forge.ml.tokenize import Settings, tokenize
    from forge.ml.tokenized.sources import shard_sources
    from forge.oracle.shards.naming import ShardKey
    from forge.oracle.shards.pipeline import PipelineOptions, run_pipeline
    from forge.work.room import Room

    shards, tokenized = folder / "shards", folder / "tokenized"
    small = Room(min_disk=0)
    options = PipelineOptions(shards, room=small)
    run_pipeline([ShardKey(seed, seed % 10) for seed in TRIAL_SEEDS], options)
    settings = Settings("shards", DEFAULT_GLOBAL_SEED, TRIAL_SAMPLES_PER_SHARD)
    tokenize(shard_sources(shards), tokenized, settings, f"shards {shards}", room=small)
    return tokenized


main = train.main

if __name__ == "__main__":
    main()
