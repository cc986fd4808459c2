"""How a flywheel has done so far: what its page and its plot show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from forge.errors import ForgeError
from forge.flywheel.state_file import FlywheelState
from forge.work.yaml_files import read_yaml

TREND_FILE: Final = "trend.png"


@dataclass(frozen=True)
class TrendPoint:
    """An iteration, or the baseline.

    Args:
        number: 0 is the baseline.
        seed_range: empty for the baseline.
        total_seeds: trained on so far; None if it is not known.
        q_gap, interval: points, with 95 %; None where there is none.
        is_best: whether it was the best when it was made, beyond its interval.
    """

    number: int
    seed_range: str
    total_seeds: int | None
    q_gap: float | None
    interval: tuple[float, float] | None
    is_best: bool


def trend_of(folder: Path, state: FlywheelState) -> list[TrendPoint]:
    """The baseline, if it was measured, and all iterations that are over."""
    baseline = _baseline(folder)
    points = [] if baseline is None else [baseline]
    for number, each in enumerate(state.history, start=1):
        ends = each.q_gap_interval
        interval = None if ends is None else (ends[0], ends[1])
        points.append(
            TrendPoint(
                number,
                each.seed_range,
                each.total_seeds,
                each.q_gap,
                interval,
                bool(each.is_best),
            )
        )
    return points


def mean_seconds(state: FlywheelState) -> dict[str, float]:
    """Seconds of each stage, mean over the iterations that are over and tell."""
    sums: dict[str, list[float]] = {}
    for each in state.history:
        for stage, seconds in each.seconds.items():
            sums.setdefault(stage, []).append(seconds)
    return {stage: sum(found) / len(found) for stage, found in sums.items()}


def _baseline(folder: Path) -> TrendPoint | None:
    try:
        found: Mapping[str, Any] = read_yaml(folder / "evaluations" / "baseline.yaml") or {}
    except ForgeError:
        return None
    q_gap, ends = found.get("q_gap"), found.get("q_gap_interval")
    if not isinstance(q_gap, float):
        return None
    known = isinstance(ends, list) and len(ends) == 2 and all(isinstance(x, float) for x in ends)
    return TrendPoint(0, "", 0, q_gap, (ends[0], ends[1]) if known and ends else None, False)
