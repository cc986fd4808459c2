"""Trump in the arena as the bidding code would choose it."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from forge.arena.protocol import AnyDeclaration, ContractRule
from forge.arena.registry import parse_player
from forge.arena.series import ArenaOptions, run_arena
from forge.bidding import trump
from forge.bidding.calibration.logistic import CLASSES, Calibration, shipped
from forge.bidding.hand import parse_hand
from forge.bidding.trump import BestChance
from forge.errors import ForgeError
from forge.game.contract import LOWEST_BID
from support.calibrations import straight

pytestmark = pytest.mark.usefixtures("one_thread")
OPTIONS = ArenaOptions(parse_player("random"), parse_player("random"))


def no_pips() -> Calibration:
    """Lines by which a pip suit is never made."""
    lines = straight()
    intercepts = {name: [-50.0 if name == CLASSES[0] else 0.0] * 13 for name in CLASSES}
    return replace(lines, intercepts=intercepts)


def test_the_best_chance_at_a_table_is_trump(monkeypatch: pytest.MonkeyPatch) -> None:
    hand = parse_hand("6-6,6-5,6-4,6-2,6-1,4-2,2-2")
    assert BestChance().decl(hand, LOWEST_BID, random.Random(1)) == 6
    monkeypatch.setattr(trump, "shipped_calibration", no_pips)
    assert BestChance().decl(hand, LOWEST_BID, random.Random(1)) in (7, 9)
    # What cannot be lost needs no line.
    laydown = parse_hand("6-6,6-5,6-4,6-3,6-2,6-1,6-0")
    assert BestChance().decl(laydown, LOWEST_BID, random.Random(1)) == 6


def test_a_series_goes_on_with_the_same_calibration_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path, calibration = tmp_path / "series.jsonl", shipped()
    assert calibration is not None
    options = replace(OPTIONS, rule=ContractRule(trump=BestChance()))
    assert options.record()["sha256 of trump"] == calibration.sha256
    run_arena(options, 2, out=path)
    run_arena(options, 3, out=path)
    monkeypatch.setattr(trump, "shipped_calibration", no_pips)
    with pytest.raises(ForgeError, match="was made with sha256 of trump"):
        run_arena(options, 4, out=path)
    assert "sha256 of trump" not in OPTIONS.record()
    by_any = replace(OPTIONS, rule=ContractRule(trump=AnyDeclaration()))
    assert "sha256 of trump" not in by_any.record()
