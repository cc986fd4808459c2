"""How fast deals are simulated: a quick look. Figures for the record come from `bench/`."""

from __future__ import annotations

import time
from dataclasses import dataclass

from forge.bidding.hand import BIDDING_DECLS, hand_of_seed
from forge.bidding.simulate import Simulator
from forge.errors import ForgeError
from forge.game.contract import Bid


@dataclass(frozen=True)
class SpeedMode:
    """One way to simulate.

    Args:
        name: in a table.
        simulator: who plays.
        bid: ask only whether it is made; None: ask for the points of a deal.
        n_deals: of one call, under one declaration.
    """

    name: str
    simulator: Simulator
    bid: Bid | None
    n_deals: int


@dataclass(frozen=True)
class Speed:
    """What was measured.

    Args:
        mode: how.
        n_deals: simulated, each under one declaration.
        elapsed_s: wall time they took.
    """

    mode: SpeedMode
    n_deals: int
    elapsed_s: float

    @property
    def deals_per_s(self) -> float:
        """Deals under one declaration, a second."""
        return self.n_deals / self.elapsed_s


def measure_speed(mode: SpeedMode, seconds: float) -> Speed:
    """Simulate hand after hand under declaration after declaration for at least so long.

    The first call is not counted: it loads what there is to load.

    Raises:
        ForgeError: unless `seconds` is above 0.
    """
    if not seconds > 0:
        raise ForgeError(f"seconds must be above 0, got {seconds}")
    _once(mode, 0)
    start = time.perf_counter()
    n_calls, elapsed_s = 0, 0.0
    # All declarations equally often: some are several times slower than others.
    while elapsed_s < seconds or n_calls % len(BIDDING_DECLS):
        _once(mode, n_calls)
        n_calls += 1
        elapsed_s = time.perf_counter() - start
    return Speed(mode, n_calls * mode.n_deals, elapsed_s)


def _once(mode: SpeedMode, number: int) -> None:
    turn, column = divmod(number, len(BIDDING_DECLS))
    hand, decls = hand_of_seed(turn), [BIDDING_DECLS[column]]
    if mode.bid is None:
        mode.simulator.points(hand, decls, 0, mode.n_deals)
    else:
        mode.simulator.made(hand, decls, 0, mode.n_deals, mode.bid)
