"""From the share of deals that perfect play makes to the chance at a table.

Perfect play sees all hands and makes far more than people can. The chance that four players make a
bid, each playing for the contract from what a seat sees, is a logistic function of the perfect-play
share, with a line of its own for each class of declaration and each bid:
``logit P = intercept + slope * logit((k + 0.5) / (n + 1))`` for k of n deals made. Slopes are
positive, so the ends of an interval of the share become the ends of an interval of the chance.

A bid that the hand makes whatever the others hold needs no line: its chance is 1.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import numpy.typing as npt
from annotated_types import Ge, Len

from forge.bidding.certain import certain_points
from forge.bidding.estimates import Floats, MakeTable
from forge.errors import ForgeError
from forge.game.constants import N_DECLARATIONS
from forge.game.contract import POINT_BIDS, VALID_BIDS, Bid, Contract
from forge.game.declarations import declaration_name
from forge.stats.log_odds import expit, logit
from forge.work.atomic import write_file
from forge.work.file_schema import in_file, read_as
from forge.work.json_text import read_json, sealed_json

FORMAT: Final = "forge bidding calibration"
VERSION: Final = 1
PIP_TRUMP: Final = "pip trump"
SHIPPED: Final = Path(__file__).with_name("calibration.json")


def class_of(decl: int) -> str:
    """The class of a declaration: `pip trump` for the seven suits, else its own name."""
    return PIP_TRUMP if decl <= 6 else declaration_name(decl)


CLASSES: Final = tuple(dict.fromkeys(class_of(decl) for decl in range(N_DECLARATIONS)))


@in_file(others="ignore")
@dataclass(frozen=True)
class FittedTo:
    """What is told of the play that lines were fitted to."""

    hands: Annotated[int, Ge(1)]
    player: str


@in_file(others="ignore")
@dataclass(frozen=True)
class FoundOn:
    """What is told of how far the lines were off."""

    hands: Annotated[int, Ge(1)]
    error: float
    interval: Annotated[list[float], Len(2, 2)]
    by_tenths: bool = False


@in_file()
@dataclass(frozen=True)
class CalibrationKeys:
    """What the file of a calibration holds, see `Calibration`."""

    intercepts: dict[str, list[float]]
    slopes: dict[str, list[float]]
    made_with: FittedTo
    validation: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Calibration:
    """The lines, and where they come from.

    Args:
        intercepts, slopes: by class, one a bid 30..42; slopes are positive.
        made_with: who played, how many hands, which terms: plain values.
        validation: figures over hands that were not fitted to: plain values, empty before.

    Raises:
        ForgeError: where a class or bid is missing or a slope is not positive.
    """

    intercepts: Mapping[str, list[float]]
    slopes: Mapping[str, list[float]]
    made_with: Mapping[str, Any] = field(default_factory=dict)
    validation: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, lines in (("intercepts", self.intercepts), ("slopes", self.slopes)):
            if set(lines) != set(CLASSES):
                raise ForgeError(f"calibration: {name} must be of {', '.join(CLASSES)}")
            sound = all(
                len(line) == len(POINT_BIDS) and np.isfinite(np.array(line, dtype=float)).all()
                for line in lines.values()
            )
            if not sound:
                raise ForgeError(f"calibration: {name} must be {len(POINT_BIDS)} numbers a class")
        if min(min(line) for line in self.slopes.values()) <= 0.0:
            raise ForgeError("calibration: slopes must be positive")

    def chance(self, share: npt.ArrayLike, n: npt.ArrayLike, contract: Contract) -> Floats:
        """The chance at a table by the lines, elementwise.

        Args:
            share: of deals that perfect play makes, or an end of its interval, 0..1.
            n: how many deals.
            contract: 84 has the chance of 42: all points.

        Raises:
            ForgeError: for fewer points than a table bids.
        """
        column, name = _column(contract.bid), class_of(contract.decl)
        return expit(self.intercepts[name][column] + self.slopes[name][column] * evidence(share, n))

    def apply(self, table: MakeTable, hand: Sequence[int]) -> MakeTable:
        """The table of perfect play as chances at a table.

        What the hand cannot lose has the chance 1, interval and all. A higher bid is never made
        more often than a lower one. Other intervals say how well the perfect-play share is known,
        not how well the lines are.

        Args:
            table: of perfect play.
            hand: seven domino ids, of the seat that declares.
        """
        points = [[bid.points for bid in table.bids]]
        is_certain = np.array([[certain_points(hand, decl)] for decl in table.decls]) >= points
        p, low, high = (
            np.minimum.accumulate(np.where(is_certain, 1.0, self._cells(table, shares)), axis=1)
            for shares in (table.p, table.low, table.high)
        )
        return replace(table, p=p, low=low, high=high)

    def _cells(self, table: MakeTable, shares: Floats) -> Floats:
        rows = zip(table.decls, table.n, shares, strict=True)
        return np.array(
            [
                [
                    float(self.chance(share, n, Contract(decl, bid)))
                    for bid, share in zip(table.bids, row, strict=True)
                ]
                for decl, n, row in rows
            ]
        )

    @property
    def sha256(self) -> str:
        """Of what chances depend on."""
        lines = [dict(self.intercepts), dict(self.slopes)]
        return hashlib.sha256(json.dumps(lines, sort_keys=True).encode()).hexdigest()

    @property
    def summary(self) -> str:
        """One line: whose play it was fitted to and how far it was off."""
        made, found = self.made_with, self.validation
        line = (
            f"calibrated on {made['hands']:,} hands played by {made['player']} in all four seats, "
            "each seeing its own hand"
        )
        if found:
            low, high = found["interval"]
            tenths = found.get("by_tenths", False)
            on = "each tenth told by the rest" if tenths else f"on {found['hands']:,} others"
            line += f"; off by {100 * found['error']:.1f} points "
            line += f"[{100 * low:.1f}, {100 * high:.1f}], {on}"
        return line

    def write(self, path: Path) -> None:
        """As JSON, whole or not at all."""
        values = {"format": FORMAT, "version": VERSION, **asdict(self)}
        write_file(path, sealed_json(values, indent=1))

    @classmethod
    def read(cls, path: Path) -> Calibration:
        """What `write` wrote.

        Raises:
            ForgeError: for a file that cannot be read, of another kind, or damaged.
        """
        values = read_json(path)
        if not isinstance(values, dict) or values.pop("format", None) != FORMAT:
            raise ForgeError(f"{path} is not a {FORMAT}")
        if values.pop("version", None) != VERSION:
            raise ForgeError(f"{path} is not a {FORMAT} of version {VERSION}")
        found = read_as(CalibrationKeys, values, str(path))
        if found.validation:
            read_as(FoundOn, found.validation, f"{path}: validation")
        try:
            return cls(**values)
        except ForgeError as error:
            raise ForgeError(f"{path}: {error}") from error


def _column(bid: Bid) -> int:
    """Where the line of a bid stands among those of a class."""
    for column, each in enumerate(POINT_BIDS):
        if each.points == bid.points:
            return column
    raise ForgeError(f"calibration: a bid is {VALID_BIDS}, got {bid}")


def evidence(share: npt.ArrayLike, n: npt.ArrayLike) -> Floats:
    """logit((k + 0.5) / (n + 1)) for a share k / n of n deals: finite for 0 and 1 too."""
    deals = np.asarray(n, dtype=np.float64)
    return logit((np.asarray(share, dtype=np.float64) * deals + 0.5) / (deals + 1.0))


def shipped() -> Calibration | None:
    """The calibration of this package; None if it has none.

    Raises:
        ForgeError: where it is damaged.
    """
    return Calibration.read(SHIPPED) if SHIPPED.exists() else None
