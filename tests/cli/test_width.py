"""80 columns are enough: nothing is cut off with an ellipsis, no line is longer."""

import pytest

from forge.cli.main import COMMANDS
from support.commands import Works


@pytest.fixture(autouse=True)
def terminal(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")  # after `works`, which asks for more


@pytest.mark.parametrize("name", [each.name for each in COMMANDS])
def test_help(works: Works, name: str) -> None:
    shown = works(name, "--help")
    assert "…" not in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_a_comparison_of_players_with_long_names(works: Works) -> None:
    a, b = "stage2:domino-eq-seat", "eq:n=2,sampler=mrv,enum-threshold=50,enumerate,no-race"
    shown = works("arena", a, b, "--games 3 --sides --workers 1")
    assert f"A: {a}\nB: {b}\n" in shown
    assert "…" not in shown and max(map(len, shown.splitlines())) <= 80
    rows = [each for each in shown.splitlines() if each.count("[") == each.count("]") == 3]
    assert [row.split()[0] for row in rows] == ["make", "marks", "points"]
