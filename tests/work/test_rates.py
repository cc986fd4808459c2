"""Rates in words: three digits of any number, none of them 0 that is not."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.work.rates import rate_text

PACKAGE = Path(__file__).parents[2] / "python" / "forge"
STEPS = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9}


@pytest.mark.parametrize(
    ("n", "elapsed_s", "text"),
    [
        (204e6, 1.0, "204 M states/s"),
        (999, 1.0, "999 states/s"),
        (999.6, 1.0, "1.00 k states/s"),
        (87, 2.0, "43.5 states/s"),
        (1, 25.0, "0.0400 states/s"),
        (0, 3.0, "0 states/s"),
        (5, 0.0, "-"),
        (5, None, "-"),
    ],
)
def test_examples(n: float, elapsed_s: float | None, text: str) -> None:
    assert rate_text(n, elapsed_s, "states") == text


@given(st.floats(1, 9e11), st.floats(1e-2, 1e3))
def test_reads_back_as_what_it_was(n: float, elapsed_s: float) -> None:
    match = re.fullmatch(r"([\d.,]+) ?([kMG]?) rows/s", rate_text(n, elapsed_s, "rows"))
    assert match is not None
    number = float(match[1].replace(",", "")) * STEPS[match[2]]
    assert number == pytest.approx(n / elapsed_s, rel=0.006)


def test_no_module_writes_rates_its_own_way() -> None:
    own = {
        path.name
        for path in PACKAGE.rglob("*.py")
        if re.search(r"1e[36]\S* [kM] \w+/s|\} \w+/s\"", path.read_text())
    }
    assert own <= {"rates.py"}
