"""A trick for each declaration, as pictures: `python docs/site/tricks.py` writes docs/tricks.

Here is only which trick is shown. What may be played and who wins is what the native core says
(`forge.look.trick_picture`), and the tests hold the files against what this makes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from forge.game.deal import Deal
from forge.game.declarations import DECLARATION_NAMES
from forge.game.tables import parse_dominoes
from forge.look.trick_picture import ToldTrick, told_trick, trick_svg
from forge.oracle.position import Position
from forge.work.atomic import write_file

FOLDER: Final = Path(__file__).parents[1] / "tricks"
# By declaration: the seed of a deal, and its first trick.
SHOWN: Final = (
    (5, "6-6 6-4 1-0 6-1"),
    (45, "3-0 1-0 6-1 3-2"),
    (62, "6-2 6-4 2-1 2-2"),
    (99, "0-0 2-0 1-1 6-6"),
    (48, "6-2 6-0 2-0 6-3"),
    (14, "6-4 6-6 6-0 6-1"),
    (18, "5-1 5-3 5-2 3-1"),
    (61, "6-4 6-5 0-0 6-2"),
    (35, "6-0 6-6 6-1 6-5"),
    (2, "5-0 5-1 6-5 6-6"),
)


def shown_trick(decl: int) -> ToldTrick:
    """The trick that is shown of a declaration."""
    seed, plays = SHOWN[decl]
    return told_trick(Position(Deal.from_seed(seed), decl), parse_dominoes(plays))


def picture_path(decl: int) -> Path:
    """The file of its picture."""
    return FOLDER / f"{DECLARATION_NAMES[decl]}.svg"


if __name__ == "__main__":
    for decl in range(len(SHOWN)):
        write_file(picture_path(decl), trick_svg(shown_trick(decl)))
        print(f"{picture_path(decl)}: {shown_trick(decl).text}")
