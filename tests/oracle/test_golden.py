"""Numbers from a solver that shares no code with this project (tests/golden/oracle.jsonl)."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import forge
import forge.ops
from forge.game.constants import INITIAL_STATE

GOLDEN = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "golden" / "oracle.jsonl").read_text().splitlines()
]


def sha256(states: Tensor, values: Tensor, q: Tensor) -> str:
    """Hash the states (little-endian int64), then V (int8), then q (int8, row-major)."""
    digest = hashlib.sha256()
    digest.update(states.numpy().astype("<i8", copy=False).tobytes())
    digest.update(values.numpy().tobytes())
    digest.update(q.numpy().tobytes())
    return digest.hexdigest()


def test_all_lines_are_there() -> None:
    hands = [(golden["seed"], golden["decl"]) for golden in GOLDEN]
    assert hands == [(0, 0), (0, 7), (1, 1), (4, 4), (8, 8), (9, 9)]


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda g: f"{g['seed']}-{g['decl']}")
def test_solve(golden: dict[str, Any]) -> None:
    deal, decl = forge.Deal.from_seed(golden["seed"]).tensor, golden["decl"]
    assert forge.ops.count_states(deal, decl) == golden["n_states"]

    states, values, q = forge.ops.solve(deal, decl)
    assert len(states) == golden["n_states"]
    root = torch.searchsorted(states, INITIAL_STATE)
    assert states[root] == INITIAL_STATE
    assert values[root] == golden["root_V"]
    assert q[root].tolist() == golden["root_q"]
    assert sha256(states, values, q) == golden["sha256"]


def test_search() -> None:
    positions = [forge.Position(forge.Deal.from_seed(g["seed"]), g["decl"]) for g in GOLDEN]
    assert forge.search(positions) == [tuple(g["root_q"]) for g in GOLDEN]
    assert [position.value() for position in positions] == [g["root_V"] for g in GOLDEN]
