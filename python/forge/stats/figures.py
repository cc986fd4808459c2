"""A figure and how sure it is."""

from dataclasses import dataclass

from forge.stats.intervals import Interval


@dataclass(frozen=True)
class Figure:
    """A mean or a rate with its 95 % interval."""

    value: float
    interval: Interval
