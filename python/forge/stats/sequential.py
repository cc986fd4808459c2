"""Whether one player is better than another, asked again and again while deals are played.

A sequential probability ratio test (Wald 1945) of the difference of two make rates over paired
deals. A deal is won by one side alone, by the other alone, or by neither; how many are won by
neither is not known beforehand, so each hypothesis is given the benefit of its most likely rate
(a generalised test).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from forge.errors import ForgeError

Decision = Literal["better", "not better", "go on"]


@dataclass(frozen=True)
class SequentialTest:
    """What is asked, and how sure the answer has to be.

    Args:
        no_gain: difference of make rates at which the new one must not pass: -1..1.
        gain: at which it must pass; above `no_gain`.
        false_pass: how often it may pass at `no_gain`, above 0 and below 0.5.
        false_stop: how often it may be stopped at `gain`, above 0 and below 0.5.
        least: deals before anything is decided; below some dozens the ratio says little.

    Raises:
        ForgeError: on a value out of range.
    """

    no_gain: float = 0.0
    gain: float = 0.02
    false_pass: float = 0.05
    false_stop: float = 0.05
    least: int = 200

    def __post_init__(self) -> None:
        if not -1 < self.no_gain < self.gain < 1:
            raise ForgeError(
                f"no_gain must be below gain, both between -1 and 1, got {self.no_gain} and "
                f"{self.gain}"
            )
        for name in ("false_pass", "false_stop"):
            if not 0 < getattr(self, name) < 0.5:
                raise ForgeError(f"{name} must be above 0 and below 0.5, got {getattr(self, name)}")

    @property
    def bounds(self) -> tuple[float, float]:
        """Of the logarithm of the ratio: at or below the first it is not better, at or above the
        second it is."""
        low = math.log(self.false_stop / (1 - self.false_pass))
        return low, math.log((1 - self.false_stop) / self.false_pass)

    def log_ratio(self, only_new: int, only_old: int, n_deals: int) -> float:
        """How much likelier `gain` makes what was seen than `no_gain`, as a natural logarithm.

        Args:
            only_new: deals that the new one alone makes.
            only_old: deals that the old one alone makes.
            n_deals: all of them.
        """
        counts = (only_new, n_deals - only_new - only_old, only_old)
        return _most_likely(counts, self.gain) - _most_likely(counts, self.no_gain)

    def decide(self, only_new: int, only_old: int, n_deals: int) -> Decision:
        """What is known so far; arguments as `log_ratio`."""
        if n_deals < self.least:
            return "go on"
        low, high = self.bounds
        ratio = self.log_ratio(only_new, only_old, n_deals)
        if ratio >= high:
            return "better"
        return "not better" if ratio <= low else "go on"


def _most_likely(counts: tuple[int, int, int], difference: float) -> float:
    """The log-likelihood of counts (new alone, neither or both, old alone) under the most likely
    shares whose first is that much larger than the last."""
    won, tied, lost = counts
    if difference < 0:
        return _most_likely((lost, tied, won), -difference)
    n = won + tied + lost
    if not n:
        return 0.0
    # Where the derivative by the last share q is 0: -2 n q^2 + b q + c = 0, one root is above 0.
    b = (won + lost) * (1 - difference) - 2 * difference * (lost + tied)
    c = lost * difference * (1 - difference)
    q = (b + math.sqrt(b * b + 8 * n * c)) / (4 * n)
    q = min(max(q, 0.0), (1 - difference) / 2)
    shares = (q + difference, 1 - difference - 2 * q, q)
    return sum(
        k * math.log(share) if share > 0 else -math.inf
        for k, share in zip(counts, shares, strict=True)
        if k
    )
