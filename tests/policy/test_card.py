"""The card of the policy that comes with forge."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from forge.errors import ForgeError
from forge.policy import SHIPPED
from forge.policy.card import CARD, card_text, read_card
from forge.policy.numbers import N_WEIGHTS


def test_the_card_is_of_the_file_that_is_shipped() -> None:
    card = read_card()
    assert card.status() == "ok"
    assert (card.size_bytes, card.n_params) == (SHIPPED.stat().st_size, N_WEIGHTS)
    assert card.size_bytes < 1_000_000 and card.hands >= 60_000
    assert CARD.read_text() == card_text(card), "regenerate it: card_text(read_card())"
    report = card.figures
    assert len(report.by_declaration) == 10 and len(report.by_bid) == 14
    for part in (report.by_declaration, report.by_bid):
        assert sum(each.rows for each in part.values()) == report.overall.rows


def test_another_file_is_told_apart(tmp_path: Path) -> None:
    card = read_card()
    assert card.status(tmp_path / "none") == "missing"
    (tmp_path / "other").write_bytes(b"x")
    assert card.status(tmp_path / "other") == "wrong hash"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"sha256": 3}', "[" * 100_000])
def test_what_is_no_record(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(ForgeError, match=r"a\.json: ") as told:
        read_card(tmp_path / "a.json")
    assert "\n" not in str(told.value)
    with pytest.raises(ForgeError, match="No such file"):
        read_card(tmp_path / "b.json")
    broken = asdict(read_card()) | {"figures": {"overall": {}}}
    (tmp_path / "a.json").write_text(json.dumps(broken))
    with pytest.raises(ForgeError, match=r"a\.json: figures\.overall\.rows is missing"):
        read_card(tmp_path / "a.json")
