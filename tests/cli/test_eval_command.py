"""`forge eval` as users type it."""

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from forge.ml.measure import reference_protocol
from forge.ml.measure.reference_protocol import solve_seeds
from forge.ml.module import DominoLightningModule
from support.commands import Fails, Run, Works, literally
from support.played_rows import played_rows

TINY: dict[str, Any] = {"embed_dim": 24, "n_heads": 2, "n_layers": 1, "ff_dim": 16}
PLOTS = {
    "regret_by_trick",
    "regret_by_declaration",
    "value_calibration",
    "q_calibration",
    "q_error",
}


def checkpoint_at(path: Path, loss_mode: str = "qvalue") -> Path:
    torch.manual_seed(0)
    module = DominoLightningModule(**TINY, loss_mode=loss_mode)
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(
        {
            "pytorch-lightning_version": "2.6.0",
            "state_dict": module.state_dict(),
            "hyper_parameters": dict(module.hparams),
        },
        path,
    )
    return path


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tokenised folder with val and test positions."""
    folder = tmp_path_factory.mktemp("tokenized")
    samples = {}
    for seed, split in enumerate(("val", "test")):
        (folder / split).mkdir()
        for name, array in played_rows(seed=seed).batch.items():
            np.save(folder / split / f"{name}.npy", array.numpy())
            samples[split] = {"samples": len(array)}
    (folder / "manifest.yaml").write_text(yaml.safe_dump({"version": 1, "splits": samples}))
    return folder


def evaluate(forge: Run, *options: object) -> tuple[str, dict[str, Any]]:
    """Run `forge eval` on the CPU, and return what it printed and its report."""
    code, text, errors = forge("eval", "--device", "cpu", *options)
    assert (code, errors) == (0, "")
    (report,) = Path().rglob("evaluation.json")
    return text, json.loads(report.read_text())


def test_report_on_a_tokenised_folder(forge: Run, data: Path) -> None:
    path = checkpoint_at(Path("run/best.ckpt"))
    text, report = evaluate(forge, "--checkpoint", path, "--data", data)
    folder = Path("run/best-eval-val")
    assert {each.name for each in folder.iterdir()} == {
        "evaluation.json",
        "worst.txt",
        *(f"{name}.png" for name in PLOTS),
    }
    assert report["n_positions"] == 360 and report["n_deals"] == 20
    assert report["source"] == f"val split of {data}" and report["checkpoint"] == str(path)
    assert "percentile bootstrap over 20 deals" in text
    rows = {row["name"]: row for row in report["table"]}
    for name in ("q_mae", "value_mae", "q_gap"):
        assert f"{rows[name]['figure']:.3f}" in text
        assert f"{rows[name]['interval'][0]:.3f} .. {rows[name]['interval'][1]:.3f}" in text
        assert rows[name]["below"] == {"q_mae": 3.0, "value_mae": 3.0, "q_gap": 0.1}[name]
    assert f"{100 * rows['blunder_rate']['figure']:.2f} %" in text
    assert rows["q_mae"]["verdict"] == "missed"  # an untrained network
    assert sum(each["n"] for each in report["by_trick"]) == 360


def test_worst_positions_are_solved_by_the_printed_commands(forge: Run, data: Path) -> None:
    path = checkpoint_at(Path("best.ckpt"))
    text, report = evaluate(forge, "--checkpoint", path, "--data", data, "--worst", 8)
    assert len(report["worst"]) == 8
    lines = Path("best-eval-val/worst.txt").read_text().splitlines()
    commands = [line for line in lines if not line.startswith("#")]
    assert commands == [each["command"] for each in report["worst"]]
    assert commands[0] in text.splitlines()
    for line, each in zip(commands, report["worst"], strict=True):
        program, name, *options = shlex.split(line)
        assert (program, name) == ("forge", "solve")
        code, solved, _ = forge(name, *options, "--json")
        assert code == 0
        answer = json.loads(solved)
        assert answer["q"] == each["q"]
        assert answer["state"] == each["state"]
        assert answer["seat_to_act"] == each["seat"]
        assert answer["value"] == each["value"]
        assert answer["declaration"] == each["declaration"]
        best = max if each["seat"] % 2 == 0 else min
        assert best(answer["q"].values()) == each["value"]
        assert abs(answer["q"][each["chosen"]] - each["value"]) == each["regret"]


def test_policy_network(forge: Run, data: Path) -> None:
    path = checkpoint_at(Path("policy.ckpt"), "policy")
    text, report = evaluate(forge, "--checkpoint", path, "--data", data, "--split", "test")
    assert report["split"] == "test"
    assert "not defined for a policy network" in text
    assert "about 97 %" in text
    assert report["table"][0] == {
        "name": "q_mae",
        "unit": "points",
        "figure": None,
        "interval": None,
        "below": 3.0,
        "about": None,
        "verdict": "",
    }
    assert not list(Path().rglob("q_*.png")) and Path("policy-eval-test").is_dir()


def test_reference_protocol_is_the_default(
    forge: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(reference_protocol, "REFERENCE_SEEDS", {"val": range(900, 901)})
    monkeypatch.setenv("FORGE_CACHE", str(tmp_path / "cache"))
    path = checkpoint_at(Path("best.ckpt"))
    options = ("--checkpoint", path, "--out", "there", "--limit", 2000, "--no-plots")
    text, report = evaluate(forge, *options)
    assert report["n_positions"] == 2000 and report["n_deals"] == 1
    assert "reference protocol, val: seeds 900-900" in text
    assert "positions taken as independent" in text
    assert {each.name for each in Path("there").iterdir()} == {"evaluation.json", "worst.txt"}
    # Another batch size changes how often the bar moves, and nothing else.
    code, printed, _ = forge("eval", "--device", "cpu", *options, "--batch-size", 300, "--json")
    again = json.loads(printed)
    assert code == 0
    for row, other in zip(report["table"], again["table"], strict=True):
        assert other["figure"] == pytest.approx(row["figure"], rel=1e-9), row["name"]
    assert again["worst"] == report["worst"]


def test_the_documented_line(works: Works, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Verbatim; the cached protocol is one deal to save a minute."""
    checkpoint_at(tmp_path / "runs/domino/version_0/checkpoints/best.ckpt")
    path = reference_protocol.cache_path(
        "val", reference_protocol.REFERENCE_SAMPLES_PER_DEAL, tmp_path / "cache"
    )
    reference_protocol.write_cache(path, solve_seeds([900], 200))
    monkeypatch.setenv("FORGE_CACHE", str(tmp_path / "cache"))
    shown = works("eval", "--checkpoint runs/domino/version_0/checkpoints/best.ckpt")
    assert "q_gap" in shown and "200 positions" in shown
    folder = tmp_path / "runs/domino/version_0/checkpoints/best-eval-val"
    assert json.loads((folder / "evaluation.json").read_text())["n_positions"] == 200


