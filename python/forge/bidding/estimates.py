"""From points to what a bidder wants to know: the chance to make each bid, and what it is worth.

Intervals are Wilson's. Two declarations are compared over the same deals, so the interval of their
difference is a paired one (Agresti and Min), narrower than their own intervals suggest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from forge.bidding.simulate import Made, Points
from forge.errors import ForgeError
from forge.game.contract import BIDS, Bid, Contract
from forge.stats.figures import Figure
from forge.stats.intervals import CONFIDENCE, wilson
from forge.stats.paired import mcnemar, paired_rate_interval

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

# How sure it must be that a declaration is worse before it is dropped: deals are looked at again
# and again, so 95 % would drop good ones.
DROP_CONFIDENCE: Final = 0.999


@dataclass(frozen=True)
class Choice:
    """A contract, with its chance.

    Args:
        contract: bid and declaration.
        p, low, high: the chance to make it, with its 95 % interval.
        marks: to expect, see `Bid.worth`.
    """

    contract: Contract
    p: float
    low: float
    high: float
    marks: float


@dataclass(frozen=True)
class MakeTable:
    """The chance to make each bid under each declaration.

    Args:
        decls: D declarations.
        bids: B bids.
        n: int64 [D], deals counted.
        made: int64 [D, B], how many of them made the bid.
        p: float64 [D, B], the chance; the share of deals, or what a calibration makes of it.
        low, high: float64 [D, B], ends of the 95 % interval of p.
    """

    decls: tuple[int, ...]
    bids: tuple[Bid, ...]
    n: Counts
    made: Counts
    p: Floats
    low: Floats
    high: Floats

    @property
    def marks(self) -> Floats:
        """float64 [D, B]: marks to expect of each contract, see `Bid.worth`."""
        columns = zip(self.bids, self.p.T, strict=True)
        return np.stack([bid.worth(chances) for bid, chances in columns], axis=1)

    def at(self, contract: Contract) -> Choice:
        """One cell.

        Raises:
            ForgeError: for a contract that is not in the table.
        """
        if contract.decl not in self.decls or contract.bid not in self.bids:
            raise ForgeError(f"{contract} is not in the table")
        return self._cell(self.decls.index(contract.decl), self.bids.index(contract.bid))

    def best_decl(self, bid: Bid) -> Choice:
        """The declaration with the best chance to make a bid; of equals the first.

        Raises:
            ForgeError: for a bid that is not in the table.
        """
        if bid not in self.bids:
            raise ForgeError(f"bid {bid} is not in the table")
        column = self.bids.index(bid)
        return self._cell(int(self.p[:, column].argmax()), column)

    def best(self) -> Choice:
        """The declaration and bid with the most expected marks; of equals the lowest bid.

        Under no auction that is 30, or 84 with a hand that is likely to take everything.
        """
        marks = self.marks
        column = int(marks.max(axis=0).argmax())
        return self._cell(int(marks[:, column].argmax()), column)

    def of(self, decls: Sequence[int]) -> MakeTable:
        """The rows of some of its declarations, in the table's order."""
        rows = [row for row, decl in enumerate(self.decls) if decl in decls]
        return self.rows(np.array(rows, dtype=np.intp))

    def rows(self, rows: npt.NDArray[np.intp]) -> MakeTable:
        """Some of its rows, in the order of their numbers here."""
        return MakeTable(
            tuple(self.decls[row] for row in rows),
            self.bids,
            self.n[rows],
            self.made[rows],
            self.p[rows],
            self.low[rows],
            self.high[rows],
        )

    def _cell(self, row: int, column: int) -> Choice:
        p, low, high, marks = (
            float(values[row, column]) for values in (self.p, self.low, self.high, self.marks)
        )
        return Choice(Contract(self.decls[row], self.bids[column]), p, low, high, marks)


def make_table(decls: Sequence[int], points: Points, bids: Sequence[Bid] = BIDS) -> MakeTable:
    """The table of points int8 [D, N].

    Raises:
        ForgeError: without a deal.
    """
    made = np.stack([bid.is_made(points).sum(axis=1) for bid in bids], axis=1)
    return table_of_counts(decls, bids, made, np.full(len(decls), points.shape[1]))


def table_of_counts(
    decls: Sequence[int], bids: Sequence[Bid], made: Counts, n: Counts
) -> MakeTable:
    """The table of counts: deals that made a bid int64 [D, B], of deals int64 [D].

    Raises:
        ForgeError: without a deal.
    """
    if not len(n) or int(n.min()) < 1:
        raise ForgeError("a chance needs at least one deal")
    low, high = wilson(made, n[:, None])
    return MakeTable(
        tuple(decls), tuple(bids), n.astype(np.int64), made, made / n[:, None], low, high
    )


def paired_difference(first: Made, second: Made, confidence: float = CONFIDENCE) -> Figure:
    """How much oftener one declaration makes its bid than another, over the same deals.

    Args:
        first, second: bool [N], whether the bid was made in each deal.
        confidence: of the interval (Agresti and Min 2005).

    Raises:
        ForgeError: if they are not of the same deals, or of none.
    """
    n = len(first)
    if n == 0 or len(second) != n:
        raise ForgeError(f"a paired difference needs the same deals, got {n} and {len(second)}")
    test = mcnemar(first, second)
    return Figure((test.only_a - test.only_b) / n, paired_rate_interval(test, n, confidence))


def clearly_worse(made: Made, confidence: float = DROP_CONFIDENCE) -> Made:
    """bool [D]: which declarations make a bid more rarely than the best one, beyond doubt.

    Args:
        made: bool [D, N], whether the bid was made, over the same deals.
        confidence: of the paired interval that must lie below zero.
    """
    best = int(made.mean(axis=1).argmax())
    highs = [paired_difference(row, made[best], confidence).interval[1] for row in made]
    return np.array([high < 0.0 for high in highs])
