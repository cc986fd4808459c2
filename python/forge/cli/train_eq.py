"""`forge train-eq`: learn to play from what a seat may see, from E[Q] files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from forge.cli.command import Given, command
from forge.cli.training_options import StartOptions, run_training
from forge.learn.settings import RowsSettings, Training
from forge.options import option
from forge.stage2.settings import Stage2Settings
from forge.work.store_path import place

if TYPE_CHECKING:
    from forge.learn.training import RunData

DEFAULT_DATA: Final = Path("data") / "eq-games"


@dataclass(frozen=True)
class TrainEqData:
    """Where the rows come from."""

    data: Path = option(
        DEFAULT_DATA, "E[Q] files, in train/ and val/.", metavar="DIR|URI", stores=True
    )
    hands: str | None = option(
        None,
        "Hands of forge play-hands to --imitate, those with a bid of 30; folders, separated by "
        "commas.",
        metavar="DIR[,DIR]",
    )
    num_workers: int = option(0, "Processes that read.", least=0, most=1024)


@command()
def train_eq(
    source: TrainEqData,
    rows: RowsSettings,
    network: Stage2Settings,
    training: Training,
    start: StartOptions,
    given: Given,
) -> None:
    """Train a network that plays from transcripts (Stage 2)."""
    from forge.stage2.module import EqLightningModule

    groups = (source, rows, network, training, start)
    run_training("train-eq", groups, given, EqLightningModule, _open_data)


@contextmanager
def _open_data(options: dict[str, Any]) -> Iterator[RunData]:
    from forge.stage2.data import EqDataModule

    yield EqDataModule(
        place(options["data"]),
        options["batch_size"],
        options["num_workers"],
        seed=options["seed"],
        imitate=options["imitate"],
        hands=options["hands"],
    )


main = train_eq.main

if __name__ == "__main__":
    main()
