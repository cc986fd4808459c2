"""What tokenised data hold: the right rows of the right deal, with the right numbers."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pytest
import torch
import yaml

from forge.errors import ForgeError
from forge.ml.data import DominoDataModule
from forge.ml.rows import ROW_SHAPES, sampled_rows
from forge.ml.tokenize import Report, Settings, get_split, tokenize
from forge.ml.tokenized.sources import (
    SeedSource,
    ShardSource,
    Source,
    seed_sources,
    shard_sources,
    take_in_turn,
)
from forge.oracle.shards.naming import ShardKey
from forge.oracle.shards.output import write_shard
from forge.oracle.shards.schema import load_rows, load_shard, read_metadata
from forge.oracle.tablebase import Tablebase
from forge.work.seed_files import SPLITS
from reference import game, packing, rules, tokens
from reference.minimax import ILLEGAL, Solver
from reference.rules import ALL_DOMINOES
from support.shards import SMALL_KEYS, TINY_DEAL, TINY_DECL, Rows, tiny_rows, write_foreign
from support.tiny_shards import (
    Arrays,
    arrays_of,
    data_files,
    tiny_key,
    write_tiny,
    write_tiny_shards,
)

SMALL = SMALL_KEYS["train"]
SMALL_MARGINALIZED = ShardKey(388, 8, opp_seed=1)  # 3,492,657 states
REFERENCE_DEAL = tuple(tuple(ALL_DOMINOES[domino] for domino in hand) for hand in TINY_DEAL.hands)
N_SAMPLES = 400
Kind = Literal["shards", "seeds"]


def settings(source: Kind = "shards", n_samples: int = N_SAMPLES) -> Settings:
    return Settings(source, samples_per_shard=n_samples)


def run(
    sources: Sequence[Source], output: Path, n_samples: int = N_SAMPLES, source: Kind = "shards"
) -> Report:
    return tokenize(sources, output, settings(source, n_samples), f"{source} of a test")


def drawn_rows(
    seed: int, n_samples: int = N_SAMPLES, global_seed: int = 42
) -> npt.NDArray[np.int64]:
    """Rows of a tiny shard as the format says, terminal ones dropped after drawing."""
    rng = np.random.default_rng((global_seed, seed, TINY_DECL))
    drawn = rng.choice(len(tiny_rows().states), size=n_samples, replace=False)
    rows: npt.NDArray[np.int64] = drawn[(tiny_rows().q[drawn] != -128).any(axis=1)]
    return rows


# --- sampling ---


def test_the_rows_drawn_are_fixed_for_ever() -> None:
    golden = [17236, 4961, 50496, 22359, 87510, 50042]
    assert sampled_rows(42, 3, 9, 105_164, 6).tolist() == golden
    assert sorted(sampled_rows(42, 3, 9, 5, 50_000).tolist()) == [0, 1, 2, 3, 4]


def test_splits_go_by_seed() -> None:
    assert [get_split(seed) for seed in (0, 899, 900, 949, 950, 1999, 2000)] == [
        *("train", "train", "val", "val", "test", "test", "train")
    ]


# --- arrays ---


@pytest.fixture(scope="module")
def tiny_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tiny")
    report = run(shard_sources(write_tiny_shards(root / "shards")), root / "data")
    assert report.n_tokenized == 5
    return root / "data"


@pytest.mark.parametrize(("split", "seeds"), [("train", (3, 7, 1005)), ("val", (901,))])
def test_rows_are_the_drawn_ones_in_order(
    tiny_data: Path, split: str, seeds: tuple[int, ...]
) -> None:
    rows = np.concatenate([drawn_rows(seed) for seed in seeds])
    arrays = arrays_of(tiny_data / split)
    assert {name: array.shape for name, array in arrays.items()} == {
        name: (len(rows), *shape) for name, shape in ROW_SHAPES.items()
    }
    assert {array.dtype for array in arrays.values()} == {np.dtype(np.int8)}
    np.testing.assert_array_equal(arrays["qvals"], tiny_rows().q[rows])
    np.testing.assert_array_equal(arrays["values"], tiny_rows().values[rows])
    np.testing.assert_array_equal(arrays["legal"], tiny_rows().q[rows] != -128)


def test_terminal_states_are_drawn_but_not_kept(tmp_path: Path) -> None:
    """All rows of a small shard are drawn; a handful of them are the end of the hand."""
    run(shard_sources(write_tiny_shards(tmp_path / "shards", [3])), tmp_path / "data", 200_000)
    n_states = len(tiny_rows().states)
    rows = drawn_rows(3, n_states)
    assert n_states - 4 <= len(rows) < n_states
    arrays = arrays_of(tmp_path / "data" / "train")
    np.testing.assert_array_equal(arrays["qvals"], tiny_rows().q[rows])
    assert arrays["legal"].any(axis=1).all()


def test_every_row_agrees_with_the_reference(tiny_data: Path) -> None:
    arrays = arrays_of(tiny_data / "val")
    solver = Solver(REFERENCE_DEAL, TINY_DECL)
    n_solved = n_ties = 0
    for i, packed in enumerate(tiny_rows().states[drawn_rows(901)].tolist()):
        block, mask = tokens.tokenize(REFERENCE_DEAL, TINY_DECL, packed)
        assert arrays["tokens"][i].tolist() == block
        assert arrays["masks"][i].tolist() == mask
        player = packing.unpack(packed).seat_to_act
        assert (arrays["players"][i], arrays["teams"][i]) == (player, rules.team(player))
        slots = game.legal_slots(REFERENCE_DEAL, TINY_DECL, packed)
        assert np.flatnonzero(arrays["legal"][i]).tolist() == slots
        if sum(map(len, packing.unpack(packed).hands)) > 9:
            continue
        q = solver.q(packed)
        assert arrays["qvals"][i].tolist() == q
        best = (max if player % 2 == 0 else min)(value for value in q if value != ILLEGAL)
        assert arrays["values"][i] == best
        assert arrays["targets"][i] == q.index(best)
        n_solved += 1
        n_ties += q.count(best) > 1
    assert n_solved > 30
    assert n_ties > 5


def test_files_are_what_numpy_saves(tiny_data: Path, tmp_path: Path) -> None:
    for name, array in arrays_of(tiny_data / "train").items():
        np.save(tmp_path / "again.npy", array)
        saved = (tmp_path / "again.npy").read_bytes()
        assert (tiny_data / "train" / f"{name}.npy").read_bytes() == saved


def test_the_manifest(tiny_data: Path) -> None:
    from forge import __version__

    manifest = yaml.safe_load((tiny_data / "manifest.yaml").read_text())
    assert manifest["version"] == 1
    assert manifest["generator"] == f"crystal-forge {__version__} tokenize"
    assert manifest["source"] == "shards of a test"
    assert (manifest["global_seed"], manifest["samples_per_shard"]) == (42, N_SAMPLES)
    assert manifest["created"].endswith("+00:00")
    for split in SPLITS:
        about = manifest["splits"][split]
        arrays = [(tiny_data / split / f"{name}.npy").read_bytes() for name in ROW_SHAPES]
        assert about["samples"] == len(arrays_of(tiny_data / split)["targets"])
        assert about["files"] == (3 if split == "train" else 1)
        assert about["sha256"] == hashlib.sha256(b"".join(arrays)).hexdigest()


def test_the_data_module_takes_it(tiny_data: Path) -> None:
    data = DominoDataModule(tiny_data, batch_size=100)
    data.setup()
    batch = next(iter(data.val_dataloader()))
    assert torch.equal(batch["qvals"], torch.from_numpy(tiny_rows().q[drawn_rows(901)[:100]]))


def test_a_split_without_deals_gets_no_folder(tmp_path: Path) -> None:
    run(shard_sources(write_tiny_shards(tmp_path / "shards", [3])), tmp_path / "data")
    assert {path.name for path in (tmp_path / "data").iterdir()} == {
        *("manifest.yaml", "train", ".tokenize.lock")
    }


def test_order_and_place_of_the_files_do_not_matter(tiny_data: Path, tmp_path: Path) -> None:
    for seed in (960, 1005, 901, 7, 3):  # the other way round, and all in one folder
        write_tiny(tmp_path / "flat" / tiny_key(seed).file_name(), seed)
    run(shard_sources(tmp_path / "flat"), tmp_path / "data")
    assert data_files(tmp_path / "data") == data_files(tiny_data)


def test_batches_do_not_show_in_the_data(
    tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forge.ml.tokenized.sources.BATCH_ROWS", 37)
    shards = write_tiny_shards(tmp_path / "shards")
    run(shard_sources(shards), tmp_path / "data")
    assert data_files(tmp_path / "data") == data_files(tiny_data)


# --- where the deal comes from ---


def same_arrays(one: Arrays, other: Arrays) -> bool:
    return all(np.array_equal(one[name], other[name]) for name in ROW_SHAPES)


@pytest.mark.parametrize("key", [SMALL, SMALL_MARGINALIZED], ids=lambda key: key.file_name())
def test_seeds_give_the_same_arrays_as_shards(tmp_path: Path, key: ShardKey) -> None:
    table = Tablebase.solve(key.deal(), key.decl)
    columns = (table.states, table.values, table.q_values)
    for suffix in ("parquet", "pt"):
        path = key.path(tmp_path / suffix, suffix)
        write_shard(path, key.deal(), key.decl, key.seed, key.opp_seed, *columns)
        run(shard_sources(tmp_path / suffix), tmp_path / f"from-{suffix}", 3000)
    seeds = [SeedSource(key, torch.device("cpu"))]
    run(seeds, tmp_path / "from-seeds", 3000, "seeds")
    arrays = arrays_of(tmp_path / "from-seeds" / key.split)
    assert len(arrays["targets"]) > 2900
    assert same_arrays(arrays, arrays_of(tmp_path / "from-parquet" / key.split))
    assert same_arrays(arrays, arrays_of(tmp_path / "from-pt" / key.split))
    dealt = [domino for hand in key.deal().hands for domino in hand]
    pips = [list(ALL_DOMINOES[domino]) for domino in dealt]
    assert (arrays["tokens"][:, 1:29, :2] == pips).all()


def test_a_foreign_standard_shard_is_dealt_from_its_seed(tmp_path: Path) -> None:
    table = Tablebase.solve(SMALL.deal(), SMALL.decl)
    rows = Rows(table.states.numpy(), table.values.numpy(), table.q_values.numpy())
    metadata = {"seed": str(SMALL.seed), "decl_id": str(SMALL.decl)}
    write_foreign(tmp_path / "shards" / SMALL.file_name(), rows, metadata)
    run(shard_sources(tmp_path / "shards"), tmp_path / "data", 3000)
    run([SeedSource(SMALL, torch.device("cpu"))], tmp_path / "seeds", 3000, "seeds")
    arrays = arrays_of(tmp_path / "data" / "train")
    assert same_arrays(arrays, arrays_of(tmp_path / "seeds" / "train"))


def test_the_deal_of_a_marginalised_shard_is_the_one_stored(tmp_path: Path) -> None:
    """Not the one its name stands for elsewhere."""
    write_tiny(tiny_key(3, 2).path(tmp_path / "shards"), 3, 2)
    run(shard_sources(tmp_path / "shards"), tmp_path / "data")
    arrays = arrays_of(tmp_path / "data" / "train")
    packed = int(tiny_rows().states[drawn_rows(3)[0]])
    assert arrays["tokens"][0].tolist() == tokens.tokenize(REFERENCE_DEAL, TINY_DECL, packed)[0]


def test_a_foreign_marginalised_shard_is_refused(tmp_path: Path) -> None:
    path = tiny_key(3, 2).path(tmp_path)
    write_foreign(path, tiny_rows(), {"seed": "3", "decl_id": "9"})
    with pytest.raises(ForgeError, match=r"deal of .*opp2_decl_9.parquet cannot be recovered"):
        shard_sources(tmp_path)


def test_rows_of_another_deal_are_refused(tmp_path: Path) -> None:
    path = tiny_key(3).path(tmp_path / "shards")
    write_foreign(path, tiny_rows(), {"seed": "3", "decl_id": "9"})  # seed 3 deals other hands
    with pytest.raises(ForgeError, match=r"seed_00000003_decl_9.parquet .* holds another deal"):
        run(shard_sources(tmp_path / "shards"), tmp_path / "data")
    assert not (tmp_path / "data" / "train").exists()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda rows: rows.values.__setitem__(slice(None), 1), "V that is not its best q"),
        (lambda rows: rows.q.__setitem__(rows.q > 14, 43), r"q outside -42\.\.42"),
    ],
)
def test_values_that_cannot_be_are_refused(
    tmp_path: Path, damage: Callable[[Rows], None], message: str
) -> None:
    rows = tiny_rows().taken(slice(None))
    damage(rows)
    path = tmp_path / "shards" / tiny_key(3).file_name()
    metadata = {"seed": "3", "decl_id": "9", "hands": TINY_DEAL.text}
    write_foreign(path, rows, metadata)
    with pytest.raises(ForgeError, match=message):
        run(shard_sources(tmp_path / "shards"), tmp_path / "data")


def test_rows_that_do_not_ascend_are_refused(tmp_path: Path) -> None:
    rows = tiny_rows().taken(slice(None, None, -1))
    metadata = {"seed": "3", "decl_id": "9", "hands": TINY_DEAL.text}
    write_foreign(tmp_path / "shards" / tiny_key(3).file_name(), rows, metadata)
    with pytest.raises(ForgeError, match="must ascend by state"):
        run(shard_sources(tmp_path / "shards"), tmp_path / "data")


def test_name_and_metadata_must_agree(tmp_path: Path) -> None:
    write_tiny(tmp_path / tiny_key(4).file_name(), 3)
    with pytest.raises(ForgeError, match="name and metadata disagree"):
        ShardSource.open(tmp_path / tiny_key(4).file_name())


def test_one_deal_in_two_files_is_refused(tmp_path: Path) -> None:
    write_tiny(tmp_path / "a" / tiny_key(3).file_name(), 3)
    write_tiny(tmp_path / "b" / tiny_key(3).file_name("pt"), 3)
    with pytest.raises(ForgeError, match="shards of the same deal: keep one"):
        shard_sources(tmp_path)


def test_some_rows_of_a_shard(tmp_path: Path) -> None:
    """In the order asked for, whichever row groups they lie in."""
    foreign = {"seed": "3", "decl_id": "9", "hands": TINY_DEAL.text}
    paths = [tmp_path / tiny_key(3).file_name(), tmp_path / "pt" / tiny_key(3).file_name("pt")]
    write_foreign(paths[0], tiny_rows(), foreign, row_group_size=1000)
    write_tiny(paths[1], 3)
    rows = np.array([104_000, 5, 0, 105_163, 1000, 999, 7_500])
    for path in paths:
        whole, some = load_shard(path), load_rows(read_metadata(path), rows)
        np.testing.assert_array_equal(some.states, whole.states[rows])
        np.testing.assert_array_equal(some.V, whole.V[rows])
        np.testing.assert_array_equal(some.q, whole.q[rows])
        assert len(load_rows(read_metadata(path), rows[:0])) == 0
        with pytest.raises(ForgeError, match=r"has rows 0\.\.105163"):
            load_rows(read_metadata(path), np.array([0, 105_164]))


# --- which deals ---


def test_the_deals_of_seeds() -> None:
    cpu = torch.device("cpu")
    assert [source.key for source in seed_sources(range(9, 12), "seed", None, cpu)] == [
        *(ShardKey(9, 9), ShardKey(10, 0), ShardKey(11, 1))
    ]
    both = seed_sources(range(2), "all", 2, cpu)
    assert {source.key for source in both} == {
        ShardKey(seed, decl, opp) for seed in range(2) for opp in range(2) for decl in range(10)
    }
    assert len(both) == 40


def test_a_few_deals_are_of_all_splits() -> None:
    sources = seed_sources(range(890, 960), "seed", None, torch.device("cpu"))
    seeds = [source.key.seed for source in take_in_turn(sources, 5)]
    assert seeds == [890, 891, 900, 901, 950]
    assert take_in_turn(sources, 1000) == sources
