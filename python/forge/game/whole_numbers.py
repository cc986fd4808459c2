"""Numbers as people and libraries give them: checked once, told by name."""

import math
import numbers
import operator
import sys
from typing import Any

from forge.errors import ForgeError, brief


def whole_number(name: str, value: Any, least: float = -math.inf, most: float = math.inf) -> int:
    """`value` as an int: of Python, NumPy or torch, but no truth and nothing with a fraction.

    Args:
        name: what it is, for the error.
        value: what was given.
        least, most: bounds that it may reach.

    Raises:
        ForgeError: for anything else, or out of bounds.
    """
    try:
        if isinstance(value, bool):
            raise TypeError
        found = operator.index(value)
    except TypeError:
        raise ForgeError(f"{name} must be a whole number, got {brief(value)}") from None
    if not least <= found <= most:
        valid = f"{least} or more" if most == math.inf else f"{least}..{most}"
        raise ForgeError(f"{name} must be {valid}, got {brief(found)}")
    return found


def real_number(
    name: str,
    value: Any,
    least: float = -math.inf,
    most: float = math.inf,
    above: float = -math.inf,
) -> float:
    """`value` as a finite float: a number of Python or NumPy, but no truth, text or tensor.

    Args:
        name: what it is, for the error.
        value: what was given.
        least, most: bounds that it may reach.
        above: a bound that it may not.

    Raises:
        ForgeError: for anything else, or out of bounds.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise ForgeError(f"{name} must be a number, got {brief(value)}")
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if not (math.isfinite(found) and least <= found <= most and found > above):
        low = f"above {above:g}" if above > -math.inf else f"{least:g} or more"
        valid = "finite" if max(above, least) == -math.inf else low
        if most < math.inf:
            valid = f"{least:g}..{most:g}" if above == -math.inf else f"{low}, up to {most:g}"
        raise ForgeError(f"{name} must be {valid}, got {brief(value)}")
    return found


def is_finite(value: Any) -> bool:
    """Whether a plain value, as JSON has them, is a number that a float holds."""
    return type(value) in (int, float) and -sys.float_info.max <= value <= sys.float_info.max


def truth(name: str, value: Any) -> bool:
    """`value` as it is, if it is True or False; else a ForgeError."""
    if not isinstance(value, bool):
        raise ForgeError(f"{name} must be True or False, got {brief(value)}")
    return value
