"""The data module reads the splits as they are, and says in one line why it cannot."""

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from forge.errors import ForgeError
from forge.learn.data_module import RankSampler
from forge.ml.data import DominoDataModule, TokenizedSplit
from forge.ml.rows import ROW_SHAPES
from support.synthetic_rows import synthetic_arrays, write_split


def read(loader: torch.utils.data.DataLoader[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    batches = list(loader)
    return {name: torch.cat([batch[name] for batch in batches]) for name in batches[0]}


@pytest.mark.parametrize("num_workers", [0, 2])
def test_val_is_the_file_in_order(data_dir: Path, num_workers: int) -> None:
    data = DominoDataModule(data_dir, batch_size=16, num_workers=num_workers)
    data.setup("fit")
    loader = data.val_dataloader()
    assert [len(batch["targets"]) for batch in loader] == [16, 16, 5]
    got = read(loader)
    for name, expected in synthetic_arrays(37, seed=1).items():
        assert got[name].dtype == torch.int8
        assert torch.equal(got[name], torch.from_numpy(expected)), name


def test_train_is_shuffled_by_seed_and_epoch(data_dir: Path) -> None:
    def order(seed: int, epoch: int) -> list[int]:
        data = DominoDataModule(data_dir, batch_size=32, seed=seed)
        data.setup("fit")
        sampler = data.train_dataloader().sampler
        assert isinstance(sampler, RankSampler)
        sampler.set_epoch(epoch)
        return list(sampler)

    first = order(seed=1, epoch=0)
    assert sorted(first) == list(range(100)) != first
    assert first == order(seed=1, epoch=0)
    assert first != order(seed=1, epoch=1)
    assert first != order(seed=2, epoch=0)


def test_loaders_leave_the_global_random_state_alone(data_dir: Path) -> None:
    data = DominoDataModule(data_dir, batch_size=32, num_workers=1)
    data.setup("fit")
    before = torch.get_rng_state()
    read(data.train_dataloader())
    read(data.val_dataloader())
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("shuffle", [True, False])
def test_ranks_share_without_repeats(data_dir: Path, shuffle: bool) -> None:
    split = TokenizedSplit(data_dir / "train")
    shares = [RankSampler(split, 3, rank, shuffle, seed=0) for rank in range(3)]
    rows = [row for share in shares for row in share]
    assert [len(list(share)) for share in shares] == [len(share) for share in shares]
    assert len(set(rows)) == len(rows)
    # Training drops the remainder so that all processes step alike; evaluation reads every row.
    assert len(rows) == (99 if shuffle else 100)


def test_stages_open_what_they_need(data_dir: Path) -> None:
    for path in (data_dir / "test").iterdir():
        path.unlink()
    data = DominoDataModule(data_dir)
    data.setup("fit")
    assert sorted(data.splits) == ["train", "val"]
    assert data.manifest["version"] == 1
    with pytest.raises(ForgeError, match=r"tokens\.npy: missing"):
        data.setup("test")
    with pytest.raises(ForgeError, match="stage must be"):
        data.setup("training")


def test_spawned_workers_do_not_copy_the_arrays(data_dir: Path) -> None:
    split = TokenizedSplit(data_dir / "train")
    packed = pickle.dumps(split)
    assert len(packed) < 1000
    again = pickle.loads(packed)
    assert torch.equal(again[7]["tokens"], split[7]["tokens"])


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5])


def cut_header(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:20])


def blank(path: Path) -> None:
    path.write_bytes(b"")


def shorten(path: Path) -> None:
    np.save(path, np.load(path)[:-1])


def widen(path: Path) -> None:
    np.save(path, np.load(path).astype(np.int16))


def turn(path: Path) -> None:
    np.save(path, np.load(path)[..., None])


def archive(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, array=np.zeros(3))


class Bomb:
    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return pytest.fail, ("something was unpickled",)


def pickled(path: Path) -> None:
    path.write_bytes(pickle.dumps(Bomb()))


def object_array(path: Path) -> None:
    np.save(path, np.array([Bomb()] * 37, dtype=object), allow_pickle=True)


@pytest.mark.parametrize("name", ["tokens", "targets", "qvals"])
@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (Path.unlink, "missing, expected an int8"),
        (cut, "truncated"),
        (cut_header, "truncated"),
        (blank, "truncated"),
        (pickled, "not a .npy array"),
        (object_array, "not a .npy array"),
        (archive, "an archive"),
        (shorten, "different numbers of rows"),
        (widen, "expected int8 .* got int16"),
        (turn, "expected int8"),
    ],
)
def test_damaged_arrays(
    data_dir: Path, name: str, damage: Callable[[Path], None], message: str
) -> None:
    damage(data_dir / "val" / f"{name}.npy")
    with pytest.raises(ForgeError, match=message) as caught:
        DominoDataModule(data_dir).setup("fit")
    assert "\n" not in str(caught.value)
    assert "val" in str(caught.value)


def test_empty_split(tmp_path: Path) -> None:
    arrays = {name: np.zeros((0, *shape), np.int8) for name, shape in ROW_SHAPES.items()}
    write_split(tmp_path / "test", arrays)
    with pytest.raises(ForgeError, match=r"the split is empty \(0 samples\)"):
        DominoDataModule(tmp_path).setup("test")


@pytest.mark.parametrize(
    ("name", "index", "value", "message"),
    [
        ("tokens", (3, 5, 0), 7, r"tokens feature 0 must lie in 0\.\.6, found 0\.\.7"),
        ("tokens", (3, 5, 9), -1, "tokens feature 9"),
        ("players", 3, 4, "players must lie in"),
        ("masks", (3, 0), 0, "masks of the context token"),
        ("legal", 3, 0, "may not be played"),
        ("values", 3, 43, "values must lie in"),
        ("targets", 3, 7, "targets must lie in"),
    ],
)
def test_values_no_tokeniser_writes(
    data_dir: Path, name: str, index: int | tuple[int, ...], value: int, message: str
) -> None:
    path = data_dir / "val" / f"{name}.npy"
    array = np.load(path)
    array[index] = value
    np.save(path, array)
    with pytest.raises(ForgeError, match=message):
        DominoDataModule(data_dir).setup("validate")


def test_manifest(data_dir: Path) -> None:
    manifest = data_dir / "manifest.yaml"
    manifest.write_text("splits: {val: {samples: 38}}")
    with pytest.raises(ForgeError, match=r"37 samples, but manifest\.yaml says 38"):
        DominoDataModule(data_dir).setup("validate")
    manifest.write_text("splits: [")
    with pytest.raises(ForgeError, match="not readable as YAML"):
        DominoDataModule(data_dir).setup("validate")
    manifest.write_text("!!python/object/apply:pytest.fail [unpickled]")
    with pytest.raises(ForgeError, match="not readable as YAML"):
        DominoDataModule(data_dir).setup("validate")
    manifest.write_text("- 1")
    with pytest.raises(ForgeError, match="expected a YAML mapping, got list"):
        DominoDataModule(data_dir).setup("validate")
    manifest.unlink()
    DominoDataModule(data_dir).setup("validate")


def test_bad_options(tmp_path: Path) -> None:
    with pytest.raises(ForgeError, match="batch_size must be at least 1, got 0"):
        DominoDataModule(tmp_path, batch_size=0)
    with pytest.raises(ForgeError, match="no data folder"):
        DominoDataModule(tmp_path / "nowhere").setup()
    with pytest.raises(ForgeError, match="has no deals for train"):
        DominoDataModule(tmp_path).setup()
