"""The logistic function and its inverse are SciPy's."""

import numpy as np
from scipy import special

from forge.stats.log_odds import expit, logit


def test_as_scipy_has_them() -> None:
    shares = np.concatenate([(np.arange(n + 1) + 0.5) / (n + 1) for n in (1, 2, 50, 201, 999)])
    logits = special.logit(shares)
    np.testing.assert_allclose(logit(shares), logits, rtol=1e-15, atol=1e-17)
    lines = 0.7 * logits - 0.3
    np.testing.assert_allclose(expit(lines), special.expit(lines), rtol=1e-15)


def test_far_out() -> None:
    assert expit([-1e4, 0.0, 1e4]).tolist() == [0.0, 0.5, 1.0]


def test_shapes_stay() -> None:
    assert logit(0.5).shape == ()
    assert expit(np.zeros((2, 3))).shape == (2, 3)
    assert logit(np.zeros((0, 3))).shape == (0, 3)
