"""Object stores, against a real S3 server: whole objects or none, whatever the server does."""

import os
import pickle
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from forge.errors import ForgeError
from forge.work import mirror, object_store
from forge.work.atomic import FileClaim, write_file
from forge.work.mirror import fetched, staged
from forge.work.object_store import Store, StoredObject
from forge.work.store_path import StorePath, is_listed, is_of_store, place, source_of
from support.s3_server import BUCKET, SECRET, Gate, missing, put, reached, s3_server

# More than one part of an upload (pyarrow sends 10 MB each).
LARGE = 25_000_000


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Gate, dict[str, str]]]:
    if why := missing():
        pytest.skip(why)
    with s3_server() as found:
        yield found


@pytest.fixture
def gate(
    server: tuple[Gate, dict[str, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Gate]:
    """The gate of the server; this process finds it by its environment."""
    found, environment = server
    monkeypatch.setattr(object_store, "_ATTEMPTS", 3)
    with reached(environment, tmp_path / "cache"):
        yield found
    found.turn("open")


@pytest.fixture
def folder(gate: Gate, request: pytest.FixtureRequest) -> Path:
    """A folder of the bucket, of this test alone."""
    return place(f"s3://{BUCKET}/{request.node.name}")


def test_what_there_is_of_a_store(folder: Path) -> None:
    assert isinstance(folder, StorePath)
    content = os.urandom(100_000)
    path = folder / "train" / "seed_1.bin"
    assert not path.exists() and not folder.is_dir() and list(folder.iterdir()) == []
    write_file(path, content)
    assert path.is_file() and not path.is_dir() and folder.is_dir() and not folder.is_file()
    assert path.stat().st_size == len(content) and path.stat().st_mtime > 1.7e9
    assert path.read_bytes() == content
    assert path.store.read(path.object, 500, 20) == content[500:520]
    assert [path] == list(path.parent.glob("seed_*")) == [p for p in folder.rglob("s*")]
    assert list(folder.iterdir()) == [path.parent]
    write_file(path, b"anew")
    assert path.read_bytes() == b"anew"
    path.unlink()
    assert not path.exists()
    with pytest.raises(FileNotFoundError):
        path.unlink()
    with pytest.raises(FileNotFoundError):
        path.stat()


def test_only_what_is_asked_for_is_sent(folder: Path, gate: Gate) -> None:
    write_file(folder / "large", os.urandom(LARGE))
    before = gate.n_received
    with source_of(folder / "large") as file:
        file.seek(LARGE // 2)
        assert len(file.read(1000)) == 1000
    assert gate.n_received - before < 10_000


def test_a_list_is_whole_though_it_comes_in_pages(folder: Path) -> None:
    n = 1010  # a page has 1,000
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda k: put(f"{folder.name}/{k:04d}"), range(n)))
    assert sorted(each.name for each in folder.iterdir()) == [f"{k:04d}" for k in range(n)]


def test_the_list_of_a_run_knows_its_own_objects(folder: Path) -> None:
    write_file(folder / "before", b"x")
    assert is_listed(folder / "before") and not is_listed(folder / "mine")
    write_file(folder / "mine", b"x")
    assert is_listed(folder / "mine")
    (folder / "mine").unlink()
    assert not is_listed(folder / "mine")


@pytest.mark.parametrize("n_bytes", [0, 100, LARGE])
def test_a_refused_write_leaves_what_was_there(folder: Path, gate: Gate, n_bytes: int) -> None:
    old = b"\1" * n_bytes
    write_file(folder / "x", old)
    gate.turn("refuse")
    with pytest.raises(ForgeError, match=r"cannot write .*Access Denied") as refused:
        write_file(folder / "x", bytes(n_bytes))
    assert f"{folder}/x: " in str(refused.value)
    assert SECRET not in str(refused.value) and "a-key" not in str(refused.value)
    gate.turn("open")
    assert (folder / "x").read_bytes() == old


def test_an_upload_that_is_cut_off_leaves_what_was_there(folder: Path, gate: Gate) -> None:
    write_file(folder / "x", b"old")
    gate.shut_after(LARGE // 2)
    with pytest.raises(ForgeError, match=re.escape(f"cannot write {folder}/x")):
        write_file(folder / "x", os.urandom(LARGE))
    gate.turn("open")
    assert (folder / "x").read_bytes() == b"old"
    # The control: without a cut it is the new one.
    write_file(folder / "x", bytes(LARGE))
    assert (folder / "x").stat().st_size == LARGE


def test_a_server_that_restarts_is_waited_for(
    folder: Path, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(object_store, "_ATTEMPTS", 8)
    object_store._files.cache_clear()
    gate.turn("shut")
    back = threading.Timer(1.0, gate.turn, ["open"])
    back.start()
    write_file(folder / "x", b"new")
    back.join()
    assert (folder / "x").read_bytes() == b"new"


def test_a_claim_that_is_given_up_uploads_nothing(folder: Path, tmp_path: Path) -> None:
    claim = FileClaim.acquire(folder / "x")
    assert claim is not None
    with claim:
        claim.write(b"half")
    assert not (folder / "x").exists()


def test_what_is_no_address() -> None:
    for address in ("s3://key:secret@bucket/x", "s3://bucket/x?endpoint_override=evil"):
        with pytest.raises(ForgeError, match="credentials and options do not belong") as refused:
            place(address)
        assert "secret" not in str(refused.value) and "evil" not in str(refused.value)
    for address in ("s3://", "gs:///"):
        with pytest.raises(ForgeError, match="names no bucket"):
            place(address)
    assert not is_of_store("s3/x") and not is_of_store("/s3:/x")
    assert type(place("data/x")) is type(Path())


def test_a_path_of_a_store_is_a_path() -> None:
    path = place("s3://bucket/a/b.pt")
    assert (path.name, path.stem, path.suffix) == ("b.pt", "b", ".pt")
    assert str(path.parent / "c") == str(path.with_name("c")) == "s3://bucket/a/c"
    assert pickle.loads(pickle.dumps(path)) == path == place(Path("s3://bucket/a/b.pt"))
    assert path.absolute() == path and path.is_relative_to(place("s3://bucket/a"))
    assert str(path.relative_to(place("s3://bucket/a"))) == "b.pt"
    with pytest.raises(OSError, match="a path of this machine is needed"):
        os.stat(path)
    with pytest.raises(OSError, match="written whole"):
        path.open("wb")


def test_google_storage_is_asked_by_its_own_library() -> None:
    fs = pytest.importorskip("pyarrow.fs")
    if not hasattr(fs, "GcsFileSystem"):
        pytest.skip("this pyarrow has no Google Cloud Storage")
    assert isinstance(object_store._files("gs"), fs.GcsFileSystem)


def test_a_mirror_fetches_what_is_new_and_sends_what_changed(folder: Path, gate: Gate) -> None:
    assert isinstance(folder, StorePath)
    write_file(folder / "train" / "x.npy", os.urandom(300_000))
    write_file(folder / "manifest", b"1")
    here = fetched(folder)
    assert (here / "train" / "x.npy").read_bytes() == (folder / "train" / "x.npy").read_bytes()
    before = gate.n_received
    assert fetched(folder) == here
    assert gate.n_received - before < 20_000
    sent: list[str] = []
    with _watched(sent), staged(folder, "manifest") as there:
        assert there == here
        (there / ".building").mkdir()
        (there / ".building" / "half").write_text("half")
        (there / "val").mkdir()
        (there / "val" / "y.npy").write_bytes(b"y")
        (there / "manifest").write_text("2")
    assert [name.rpartition("/")[2] for name in sent] == ["y.npy", "manifest"]
    assert (folder / "manifest").read_bytes() == b"2"
    assert not (folder / ".building").is_dir()
    with _watched(sent), staged(folder, "manifest"):
        sent.clear()
    assert not sent
    write_file(folder / "manifest", b"from elsewhere")
    assert (fetched(folder) / "manifest").read_text() == "from elsewhere"


@contextmanager
def _watched(sent: list[str]) -> Iterator[None]:
    real = Store.commit

    def commit(store: Store, name: str, file: Path) -> StoredObject:
        sent.append(name)
        return real(store, name, file)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Store, "commit", commit)
        yield


def test_a_mirror_of_what_cannot_be_read(folder: Path, gate: Gate) -> None:
    gate.turn("refuse")
    with pytest.raises(ForgeError, match=f"cannot read {folder}"):
        fetched(folder)
    assert not mirror.mirror_of(folder).exists()  # type: ignore[arg-type]
