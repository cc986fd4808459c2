"""Loading shards of ours and of others, and looking up one state."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from forge.errors import ForgeError
from forge.game.deal import Deal
from forge.oracle.shards import schema
from forge.oracle.shards.output import ROW_GROUP_STATES, write_shard
from forge.oracle.shards.schema import Shard, load_shard, lookup, read_metadata
from support.shards import Rows, made_up_rows, write_foreign

STANDARD = "seed_00000158_decl_6.parquet"
MARGINALIZED = "seed_00000158_opp2_decl_6.parquet"


def assert_same_rows(shard: Shard, rows: Rows) -> None:
    assert np.array_equal(shard.states, rows.states)
    assert np.array_equal(shard.V, rows.values)
    assert np.array_equal(shard.q, rows.q)
    assert [each.dtype.name for each in (shard.states, shard.V, shard.q)] == [
        "int64",
        "int8",
        "int8",
    ]


@pytest.mark.parametrize("suffix", ["parquet", "pt"])
@pytest.mark.parametrize("n_states", [0, 1, 1000, 2 * ROW_GROUP_STATES + 7])
def test_round_trip(tmp_path: Path, suffix: str, n_states: int) -> None:
    rows = made_up_rows(n_states)
    path = tmp_path / f"seed_00000003_opp4_decl_8.{suffix}"
    deal = Deal.marginalized(3, 4)
    n_bytes = write_shard(path, deal, 8, 3, 4, *rows.as_tuple())
    assert path.stat().st_size == n_bytes
    shard = load_shard(path)
    assert_same_rows(shard, rows)
    assert (shard.seed, shard.decl_id, shard.opp_seed, shard.deal) == (3, 8, 4, deal)
    metadata = read_metadata(path)
    assert metadata.n_states == n_states == len(shard)
    assert metadata.schema_version == schema.SCHEMA_VERSION
    assert metadata == shard.metadata


@pytest.mark.parametrize("suffix", ["parquet", "pt"])
def test_lookup_finds_every_kind_of_row_and_nothing_else(tmp_path: Path, suffix: str) -> None:
    rows = made_up_rows(2 * ROW_GROUP_STATES + 7)
    path = tmp_path / f"seed_00000003_decl_8.{suffix}"
    write_shard(path, Deal.from_seed(3), 8, 3, None, *rows.as_tuple())
    edges = [0, 1, ROW_GROUP_STATES - 1, ROW_GROUP_STATES, 2 * ROW_GROUP_STATES, len(rows.states)]
    for row in {*range(0, len(rows.states), 100_003), *(edge - 1 for edge in edges[1:]), *edges}:
        if row < len(rows.states):
            expected = int(rows.values[row]), tuple(rows.q[row].tolist())
            assert lookup(path, int(rows.states[row])) == expected
    gap = int(rows.states[np.flatnonzero(np.diff(rows.states) > 1)[5]]) + 1
    for absent in (-1, 0, gap, int(rows.states[-1]) + 1, 1 << 50):
        with pytest.raises(ForgeError, match="not reachable"):
            lookup(path, absent)


def test_lookup_reads_one_row_group_only(tmp_path: Path) -> None:
    rows = made_up_rows(3 * ROW_GROUP_STATES)
    path = tmp_path / "seed_00000003_decl_8.parquet"
    write_shard(path, Deal.from_seed(3), 8, 3, None, *rows.as_tuple())
    with pq.ParquetFile(path) as file:
        starts = [file.metadata.row_group(g).column(0).data_page_offset for g in range(3)]
    content = bytearray(path.read_bytes())
    content[starts[0] : starts[1]] = bytes(starts[1] - starts[0])  # what is not read can't hurt
    path.write_bytes(content)
    for row in (ROW_GROUP_STATES, 2 * ROW_GROUP_STATES + 5):
        assert lookup(path, int(rows.states[row]))[0] == rows.values[row]
    with pytest.raises(ForgeError, match="not a readable Parquet file"):
        lookup(path, int(rows.states[0]))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"compression": "snappy", "row_group_size": 700},
        {"write_statistics": False, "row_group_size": 700, "use_dictionary": False},
        {"version": "1.0", "data_page_version": "2.0", "compression": "none"},
    ],
)
def test_files_of_other_makers(tmp_path: Path, options: dict[str, Any]) -> None:
    rows = made_up_rows(5000)
    path = tmp_path / STANDARD
    write_foreign(path, rows, **options)
    shard = load_shard(path)
    assert_same_rows(shard, rows)
    assert (shard.seed, shard.decl_id, shard.opp_seed) == (158, 6, None)
    assert shard.deal == Deal.from_seed(158)
    for row in (0, 699, 700, 2500, 4999):
        assert lookup(path, int(rows.states[row])) == (
            rows.values[row],
            tuple(rows.q[row].tolist()),
        )


def test_columns_may_come_in_any_order_with_others_between(tmp_path: Path) -> None:
    rows = made_up_rows(100)
    write_foreign(tmp_path / STANDARD, rows)
    table = pq.read_table(tmp_path / STANDARD)
    shuffled = table.select(table.column_names[::-1]).add_column(3, "note", pa.array(["x"] * 100))
    pq.write_table(shuffled, tmp_path / STANDARD)
    assert_same_rows(load_shard(tmp_path / STANDARD), rows)
    assert lookup(tmp_path / STANDARD, int(rows.states[7]))[0] == rows.values[7]


@pytest.mark.parametrize("name", [MARGINALIZED, "renamed.parquet"])
def test_a_deal_that_the_file_does_not_tell_is_never_guessed(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    write_foreign(path, made_up_rows(100))
    shard = load_shard(path)
    assert shard.opp_seed == (2 if name == MARGINALIZED else None)
    with pytest.raises(ForgeError, match="cannot be recovered"):
        _ = shard.deal
    deal = Deal.marginalized(158, 77)
    assert load_shard(path, deal=deal).deal == deal


def test_a_given_deal_must_agree_with_the_stored_one(tmp_path: Path) -> None:
    path = tmp_path / "renamed.parquet"
    write_shard(path, Deal.from_seed(3), 8, 3, None, *made_up_rows(10).as_tuple())
    assert load_shard(path).deal == load_shard(path, Deal.from_seed(3)).deal == Deal.from_seed(3)
    with pytest.raises(ForgeError, match="holds the deal"):
        load_shard(path, Deal.from_seed(4))


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"decl_id": "6"}, "no 'seed'"),
        ({"seed": "158"}, "no 'decl_id'"),
        ({"seed": "0x9e", "decl_id": "6"}, "decimal"),
        ({"seed": "-1", "decl_id": "6"}, "decimal"),
        ({"seed": "158", "decl_id": "10"}, r"0\.\.9"),
    ],
)
def test_metadata_that_make_no_sense(
    tmp_path: Path, metadata: dict[str, str], message: str
) -> None:
    write_foreign(tmp_path / STANDARD, made_up_rows(10), metadata)
    for read in (load_shard, read_metadata):
        with pytest.raises(ForgeError, match=message):
            read(tmp_path / STANDARD)


def test_hands_that_make_no_sense(tmp_path: Path) -> None:
    metadata = {"seed": "158", "decl_id": "6", "hands": "6-6 / 6-5 / 6-4 / 6-3"}
    write_foreign(tmp_path / STANDARD, made_up_rows(10), metadata)
    with pytest.raises(ForgeError, match="damaged: its 'hands'"):
        _ = load_shard(tmp_path / STANDARD).deal


def test_a_table_with_other_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / STANDARD
    pq.write_table(pa.table({"seed": [1], "points_0": [[1, 2]]}), path)
    with pytest.raises(ForgeError, match=r"columns state int64, V int8, q0\.\.q6 int8"):
        load_shard(path)
    write_foreign(path, made_up_rows(10))
    table = pq.read_table(path)
    pq.write_table(table.set_column(1, "V", table["V"].cast(pa.int16())), path)
    with pytest.raises(ForgeError, match="V int16"):
        lookup(path, 0)


def test_empty_cells_are_refused(tmp_path: Path) -> None:
    path = tmp_path / STANDARD
    write_foreign(path, made_up_rows(3))
    table = pq.read_table(path)
    holes = pa.array([1, None, 2], pa.int8())
    pq.write_table(table.set_column(1, "V", holes), path)
    with pytest.raises(ForgeError, match="empty cells"):
        load_shard(path)


@pytest.mark.parametrize("suffix", ["parquet", "pt"])
def test_truncated_foreign_and_absent_files(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"seed_00000003_decl_8.{suffix}"
    write_shard(path, Deal.from_seed(3), 8, 3, None, *made_up_rows(5000).as_tuple())
    content = path.read_bytes()
    readers = (load_shard, read_metadata, lambda file: lookup(file, 1))
    for broken in (b"", b"PAR1", b"hello world\n" * 50, content[:-1], content[: len(content) // 2]):
        path.write_bytes(broken)
        for read in readers:
            with pytest.raises(ForgeError, match="readable") as caught:
                read(path)
            assert "\n" not in str(caught.value)
    path.unlink()
    for read in readers:
        with pytest.raises(ForgeError, match="no file"):
            read(path)


@pytest.mark.parametrize(
    "content",
    [
        torch.zeros(3),
        {"states": torch.zeros(3)},
        {
            "states": torch.zeros(3, dtype=torch.int64),
            "V": torch.zeros(3, dtype=torch.int8),
            "q": torch.zeros(3, dtype=torch.int8),
            "metadata": {"seed": "0", "decl_id": "0"},
        },
        {
            "states": torch.zeros(3, dtype=torch.int64),
            "V": torch.zeros(2, dtype=torch.int8),
            "q": torch.zeros((3, 7), dtype=torch.int8),
            "metadata": {"seed": "0", "decl_id": "0"},
        },
    ],
)
def test_other_pt_files_are_refused(tmp_path: Path, content: object) -> None:
    path = tmp_path / "seed_00000000_decl_0.pt"
    torch.save(content, path)
    with pytest.raises(ForgeError, match=r"not an oracle shard"):
        load_shard(path)


def test_unpack_states_is_part_of_the_schema() -> None:
    fields = schema.unpack_states([schema.INITIAL_STATE])
    assert fields["hands"].tolist() == [[127, 127, 127, 127]]
    assert fields["leader"].tolist() == [0]
