"""The quick look at speed."""

import pytest

from forge.bidding.simulate import Simulator
from forge.bidding.speed import SpeedMode, measure_speed
from forge.errors import ForgeError
from forge.game.contract import LOWEST_BID


def test_all_declarations_are_measured_equally_often() -> None:
    speed = measure_speed(SpeedMode("oracle", Simulator(), LOWEST_BID, 1), 1e-9)
    assert speed.n_deals == 9
    assert speed.deals_per_s == pytest.approx(9 / speed.elapsed_s)


def test_no_time_measures_nothing() -> None:
    with pytest.raises(ForgeError, match="above 0"):
        measure_speed(SpeedMode("oracle", Simulator(), None, 1), 0.0)
