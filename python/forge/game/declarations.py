"""Names of the ten declarations. What they mean is in csrc/game/declaration.h."""

import re

from forge.errors import ForgeError
from forge.game.constants import N_DECLARATIONS

DECLARATION_NAMES: tuple[str, ...] = (
    "blanks",
    "ones",
    "twos",
    "threes",
    "fours",
    "fives",
    "sixes",
    "doubles-trump",
    "doubles-suit",
    "notrump",
)
DECL_ID_TO_NAME: dict[int, str] = dict(enumerate(DECLARATION_NAMES))

_ALIASES = {
    **{name: decl for decl, name in DECL_ID_TO_NAME.items()},
    **{str(decl): decl for decl in DECL_ID_TO_NAME},
    "doubles": 7,
    "dt": 7,
    "ds": 8,
    "no-trump": 9,
    "nt": 9,
    "follow-me": 9,
}


def declaration_name(decl: int) -> str:
    """Canonical name of a declaration id 0..9."""
    if decl not in DECL_ID_TO_NAME:
        raise ForgeError(f"declaration id must be 0..9, got {decl}")
    return DECL_ID_TO_NAME[decl]


def parse_declaration(text: str) -> int:
    """Id of a declaration given by name (case-blind), alias or id.

    `follow-me` is notrump, `doubles` is doubles-trump; words may be joined by a blank or `_` too.
    """
    key = re.sub(r"[ _]+", "-", text.strip().lower())
    if key not in _ALIASES:
        raise ForgeError(
            f"unknown declaration {text!r}; valid are {', '.join(DECLARATION_NAMES)} "
            "(or follow-me), or an id 0..9"
        )
    return _ALIASES[key]


def parse_declarations(text: str) -> list[int]:
    """Ids of a comma-separated list of declarations, in order, or of ``all``."""
    if text.strip().lower() == "all":
        return list(range(N_DECLARATIONS))
    decls: list[int] = []
    for part in text.split(","):
        decl = parse_declaration(part)
        if decl not in decls:
            decls.append(decl)
    return decls
