"""Writing shards: whole or not at all, small, the same bytes each time, damage found."""

import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

from forge.errors import ForgeError
from forge.game.deal import Deal
from forge.oracle.shards.checks import verify_shard
from forge.oracle.shards.naming import ShardKey
from forge.oracle.shards.output import write_shard
from forge.oracle.shards.schema import COLUMNS
from support.claims import claimed
from support.commands import importing_tests
from support.shards import TINY_DEAL, TINY_DECL, Rows, made_up_rows, tiny_rows, write_foreign

TINY_METADATA = {"seed": "0", "decl_id": str(TINY_DECL), "hands": TINY_DEAL.text}


@pytest.fixture
def tiny_shard(tmp_path: Path) -> Path:
    """A shard of ours with a hand-made deal, so with a name that stands for none."""
    path = tmp_path / "tiny.parquet"
    write_shard(path, TINY_DEAL, TINY_DECL, 0, None, *tiny_rows().as_tuple())
    return path


def test_what_is_in_the_file(tiny_shard: Path) -> None:
    with pq.ParquetFile(tiny_shard) as file:
        assert [(f.name, str(f.type), f.nullable) for f in file.schema_arrow] == [
            (name, "int64" if name == "state" else "int8", False) for name in COLUMNS
        ]
        metadata = {key.decode(): value.decode() for key, value in file.metadata.metadata.items()}
        assert file.metadata.row_group(0).column(0).statistics.has_min_max
    assert metadata["seed"] == "0"
    assert metadata["decl_id"] == "9"
    assert metadata["hands"] == TINY_DEAL.text
    assert "opp_seed" not in metadata
    assert int(metadata["schema_version"]) >= 1
    assert metadata["forge_version"]


def test_the_same_rows_give_the_same_bytes(tiny_shard: Path, tmp_path: Path) -> None:
    states, values, q = map(torch.from_numpy, tiny_rows().as_tuple())
    write_shard(tmp_path / "again.parquet", TINY_DEAL, TINY_DECL, 0, None, states, values, q)
    assert (tmp_path / "again.parquet").read_bytes() == tiny_shard.read_bytes()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ((np.zeros(3, np.int32), np.zeros(3, np.int8), np.zeros((3, 7), np.int8)), "states must"),
        ((np.zeros(3, np.int64), np.zeros(2, np.int8), np.zeros((3, 7), np.int8)), "values must"),
        ((np.zeros(3, np.int64), np.zeros(3, np.int8), np.zeros((7, 3), np.int8)), "q must"),
    ],
)
def test_rows_of_other_shapes_are_refused(
    tmp_path: Path, rows: tuple[Any, Any, Any], message: str
) -> None:
    with pytest.raises(ForgeError, match=message):
        write_shard(tmp_path / "seed_00000000_decl_0.parquet", Deal.from_seed(0), 0, 0, None, *rows)
    assert not list(tmp_path.iterdir())


def test_a_good_shard_verifies(tiny_shard: Path) -> None:
    shard = verify_shard(tiny_shard)
    assert (shard.n_states, shard.decl) == (105_164, 9)
    assert shard.value == tiny_rows().values[tiny_rows().states == ROOT][0]


ROOT = (1 << 28) - 1 | 7 << 32 | 7 << 35 | 7 << 38


def test_any_flipped_byte_of_our_files_is_found(tiny_shard: Path) -> None:
    content = tiny_shard.read_bytes()
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    rng = np.random.default_rng(0)
    spots = {
        *rng.integers(0, len(content), 150).tolist(),
        *range(footer, len(content), 7),
        0,
        5,
        30,
    }
    for spot in sorted(spots):
        damaged = bytearray(content)
        damaged[spot] ^= 1 << int(rng.integers(8))
        tiny_shard.write_bytes(damaged)
        with pytest.raises(ForgeError):
            verify_shard(tiny_shard)


def test_any_flipped_byte_of_a_pt_file_is_found(tmp_path: Path) -> None:
    path = tmp_path / "tiny.pt"
    write_shard(path, TINY_DEAL, TINY_DECL, 0, None, *tiny_rows().as_tuple())
    assert verify_shard(path).n_states == 105_164
    content = path.read_bytes()
    rng = np.random.default_rng(0)
    for spot in rng.integers(0, len(content), 30).tolist():
        damaged = bytearray(content)
        damaged[spot] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        try:
            verify_shard(path)
        except ForgeError:
            continue
        # Unchecked bytes of a zip file (padding, dates): what is read must still be the same.
        loaded = torch.load(path, weights_only=True)
        assert torch.equal(loaded["q"], torch.from_numpy(tiny_rows().q))


