"""The bidding file: one row a hand, 365 columns, Parquet.

Points of team 0 for each of the nine usual declarations, and what they say: the share of deals
that makes each bid 30..42 with the ends of its 95 % Wilson interval. Shares are those of the
points: with `oracle` that is perfect play with open hands, not calibrated.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from forge.bidding.estimates import MakeTable, make_table
from forge.bidding.hand import BIDDING_DECLS, hand_text, parse_hand
from forge.bidding.simulate import Points
from forge.errors import ForgeError, reason_of
from forge.game.constants import HAND_POINTS
from forge.game.contract import POINT_BIDS
from forge.work.atomic import write_file
from forge.work.parquet_files import parquet_bytes, read_parquet
from forge.work.seed_files import check_seed_of

SUFFIX: Final = ".parquet"
FIGURES: Final = ("pmake", "ci_low", "ci_high")

SCHEMA: Final = pa.schema(
    [
        ("seed", pa.int64()),
        ("hand", pa.string()),
        ("n_samples", pa.int32()),
        ("model_checkpoint", pa.string()),
        ("timestamp", pa.string()),
        *((f"points_{decl}", pa.list_(pa.int8())) for decl in BIDDING_DECLS),
        *(
            (f"{figure}_{decl}_{bid}", pa.float32())
            for decl in BIDDING_DECLS
            for bid in POINT_BIDS
            for figure in FIGURES
        ),
    ]
)


@dataclass(frozen=True)
class BiddingResult:
    """One hand.

    Args:
        seed: of the hand and of its deals.
        hand: seven ascending ids, seat 0.
        points: int8 [9, N], team 0's points 0..42 by declaration (0..7 and 9) and deal.
        model_checkpoint: the network that played, or how else the points came about.
        timestamp: when, ISO 8601.
        version: of the package that wrote it; empty where the file does not say.
    """

    seed: int
    hand: tuple[int, ...]
    points: Points
    model_checkpoint: str
    timestamp: str
    version: str = ""

    @property
    def n_samples(self) -> int:
        """Deals."""
        return int(self.points.shape[1])

    def table(self) -> MakeTable:
        """Shares and intervals of the bids 30..42, and of 84."""
        return make_table(BIDDING_DECLS, self.points)


def result_bytes(result: BiddingResult) -> bytes:
    """The file of a result; the same bytes for the same result."""
    # One row: statistics and dictionaries would be most of the file.
    return parquet_bytes(_arrow_table(result), use_dictionary=False, write_statistics=False)


def write_result(path: Path, result: BiddingResult) -> None:
    """Write a file, whole or not at all.

    Raises:
        ForgeError: where it can't be written.
    """
    write_file(path, result_bytes(result))


def _arrow_table(result: BiddingResult) -> pa.Table:
    chances = make_table(BIDDING_DECLS, result.points, POINT_BIDS)
    row: dict[str, object] = {
        "seed": result.seed,
        "hand": hand_text(result.hand),
        "n_samples": result.n_samples,
        "model_checkpoint": result.model_checkpoint,
        "timestamp": result.timestamp,
    }
    for d, decl in enumerate(BIDDING_DECLS):
        row[f"points_{decl}"] = result.points[d].tolist()
        for b, bid in enumerate(POINT_BIDS):
            for figure, values in zip(FIGURES, (chances.p, chances.low, chances.high), strict=True):
                row[f"{figure}_{decl}_{bid}"] = float(values[d, b])
    schema = SCHEMA.with_metadata({"forge_version": result.version})
    return pa.Table.from_pylist([row], schema=schema)


def read_results(path: Path) -> BiddingResult:
    """The hand of a bidding file, the author's or ours.

    Raises:
        ForgeError: for a file that cannot be read, of another schema, or whose columns contradict
            each other.
    """
    table, metadata = read_parquet(path)
    missing = [name for name in SCHEMA.names if name not in table.column_names]
    if missing:
        raise ForgeError(
            f"{path} is not a bidding file: {len(missing)} of {len(SCHEMA)} columns are missing, "
            f"{missing[0]} first"
        )
    try:
        row = table.select(SCHEMA.names).cast(SCHEMA).to_pylist()
    except (pa.ArrowException, ValueError) as error:
        raise ForgeError(f"{path} is not a bidding file: {reason_of(error)}") from error
    if len(row) != 1:
        raise ForgeError(f"{path} is not a bidding file: it has {len(row)} rows, not one")
    try:
        result = _result(row[0], metadata.get("forge_version", ""))
    except (ForgeError, TypeError, ValueError) as error:
        raise ForgeError(f"{path} is damaged: {error}") from error
    check_seed_of(path, [result.seed])
    return result


def _result(row: dict[str, object], version: str) -> BiddingResult:
    columns = [row[f"points_{decl}"] for decl in BIDDING_DECLS]
    points: npt.NDArray[np.int8] = np.array(columns, dtype=np.int8)
    if points.ndim != 2 or points.shape[1] != row["n_samples"] or not points.size:
        raise ForgeError(f"points must be {row['n_samples']} a declaration")
    if points.min() < 0 or points.max() > HAND_POINTS:
        raise ForgeError(f"points must lie in 0..{HAND_POINTS}")
    result = BiddingResult(
        int(str(row["seed"])),
        parse_hand(str(row["hand"])),
        points,
        str(row["model_checkpoint"]),
        str(row["timestamp"]),
        version,
    )
    shares = make_table(BIDDING_DECLS, points, POINT_BIDS).p
    for d, decl in enumerate(BIDDING_DECLS):
        for b, bid in enumerate(POINT_BIDS):
            if not np.isclose(float(str(row[f"pmake_{decl}_{bid}"])), shares[d, b], atol=1e-6):
                raise ForgeError(f"pmake_{decl}_{bid} is not the share of points_{decl}")
    return result
