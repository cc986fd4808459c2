"""Bids by listing everything that may still happen in a hand.

Every question is answered by looking at all ways in which the points that are not won yet may be
split; there is no arithmetic of targets here.
"""

# Number that is said -> (points of 42 that make it, marks at stake).
TABLE_BIDS = {
    30: (30, 1),
    31: (31, 1),
    32: (32, 1),
    33: (33, 1),
    34: (34, 1),
    35: (35, 1),
    36: (36, 1),
    37: (37, 1),
    38: (38, 1),
    39: (39, 1),
    40: (40, 1),
    41: (41, 1),
    42: (42, 1),
    84: (42, 2),
}


def ends(won: int, lost: int) -> list[tuple[int, int]]:
    """How a hand may end, as points of both teams, where they have won so much already."""
    return [(ours, 42 - ours) for ours in range(43) if ours >= won and 42 - ours >= lost]


def splits() -> list[tuple[int, int]]:
    """All points that both teams may have won at some time."""
    return [(won, lost) for won in range(43) for lost in range(43 - won)]


def standing(points: int, won: int, lost: int) -> str:
    """Whether every end of the hand makes a bid of so many points, or none does."""
    made = [ours >= points for ours, _ in ends(won, lost)]
    if all(made):
        return "made"
    return "open" if any(made) else "set"


def makes(points: int, won: int, lost: int, value: int) -> bool:
    """Whether the bid is made by the end in which team 0 wins `value` more than team 1 of what is
    left; there is at most one such end.
    """
    found = [
        ours >= points
        for ours, theirs in ends(won, lost)
        if (ours - won) - (theirs - lost) == value
    ]
    if len(found) != 1:
        raise ValueError(f"no hand ends with a value of {value} after {won} to {lost}")
    return found[0]


def values(won: int, lost: int) -> list[int]:
    """What the rest of the hand may be worth, team 0's points less team 1's, ascending."""
    return sorted((ours - won) - (theirs - lost) for ours, theirs in ends(won, lost))
