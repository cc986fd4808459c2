"""Deals, positions and the search need no torch: they are quick to start."""

import subprocess
import sys

PROGRAM = """
import sys
from forge import Deal, Position, SearchContext, search
deal = Deal.from_seed(158)
first = Position(deal, 6)
second = first.play(0)
assert first.q() == (42, -2, 42, 42, 42, 42, 42)
assert search([first, second]) == [first.q(), (42, None, 42, None, None, None, None)]
assert SearchContext(deal, 6).at_least(18) == (True, False, True, True, True, True, True)
assert Position.from_text(second.text).best_slots()
loaded = {"torch", "lightning", "pandas", "scipy"} & set(sys.modules)
assert not loaded, loaded
import torch
torch.set_num_threads(1)
assert search([first]) == [first.q()]
"""

SOLVE = """
import sys
from forge.cli.solve import main
try:
    main(["--deal", "6-6,6-5,5-2,5-1,4-1,3-0,2-2 / 6-2,6-1,5-4,5-0,4-2,3-3,2-1 / "
          "6-4,6-3,5-5,4-4,3-2,1-1,0-0 / 6-0,5-3,4-3,4-0,3-1,2-0,1-0", "--decl", "sixes"])
except SystemExit as ended:
    assert ended.code == 0
assert "torch" not in sys.modules
"""


def run(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_python_api() -> None:
    run(PROGRAM)


def test_forge_solve() -> None:
    assert "+42" in run(SOLVE)