def test_flipped_data_without_any_checksum_is_found_by_the_rules(tmp_path: Path) -> None:
    """In an uncompressed foreign file each byte of the pages is a value itself."""
    path = tmp_path / "tiny.parquet"
    options = {"compression": "none", "use_dictionary": False, "write_statistics": False}
    write_foreign(path, tiny_rows(), TINY_METADATA, **options)
    assert verify_shard(path).n_states == 105_164
    content = path.read_bytes()
    last_q = content.rindex(tiny_rows().q[-4:, 6].astype("<i4").tobytes())
    state = content.index(tiny_rows().states[50_000].astype("<i8").tobytes())
    for spot in (last_q, state, state + 3):
        damaged = bytearray(content)
        damaged[spot] ^= 1
        path.write_bytes(damaged)
        with pytest.raises(ForgeError, match="row"):
            verify_shard(path)


def test_a_damaged_foreign_footer_is_no_defect_of_ours(tmp_path: Path) -> None:
    """Without a checksum a flip may be harmless, but what is raised is always one line."""
    path = tmp_path / "tiny.parquet"
    write_foreign(path, tiny_rows(), TINY_METADATA)
    content = path.read_bytes()
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    rng = np.random.default_rng(0)
    n_found = 0
    for spot in rng.integers(footer, len(content), 100).tolist():
        damaged = bytearray(content)
        damaged[spot] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        try:
            verify_shard(path)
        except ForgeError as error:
            n_found += 1
            assert "\n" not in str(error)
    assert n_found > 10


def swapped_rows(rows: Rows) -> None:
    rows.states[[10, 11]] = rows.states[[11, 10]]


def wrong_value(rows: Rows) -> None:
    rows.values[777] += 1


def wrong_q(rows: Rows) -> None:
    row, slot = np.argwhere(rows.q != -128)[4321]
    rows.q[row, slot] -= 1


def legal_slot_left_out(rows: Rows) -> None:
    row, slot = np.argwhere(rows.q != -128)[-1]
    rows.q[row, slot] = -128


def illegal_slot_filled(rows: Rows) -> None:
    row, slot = np.argwhere(rows.q == -128)[-1]
    rows.q[row, slot] = 0


@pytest.mark.parametrize(
    "damage", [swapped_rows, wrong_value, wrong_q, legal_slot_left_out, illegal_slot_filled]
)
def test_a_wrong_row_is_found(tmp_path: Path, damage: Callable[[Rows], None]) -> None:
    rows = tiny_rows().taken(slice(None))
    damage(rows)
    path = tmp_path / "tiny.parquet"
    write_shard(path, TINY_DEAL, TINY_DECL, 0, None, *rows.as_tuple())
    with pytest.raises(ForgeError, match=r"wrong row\(s\), the first is row"):
        verify_shard(path)


@pytest.mark.parametrize("row", [0, 50_000, 105_163])
def test_a_missing_row_is_found(tmp_path: Path, row: int) -> None:
    rows = tiny_rows()
    kept = Rows(
        np.delete(rows.states, row), np.delete(rows.values, row), np.delete(rows.q, row, axis=0)
    )
    path = tmp_path / "tiny.parquet"
    write_shard(path, TINY_DEAL, TINY_DECL, 0, None, *kept.as_tuple())
    with pytest.raises(ForgeError, match=r"wrong row\(s\)"):
        verify_shard(path)


def test_another_deal_or_declaration_is_found(tmp_path: Path) -> None:
    path = tmp_path / "tiny.parquet"
    for deal, decl in ((Deal.from_seed(1), TINY_DECL), (TINY_DEAL, 3)):
        write_shard(path, deal, decl, 0, None, *tiny_rows().as_tuple())
        with pytest.raises(ForgeError, match=r"wrong row\(s\)"):
            verify_shard(path)


