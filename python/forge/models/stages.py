"""The kinds of networks a catalogue holds: how each is loaded, measured and named."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from forge.learn.network_module import NetworkModule
from forge.learn.weights import load_weights, stage_of
from forge.ml.measure.network_pass import evaluate
from forge.ml.module import DominoLightningModule
from forge.stage2.export import MODE
from forge.stage2.measure import evaluate_eq
from forge.stage2.module import EqLightningModule
from forge.stats.intervals import Interval


class Measured(Protocol):
    """What measuring a network finds: `Evaluation` of Stage 1, `EqEvaluation` of Stage 2."""

    @property
    def metrics(self) -> dict[str, float]:
        """Figures by name, points and shares."""

    @property
    def intervals(self) -> dict[str, Interval]:
        """95 % intervals of those that have one."""

    @property
    def n_positions(self) -> int:
        """How many positions or decisions they are of."""


# (module, rows, device, called with (rows done, rows in all)) -> figures; rows are those of the
# stage.
Measure = Callable[[Any, Any, str, Callable[[int, int], None] | None], Measured]


@dataclass(frozen=True)
class Stage:
    """One kind of network.

    Args:
        kind: of its modules.
        metrics: which figures the catalogue keeps.
        measure: measures a module.
    """

    kind: type[NetworkModule]
    metrics: tuple[str, ...]
    measure: Measure


def _measure_stage1(
    module: Any, rows: Any, device: str, on_batch: Callable[[int, int], None] | None
) -> Measured:
    return evaluate(module, rows, device=device, n_worst=0, on_batch=on_batch)


def _measure_stage2(
    module: Any, rows: Any, device: str, on_batch: Callable[[int, int], None] | None
) -> Measured:
    return evaluate_eq(module, rows, device=device, on_batch=on_batch)


STAGES: Final[Mapping[int, Stage]] = {
    1: Stage(
        DominoLightningModule,
        (
            *("q_gap", "q_mae", "value_mae", "accuracy", "blunder_rate"),
            *("zero_regret_rate", "regret_p99", "regret_max"),
        ),
        _measure_stage1,
    ),
    2: Stage(
        EqLightningModule,
        (
            *("q_gap", "q_mae", "agreement", "blunder_rate", "label_rmse", "excess_rmse"),
            *("claimed_rmse", "z_rms", "coverage_68", "coverage_95", "spread_mae"),
        ),
        _measure_stage2,
    ),
}


def load_network(path: Path) -> NetworkModule:
    """A module of whatever stage a `.ckpt` or `.safetensors` file is of, on the CPU in eval mode.

    Raises:
        ForgeError: if the file is missing, damaged, or of another network.
    """
    return load_weights(path, STAGES[stage_of(path)].kind)


def mode_of(module: NetworkModule) -> str:
    """`policy` or `qvalue` for Stage 1, `eq` for Stage 2."""
    return module.loss_mode if isinstance(module, DominoLightningModule) else MODE
