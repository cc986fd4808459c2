"""Checkpoints as files: what they may hold, before anything is made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Annotated, Any, Final

from annotated_types import Ge
from torch import Tensor

from forge.errors import ForgeError
from forge.work.file_schema import in_file, read_as
from forge.work.plain_values import INTEGER_MAX, check_plain, shown
from forge.work.tensor_files import check_finite, read_tensors
from forge.work.yaml_files import read_yaml

# Those whose states a resumed run takes up; states of others do not matter.
OUR_CALLBACKS: Final = ("LearningRate", "EpochLines", "Checkpoints")


@in_file(others="ignore")
@dataclass(frozen=True)
class CheckpointKeys:
    """What every checkpoint has: weights by name, and what the network is made of."""

    state_dict: dict[str, Tensor]
    hyper_parameters: dict[str, Any] = field(default_factory=dict)
    epoch: Annotated[int, Ge(0)] = 0
    global_step: Annotated[int, Ge(0)] = 0


@in_file(others="ignore")
@dataclass(frozen=True)
class RunInCheckpoint:
    """The record of the run that wrote a checkpoint."""

    config: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    forge_version: str | None = None
    git_commit: str | None = None
    torch_version: str | None = None


@in_file(others="ignore")
@dataclass(frozen=True)
class RunBesideCheckpoint(RunInCheckpoint):
    """The same as the YAML file beside a checkpoint has it, without its metrics."""

    epoch: Annotated[int, Ge(0)] | None = None
    step: Annotated[int, Ge(0)] | None = None


@in_file(others="ignore")
@dataclass(frozen=True)
class NumpyState:
    """Of NumPy's generator, see `NetworkModule.on_save_checkpoint`."""

    keys: Tensor
    position: Annotated[int, Ge(0)]
    has_gauss: Annotated[int, Ge(0)]
    cached_gauss: float


@in_file(others="ignore")
@dataclass(frozen=True)
class RandomState:
    """Of the generators of one process."""

    python: tuple[Any, ...]
    numpy: NumpyState
    torch: Tensor
    cuda: list[Tensor]


@in_file(others="ignore")
@dataclass(frozen=True)
class ResumedKeys:
    """What a run needs to go on."""

    state_dict: dict[str, Tensor]
    loops: dict[str, Any]
    callbacks: dict[str, Any]
    optimizer_states: list[dict[str, Any]]
    lr_schedulers: list[dict[str, Any]]
    epoch: Annotated[int, Ge(0)]
    global_step: Annotated[int, Ge(0)]
    forge_run: RunInCheckpoint = field(default_factory=RunInCheckpoint)
    forge_rng_by_rank: list[RandomState] = field(default_factory=list)


def read_checkpoint(source: Path | IO[bytes], resumes: bool = False) -> dict[str, Any]:
    """A checkpoint as plain values and tensors, nothing unpickled; ours, or another's of Lightning.

    Args:
        source: a path, or a file open for reading.
        resumes: whether a run is to go on from it.

    Raises:
        ForgeError: if the file is missing, cut short, holds objects, values of other types, or
            weights that are not finite.
    """
    name = str(source) if isinstance(source, Path) else "the checkpoint"
    if isinstance(source, Path) and not source.exists():
        raise ForgeError(f"no checkpoint at {source}")
    loaded = read_tensors(source, "checkpoint")
    if not isinstance(loaded, dict) or "state_dict" not in loaded:
        raise ForgeError(f"{name}: not a checkpoint: it has no state_dict")
    found = read_as(CheckpointKeys, loaded, name)
    check_finite(found.state_dict, name)
    if resumes:
        read_as(ResumedKeys, loaded, name)
        for key in ("optimizer_states", "lr_schedulers"):
            _check_numbers(loaded[key], f"{name}: {key}")
        for key in ("loops", *(key for key in loaded if str(key).endswith("DataModule"))):
            _check_counts(loaded[key], f"{name}: {key}")
        for key in OUR_CALLBACKS:
            _check_counts(loaded["callbacks"].get(key), f"{name}: callbacks.{key}")
    return loaded


def read_run_record(checkpoint: Path) -> dict[str, Any]:
    """What the run wrote beside a checkpoint, but for its metrics; empty where there is nothing.

    Raises:
        ForgeError: for a file that says something else.
    """
    path = checkpoint.with_suffix(".yaml")
    record = read_yaml(path, finite=False) or {}
    record.pop("metrics", None)  # of another, smaller set of positions; some may be not a number
    try:
        check_plain(record)
    except ForgeError as error:
        raise ForgeError(f"{path}: {error}") from error
    read_as(RunBesideCheckpoint, record, str(path))
    return record


def check_sizes(checkpoint: Mapping[str, Any], name: str) -> None:
    """ForgeError where hyperparameters tell of a network that the weights can't be of.

    It is asked before the network is built: one that a damaged number makes huge costs nothing.

    Args:
        checkpoint: with `hyper_parameters` and `state_dict`.
        name: of the file, for the error.
    """
    hparams, weights = checkpoint.get("hyper_parameters", {}), checkpoint["state_dict"]
    there = {size for tensor in weights.values() for size in tensor.shape}
    for key in ("embed_dim", "ff_dim"):
        size = hparams.get(key)
        if size is not None and size not in there:
            raise ForgeError(
                f"{name}: not a checkpoint of this network: {key} is {shown(size)}, "
                "and no weight is so wide"
            )
    n_layers = hparams.get("n_layers")
    if isinstance(n_layers, int) and n_layers > len(weights):
        raise ForgeError(
            f"{name}: not a checkpoint of this network: n_layers is {shown(n_layers)}, "
            f"and there are {len(weights)} weights"
        )


def not_this_network(name: str, stage: int, error: BaseException) -> str:
    """The message for a file that Lightning or torch makes no network of."""
    # PyTorch lists every differing parameter on a line of its own: the first will do.
    lines = [line.strip() for line in str(error).splitlines()] or [type(error).__name__]
    said = " ".join(lines[:2])[:300]
    return f"{name}: not a checkpoint of this network (Stage {stage}): {said}"


def _leaves(value: Any, place: str) -> Iterator[tuple[Any, str]]:
    """What is inside mappings and lists, with its place."""
    if isinstance(value, Mapping):
        inside: Any = ((f"{place}.{key}", inner) for key, inner in value.items())
    elif isinstance(value, list | tuple):
        inside = ((f"{place}[{i}]", inner) for i, inner in enumerate(value))
    else:
        yield value, place
        return
    for where, inner in inside:
        yield from _leaves(inner, where)


def _check_counts(values: Any, of: str) -> None:
    """ForgeError unless all inside are numbers 0 or more, yes-or-no, or nothing."""
    for value, place in _leaves(values, of):
        is_count = isinstance(value, int | float) and 0 <= value <= INTEGER_MAX
        if value is not None and not is_count:
            raise ForgeError(f"{place} must be a number, 0 or more, got {shown(value)}")


def _check_numbers(values: Any, of: str) -> None:
    """ForgeError where numbers or tensors inside are not finite, or whole ones beyond 64 bits."""
    for value, place in _leaves(values, of):
        if isinstance(value, Tensor):
            check_finite({place: value}, place)
        elif isinstance(value, float) and not abs(value) < float("inf"):
            raise ForgeError(f"{place} must be finite, got {value}")
        elif isinstance(value, int) and abs(value) > INTEGER_MAX:
            raise ForgeError(f"{place} must be of at most 64 bits")
