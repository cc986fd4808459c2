"""A declaration is typed alike everywhere: by name, id, or the names that players use."""

import re
from pathlib import Path

import pytest

from forge.game.declarations import DECLARATION_NAMES, declaration_name
from support.commands import Works

DEAL = (
    "6-6,6-5,5-2,5-1,4-1,3-0,2-2 / 6-2,6-1,5-4,5-0,4-2,3-3,2-1 / "
    "6-4,6-3,5-5,4-4,3-2,1-1,0-0 / 6-0,5-3,4-3,4-0,3-1,2-0,1-0"
)
HAND = '--hand "6-4,5-5,4-2,3-1,2-0,1-1,0-0" --samples 2'
COMMANDS = {
    "solve": f'--deal "{DEAL}" --plays "2-2,2-1" --decl',
    "generate": "--seed 30 --out /dev/null --show-qvals --decl",
    "bid-evaluate": f"{HAND} --workers 1 --trumps",
    "bid-investigate": f"{HAND} --below 20 --trump",
}
_TIMES = re.compile(r"\d+\.\d+ s\b|[\d,.]+ [kM]? ?\w+/s")
FOLLOW_ME = ("follow-me", "Follow me", "FOLLOW_ME", "no-trump", "nt", "9")


@pytest.mark.parametrize("name", COMMANDS)
def test_follow_me_is_notrump(works: Works, name: str) -> None:
    expected = works(name, COMMANDS[name], "notrump")
    assert "notrump" in expected
    for spelling in FOLLOW_ME:
        # Times and rates are those of each run.
        shown = works(name, f'{COMMANDS[name]} "{spelling}"')
        first, again = (_TIMES.sub("", text) for text in (expected, shown))
        assert first == again, spelling


def test_no_option_reads_declarations_its_own_way() -> None:
    """`parse_declaration` is the only place that knows spellings."""
    package = Path(__file__).parents[2] / "python" / "forge"
    readers = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if re.search(r'"(dt|nt|no-trump|follow-me)"', path.read_text())
    }
    assert readers == {"game/declarations.py"}
    assert declaration_name(9) == "notrump" and len(DECLARATION_NAMES) == 10
