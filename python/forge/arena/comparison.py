"""What duplicate deals say about two players.

Every deal is played twice, so results come in pairs, and the deal is the unit of all intervals:
what both players owe to the deal cancels in the difference.
"""

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from forge.errors import ForgeError
from forge.game.constants import HAND_POINTS
from forge.game.contract import Bid
from forge.stats.figures import Figure
from forge.stats.intervals import wilson_interval
from forge.stats.paired import BoolArray, McNemar, mcnemar, paired_rate_interval
from forge.stats.student import student_quantile

MARKS_A_GAME: Final = 7

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class PairedResults:
    """Results of N deals, in the order of the series.

    Args:
        points_a: int64 [N], points of the declarer's team, 0..42, with player A declaring.
        points_b: the same with player B declaring.
        bidders: int64 [N], the seat 0..3 at the table that the bid was forced on.
        bids: N, which bid that was.
    """

    points_a: IntArray
    points_b: IntArray
    bidders: IntArray
    bids: tuple[Bid, ...]

    def __len__(self) -> int:
        return len(self.points_a)

    @property
    def made_a(self) -> BoolArray:
        """bool [N]: whether A makes its contract."""
        return self.points_a >= self._needed

    @property
    def made_b(self) -> BoolArray:
        """bool [N]: whether B makes its contract."""
        return self.points_b >= self._needed

    @property
    def marks(self) -> IntArray:
        """int64 [N]: what the hands of a deal are worth."""
        return np.array([bid.marks for bid in self.bids], dtype=np.int64)

    @property
    def _needed(self) -> IntArray:
        return np.array([bid.points for bid in self.bids], dtype=np.int64)


@dataclass(frozen=True)
class Comparison:
    """All figures of two players over the same deals.

    Args:
        n_deals: each is two hands.
        make_a, make_b: share of the contracts that the player makes as declarer (Wilson).
        make_difference: A's make rate minus B's (paired, Agresti and Min).
        marks_a, marks_b: marks a hand; every hand is worth those of the bid, to the declarer if
            made, to the defenders if set.
        marks_difference: A's marks a hand minus B's; where all hands are worth one mark that is
            `make_difference`, and so is its interval, else a paired t over deals.
        points_a, points_b: points a hand, declaring and defending, of 42 (t over deals).
        points_difference: A's points a hand minus B's (paired t over deals).
        mcnemar: on the contracts made.
        games_a, games_b: games won, each a race to 7 marks over the hands in the order of the
            series, see `count_games`.
    """

    n_deals: int
    make_a: Figure
    make_b: Figure
    make_difference: Figure
    marks_a: Figure
    marks_b: Figure
    marks_difference: Figure
    points_a: Figure
    points_b: Figure
    points_difference: Figure
    mcnemar: McNemar
    games_a: int
    games_b: int

    def to_json(self) -> dict[str, Any]:
        """Plain values; NaN (an interval of too few deals) becomes null."""
        return {name: _plain(value) for name, value in asdict(self).items()}


def compare(results: PairedResults) -> Comparison:
    """Figures of the deals so far.

    Raises:
        ForgeError: without a deal.
    """
    n = len(results)
    if n == 0:
        raise ForgeError("no deals were played: there is nothing to compare")
    make = _oftener(results.made_a, results.made_b)
    # Of the two hands of a deal A gets the marks for each contract it makes and for each of B's it
    # sets: half the hands plus half the difference of what both make.
    marks = results.marks
    worth = int(marks[0])
    if (marks == worth).all():
        low, high = make.interval
        difference = Figure(worth * make.value, (worth * low, worth * high))
    else:
        more = results.made_a.astype(np.int64) - results.made_b.astype(np.int64)
        difference = _mean((marks * more).astype(np.float64))
    half, (low, high) = float(marks.mean()) / 2, difference.interval
    marks_a = Figure(half + difference.value / 2, (half + low / 2, half + high / 2))
    marks_b = Figure(half - difference.value / 2, (half - high / 2, half - low / 2))
    of_a = (results.points_a + HAND_POINTS - results.points_b) / 2
    games_a, games_b = count_games(results)
    return Comparison(
        n_deals=n,
        make_a=_rate(results.made_a),
        make_b=_rate(results.made_b),
        make_difference=make,
        marks_a=marks_a,
        marks_b=marks_b,
        marks_difference=difference,
        points_a=_mean(of_a),
        points_b=_mean(HAND_POINTS - of_a),
        points_difference=_mean(2 * of_a - HAND_POINTS),
        mcnemar=mcnemar(results.made_a, results.made_b),
        games_a=games_a,
        games_b=games_b,
    )


@dataclass(frozen=True)
class Sides:
    """What A gains over B with one side of the table alone.

    Args:
        declaring: how much oftener A than B makes a contract against B's defence.
        defending: how much oftener A than B sets a contract that B declares. The two add up to
            `Comparison.make_difference`.
    """

    declaring: Figure
    defending: Figure


def compare_sides(results: PairedResults, of_b: PairedResults) -> Sides:
    """Where the difference of two players comes from (paired, Agresti and Min).

    Args:
        results: A against B.
        of_b: B against itself, over the same deals.

    Raises:
        ForgeError: if the deals are not the same, or none.
    """
    if not len(results) or len(results) != len(of_b):
        raise ForgeError(f"sides take the same deals, got {len(results)} and {len(of_b)}")
    own = of_b.made_a  # B makes it against itself
    return Sides(_oftener(results.made_a, own), _oftener(own, results.made_b))


def _oftener(first: BoolArray, second: BoolArray) -> Figure:
    test, n = mcnemar(first, second), len(first)
    return Figure((test.only_a - test.only_b) / n, paired_rate_interval(test, n))


def count_games(results: PairedResults) -> tuple[int, int]:
    """Games that A and B win, each a race to 7 marks.

    The hands of the series are played at two tables. At the first, A sits on the seats 0 and 2 and
    so declares where the bid was forced on one of them; at the second the teams are swapped. A game
    that is not finished at the end of the series does not count.
    """
    won = [0, 0]
    a_declares_first = results.bidders % 2 == 0
    for a_declares in (a_declares_first, ~a_declares_first):
        a_gets_marks = np.where(a_declares, results.made_a, ~results.made_b)
        marks = [0, 0]
        for to_a, worth in zip(a_gets_marks.tolist(), results.marks.tolist(), strict=True):
            winner = 0 if to_a else 1
            marks[winner] += worth
            if marks[winner] >= MARKS_A_GAME:
                won[winner] += 1
                marks = [0, 0]
    return won[0], won[1]


def _rate(made: BoolArray) -> Figure:
    return Figure(float(made.mean()), wilson_interval(int(made.sum()), len(made)))


def _mean(values: npt.NDArray[np.float64]) -> Figure:
    """Mean with Student's interval; NaN ends for a single deal."""
    mean, n = float(values.mean()), len(values)
    if n < 2:
        return Figure(mean, (float("nan"), float("nan")))
    error = float(values.std(ddof=1)) / n**0.5
    half = student_quantile(n) * error
    return Figure(mean, (mean - half, mean + half))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and value != value else value
