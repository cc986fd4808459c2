"""E[Q] files as rows to learn from, and what cannot be learned from."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from forge.eq.pipeline import default_decl
from forge.eq.records import EqRecord, read_record, write_record
from forge.errors import ForgeError
from forge.learn.batches import Batch
from forge.stage2.data import DecisionSplit, EqDataModule, decision_rows
from support.records import SEEDS, small_folder, small_record, write_games

SHAPES: dict[str, tuple[torch.dtype, tuple[int, ...]]] = {
    "tokens": (torch.int8, (36, 8)),
    "legal": (torch.bool, (7,)),
    "mean": (torch.float32, (7,)),
    "noise": (torch.float32, (7,)),
    "spread": (torch.float32, (7,)),
    "targets": (torch.int64, ()),
    "tricks": (torch.int64, ()),
    "held_out": (torch.bool, ()),
}


def changed(record: EqRecord, **columns: Any) -> EqRecord:
    """A record with other columns."""
    return replace(record, decisions=record.decisions | columns)


def choices(record: EqRecord) -> list[int]:
    """The decisions that are no forced plays."""
    return [i for i, legal in enumerate(record["legal_mask"].tolist()) if sum(legal) > 1]


def noise_of(var: float, ess: float) -> float:
    """Variance of the mean of `ess` worlds; one world says nothing of its scatter."""
    return var / (ess - 1.0) if ess > 1.5 else 42.0**2


def slow_row(record: EqRecord, i: int) -> dict[str, Any]:
    """One row, number by number."""
    legal = record["legal_mask"][i].tolist()
    mean, var = record["e_q_mean"][i].tolist(), record["e_q_var"][i].tolist()
    ess, exact = float(record["ess"][i]), bool(record["complete"][i])
    best = max(m for m, ok in zip(mean, legal, strict=True) if ok)
    slots = range(7)
    return {
        "tokens": record["transcript_tokens"][i].tolist(),
        "legal": legal,
        "mean": [mean[s] if legal[s] else 0.0 for s in slots],
        "noise": [noise_of(var[s], ess) if legal[s] and not exact else 0.0 for s in slots],
        "spread": [math.sqrt(var[s]) if legal[s] else 0.0 for s in slots],
        "targets": min(s for s in slots if legal[s] and mean[s] == best),
        "tricks": int(record["decision_idx"][i]) // 4,
        "held_out": False,  # seeds 7, 8, 23
    }


def assert_rows(rows: Batch, expected: list[dict[str, Any]]) -> None:
    assert rows.keys() == SHAPES.keys()
    for name, (dtype, shape) in SHAPES.items():
        assert rows[name].dtype == dtype and rows[name].shape == (len(expected), *shape), name
        wanted = torch.tensor([row[name] for row in expected], dtype=dtype)
        torch.testing.assert_close(rows[name], wanted, atol=0.0, rtol=1e-6, msg=name)


# ---- rows ------------------------------------------------------------------------------------


def test_rows_of_games() -> None:
    record = small_record()
    kept = choices(record)
    assert 28 < len(kept) < len(record)
    assert_rows(decision_rows(record), [slow_row(record, i) for i in kept])
    exact = [i for i in kept if record["complete"][i]]
    assert 0 < len(exact) < len(kept)  # there are both kinds of labels


def test_rows_of_games_with_weights() -> None:
    """With a posterior the worlds count as fewer than there are."""
    record = small_record()
    shares = torch.linspace(0.3, 1.0, len(record))
    weighted = changed(record, ess=record["n_samples"] * shares)
    kept = choices(record)
    assert_rows(decision_rows(weighted), [slow_row(weighted, i) for i in kept])
    assert (decision_rows(weighted)["noise"] > decision_rows(record)["noise"]).any()


def test_one_game_in_ten_is_held_out_and_every_declaration_is_among_them() -> None:
    record = small_record().game(0)

    def is_held_out(seed: int) -> bool:
        rows = decision_rows(changed(record, game_idx=torch.full((28,), seed)))["held_out"]
        assert rows.all() or not rows.any()
        return bool(rows[0])

    for first in (0, 700):
        held_out = [seed for seed in range(first, first + 100) if is_held_out(seed)]
        assert [seed // 10 for seed in held_out] == list(range(first // 10, first // 10 + 10))
        assert sorted(map(default_decl, held_out)) == list(range(10))


def test_a_decision_that_is_not_to_be_learned_is_left_out() -> None:
    record = small_record()
    kept = choices(record)
    without = record["train_mask"].clone()
    without[kept[3]] = False
    rows = decision_rows(changed(record, train_mask=without))
    assert_rows(rows, [slow_row(record, i) for i in kept if i != kept[3]])
    # The file of another may have forced plays in its mask.
    every = torch.ones_like(without)
    assert len(decision_rows(changed(record, train_mask=every))["targets"]) == len(kept)


def test_ties_and_the_rubbish_of_slots_that_are_not_legal() -> None:
    record = small_record()
    legal, kept = record["legal_mask"], choices(record)
    for rubbish in (math.nan, 99.0):
        mean = torch.where(legal, 5.0, rubbish)
        rows = decision_rows(changed(record, e_q_mean=mean, e_q_var=(mean - 1.0)))
        assert rows["targets"].tolist() == [legal[i].int().argmax().item() for i in kept]
        assert torch.equal(rows["mean"], legal[kept] * 5.0)
        assert torch.equal(rows["spread"], legal[kept] * 2.0)
        assert torch.equal(rows["noise"] > 0, legal[kept] & ~record["complete"][kept, None])


def test_rounding_cannot_make_a_variance_negative() -> None:
    record = small_record()
    rows = decision_rows(changed(record, e_q_var=torch.full((len(record), 7), -1e-6)))
    assert not rows["spread"].any() and not rows["noise"].any()


# ---- splits ----------------------------------------------------------------------------------


def test_a_split_is_its_files_in_the_order_of_their_names(tmp_path: Path) -> None:
    record = small_record()
    write_games(tmp_path, record, (2, 0, 1))
    (tmp_path / "notes.txt").write_text("not a game")
    split = DecisionSplit(tmp_path)
    expected = [slow_row(record, i) for i in choices(record)]  # SEEDS ascend
    assert split.n_files == 3 and len(split) == len(expected)
    assert_rows(split.__getitems__(range(len(split))), expected)
    assert_rows(split.__getitems__([5, 0, 5]), [expected[i] for i in (5, 0, 5)])
    for name, column in split[4].items():
        assert torch.equal(column, split.columns[name][4])
    assert split.settings == {"oracle": "exact", "checkpoint_sha256": None}


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:3000])


def blank(path: Path) -> None:
    path.write_bytes(b"")


class Bomb:
    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return pytest.fail, ("something was unpickled",)


def foreign_pickle(path: Path) -> None:
    torch.save({"schema_version": "2.1", "hands": Bomb()}, path)


def other_tensors(path: Path) -> None:
    torch.save({"state_dict": {"weight": torch.zeros(3)}}, path)


def other_oracle(path: Path) -> None:
    record = read_record(path)
    write_record(path, replace(record, settings=record.settings | {"oracle": "model.ckpt"}))


def other_network(path: Path) -> None:
    record = read_record(path)
    write_record(path, replace(record, settings=record.settings | {"checkpoint_sha256": "ab12"}))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (cut, "is not a readable E.Q. file"),
        (blank, "is not a readable E.Q. file"),
        (foreign_pickle, "is not a readable E.Q. file"),
        (other_tensors, "is not an E.Q. file of schema 2.1: schema_version is None"),
        (other_oracle, "'oracle': 'model.ckpt'.*a network learns from one oracle"),
        (other_network, "'checkpoint_sha256': 'ab12'.*a network learns from one oracle"),
    ],
)
def test_files_that_spoil_a_split(
    tmp_path: Path, damage: Callable[[Path], None], message: str
) -> None:
    paths = write_games(tmp_path, small_record())
    damage(paths[1])
    with pytest.raises(ForgeError, match=message) as caught:
        DecisionSplit(tmp_path)
    assert "\n" not in str(caught.value) and str(paths[1]) in str(caught.value)


def test_splits_with_nothing_to_learn(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ForgeError, match=r"no seed_\*.pt files: make some with forge generate"):
            DecisionSplit(folder)
    record = small_record()
    nothing = torch.zeros(len(record), dtype=torch.bool)
    write_games(tmp_path, changed(record, train_mask=nothing))
    with pytest.raises(ForgeError, match="no decision there has a choice: nothing to learn"):
        DecisionSplit(tmp_path)


# ---- the data module -------------------------------------------------------------------------


def splits_of(root: Path) -> Any:
    """What the record of a run says of the data."""
    return EqDataModule(root).description["splits"]


def test_description(tmp_path: Path) -> None:
    root = small_folder(tmp_path)
    description = EqDataModule(root).description
    assert description["source"] == str(root)
    assert (description["oracle"], description["checkpoint_sha256"]) == ("exact", None)
    n_rows = [len(choices(small_record().game(game))) for game in range(3)]
    splits = splits_of(root)
    assert {name: (split["files"], split["decisions"]) for name, split in splits.items()} == {
        "train": (2, n_rows[0] + n_rows[1]),
        "val": (1, n_rows[2]),
    }
    assert splits_of(small_folder(tmp_path / "again")) == splits


@pytest.mark.parametrize("field", ["e_q_mean", "e_q_var", "ess", "transcript_tokens"])
def test_hashes_tell_when_what_is_learned_changes(tmp_path: Path, field: str) -> None:
    root = small_folder(tmp_path)
    before = splits_of(root)
    record, row = small_record(), choices(small_record())[0]
    assert not record["complete"][row]
    column = record[field].clone()
    column[row] += 1
    path = root / "train" / f"seed_{SEEDS[0]:08d}.pt"
    write_record(path, changed(record, **{field: column}).game(0))
    after = splits_of(root)
    assert after["train"]["sha256"] != before["train"]["sha256"]
    assert after["val"] == before["val"]


def test_a_file_under_another_name_is_refused(tmp_path: Path) -> None:
    root = small_folder(tmp_path)
    path = root / "train" / f"seed_{SEEDS[0]:08d}.pt"
    path.rename(path.with_name("seed_00000001.pt"))
    with pytest.raises(ForgeError, match=r"seed_00000001\.pt: it is called by seed 1, but holds"):
        splits_of(root)


def test_loaders(tmp_path: Path) -> None:
    root = small_folder(tmp_path)
    data = EqDataModule(root, batch_size=10)
    data.setup("fit")
    val = list(data.val_dataloader())
    n_val = len(choices(small_record().game(2)))
    assert [len(batch["targets"]) for batch in val] == [10] * (n_val // 10) + [n_val % 10]
    assert torch.equal(
        torch.cat([batch["mean"] for batch in val]), DecisionSplit(root / "val").columns["mean"]
    )
    train = torch.cat([batch["mean"] for batch in data.train_dataloader()])
    stored = DecisionSplit(root / "train").columns["mean"]
    assert not torch.equal(train, stored)
    assert sorted(train.tolist()) == sorted(stored.tolist())


def test_bad_folders_and_options(tmp_path: Path) -> None:
    with pytest.raises(ForgeError, match=r"no data folder at .*: make one with forge generate-eq"):
        EqDataModule(tmp_path / "nowhere").setup("fit")
    write_games(tmp_path / "train", small_record(), (0,))
    with pytest.raises(ForgeError, match=r"val: no seed_\*\.pt files"):
        EqDataModule(tmp_path).setup("fit")
    with pytest.raises(ForgeError, match="stage must be"):
        EqDataModule(tmp_path).setup("training")
    for option in ("batch_size", "num_workers", "seed"):
        wrong: dict[str, Any] = {option: -1}
        with pytest.raises(ForgeError, match=f"{option} must be at least"):
            EqDataModule(tmp_path, **wrong)
