"""Flywheels for tests: seeds of small deals, a network too small to know anything."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from forge.flywheel.beginning import new_state
from forge.flywheel.oracle_settings import OracleSettings
from forge.flywheel.state_file import FlywheelState, HistoryEntry, read_state, write_state
from forge.flywheel.watching import Watch
from forge.flywheel.wheel import Flywheel
from forge.oracle.shards.naming import ShardKey
from forge.oracle.shards.pipeline import PipelineOptions, run_pipeline
from support.checkpoints import run_checkpoint

# Those with the fewest states (7, 4, 8, 3 and 4 million) of their splits under seed % 10.
SEEDS: Final = (29, 30, 907, 930, 979)
START: Final = 29
SETTINGS: Final[dict[str, Any]] = {
    "golden_val": "907,930",
    "golden_test": "979",
    "golden_declarations": "seed",
    "samples_per_shard": 300,
    "batch_size": 100,
    "lr": 0.01,
}


class How:
    """What `forge flywheel init` is told."""

    def __init__(self, baseline: Path, **others: Any) -> None:
        self.kind: Any = "oracle"
        self.wandb_group, self.start_seed, self.seeds_per_iter = "a-test", START, 1
        self.baseline: str | None = str(baseline)
        self.epochs, self.iterations = 2, 2
        vars(self).update(others)


def make_small_shards(root: Path) -> Path:
    """The shards of two iterations and of their golden sets."""
    run_pipeline([ShardKey(seed, seed % 10) for seed in SEEDS], PipelineOptions(root))
    return root


def begin(folder: Path, shards: Path | None, **others: Any) -> FlywheelState:
    """A flywheel before its first iteration; `others` are of `How` or of the settings."""
    folder.mkdir(parents=True, exist_ok=True)
    baseline = run_checkpoint(folder.parent / "baseline.ckpt")
    known = OracleSettings.__dataclass_fields__
    settings = SETTINGS | {name: v for name, v in others.items() if name in known}
    how = How(baseline, **{name: v for name, v in others.items() if name not in known})
    state = new_state(how, OracleSettings(shards=shards, **settings), "forge flywheel --once")
    write_state(folder, state)
    return state


def turn(folder: Path, tell: Callable[[str], None] = lambda line: None) -> HistoryEntry:
    """One iteration in this process."""
    with Flywheel(folder, Watch(tell=tell), wandb=False) as wheel:
        return wheel.turn()


def options_of(baseline: Path, shards: Path | None) -> list[str]:
    """The options of `forge flywheel init` for a small one."""
    words = {"start_seed": START, "seeds_per_iter": 1, "iterations": 2, "baseline": baseline}
    words |= SETTINGS | ({} if shards is None else {"shards": shards})
    return [f"--{name.replace('_', '-')}={value}" for name, value in words.items()]


def outcome(folder: Path) -> dict[str, str]:
    """Everything that a flywheel has made, but for what tells the time: files by their hashes, and
    what the state says."""
    found = {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for pattern in (
            "tokenized/*/*",
            "checkpoints/*",
            "evaluations/*",
            "trend.png",
            "shards/*/*",
            "models/*",
        )
        for path in sorted(folder.glob(pattern))
    }
    state = read_state(folder)
    for entry in state.history:
        entry.seconds.clear()
        found[f"history {entry.seed_range}"] = repr({**vars(entry), "completed_at": None})
    found["state"] = repr((state.status, state.current, state.best, state.last_error))
    return found
