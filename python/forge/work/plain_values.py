"""What text may say: plain values that are neither too deep nor beyond 64 bits nor half characters.

Readers of YAML and JSON ask for it, so that nobody behind them meets a number that no column holds,
a text that no file can be named by, or a value that a recursive function does not come back from.
"""

from __future__ import annotations

import math
from typing import Any, Final

from forge.errors import ForgeError

MAX_DEPTH: Final = 32
INTEGER_MIN: Final = -(2**63)
INTEGER_MAX: Final = 2**64 - 1
_SHOWN: Final = 60


def check_plain(value: object, finite: bool = True) -> None:
    """Nothing, if a value is made of text, numbers, yes-or-no, null, lists and mappings.

    Args:
        value: a tree: nothing in it is part of itself.
        finite: whether NaN and infinities are refused.

    Raises:
        ForgeError: that says where and what is valid.
    """
    level: list[tuple[str, Any]] = [("", value)]
    for _ in range(MAX_DEPTH + 1):
        below: list[tuple[str, Any]] = []
        for place, each in level:
            if type(each) is dict:
                for key, inner in each.items():
                    inside = _check_key(place, key, finite)
                    if _is_checked(inside, inner, finite):
                        below.append((inside, inner))
            elif type(each) is list:
                below += [
                    (f"{place}[{i}]", inner)
                    for i, inner in enumerate(each)
                    if type(inner) is dict
                    or type(inner) is list
                    or _is_checked(f"{place}[{i}]", inner, finite)
                ]
            else:
                _is_checked(place, each, finite)
        if not below:
            return
        level = below
    raise ForgeError(f"nested deeper than {MAX_DEPTH} levels")


def shown(value: object) -> str:
    """A value for a message: on one line, cut where it is long."""
    text = repr(value)
    text = text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
    return text.encode("utf-8", "backslashreplace").decode()


def named(value: object) -> str:
    """The same, text without quotes where it is short and of one line."""
    is_plain = isinstance(value, str) and value.isprintable() and 0 < len(value) <= _SHOWN
    return str(value) if is_plain else shown(value)


def _check_key(place: str, key: object, finite: bool) -> str:
    _is_checked(f"{place}: a key" if place else "a key", key, finite)
    return f"{place}.{named(key)}" if place else named(key)


def _is_checked(place: str, value: object, finite: bool) -> bool:
    """Whether there is more inside a value; a plain one is looked at here."""
    kind = type(value)
    if kind is dict or kind is list:
        return True
    start = f"{place}: " if place else ""
    if isinstance(value, str) and kind is str:
        if not value.isascii() and _has_surrogates(value):
            raise ForgeError(f"{start}text must be of whole characters, got {shown(value)}")
    elif kind is int:
        if not INTEGER_MIN <= value <= INTEGER_MAX:  # type: ignore[operator]
            raise ForgeError(f"{start}whole numbers must be of at most 64 bits")
    elif kind is float:
        if finite and not math.isfinite(value):  # type: ignore[arg-type]
            raise ForgeError(f"{start}numbers must be finite, got {value}")
    elif value is not None and kind is not bool:
        raise ForgeError(f"{start}values must be plain, got {kind.__name__}")
    return False


def _has_surrogates(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
