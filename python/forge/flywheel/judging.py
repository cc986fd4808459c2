"""Whether one policy plays better than another: paired duplicate deals of two kinds."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from forge.arena.comparison import compare
from forge.arena.protocol import STANDARD, AnyDeclaration, ContractRule
from forge.arena.registry import parse_player
from forge.arena.series import ArenaOptions, run_arena
from forge.stats.figures import Figure
from forge.stats.intervals import normal_quantile

# Any contract at all: most are hopeless, and say little a deal.
ALL_CONTRACTS: Final = ContractRule(None, AnyDeclaration())


@dataclass(frozen=True)
class MatchVerdict:
    """How much oftener one policy makes its contract than another.

    Args:
        standard: by the standard protocol of the arena.
        everything: over all bids and declarations.
    """

    standard: Figure
    everything: Figure

    @property
    def both(self) -> Figure:
        """The mean of the two."""
        value = (self.standard.value + self.everything.value) / 2
        errors = [_error(each) for each in (self.standard, self.everything)]
        half = normal_quantile() * (errors[0] ** 2 + errors[1] ** 2) ** 0.5 / 2
        return Figure(value, (value - half, value + half))


def _error(figure: Figure) -> float:
    low, high = figure.interval
    return (high - low) / (2 * normal_quantile())


class StoppedError(Exception):
    """A series was stopped; `signum` says by which signal."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum


def judge(a: Path, b: Path, seed: int, n_deals: int, n_workers: int = 1) -> MatchVerdict:
    """A against B, both by the policy alone.

    Args:
        a, b: files of policies.
        seed: of both series of deals.
        n_deals: of each kind.
        n_workers: processes.

    Raises:
        ForgeError: for a file that is no policy.
        StoppedError: if a signal ended a series.
    """
    first, second = (parse_player(f"policy:{path}") for path in (a, b))
    figures = []
    for rule in (STANDARD, ALL_CONTRACTS):
        done = run_arena(ArenaOptions(first, second, seed, rule=rule), n_deals, n_workers)
        if done.stopped_by is not None:
            raise StoppedError(done.stopped_by)
        figures.append(compare(done.results).make_difference)
    return MatchVerdict(*figures)
