"""Student's quantile is SciPy's."""

import pytest
from scipy import stats

from forge.stats.student import student_quantile


@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_as_scipy_has_it(confidence: float) -> None:
    for n in [*range(2, 40), 60, 61, 300, 1000, 1001, 1002, 5000, 1_000_000]:
        expected = stats.t.ppf(0.5 + confidence / 2, n - 1)
        assert student_quantile(n, confidence) == pytest.approx(expected, rel=1e-12), n
