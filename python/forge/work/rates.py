"""How fast work goes, in words."""

from __future__ import annotations

from typing import Final

_STEPS: Final = ((1e9, " G"), (1e6, " M"), (1e3, " k"))


def rate_text(n: float, elapsed_s: float | None, unit: str) -> str:
    """`204 M states/s`, `3.14 k samples/s`, `87.0 games/s`, `0.0423 hands/s`: three digits.

    Args:
        n: how many.
        elapsed_s: in how many seconds; nothing, or no time, gives `-`.
        unit: of what.
    """
    if not elapsed_s or elapsed_s < 0.0:
        return "-"
    rate = n / elapsed_s
    # Half a thousandth below a step is the step, in three digits.
    step, prefix = next((each for each in _STEPS if rate >= 0.9995 * each[0]), (1.0, ""))
    return f"{_three_digits(rate / step)}{prefix} {unit}/s"


def _three_digits(number: float) -> str:
    if number >= 99.95:
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= 9.995 else f"{number:#.3g}" if number else "0"
