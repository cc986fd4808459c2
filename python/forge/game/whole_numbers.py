"""Whole numbers as people and libraries give them: checked once, told by name."""

import math
import operator
from typing import Any

from forge.errors import ForgeError


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
        raise ForgeError(f"{name} must be a whole number, got {value!r}") from None
    if not least <= found <= most:
        valid = f"{least} or more" if most == math.inf else f"{least}..{most}"
        raise ForgeError(f"{name} must be {valid}, got {found}")
    return found
