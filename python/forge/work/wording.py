"""Words that several rooms say alike."""


def counted(n: int, noun: str, many: str | None = None) -> str:
    """`1 game`, `2 games`, `1,400 games`.

    Args:
        n: how many.
        noun: of one.
        many: of any other number; with an s, unless it says otherwise.
    """
    return f"{n:,} {noun if n == 1 else many or noun + 's'}"
