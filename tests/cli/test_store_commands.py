"""Commands that read from and write to an object store, against a real S3 server."""

import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from forge.work.object_store import Store, StoredObject
from forge.work.store_path import place
from support.commands import SCRIPT, Fails, Works, importing_tests
from support.s3_server import BUCKET, SECRET, Gate, missing, reached, s3_server

SMALL = "--embed-dim 16 --n-layers 1 --n-heads 1 --ff-dim 16 --batch-size 64 --no-compile"


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    """The gate of a server; commands find it by their environment."""
    if why := missing():
        pytest.skip(why)
    with (
        s3_server() as (found, environment),
        reached(environment, tmp_path_factory.mktemp("cache")),
    ):
        yield found


@pytest.fixture
def bucket(gate: Gate, request: pytest.FixtureRequest) -> str:
    """The address of a folder of this test alone."""
    return f"s3://{BUCKET}/{request.node.name}"


def same(here: Path, there: str, pattern: str) -> int:
    """How many files both folders have; that they are the same bytes is asserted."""
    at = place(there)
    ours = {str(f.relative_to(here)): f.read_bytes() for f in here.rglob(pattern)}
    theirs = {str(f.relative_to(at)): f.read_bytes() for f in at.rglob(pattern) if f.is_file()}
    assert ours == theirs
    return len(ours)


def test_shards_go_to_a_bucket_and_are_read_from_there(works: Works, bucket: str) -> None:
    works("generate", "--seed-range 30:32 --out here")
    works("generate", f"--seed-range 30:32 --out {bucket}/shards")
    assert same(Path("here"), f"{bucket}/shards", "*.parquet") == 2
    again = works("generate", f"--seed-range 30:32 --out {bucket}/shards")
    assert again.startswith("0 solved: ") and "2 already there" in again
    assert "all 2 verified" in works("verify", f"{bucket}/shards")
    options = "--max-samples-per-shard 500"
    works("tokenize", f"--input here --output data {options}")
    works("tokenize", f"--input {bucket}/shards --output {bucket}/data {options}")
    assert same(Path("data"), f"{bucket}/data", "*.npy") > 5
    # Another start adds what has come since.
    works("generate", f"--seed 930 --out {bucket}/shards")
    works("tokenize", f"--input {bucket}/shards --output {bucket}/data {options}")
    assert any(each.suffix == ".npy" for each in place(f"{bucket}/data/val").iterdir())
    run = f"--epochs 1 --limit-batches 2 {SMALL} --run-dir runs"
    assert "run: " in works("train", f"--data {bucket}/data {run}")
    assert "verified" in works("verify", f"{bucket}/data")


@pytest.mark.xdist_group("ray")
def test_pieces_of_a_cluster_go_to_a_bucket(works: Works, bucket: str) -> None:
    """Nodes write whole objects by themselves, and the driver sees them."""
    line = "generate-eq-continuous --limit 3 --n-samples 4 --batch-size 1 --output-dir"
    words = [SCRIPT, *f"{line} {bucket} --ray local".split()]
    done = subprocess.run(
        words, env=importing_tests(), capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    works("generate-eq-continuous", "--limit 3 --n-samples 4 --batch-size 1 --output-dir here")
    assert same(Path("here"), bucket, "*.pt") == 3


def test_a_run_goes_on_while_the_server_restarts(works: Works, bucket: str, gate: Gate) -> None:
    gate.turn("shut")
    back = threading.Timer(1.5, gate.turn, ["open"])
    back.start()
    works("generate-continuous", f"--limit 2 --output-dir {bucket}")
    back.join()
    assert len(list(place(f"{bucket}/train").iterdir())) == 2


def test_a_refused_write_is_one_line_and_a_second_start_goes_on(
    works: Works, fails: Fails, bucket: str, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = f"--n-samples 4 --batch-size 1 --output-dir {bucket}"
    works("generate-eq-continuous", f"--limit 1 {line}")
    real = Store.commit

    def refused(store: Store, name: str, file: Path) -> StoredObject:
        gate.turn("refuse")
        return real(store, name, file)

    with monkeypatch.context() as patched:
        patched.setattr(Store, "commit", refused)
        message = fails("generate-eq-continuous", f"--limit 2 {line}")
    assert f"cannot write {bucket}/train/seed_00000001.pt: " in message
    assert "Access Denied" in message and SECRET not in message
    gate.turn("open")
    assert len(list(place(f"{bucket}/train").iterdir())) == 1
    works("generate-eq-continuous", f"--limit 2 {line}")
    assert len(list(place(f"{bucket}/train").iterdir())) == 3


def test_games_and_bids_go_to_a_bucket(works: Works, bucket: str) -> None:
    games = "--limit 2 --n-samples 4 --batch-size 2"
    works("generate-eq-continuous", f"{games} --output-dir eq")
    works("generate-eq-continuous", f"{games} --output-dir {bucket}/eq")
    assert same(Path("eq"), f"{bucket}/eq", "*.pt") == 2
    works("generate-eq-continuous", f"{games} --start-seed 900 --output-dir {bucket}/eq")
    run = "--epochs 1 --embed-dim 16 --n-layers 1 --n-heads 1 --ff-dim 16 --run-dir runs"
    works("train-eq", f"--data {bucket}/eq {run}")
    bids = "--limit 1 --samples 20 --player random --workers 1"
    works("bidding-continuous", f"{bids} --output {bucket}/bids")
    works("generate-eq", f"--n-games 1 --n-samples 4 --output {bucket}/one.pt")
    assert "all 6 verified" in works("verify", f"{bucket}")
    assert "decision" in works("view", f"{bucket}/one.pt --text").lower()


def test_where_no_bucket_may_stand(fails: Fails, gate: Gate) -> None:
    for line in (
        "arena random policy --out s3://b/x.jsonl",
        "train --run-dir s3://b/runs",
        "bid-parallel --seeds 0:1 --output s3://b/x.jsonl",
    ):
        name, options = line.split(" ", 1)
        assert "takes a path of this machine" in fails(name, options)
    for command, option in (("generate-continuous", "--output-dir"), ("tokenize", "--input")):
        said = fails(command, f"{option} s3://no-such-bucket/x")
        assert said.startswith(f"error: {option}") and "no-such-bucket" in said, said
        said = fails(command, f"{option} s3://key:{SECRET}@bucket/x")
        assert "credentials and options do not belong" in said and SECRET not in said
    assert "names no bucket" in fails("generate", "--seed 0 --out s3://")
