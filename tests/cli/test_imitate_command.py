"""Stage 2 networks that imitate a player, as users type it."""

from pathlib import Path

import pytest
import torch
import yaml

from forge.learn.onnx.agreement import open_session
from forge.policy.played_hands import hands_path, teacher_of
from forge.stage2.module import EqLightningModule
from forge.stage2.played import hand_rows
from support.commands import Fails, Works
from support.records import small_folder

pytestmark = pytest.mark.usefixtures("one_thread")


def test_train_play_and_export(
    works: Works, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From hands to a checkpoint that plays in the arena and an export that has its logits."""
    monkeypatch.chdir(tmp_path)
    works("play-hands", "--worlds 1 --hands 1 --bid 30 --output hands")
    assert teacher_of(hands_path(Path("hands"), 1, 0)) == "n=1,bid=30"
    small_folder(Path("games"))
    sizes = "--embed-dim 24 --n-layers 1 --ff-dim 32"
    works("train-eq", f"--data games --imitate --hands hands {sizes} --epochs 1 --batch-size 512")
    checkpoint = next(Path("runs").rglob("last.ckpt"))
    record = yaml.safe_load(checkpoint.with_suffix(".yaml").read_text())
    assert record["data"]["hands"] == "hands"
    assert record["data"]["splits"]["train"]["of_hands"] > 10_000
    assert "val/chance_lost" in record["metrics"]
    works("arena", f"stage2:{checkpoint} random --games 2 --seed 1")
    works("export", f"--checkpoint {checkpoint} --onnx m.onnx --data games")
    tokens = hand_rows("hands", held_out=True)["tokens"][:50]
    session = open_session(Path("m.onnx").read_bytes())
    assert [each.name for each in session.get_outputs()] == ["mean", "error", "spread", "logits"]
    (found,) = session.run(["logits"], {"tokens": tokens.numpy()})
    module = EqLightningModule.load_from_checkpoint(checkpoint).eval()
    with torch.inference_mode():
        _, logits = module.model.with_logits(tokens)
    assert logits is not None
    assert found == pytest.approx(logits.numpy(), abs=1e-4)


def test_what_does_not_fit(fails: Fails, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    small_folder(Path("games"))
    assert "--imitate with --hands" in fails("train-eq", "--data games --hands hands")
    assert "nobody to imitate" in fails("train-eq", "--data games --imitate")
    assert "hands: no files" in fails("train-eq", "--data games --imitate --hands hands")
    assert "--bid must be 30..42 or 84" in fails("play-hands", "--bid 29 --output hands")
    assert not Path("hands").exists() and not list(Path().glob("runs/eq/*"))
