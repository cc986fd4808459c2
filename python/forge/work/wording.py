"""Words that several rooms say alike."""

from collections.abc import Sequence


def counted(n: int, noun: str, many: str | None = None) -> str:
    """`1 game`, `2 games`, `1,400 games`.

    Args:
        n: how many.
        noun: of one.
        many: of any other number; with an s, unless it says otherwise.
    """
    return f"{n:,} {noun if n == 1 else many or noun + 's'}"


def listed(names: Sequence[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`.

    Args:
        names: at least one.
        last: before the last of several.
    """
    *first, end = names
    return f"{', '.join(first)} {last} {end}" if first else end