@pytest.mark.parametrize(
    ("name", "key", "message"),
    [
        ("seed_00000005_decl_9.parquet", ShardKey(4, 9), "name and metadata disagree"),
        ("seed_00000004_decl_8.parquet", ShardKey(4, 9), "name and metadata disagree"),
        ("seed_00000004_opp1_decl_9.parquet", ShardKey(4, 9, 2), "name and metadata disagree"),
        ("seed_00000004_decl_9.parquet", ShardKey(4, 9, 2), "name and metadata disagree"),
        ("seed_00000004_decl_9.parquet", ShardKey(4, 9), "'hands' is"),
        ("val/seed_00000004_decl_9.parquet", ShardKey(4, 9), "belongs to train"),
    ],
)
def test_metadata_must_agree_with_name_and_place(
    tmp_path: Path, name: str, key: ShardKey, message: str
) -> None:
    path = tmp_path / name
    write_shard(path, TINY_DEAL, key.decl, key.seed, key.opp_seed, *tiny_rows().as_tuple())
    with pytest.raises(ForgeError, match=message):
        verify_shard(path)


def test_a_shard_being_written_is_not_written_twice(tmp_path: Path) -> None:
    path = tmp_path / "seed_00000000_decl_0.parquet"
    rows = made_up_rows(10)
    with claimed(path), pytest.raises(ForgeError, match="another process"):
        write_shard(path, Deal.from_seed(0), 0, 0, None, *rows.as_tuple())


def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "train" / "seed_00000000_decl_0.parquet"
    with pytest.raises(ForgeError, match="cannot write"):
        write_shard(path, Deal.from_seed(0), 0, 0, None, *made_up_rows(10).as_tuple())


@pytest.mark.parametrize("suffix", ["parquet", "pt"])
def test_a_disk_that_fills_up(tmp_path: Path, suffix: str) -> None:
    """The limit on file sizes stands in for the disk; Python ignores SIGXFSZ, so writes fail."""
    path = tmp_path / f"seed_00000000_decl_0.{suffix}"
    path.write_bytes(b"the old one")
    rows = made_up_rows(400_000)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, hard))
    try:
        with pytest.raises(ForgeError, match=r"cannot write .*: File too large"):
            write_shard(path, Deal.from_seed(0), 0, 0, None, *rows.as_tuple())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == b"the old one"


WRITE_SLOWLY = """
import sys, time
from pathlib import Path
from forge.work import atomic
from forge.game.deal import Deal
from forge.oracle.shards.output import write_shard
from support.shards import made_up_rows

write = atomic.FileClaim.write
def slow_write(self, data):
    n_bytes = write(self, data)
    if self.tell() > 500_000:
        atomic.FileClaim.write = write  # once: pyarrow writes on while it closes after an error
        self.flush()
        print("half way", flush=True)
        time.sleep(600)
    return n_bytes
atomic.FileClaim.write = slow_write
write_shard(Path(sys.argv[1]), Deal.from_seed(0), 0, 0, None, *made_up_rows(400_000).as_tuple())
"""


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGINT])
def test_a_writer_ended_half_way_leaves_no_broken_file(tmp_path: Path, signum: int) -> None:
    path = tmp_path / "seed_00000000_decl_0.parquet"
    with subprocess.Popen(
        [sys.executable, "-c", WRITE_SLOWLY, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=importing_tests(),
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"half way\n"
        process.send_signal(signum)
        assert process.wait() != 0
    left = [file.name for file in tmp_path.iterdir()]
    assert left == ([f".{path.name}.tmp"] if signum == signal.SIGKILL else [])
    write_shard(path, Deal.from_seed(0), 0, 0, None, *made_up_rows(10).as_tuple())
    assert list(tmp_path.iterdir()) == [path]


def test_row_groups_are_ascending_and_cover_all_rows(tmp_path: Path) -> None:
    path = tmp_path / "seed_00000000_decl_0.parquet"
    rows = made_up_rows(600_000)
    write_shard(path, Deal.from_seed(0), 0, 0, None, *rows.as_tuple())
    with pq.ParquetFile(path) as file:
        groups = [file.metadata.row_group(g) for g in range(file.num_row_groups)]
        bounds = [group.column(0).statistics for group in groups]
    assert len(groups) > 1
    assert sum(group.num_rows for group in groups) == 600_000
    assert all(a.max < b.min for a, b in pairwise(bounds))
