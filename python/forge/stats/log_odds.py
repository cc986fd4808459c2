"""The logistic function and its inverse, to the last bit as SciPy 1.17 has them.

`scipy.special` takes 0.2 s to load, which commands that evaluate a hand would pay for these two.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

_Floats = npt.NDArray[np.float64]

# Between these the logarithm of the ratio would lose digits.
_NEAR_HALF: Final = (0.3, 0.65)


def logit(p: npt.ArrayLike) -> _Floats:
    """log(p / (1 - p)), elementwise.

    Args:
        p: above 0 and below 1.
    """
    return np.asarray(_logit(p))


def expit(x: npt.ArrayLike) -> _Floats:
    """1 / (1 + exp(-x)), elementwise: the p whose `logit` is x."""
    return np.asarray(_expit(x))


def _logit_of_one(p: float) -> float:
    if _NEAR_HALF[0] <= p <= _NEAR_HALF[1]:
        twice = 2 * (p - 0.5)
        return math.log1p(twice) - math.log1p(-twice)
    return math.log(p / (1 - p))


def _expit_of_one(x: float) -> float:
    # exp(-x) would overflow where the answer is 0 to 300 digits.
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0


_logit = np.vectorize(_logit_of_one, otypes=[np.float64])
_expit = np.vectorize(_expit_of_one, otypes=[np.float64])
