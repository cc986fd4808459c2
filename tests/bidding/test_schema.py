"""The bidding file and the loop that fills a folder with it."""

import os
import signal
from itertools import count
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from forge.bidding.continuous import Evaluated, evaluate_seed, evaluate_seeds
from forge.bidding.hand import BIDDING_DECLS, hand_of_seed, hand_text
from forge.bidding.schema import (
    SCHEMA,
    SUFFIX,
    BiddingResult,
    read_results,
    result_bytes,
    write_result,
)
from forge.bidding.simulate import Simulator
from forge.errors import ForgeError
from forge.stats.intervals import wilson
from forge.work.atomic import FileClaim
from forge.work.seed_files import seed_path


def result(seed: int = 5, n: int = 8) -> BiddingResult:
    """Points that were never played."""
    rng = np.random.default_rng(seed)
    points = rng.integers(0, 43, size=(9, n)).astype(np.int8)
    return BiddingResult(seed, hand_of_seed(seed), points, "model.ckpt", "2026-01-02T03:04:05", "9")


def test_a_file_has_the_columns_that_were_agreed(tmp_path: Path) -> None:
    path, wanted = tmp_path / "a.parquet", result()
    write_result(path, wanted)
    table = pq.read_table(path)
    assert table.num_rows == 1 and table.num_columns == 365
    assert table.schema.field("seed").type == pa.int64()
    assert table.schema.field("n_samples").type == pa.int32()
    row = table.to_pylist()[0]
    assert row["hand"] == hand_text(hand_of_seed(5)) and row["model_checkpoint"] == "model.ckpt"
    for d, decl in enumerate((0, 1, 2, 3, 4, 5, 6, 7, 9)):
        assert table.schema.field(f"points_{decl}").type == pa.list_(pa.int8())
        assert row[f"points_{decl}"] == wanted.points[d].tolist()
        for bid in range(30, 43):
            made = int((wanted.points[d] >= bid).sum())
            low, high = wilson(made, 8)
            assert table.schema.field(f"pmake_{decl}_{bid}").type == pa.float32()
            assert row[f"pmake_{decl}_{bid}"] == pytest.approx(made / 8)
            assert row[f"ci_low_{decl}_{bid}"] == pytest.approx(float(low), abs=1e-6)
            assert row[f"ci_high_{decl}_{bid}"] == pytest.approx(float(high), abs=1e-6)
    assert "points_8" not in row


def test_files_are_read_back(tmp_path: Path) -> None:
    path, wanted = tmp_path / "a.parquet", result()
    write_result(path, wanted)
    found = read_results(path)
    assert np.array_equal(found.points, wanted.points) and found.points.dtype == np.int8
    assert (found.seed, found.hand, found.version) == (5, wanted.hand, "9")
    assert found.table().n.tolist() == [8] * 9
    assert path.read_bytes() == result_bytes(found)
    # Another writer: other order, wider types, no metadata of ours.
    table = pq.read_table(path).replace_schema_metadata(None)
    table = table.select(table.column_names[::-1])
    table = table.set_column(
        table.column_names.index("n_samples"), "n_samples", table["n_samples"].cast(pa.int64())
    )
    pq.write_table(table, tmp_path / "b.parquet")
    assert np.array_equal(read_results(tmp_path / "b.parquet").points, wanted.points)


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    write_result(path, result())
    good = pq.read_table(path)

    def refused(table: pa.Table, part: str) -> None:
        pq.write_table(table, path)
        with pytest.raises(ForgeError, match=part) as told:
            read_results(path)
        assert "\n" not in str(told.value)

    def changed(name: str, values: list[object]) -> pa.Table:
        column = pa.array(values, SCHEMA.field(name).type)
        return good.set_column(good.column_names.index(name), name, column)

    refused(pa.table({"state": [1]}), "365 of 365 columns are missing, seed first")
    refused(good.drop_columns(["points_9"]), "1 of 365 columns are missing, points_9 first")
    refused(pa.concat_tables([good, good]), "it has 2 rows, not one")
    refused(changed("pmake_6_30", [0.123]), "pmake_6_30 is not the share of points_6")
    refused(changed("points_3", [[43] * 8]), "points must lie in 0")
    refused(changed("points_3", [[1] * 7]), "is damaged")
    refused(changed("n_samples", [9]), "points must be 9 a declaration")
    refused(changed("hand", ["6-6"]), "a hand has 7 dominoes")
    strings = good.set_column(5, "points_0", pa.array(["x"]))
    refused(strings, "is not a bidding file")
    path.write_bytes(b"PAR1 not")
    with pytest.raises(ForgeError, match="cannot read"):
        read_results(path)
    with pytest.raises(ForgeError, match="cannot read"):
        read_results(tmp_path / "missing.parquet")


