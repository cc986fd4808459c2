"""How good a network is on a golden set, kept by shard, so that two can be compared in pairs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
from annotated_types import Ge

from forge.errors import ForgeError
from forge.flywheel.golden_data import GoldenData
from forge.flywheel.state_file import Ends
from forge.stats.paired import clustered_mean
from forge.work.file_schema import in_file, read_as
from forge.work.yaml_files import read_yaml, write_yaml


@in_file()
@dataclass(frozen=True)
class ShardRegret:
    """Of one shard: how many positions were judged, and the points lost in all of them."""

    file: str
    positions: Annotated[int, Ge(1)]
    points: Annotated[int, Ge(0)]


@in_file()
@dataclass(frozen=True)
class GoldenFigures:
    """What a network does on a golden set.

    Args:
        checkpoint_sha256, golden_sha256: of the file and of the set.
        q_gap: mean regret of the chosen move, points.
        q_gap_interval: 95 %, over shards; None for a single one.
        accuracy: share of positions.
        accuracy_interval: 95 %, over deals.
        blunder_rate: share of positions.
        q_mae: points; None for a policy network.
        shards: in the order of the set.
    """

    checkpoint_sha256: str
    golden_sha256: str
    q_gap: float
    q_gap_interval: Ends | None
    accuracy: float
    accuracy_interval: Ends | None
    blunder_rate: float
    q_mae: float | None
    shards: list[ShardRegret]

    def columns(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Points lost and positions by shard."""
        points = np.array([each.points for each in self.shards], dtype=np.float64)
        return points, np.array([each.positions for each in self.shards], dtype=np.float64)


def over(new: GoldenFigures, best: GoldenFigures) -> list[float] | None:
    """q_gap of one network less that of another, paired over shards: value, low and high end.

    None where there is one shard alone, or they were judged by different sets.
    """
    if new.golden_sha256 != best.golden_sha256:
        return None
    (a, counts), (b, _) = new.columns(), best.columns()
    value, ends = clustered_mean(a - b, counts)
    return None if ends is None else [value, *ends]


def golden_figures_of(
    checkpoint: Path,
    sha256: str,
    data: GoldenData,
    kept: Path,
    split: str = "val",
    on_batch: Callable[[int, int], None] | None = None,
) -> GoldenFigures:
    """The figures of a checkpoint on a golden set, from their file or by measuring.

    Args:
        checkpoint: the network.
        sha256: of its file.
        data: holds the sets.
        kept: where the figures are kept.
        split: `val`, or `test`.
        on_batch: called with (rows done, rows in all) while measuring.

    Raises:
        ForgeError: if network or set cannot be used.
    """
    golden = data.hash_of(split)
    try:
        found = read_yaml(kept)
        if found is not None:
            figures = read_as(GoldenFigures, found, str(kept))
            if (figures.checkpoint_sha256, figures.golden_sha256) == (sha256, golden):
                return figures
    except ForgeError:
        pass  # damaged: measured again
    figures = _measure(checkpoint, sha256, data, split, golden, on_batch)
    write_yaml(kept, asdict(figures))
    return figures


def _measure(
    checkpoint: Path,
    sha256: str,
    data: GoldenData,
    split: str,
    golden: str,
    on_batch: Callable[[int, int], None] | None,
) -> GoldenFigures:
    from forge.ml.data import DominoDataModule
    from forge.ml.measure.network_pass import evaluate_network
    from forge.ml.module import DominoLightningModule
    from forge.models.stages import load_network

    module = load_network(checkpoint)
    if not isinstance(module, DominoLightningModule):
        raise ForgeError(f"{checkpoint}: a network of Stage 1 (it sees all hands) is wanted")
    rows = DominoDataModule(data.folder).open_split(split)
    measured = evaluate_network(
        module, rows, device=data.settings.device, n_worst=0, on_batch=on_batch
    )
    shards, first = [], 0
    for entry in data.entries(split):
        lost = measured.regrets[first : first + entry.samples]
        first += entry.samples
        if entry.samples:
            shards.append(ShardRegret(entry.file, entry.samples, int(lost.sum(dtype=np.int64))))
    figures = GoldenFigures(
        sha256,
        golden,
        measured.metrics["q_gap"],
        None,
        measured.metrics["accuracy"],
        _ends(measured.intervals.get("accuracy")),
        measured.metrics["blunder_rate"],
        _known(measured.metrics.get("q_mae")),
        shards,
    )
    _, ends = clustered_mean(*figures.columns())
    # Regret is never below 0, which Student's interval of few shards does not know.
    clipped = None if ends is None else (max(ends[0], 0.0), ends[1])
    return replace(figures, q_gap_interval=_ends(clipped))


def _known(figure: float | None) -> float | None:
    return None if figure is None or figure != figure else figure


def _ends(interval: tuple[float, float] | None) -> list[float] | None:
    if interval is None or any(end != end for end in interval):
        return None
    return [float(end) for end in interval]
