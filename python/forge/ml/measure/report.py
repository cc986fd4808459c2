"""What an evaluation found, and what the figures are measured against."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from forge.game.constants import N_SLOTS
from forge.game.declarations import DECLARATION_NAMES
from forge.stats.intervals import CONFIDENCE, Interval
from forge.stats.reliability import Reliability

JSON_VERSION: Final = 1


@dataclass(frozen=True)
class Target:
    """What a figure ought to be.

    Args:
        below: the figure must be less than this; None if `about` says more.
        about: what the figure usually is, and how far it may be off.
    """

    below: float | None = None
    about: tuple[float, float] | None = None

    def verdict(self, figure: float) -> str:
        """`met` or `missed` for a bound, `as expected` or `unusual` for a usual value."""
        if self.below is not None:
            return "met" if figure < self.below else "missed"
        assert self.about is not None
        usual, tolerance = self.about
        return "as expected" if abs(figure - usual) <= tolerance else "unusual"


# Points, or shares of positions.
TARGETS: Final[Mapping[str, Target]] = {
    "q_mae": Target(below=3.0),
    "value_mae": Target(below=3.0),
    "q_gap": Target(below=0.10),
    "blunder_rate": Target(below=0.01),
    "q_bias_spread": Target(below=1.0),
}
# A Q-value network often prefers an equally good slot to the stored one, a policy network learns
# to break ties as the data does.
USUAL_ACCURACY: Final[Mapping[str, Target]] = {
    "qvalue": Target(about=(0.74, 0.05)),
    "policy": Target(about=(0.97, 0.02)),
}
# Rows of the table in order: name, whether it is a share of positions.
TABLE_ROWS: Final = (
    ("q_mae", False),
    ("value_mae", False),
    ("q_gap", False),
    ("blunder_rate", True),
    ("accuracy", True),
    ("zero_regret_rate", True),
    ("regret_p99", False),
    ("regret_max", False),
    ("q_bias_spread", False),
)
N_TARGET_ROWS: Final = 4


@dataclass(frozen=True)
class TableRow:
    """One figure with its interval and what it was measured against.

    `figure` is None where the network defines none, `interval` where there is none.
    """

    name: str
    is_share: bool
    figure: float | None
    interval: Interval | None
    target: Target | None
    verdict: str


@dataclass(frozen=True)
class WorstPosition:
    """A position with a large regret. Q in the **team-0 frame**, predictions **acting-team**."""

    row: int
    regret: int
    trick: int
    declaration: str
    seat: int
    value: int
    chosen: str
    best: list[str]
    q: dict[str, int]
    scores: dict[str, float]
    state: int | None = None
    position: str | None = None
    command: str | None = None


@dataclass(frozen=True)
class OracleEvaluation:
    """Everything measured in one pass over the rows.

    Args:
        source: which rows, in words.
        loss_mode: `policy` or `qvalue`.
        n_positions: rows evaluated.
        n_deals: different deals among them, None where the rows do not tell.
        metrics: what `EpochMetrics.compute` gives, as floats.
        intervals: 95 % intervals of the metrics that have one, and of the groups' figures.
        groups: mean regret, blunder rate, positions and deals by trick and by declaration.
            Few deals (five a declaration in the reference protocol) make an interval too narrow.
        q_calibration: of legal slots' Q; None for a policy network.
        value_calibration: of the value head.
        worst: positions with the largest regret, the largest first.
        elapsed_s: wall-clock time of the pass.
        about: what else the report should say (checkpoint, hash, device, ...).
        regrets: uint8 [n_positions], points that the chosen move loses in each row, in their order;
            no part of the JSON.
    """

    source: str
    loss_mode: str
    n_positions: int
    n_deals: int | None
    metrics: dict[str, float]
    intervals: dict[str, Interval]
    groups: dict[str, list[dict[str, float]]]
    q_calibration: Reliability | None
    value_calibration: Reliability
    worst: list[WorstPosition]
    elapsed_s: float
    about: dict[str, Any] = field(default_factory=dict)
    regrets: npt.NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))

    @property
    def interval_method(self) -> str:
        """How the intervals were made, in words."""
        if self.n_deals is not None and self.n_deals > 1:
            return f"percentile bootstrap over {self.n_deals:,} deals"
        return "positions taken as independent (Wilson for rates, normal for the rest)"

    def table(self) -> list[TableRow]:
        """The figures with targets, then the sanity checks."""
        return [self._row(name, is_share) for name, is_share in TABLE_ROWS]

    def _row(self, name: str, is_share: bool) -> TableRow:
        figure = self.metrics.get(name)
        target = USUAL_ACCURACY[self.loss_mode] if name == "accuracy" else TARGETS.get(name)
        if figure is None or math.isnan(figure):
            return TableRow(name, is_share, None, None, target, "")
        interval = self.intervals.get(name)
        verdict = "" if target is None else target.verdict(figure)
        bound = None if target is None else target.below
        if bound is not None and interval is not None and interval[0] < bound <= interval[1]:
            verdict += " (not certain)"
        return TableRow(name, is_share, figure, interval, target, verdict)

    def slots(self) -> list[dict[str, float | None]]:
        """Mean regret, Q bias and tie rate by slot (see `EpochMetrics.compute`)."""
        names = {"regret": "regret_slot", "q_bias": "q_bias_slot", "tie_rate": "tie_rate_slot"}
        return [
            {"slot": slot}
            | {key: _plain(self.metrics.get(f"{name}_{slot}")) for key, name in names.items()}
            for slot in range(N_SLOTS)
        ]

    def to_json(self) -> dict[str, Any]:
        """Plain values for `json.dumps`: figures that are not defined are None."""
        return {
            "version": JSON_VERSION,
            **self.about,
            "source": self.source,
            "loss_mode": self.loss_mode,
            "n_positions": self.n_positions,
            "n_deals": self.n_deals,
            "confidence": CONFIDENCE,
            "interval_method": self.interval_method,
            "table": [_table_row_json(row) for row in self.table()],
            "metrics": {name: _plain(figure) for name, figure in self.metrics.items()},
            "intervals": {
                name: [_plain(end) for end in ends] for name, ends in self.intervals.items()
            },
            "slots": self.slots(),
            **{f"by_{name}": _plain_groups(group) for name, group in self.groups.items()},
            "calibration": {
                "q": None if self.q_calibration is None else self.q_calibration.to_json(),
                "value": self.value_calibration.to_json(),
            },
            "worst": [vars(position) for position in self.worst],
            "elapsed_s": round(self.elapsed_s, 3),
            "positions_per_s": round(self.n_positions / self.elapsed_s, 1),
        }


def group_label(name: str, index: int) -> str:
    """What a group of `OracleEvaluation.groups` is called in tables and plots."""
    return DECLARATION_NAMES[index] if name == "declaration" else str(index + 1)


def _table_row_json(row: TableRow) -> dict[str, Any]:
    target = row.target
    return {
        "name": row.name,
        "unit": "share of positions" if row.is_share else "points",
        "figure": row.figure,
        "interval": None if row.interval is None else [_plain(end) for end in row.interval],
        "below": None if target is None else target.below,
        "about": None if target is None or target.about is None else target.about[0],
        "verdict": row.verdict,
    }


def _plain(figure: float | None) -> float | None:
    """JSON knows no NaN."""
    return None if figure is None or math.isnan(figure) else figure


def _plain_groups(groups: list[dict[str, float]]) -> list[dict[str, float | None]]:
    return [{key: _plain(figure) for key, figure in group.items()} for group in groups]
