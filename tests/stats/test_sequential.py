"""The sequential test: its ratio against a search, its error rates against chance."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.errors import ForgeError
from forge.stats.sequential import SequentialTest, _most_likely

COUNT = st.integers(0, 400)


@given(COUNT, COUNT, COUNT, st.floats(-0.9, 0.9))
def test_shares_are_the_most_likely_ones(won: int, tied: int, lost: int, difference: float) -> None:
    """No other shares with that difference make the counts likelier."""
    found = _most_likely((won, tied, lost), difference)
    q = np.linspace(max(0.0, -difference), (1 - difference) / 2, 4001)
    q = q[(q + difference >= 0) & (1 - difference - 2 * q >= 0)]
    shares = np.stack([q + difference, 1 - difference - 2 * q, q])
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(shares > 0, np.log(shares), -np.inf)
        each = np.where(np.array([won, tied, lost])[:, None] > 0, logs, 0.0)
        best = (np.array([won, tied, lost])[:, None] * each).sum(axis=0).max()
    assert found >= best - 1e-9 * (1 + abs(best))
    assert found <= best + 0.05 * (1 + 0.002 * abs(best))  # as fine as the grid is


def test_it_grows_with_what_speaks_for_the_new_one() -> None:
    test = SequentialTest()
    ratios = [test.log_ratio(100 + k, 100 - k, 1000) for k in range(-50, 51)]
    assert ratios == sorted(ratios) and ratios[0] < 0 < ratios[-1]
    middle = SequentialTest(-0.02, 0.02)
    assert middle.log_ratio(70, 70, 1000) == pytest.approx(0.0, abs=1e-12)
    assert middle.log_ratio(90, 50, 1000) == pytest.approx(-middle.log_ratio(50, 90, 1000))
    assert test.log_ratio(0, 0, 0) == 0.0


def test_bounds_are_those_of_wald() -> None:
    low, high = SequentialTest(false_pass=0.01, false_stop=0.1).bounds
    assert (low, high) == pytest.approx((math.log(0.1 / 0.99), math.log(0.9 / 0.01)))


def verdicts(test: SequentialTest, gain: float, discordant: float, most: int) -> tuple[float, ...]:
    """Shares of runs that end as better, not better, and undecided, and deals on average."""
    rng, step, n_runs = np.random.default_rng(7), 100, 2000
    p = [(discordant + gain) / 2, 1 - discordant, (discordant - gain) / 2]
    ends = {"better": 0, "not better": 0, "go on": 0}
    n_deals = 0
    for _ in range(n_runs):
        steps = rng.multinomial(step, p, size=most // step).cumsum(axis=0)
        for k, (won, _, lost) in enumerate(steps.tolist(), start=1):
            found = test.decide(won, lost, k * step)
            if found != "go on" or k == len(steps):
                ends[found] += 1
                n_deals += k * step
                break
    return *(ends[name] / n_runs for name in ("better", "not better", "go on")), n_deals / n_runs


@pytest.mark.parametrize("discordant", [0.1, 0.3])
@pytest.mark.parametrize(("false_pass", "false_stop"), [(0.05, 0.05), (0.02, 0.1)])
def test_error_rates(discordant: float, false_pass: float, false_stop: float) -> None:
    """As promised, with two standard errors of 2,000 runs; quicker the clearer it is."""
    test = SequentialTest(0.0, 0.03, false_pass, false_stop)
    for gain, wrong, rate in ((0.0, 0, false_pass), (0.03, 1, false_stop)):
        found = verdicts(test, gain, discordant, 40_000)
        assert found[wrong] <= rate + 2 * math.sqrt(rate * (1 - rate) / 2000), (gain, found)
        assert found[2] < 0.01
    worse, clear = (
        verdicts(test, -0.05, discordant, 40_000),
        verdicts(test, 0.09, discordant, 40_000),
    )
    assert worse[0] == 0.0 and clear[0] > 0.995
    assert max(worse[3], clear[3]) < verdicts(test, 0.015, discordant, 40_000)[3]


def test_nothing_is_decided_early() -> None:
    test = SequentialTest(least=200)
    assert test.decide(199, 0, 199) == "go on" and test.decide(200, 0, 200) == "better"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"gain": 0.0}, "no_gain must be below gain"),
        ({"no_gain": -1.0}, "no_gain must be below gain"),
        ({"false_pass": 0.0}, "false_pass must be above 0"),
        ({"false_stop": 0.5}, "false_stop must be above 0"),
    ],
)
def test_what_it_refuses(options: dict[str, float], says: str) -> None:
    with pytest.raises(ForgeError, match=says):
        SequentialTest(**options)  # type: ignore[arg-type]
