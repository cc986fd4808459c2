"""How a flywheel of positions works: options of `forge flywheel init`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar, get_args, get_type_hints

from forge.errors import ForgeError, brief
from forge.game.constants import N_DECLARATIONS
from forge.learn.settings import PRECISIONS, RowsSettings, Training, check_values
from forge.ml.settings import DEFAULT_SAMPLES_PER_SHARD
from forge.options import MOST_PIECES, again, check, option
from forge.oracle.shards.naming import ShardKey
from forge.work.devices import check_device
from forge.work.paths import writable_folder
from forge.work.plain_values import named
from forge.work.seed_files import split_of

_MOST_GOLDEN: Final = 50

_Kind = TypeVar("_Kind")


def seed_list(name: str, text: str, split: str) -> list[int]:
    """`900,901` -> seeds of a split, each once.

    Raises:
        ForgeError: that names the option and what is valid.
    """
    parts = [part.strip() for part in text.split(",")]
    fine = all(part.isascii() and part.isdecimal() and len(part) < 16 for part in parts)
    seeds = [int(part) for part in parts] if fine else []
    if not seeds or len(seeds) > _MOST_GOLDEN or any(split_of(seed) != split for seed in seeds):
        raise ForgeError(
            f"{name} must be up to {_MOST_GOLDEN} {split} seeds separated by commas, "
            f"like {'900,901,902' if split == 'val' else '950'}, got {brief(text)}"
        )
    return sorted(set(seeds))


def _val_seeds(name: str, text: str) -> object:
    return seed_list(name, text, "val")


def _test_seeds(name: str, text: str) -> object:
    return seed_list(name, text, "test")


def _declarations(name: str, text: str) -> None:
    if text not in ("all", "seed"):
        raise ForgeError(f"{name} must be all or seed, got {brief(text)}")


def _precision(name: str, text: str) -> None:
    if text not in ("auto", *PRECISIONS):
        raise ForgeError(f"{name} must be auto, {', '.join(PRECISIONS)}, got {brief(text)}")


def _device(name: str, text: str) -> None:
    try:
        check_device(text)
    except ForgeError as error:
        raise ForgeError(f"{name}: {error}") from error


@dataclass(frozen=True)
class TurnSettings:
    """What iterations of any kind have in common: how networks learn, and where."""

    lr: float = option(3e-5, "Highest learning rate.", above=0, below=1e31)
    batch_size: int = again(RowsSettings, "batch_size")
    num_workers: int | None = option(
        None,
        "Processes that read (default 0) or, with --stream, solve (cores - 1, at most 7).",
        least=0,
        most=1024,
    )
    seed: int = again(RowsSettings, "seed")
    precision: str = again(Training, "precision", reads=_precision)
    deterministic: bool = again(Training, "deterministic")
    device: str = option(
        "auto",
        "Where deals are solved and networks measured: auto (CUDA if there, else CPU), cuda, "
        "cuda:N or cpu.",
        reads=_device,
    )

    def check_words(self) -> None:
        """Raises ForgeError for text that names nothing."""
        _precision("precision", self.precision)
        _device("device", self.device)


@dataclass(frozen=True)
class OracleOptions:
    """What a flywheel of positions takes beside."""

    samples_per_shard: int = option(
        DEFAULT_SAMPLES_PER_SHARD, "States drawn of each deal.", least=1, most=MOST_PIECES
    )
    golden_val: str = option(
        "900,901,902", "Seeds that iterations are judged on.", metavar="N,N,...", reads=_val_seeds
    )
    golden_test: str = option(
        "950", "Seeds for forge flywheel test alone.", metavar="N,N,...", reads=_test_seeds
    )
    golden_declarations: str = option(
        "all", "Of golden seeds: all ten, or seed % 10.", metavar="all|seed", reads=_declarations
    )
    shards: Path | None = option(
        None, "Folder of shards. [default: shards/ in --dir]", metavar="DIR", reads=writable_folder
    )
    stream: bool = option(
        False, "Fresh positions from the solver in place of shards; no disk.", "--stream"
    )


@dataclass(frozen=True)
class OracleSettings(OracleOptions, TurnSettings):
    """How a flywheel of positions works."""

    def __post_init__(self) -> None:
        check(self)
        self.check_words()
        _val_seeds("golden_val", self.golden_val)
        _test_seeds("golden_test", self.golden_test)
        _declarations("golden_declarations", self.golden_declarations)

    def golden_keys(self, split: str) -> list[ShardKey]:
        """The deals of `val` or `test` that are always the same."""
        seeds = seed_list(split, self.golden_val if split == "val" else self.golden_test, split)
        every = self.golden_declarations == "all"
        return [
            ShardKey(seed, decl)
            for seed in seeds
            for decl in (range(N_DECLARATIONS) if every else [seed % N_DECLARATIONS])
        ]


def settings_from(kind: type[_Kind], settings: Mapping[str, Any], of: str = "settings.") -> _Kind:
    """Settings as a state holds them.

    Args:
        kind: a dataclass of options.
        settings: plain values by name; what is not there has its default.
        of: begins the error.

    Raises:
        ForgeError: for one that is none, of another type, or out of bounds.
    """
    values = dict(settings)
    hints = get_type_hints(kind)
    if others := [name for name in values if name not in hints]:
        raise ForgeError(f"{of}{named(others[0])} is no key that this version of forge knows")
    check_values(kind, values, of)
    for name, value in values.items():
        if Path in get_args(hints[name]) and value is not None:
            writable_folder(f"{of}{name}", value)
            values[name] = Path(value)
    try:
        return kind(**values)
    except ForgeError as error:
        raise ForgeError(f"{of}{error}") from error


def train_key(seed: int) -> ShardKey:
    """The one shard of a seed that is trained on."""
    return ShardKey(seed, seed % N_DECLARATIONS)
