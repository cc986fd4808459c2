"""Dominoes by the names they get where trumps are always called sixes."""

from reference.rules import Domino, domino_id

KIND_OF = (0, 0, 0, 0, 0, 0, 0, 1, 2, 3)
"""Kind of each declaration: pip trumps, doubles-trump, doubles-suit, notrump."""


def canonical(decl: int, domino: Domino) -> int:
    """The id of a domino when trumps are called sixes and the other pips close up."""
    if decl > 6:
        return domino_id(domino)
    order = [pip for pip in range(7) if pip != decl] + [decl]
    high, low = sorted((order.index(pip) for pip in domino), reverse=True)
    return domino_id((high, low))
