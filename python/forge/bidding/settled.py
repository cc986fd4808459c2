"""The rule by which deals are enough to say what to bid.

What may be said (a pass, a bid with its trump) is worth so many marks on average, the own side's
less the other's. The best is worth most. Each of the rest is d marks behind it, give or take m, and

* `worse` where d > m: the 99.8 % interval of the difference lies on one side (and where m is 0:
  both are certain, and one of them is all that need be said);
* `as good` where d + m is at most 0.1: what lies between them is one mark in ten hands or less;
* `open` otherwise: they may differ by what matters, and these deals do not say how.

The advice is settled once nothing is open. It is looked at again and again as deals are added, each
time twice as many, and up to ten sayings are compared, which is why the interval is one of 99.8 %:
settled advice is wrong less often than one time in 20 (`tests/bidding/test_settled.py`). A trump
that is worse with all its bids gets no more deals, and stays worse.

Over the n deals that two sayings a and b have in common, of which k are made, k_ab by both:

    s = (k + 1) / (n + 2)                    half a deal is added to each of the four outcomes
    c = (k_ab + 0.5) / (n + 2) - s_a * s_b
    m = 3.1 * sqrt((g_a² s_a (1 - s_a) + g_b² s_b (1 - s_b) - 2 g_a g_b c) / (n + 2) + e_a² + e_b²)

where g is how many marks a saying gains as the share of deals that are made goes from 0 to 1: the
slope of what it is worth between the ends of the share's 95 % interval. A pass depends on none of
these deals: its g is 0. What it is worth may be known from others, with a standard error e.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot, sqrt
from typing import Final, Literal

import numpy as np

from forge.bidding.estimates import Choice
from forge.bidding.simulate import Made
from forge.game.contract import BIDS, Bid, Contract
from forge.stats.intervals import wilson

# Half an interval, in standard errors.
SURE: Final = 3.1
# Marks between two sayings that are as good as each other.
INDIFFERENT: Final = 0.1

Standing = Literal["worse", "as good", "open"]


@dataclass(frozen=True, eq=False)
class Saying:
    """Something that may be said in an auction.

    Args:
        contract: the bid and its trump; None for a pass.
        marks: what it is worth.
        made: bool [N], whether each deal makes it; None where it does not depend on them.
        slope: marks that it gains as the share of made deals goes from 0 to 1.
        error: standard error of `marks` from elsewhere.
        shrinks: whether that, too, gets smaller with the deals.
    """

    contract: Contract | None
    marks: float
    made: Made | None = None
    slope: float = 0.0
    error: float = 0.0
    shrinks: bool = False

    @property
    def error_left(self) -> float:
        """What deals without end would leave of the error."""
        return 0.0 if self.shrinks else self.error


# A pass where nobody plays if all pass.
PASS: Final = Saying(None, 0.0)


@dataclass(frozen=True)
class Turn:
    """What a seat may say.

    Args:
        bids: ascending.
        passing: what a pass is worth; None: it must bid.
    """

    bids: tuple[Bid, ...] = BIDS
    passing: Saying | None = PASS

    @property
    def wanted(self) -> tuple[Bid, ...]:
        """Of bids worth as many marks only the lowest: no trump makes a higher one more often."""
        lowest: dict[int, Bid] = {}
        for bid in self.bids:
            lowest.setdefault(bid.marks, bid)
        return tuple(lowest.values())


def of_share(contract: Contract, made: Made) -> Saying:
    """A contract that is worth what the share of deals that make it says, as it stands."""
    return Saying(contract, float(contract.bid.worth(made.mean())), made, 2.0 * contract.bid.marks)


def of_counts(choice: Choice, n_made: int, n_deals: int) -> Saying:
    """A contract of whose deals only the number is known: compared as if others had other deals,
    which is less sure."""
    low, high = (float(end) for end in wilson(n_made, n_deals))
    bid = choice.contract.bid
    slope = (float(bid.worth(choice.high)) - float(bid.worth(choice.low))) / (high - low)
    share = (n_made + 1) / (n_deals + 2)
    error = slope * sqrt(share * (1 - share) / (n_deals + 2))
    return Saying(choice.contract, choice.marks, error=error, shrinks=True)


@dataclass(frozen=True)
class Verdict:
    """What deals say of all that may be said.

    Args:
        best: worth most.
        as_good: too little between them and the best to matter, the best first.
        open: too few deals to tell them from the best, the best first.
    """

    best: Saying
    as_good: tuple[Saying, ...]
    open: tuple[Saying, ...]

    @property
    def is_settled(self) -> bool:
        """Whether the deals are enough."""
        return not self.open

    @property
    def is_clear(self) -> bool:
        """Whether everything else is worse."""
        return not self.open and not self.as_good

    @property
    def needs_deals(self) -> bool:
        """Whether more deals may settle what is open, were no figure to change."""
        return any(
            standing(
                self.best.marks - each.marks, SURE * hypot(self.best.error_left, each.error_left)
            )
            != "open"
            for each in self.open
        )

    @property
    def in_play(self) -> tuple[Saying, ...]:
        """All that is not worse, the best first."""
        rest = sorted([*self.as_good, *self.open], key=lambda each: -each.marks)
        return (self.best, *rest)


def weigh(sayings: Sequence[Saying]) -> Verdict:
    """The verdict on sayings, of which there is at least one; of equals the first is best."""
    ordered = sorted(sayings, key=lambda each: -each.marks)
    best, rest = ordered[0], ordered[1:]
    standings = [standing(best.marks - each.marks, half_interval(best, each)) for each in rest]
    found = {
        kind: tuple(each for each, is_it in zip(rest, standings, strict=True) if is_it == kind)
        for kind in ("as good", "open")
    }
    return Verdict(best, found["as good"], found["open"])


def standing(behind: float, half: float) -> Standing:
    """How something stands that is so many marks behind the best, give or take `half`."""
    if behind > half or half == 0.0:
        return "worse"
    return "as good" if behind + half <= INDIFFERENT else "open"


def half_interval(a: Saying, b: Saying) -> float:
    """Half the interval of the difference of two sayings, in marks."""
    lengths = [len(each.made) for each in (a, b) if each.made is not None]
    n = min(lengths, default=0)
    none = np.zeros(n, dtype=np.bool_)
    made_a, made_b = (none if each.made is None else each.made[:n] for each in (a, b))
    s_a, s_b = ((int(made.sum()) + 1) / (n + 2) for made in (made_a, made_b))
    together = (int((made_a & made_b).sum()) + 0.5) / (n + 2) - s_a * s_b
    squares = a.slope**2 * s_a * (1 - s_a) + b.slope**2 * s_b * (1 - s_b)
    variance = (squares - 2 * a.slope * b.slope * together) / (n + 2)
    return SURE * sqrt(max(variance, 0.0) + a.error**2 + b.error**2)