@pytest.mark.usefixtures("one_thread")
def test_a_seed_is_its_hand_over_its_own_deals() -> None:
    found = evaluate_seed(Simulator(seed=99), 3, 2, "9")
    assert found.hand == hand_of_seed(3) and found.model_checkpoint == "oracle"
    expected = Simulator(seed=3).points(hand_of_seed(3), BIDDING_DECLS, 0, 2)
    assert np.array_equal(found.points, expected)


def files(root: Path) -> list[str]:
    """Everything under a folder, temporary files too."""
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_gaps_are_filled_in_their_splits_up_to_the_limit(tmp_path: Path) -> None:
    heard: list[Evaluated] = []
    run = evaluate_seeds(count(899), result, tmp_path, limit=2, on_seed=heard.append)
    assert files(tmp_path) == ["train/seed_00000899.parquet", "val/seed_00000900.parquet"]
    assert [each.seed for each in heard] == [899, 900] and run.n_seeds == 2
    assert "2 hands in" in run.summary() and "seeds/day" in run.summary()
    seed_path(tmp_path, 899, SUFFIX).unlink()
    there = seed_path(tmp_path, 900, SUFFIX)
    there.write_bytes(b"not to be touched")
    assert evaluate_seeds(range(899, 902), result, tmp_path).n_seeds == 2
    assert there.read_bytes() == b"not to be touched"
    assert read_results(seed_path(tmp_path, 901, SUFFIX)).seed == 901


def test_what_others_hold_or_make_meanwhile_is_left_to_them(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    claim = FileClaim.acquire(seed_path(tmp_path, 1, SUFFIX))
    assert claim is not None
    original = FileClaim.acquire

    def acquire(target: Path) -> FileClaim | None:
        if target.name == "seed_00000002.parquet":
            target.write_bytes(b"theirs")
        return original(target)

    with claim, pytest.MonkeyPatch.context() as patch:
        patch.setattr(FileClaim, "acquire", staticmethod(acquire))
        run = evaluate_seeds(range(4), result, tmp_path)
    assert (run.n_seeds, run.n_busy, run.n_present) == (2, 1, 1)
    assert seed_path(tmp_path, 2, SUFFIX).read_bytes() == b"theirs"
    assert len(files(tmp_path)) == 3


def test_ctrl_c_ends_after_the_hand_in_hand_and_twice_at_once(tmp_path: Path) -> None:
    def interrupted(seed: int) -> BiddingResult:
        if seed == 1:
            os.kill(os.getpid(), signal.SIGINT)
        return result(seed)

    run = evaluate_seeds(count(), interrupted, tmp_path)
    assert run.stopped_by == signal.SIGINT and run.n_seeds == 2

    def twice(seed: int) -> BiddingResult:
        os.kill(os.getpid(), signal.SIGINT)
        return interrupted(1)

    before = files(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        evaluate_seeds(count(), twice, tmp_path)
    assert files(tmp_path) == before


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "train").write_text("a file")
    with pytest.raises(ForgeError, match="cannot write"):
        evaluate_seeds(count(), result, tmp_path)
