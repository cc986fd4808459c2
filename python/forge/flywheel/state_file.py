"""`state.yaml`: where a flywheel stands, as people and programs read it.

The first keys, to `history`, are those of the format; files with these alone are read. What is
ours stands behind them. The file is written whole, and with a checksum in its first line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from annotated_types import Ge, Le, Len

from forge.errors import ForgeError
from forge.flywheel.oracle_settings import OracleSettings, settings_from
from forge.flywheel.seat_settings import SeatSettings
from forge.options import INT64_MAX, MOST_LISTED
from forge.work.file_schema import in_file, read_as
from forge.work.seed_files import parse_seed_range
from forge.work.yaml_files import read_yaml, write_yaml

STATE_FILE: Final = "state.yaml"
STATE_VERSION: Final = 1
# The file is read whole, and has an end; a flywheel that goes on begins from the best of this one.
MOST_ITERATIONS: Final = 500
_REMEDY: Final = "mend it, or begin anew with forge flywheel init --force"

Status = Literal["ready", "running", "failed", "done"]
Kind = Literal["oracle", "seat"]
Count = Annotated[int, Ge(0), Le(INT64_MAX)]
# A value, and the low and the high end of its interval.
Gain = Annotated[list[float], Len(3, 3)]
Ends = Annotated[list[float], Len(2, 2)]


class NotNowError(ForgeError):
    """What is asked for is not possible as things stand: nothing was wrong with the words."""


@in_file()
@dataclass(frozen=True)
class Current:
    """The iteration that is in hand or comes next.

    Args:
        seed_range: `A:B`, B excluded.
        checkpoint: that training goes on from; None is the baseline.
        started_at: ISO 8601, UTC; None before.
        seconds: that its stages have taken so far, by name.
    """

    seed_range: str
    checkpoint: str | None = None
    started_at: str | None = None
    seconds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        parse_seed_range(self.seed_range)

    @property
    def seeds(self) -> range:
        """The seeds of the range."""
        return parse_seed_range(self.seed_range)


@in_file()
@dataclass(frozen=True)
class HistoryEntry:
    """An iteration that is over. A figure that could not be had is None.

    Args:
        seed_range: as in `Current`.
        checkpoint: what was learnt.
        completed_at: ISO 8601, UTC.
        total_seeds: that were trained on so far, by this iteration and those before it.
        q_gap: mean regret on the golden val set, points.
        accuracy: share of positions, on the same.
        val_loss: on the same, after the last epoch.
        q_gap_interval: 95 %, over shards.
        accuracy_interval: 95 %.
        over_best: q_gap less that of the best so far, paired over shards: below 0 is better.
        is_best: whether it is the best from here on.
        checkpoint_sha256, parent_sha256, data_sha256, golden_sha256: of the file, of that which it
            went on from, of the train and of the val split.
        seconds: by stage.
        match: of a seat's flywheel: how it fared against the best so far.
    """

    seed_range: str
    checkpoint: str | None
    completed_at: str | None
    total_seeds: Count | None
    q_gap: float | None
    accuracy: float | None
    val_loss: float | None
    q_gap_interval: Ends | None = None
    accuracy_interval: Ends | None = None
    over_best: Gain | None = None
    is_best: bool | None = None
    checkpoint_sha256: str | None = None
    parent_sha256: str | None = None
    data_sha256: str | None = None
    golden_sha256: str | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    match: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        parse_seed_range(self.seed_range)


@in_file()
@dataclass(frozen=True)
class FlywheelState:
    """All of `state.yaml`.

    Args:
        status: whether it is at work, may be, must not be before `retry`, or is over.
        wandb_group: of its runs.
        baseline_checkpoint: what the first iteration goes on from: a file, or a name of the
            catalogue.
        current: see there.
        last_error: what the last iteration failed of.
        next_action: what to type next.
        history: iterations that are over, the first one first.
        version: of the keys behind `history`.
        kind: whether positions or seats are learnt.
        seeds_per_iter: of the ranges to come; None: as many as the present one has.
        epochs: of an iteration.
        iterations: after which it is over; None: `MOST_ITERATIONS`.
        baseline_sha256: of that file as it was at the start.
        settings: of its kind.
    """

    status: Status
    wandb_group: str | None
    baseline_checkpoint: str | None
    current: Current
    last_error: str | None
    next_action: str | None
    history: list[HistoryEntry]
    version: Literal[1] = 1
    kind: Kind = "oracle"
    seeds_per_iter: Annotated[int, Ge(1), Le(MOST_LISTED)] | None = None
    epochs: Annotated[int, Ge(1), Le(1_000_000)] = 2
    iterations: Annotated[int, Ge(1), Le(MOST_ITERATIONS)] | None = None
    baseline_sha256: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """Of the iteration in hand or next, from 1."""
        return len(self.history) + 1

    @property
    def step(self) -> int:
        """Seeds of a range to come."""
        return self.seeds_per_iter or len(self.current.seeds)

    @property
    def parent(self) -> str | None:
        """What training goes on from."""
        last = self.history[-1].checkpoint if self.history else None
        return self.current.checkpoint or last or self.baseline_checkpoint

    @property
    def unit(self) -> str:
        """What intervals of q_gap are over."""
        return "games" if self.kind == "seat" else "shards"

    @property
    def best(self) -> int:
        """The number of the best iteration so far; 0 is the baseline."""
        return max((i for i, each in enumerate(self.history, start=1) if each.is_best), default=0)


def read_state(folder: Path) -> FlywheelState:
    """The state of the flywheel in a folder.

    Raises:
        NotNowError: where there is none.
        ForgeError: as `read_state_file`.
    """
    state = read_state_file(folder / STATE_FILE)
    if state is None:
        path = folder / STATE_FILE
        raise NotNowError(f"there is no flywheel at {path}: forge flywheel init makes one")
    return state


def read_state_file(path: Path) -> FlywheelState | None:
    """What a file of a state says; None where there is none.

    Raises:
        ForgeError: for one that says something else; nothing of it is used.
    """
    content = read_yaml(path, _REMEDY)
    if content is None:
        return None
    _name_ranges(content)
    state = read_as(FlywheelState, content, str(path), _REMEDY)
    kind = SeatSettings if state.kind == "seat" else OracleSettings
    settings_from(kind, state.settings, f"{path}: settings.")
    return state


def write_state(folder: Path, state: FlywheelState) -> None:
    """Put the state in place, whole or not at all.

    Raises:
        ForgeError: where it cannot be written.
    """
    write_yaml(folder / STATE_FILE, asdict(state))


def _name_ranges(content: Mapping[str, Any]) -> None:
    """YAML reads `10:20` as minutes and seconds where nobody put it between quotes."""
    entries = content.get("history")
    for each in [content.get("current"), *(entries if isinstance(entries, list) else [])]:
        if isinstance(each, dict) and type(found := each.get("seed_range")) is int and found > 59:
            each["seed_range"] = "{}:{}".format(*divmod(found, 60))
