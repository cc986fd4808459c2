"""The reference protocol's rows are those that `formats.md` describes, cached or not."""

import logging
from pathlib import Path

import numpy as np
import pytest
import torch

from forge import ops
from forge.errors import ForgeError
from forge.game.deal import Deal
from forge.ml.measure import reference_protocol
from forge.ml.measure.reference_protocol import (
    REFERENCE_SEEDS,
    ReferenceRows,
    reference_rows,
    solve_seeds,
)
from forge.work.seed_files import split_of


@pytest.fixture
def two_deals(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The protocol cut down to two quickly solved deals, with a cache folder of its own."""
    monkeypatch.setattr(reference_protocol, "REFERENCE_SEEDS", {"val": range(900, 902)})
    monkeypatch.setenv("FORGE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def assert_same_rows(some: ReferenceRows, other: ReferenceRows) -> None:
    assert len(some) == len(other)
    everything = range(len(some))
    for name, array in some.__getitems__(everything).items():
        assert torch.equal(array, other.__getitems__(everything)[name]), name


def test_seeds_are_the_splits() -> None:
    assert {split: len(seeds) for split, seeds in REFERENCE_SEEDS.items()} == {
        "val": 50,
        "test": 50,
    }
    for split, seeds in REFERENCE_SEEDS.items():
        assert {split_of(seed) for seed in seeds} == {split}


def test_rows_of_a_seed_by_hand() -> None:
    seed, decl, k = 901, 1, 500
    states, values, qvals = ops.solve(Deal.from_seed(seed).tensor, decl)
    drawn = np.random.default_rng((42, seed, decl)).choice(len(states), size=k, replace=False)
    drawn = drawn[(qvals[drawn] != -128).any(dim=1).numpy()]
    rows = ReferenceRows(solve_seeds([900, seed], k), "two deals")
    batch = rows.__getitems__(range(len(rows) - len(drawn), len(rows)))
    expected = ops.tokenize_states(
        Deal.from_seed(seed).tensor[None], torch.tensor([decl], dtype=torch.int8), states[drawn]
    )
    assert torch.equal(batch["tokens"], expected[0]) and torch.equal(batch["masks"], expected[1])
    assert torch.equal(batch["qvals"], qvals[drawn])
    assert torch.equal(batch["values"], values[drawn])
    assert (batch["legal"].sum(dim=1) > 0).all()
    one = rows[len(rows) - 1]
    assert torch.equal(one["tokens"], batch["tokens"][-1]) and one["values"].shape == ()


def test_the_cache_saves_the_solving(two_deals: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    solved: list[tuple[int, int]] = []
    first = reference_rows("val", samples_per_deal=300, on_deal=lambda *n: solved.append(n))
    assert solved == [(1, 2), (2, 2)]
    assert 590 <= len(first) <= 600 and "seeds 900-901" in first.source
    assert [path.suffix for path in two_deals.iterdir()] == [".safetensors"]
    with monkeypatch.context() as patched:
        patched.setattr(ops, "solve", lambda *_: pytest.fail("solved again"))
        assert_same_rows(reference_rows("val", samples_per_deal=300), first)


@pytest.mark.parametrize("damage", ["flip", "cut", "blank", "other"])
def test_a_damaged_cache_is_made_again(
    two_deals: Path, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    first = reference_rows("val", samples_per_deal=50)
    (path,) = two_deals.iterdir()
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    damaged = {
        "flip": bytes(content),
        "cut": bytes(content[:300]),
        "blank": b"",
        "other": b"x" * 99,
    }
    path.write_bytes(damaged[damage])
    with caplog.at_level(logging.WARNING):
        assert_same_rows(reference_rows("val", samples_per_deal=50), first)
    assert "made again" in caplog.text
    caplog.clear()
    assert_same_rows(reference_rows("val", samples_per_deal=50), first)
    assert not caplog.text


def test_a_cache_that_cannot_be_written(two_deals: Path, caplog: pytest.LogCaptureFixture) -> None:
    two_deals.write_text("a file, not a folder")
    with caplog.at_level(logging.WARNING):
        assert len(reference_rows("val", samples_per_deal=50)) == 100
    assert "not kept for the next time" in caplog.text


def test_errors(two_deals: Path) -> None:
    with pytest.raises(ForgeError, match="has the splits val, got 'train'"):
        reference_rows("train")
    with pytest.raises(ForgeError, match="samples_per_deal must be at least 1, got 0"):
        reference_rows("val", samples_per_deal=0)
