"""The policy as ONNX: the numbers of `policy_logits`, and what its card says."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch

from forge import ForgeError, ops
from forge.game.contract import BIDS
from forge.learn.onnx.agreement import open_session
from forge.learn.onnx.export import Export, export
from forge.policy import SHIPPED
from forge.policy.export import RandomDecisions, load_policy_exportable
from forge.policy.numbers import N_POLICY_FEATURES, PolicyNumbers, load_policy, save_policy
from support.seen import random_seen, random_weights


def rows() -> tuple[RandomDecisions, str]:
    found = RandomDecisions(300)
    return found, found.source


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Export]:
    """The folder and the report of the export of the shipped policy."""
    folder = tmp_path_factory.mktemp("export")
    out = folder / "policy.onnx"
    return folder, export(SHIPPED, out, rows, load_policy_exportable, n_positions=300)


@pytest.mark.parametrize(("file", "bound"), [("policy.onnx", 1e-5), ("policy.fp16.onnx", 2e-2)])
def test_every_position_has_the_logits_of_the_core(
    exported: tuple[Path, Export], file: str, bound: float
) -> None:
    seen = random_seen(130, seed=3)  # ten declarations with thirteen bids each
    bids = torch.tensor([bid.points for bid in BIDS], dtype=torch.int8)
    seen = seen._replace(needed=bids[torch.arange(len(seen.needed)) % len(bids)])
    wanted = ops.policy_logits(*seen, load_policy(SHIPPED).tensor).numpy()
    context, candidates = (each.numpy() for each in ops.policy_features(*seen))
    session = open_session((exported[0] / file).read_bytes())
    (found,) = session.run(None, {"context": context, "candidates": candidates})
    assert found.dtype == np.float32
    assert found.shape == (130 * 28, 7)
    illegal = np.isneginf(wanted)
    assert np.array_equal(np.isneginf(found), illegal)
    assert illegal.any()
    assert np.abs(found[~illegal] - wanted[~illegal]).max() < bound


def test_any_batch(exported: tuple[Path, Export]) -> None:
    session = open_session((exported[0] / "policy.onnx").read_bytes())
    seen = random_seen(1)
    context, candidates = (each.numpy() for each in ops.policy_features(*seen))
    (all_at_once,) = session.run(None, {"context": context, "candidates": candidates})
    for i in range(len(context)):
        feed = {"context": context[i : i + 1], "candidates": candidates[i : i + 1]}
        (alone,) = session.run(None, feed)
        assert np.allclose(alone, all_at_once[i : i + 1], rtol=0, atol=1e-5)


def test_the_graph_and_the_card_say_what_it_is(
    exported: tuple[Path, Export], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, report = exported
    model = onnx.load(folder / "policy.onnx")
    shapes = {
        part.name: [d.dim_param or d.dim_value for d in part.type.tensor_type.shape.dim]
        for part in (*model.graph.input, *model.graph.output)
    }
    assert shapes == {
        "context": ["batch", 56],
        "candidates": ["batch", 7, 12],
        "logits": ["batch", 7],
    }
    card = json.loads((folder / "policy.json").read_text())
    assert (card["stage"], card["unit"], card["n_params"]) == (None, "logits", report.n_params)
    assert [file.variant for file in report.files] == ["fp32", "fp16"]
    text = (folder / "policy.md").read_text()
    for fact in ("all declarations and bids", "int16", report.checkpoint_sha256, "-inf"):
        assert fact in text
    assert "int8 scales" not in text
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    monkeypatch.chdir(folder)
    names: dict[str, Any] = {}
    exec(example, names)
    assert names["logits"].shape == (1, 7)


def test_random_decisions_are_of_all_declarations_and_bids() -> None:
    found, source = rows()
    assert len(found) >= 300
    legal = found.columns["legal"]
    assert torch.equal(legal, found.columns["candidates"][:, :, 0] < N_POLICY_FEATURES)
    assert "seeds 0-10" in source
    many = RandomDecisions(28 * 10 * len(BIDS))
    assert len(many) == 28 * 10 * len(BIDS)


def test_what_is_no_policy(tmp_path: Path) -> None:
    text = tmp_path / "text.policy"
    text.write_text("not a policy")
    damaged = tmp_path / "damaged.policy"
    save_policy(PolicyNumbers(random_weights()), damaged)
    damaged.write_bytes(damaged.read_bytes()[:-4])
    for path, message in (
        (text, "not a policy of forge train-policy"),
        (damaged, "damaged"),
        (tmp_path / "none.policy", "none.policy: No such file"),
    ):
        with pytest.raises(ForgeError, match=message):
            export(path, tmp_path / "m.onnx", rows, load_policy_exportable)
    good = tmp_path / "good.policy"
    save_policy(PolicyNumbers(random_weights()), good)
    with pytest.raises(ForgeError, match=r"int8 of this network .* valid are fp32, fp16"):
        export(good, tmp_path / "m.onnx", rows, load_policy_exportable, ["fp32", "int8"])
    assert not list(tmp_path.glob("m.*"))