@pytest.fixture
def refuses(fails: Fails) -> Fails:
    """`forge eval` with options that must end in one line."""
    return lambda *args: fails("eval", *literally(*args))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "--checkpoint"),
        (("--checkpoint", "nowhere/x.ckpt"), "no checkpoint at nowhere/x.ckpt"),
        (("--checkpoint", "cut.ckpt"), "cut.ckpt is not a readable checkpoint"),
        (("--checkpoint", "foreign.ckpt"), "foreign.ckpt: not a checkpoint of this network"),
        (("--checkpoint", "good.ckpt", "--split", "train"), "'val', 'test'"),
        (("--checkpoint", "good.ckpt", "--batch-size", 0), "--batch-size must be 1.."),
        (("--checkpoint", "good.ckpt", "--limit", 0), "--limit must be 1.."),
        (("--checkpoint", "good.ckpt", "--worst", -1), "--worst must be 0.."),
        (("--checkpoint", "good.ckpt", "--data", "nowhere"), "there is no file nowhere"),
        (("--checkpoint", "good.ckpt", "--data", "empty"), "the split is empty"),
        (("--checkpoint", "good.ckpt", "--device", "tpu"), "valid are auto, cpu"),
    ],
)
def test_bad_values_end_with_one_line(
    refuses: Fails, options: Sequence[object], message: str
) -> None:
    good = checkpoint_at(Path("good.ckpt"))
    Path("cut.ckpt").write_bytes(good.read_bytes()[:500])
    torch.save({"state_dict": {"weight": torch.zeros(3)}, "hyper_parameters": TINY}, "foreign.ckpt")
    Path("empty/val").mkdir(parents=True)
    for name, array in played_rows().batch.items():
        np.save(f"empty/val/{name}.npy", array.numpy()[:0])
    assert message in refuses(*options)


def test_a_folder_that_cannot_be_written(refuses: Fails, data: Path) -> None:
    checkpoint_at(Path("good.ckpt"))
    message = refuses("--checkpoint", "good.ckpt", "--data", data, "--out", "/dev/null/out")
    assert "/dev/null/out" in message
