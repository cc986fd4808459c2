"""Files of torch: what is harmless comes in, what could run code does nothing at all."""

import io
import os
import pickle
import random
import threading
import zipfile
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import numpy as np
import pytest
import torch

from forge.errors import ForgeError
from forge.work.tensor_files import not_finite, plain_objects, read_tensors

HARMLESS: dict[str, Any] = {
    "python": random.getstate(),
    "numpy": np.random.get_state(),
    "torch": torch.get_rng_state(),
    "generator": np.random.default_rng(1).bit_generator.state,
    "arrays": [
        np.arange(6).reshape(2, 3).astype(code)
        for code in ("i1", "u1", "i2", "<i4", "u8", "f2", "f4", "f8", "c8", "c16", "?")
    ],
    "in another order": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "empty": np.zeros((0, 3)),
    "texts": np.array(["a", "bcd"]),
    "bytes": np.array([b"a", b"bcd"]),
    "scalars": [np.float64(1.5), np.float32(2.5), np.int64(3), np.bool_(True), np.str_("ab")],
    "paths": [Path("/a/b"), PurePosixPath("c"), PureWindowsPath("d\\e")],
    "sets": [{1, 2}, frozenset((3,))],
    "ordered": OrderedDict(a=1),
    "default": defaultdict(list, a=[1]),
    "nested": {"best": torch.tensor(1.0), "deep": [[(None, True, 2**70, b"x")]]},
}


def same(a: Any, b: Any) -> bool:
    """Whether values, and arrays and tensors inside, are equal and of one type."""
    if isinstance(a, torch.Tensor | np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and bool((a == b).all())
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return bool(a == b)


@pytest.mark.parametrize("name", HARMLESS)
@pytest.mark.parametrize("zipped", [True, False])
def test_harmless_values_come_back(name: str, zipped: bool, tmp_path: Path) -> None:
    path = tmp_path / "a.ckpt"
    torch.save({name: HARMLESS[name]}, path, _use_new_zipfile_serialization=zipped)
    found = read_tensors(path, "checkpoint")[name]
    assert same(found, HARMLESS[name])
    torch.save({name: found}, path)  # as a run does that goes on from it
    assert same(read_tensors(path, "checkpoint")[name], HARMLESS[name])


@pytest.mark.parametrize(
    ("old", "new"), [("numpy._core", "numpy.core"), ("numpy.core", "numpy._core")]
)
def test_names_of_old_and_new_numpy(old: str, new: str, tmp_path: Path) -> None:
    path = tmp_path / "a.ckpt"
    torch.save(HARMLESS["numpy"], path, _use_new_zipfile_serialization=False)
    text = path.read_bytes().replace(f"c{old}.multiarray".encode(), f"c{new}.multiarray".encode())
    path.write_bytes(text)
    assert same(read_tensors(path, "checkpoint"), HARMLESS["numpy"])


def test_another_order_of_bytes(tmp_path: Path) -> None:
    array = np.arange(6).astype(">i4")
    torch.save(array, tmp_path / "a.ckpt")
    found = read_tensors(tmp_path / "a.ckpt", "checkpoint")
    assert found.tolist() == array.tolist()
    assert found.dtype == pickle.loads(pickle.dumps(array)).dtype  # as NumPy does it


def test_windows_paths_are_read_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "a.ckpt"
    torch.save(PureWindowsPath("d\\e"), path, _use_new_zipfile_serialization=False)
    path.write_bytes(path.read_bytes().replace(b"PureWindowsPath", b"WindowsPath"))
    assert read_tensors(path, "checkpoint") == PureWindowsPath("d\\e")


def test_the_list_is_put_back(tmp_path: Path) -> None:
    torch.save(HARMLESS["numpy"], tmp_path / "a.ckpt")
    before = set(torch.serialization.get_safe_globals())
    read_tensors(tmp_path / "a.ckpt", "checkpoint")
    assert set(torch.serialization.get_safe_globals()) == before


def test_threads_do_not_disturb_each_other(tmp_path: Path) -> None:
    path, faults = tmp_path / "a.ckpt", []
    torch.save(HARMLESS["numpy"], path)

    def read() -> None:
        try:
            for _ in range(30):
                read_tensors(path, "checkpoint")
        except ForgeError as error:
            faults.append(error)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


# ---- what could run code ------------------------------------------------------------------------

TRACE = "FORGE_TRACE"


class Calls:
    """A pickle that calls something."""

    def __init__(self, function: Callable[..., Any], *args: Any) -> None:
        self.called = (function, args)

    def __reduce__(self) -> Any:
        return self.called


def code(*opcodes: bytes) -> bytes:
    """A pickle of protocol 2 by its opcodes."""
    return b"\x80\x02" + b"".join(opcodes) + b"."


def text(value: str) -> bytes:
    return b"X" + len(value.encode()).to_bytes(4, "little") + value.encode()


def called(module: str, name: str, *args: str) -> bytes:
    """Opcodes that call `module.name` with texts."""
    return f"c{module}\n{name}\n(".encode() + b"".join(map(text, args)) + b"tR"


WRITES = f"import os; os.environ[{TRACE!r}] = '1'"
MALICIOUS: dict[str, bytes] = {
    "os.system": code(called("os", "system", "touch trace")),
    "posix.system": code(called("posix", "system", "touch trace")),
    "subprocess": code(called("subprocess", "check_output", "touch trace")),
    "eval": code(called("builtins", "eval", "open('trace', 'w')")),
    "exec": code(called("builtins", "exec", WRITES)),
    "eval of old": code(called("__builtin__", "eval", "open('trace', 'w')")),
    "open": code(called("builtins", "open", "trace", "w")),
    "getattr": code(b"cbuiltins\ngetattr\n(cos\nenviron\n" + text("setdefault") + b"tR"),
    "getattr of what is allowed": code(
        b"cbuiltins\ngetattr\n(ccollections\nOrderedDict\n" + text("__init__") + b"tR"
    ),
    "import": code(called("builtins", "__import__", "antigravity")),
    "importlib": code(called("importlib", "import_module", "antigravity")),
    "runpy": code(called("runpy", "run_path", "trace.py")),
    "load": code(called("torch", "load", "trace")),
    "numpy load": code(called("numpy", "load", "trace")),
    "fromfile": code(called("numpy", "fromfile", "trace.npy")),
    "frombuffer": code(called("numpy._core.numeric", "_frombuffer", "x")),
    "codecs.open": code(called("codecs", "open", "trace", "w")),
    "codecs.register": code(b"ccodecs\nregister\n(cbuiltins\neval\ntR"),
    "decode": code(called("_codecs", "decode", "x", "utf-8")),
    "attrgetter": code(called("operator", "attrgetter", "x")),
    "methodcaller": code(called("operator", "methodcaller", "x")),
    "partial": code(b"cfunctools\npartial\n(cos\nsystem\n" + text("touch trace") + b"tR"),
    "forge itself": code(called("forge.work.atomic", "write_file", "trace", "x")),
    "path that writes": code(called("pathlib", "Path.touch", "trace")),
    "default dict of a call": code(b"ccollections\ndefaultdict\n(cos\ngetcwd\ntR"),
    "dict by a call of list": code(called("builtins", "list", "x")),
    "attributes of a dict": code(
        b"ccollections\nOrderedDict\n)R}", text("items"), text("x"), b"sb"
    ),
    "type of an array": code(
        b"cnumpy._core.multiarray\n_reconstruct\n(cbuiltins\nobject\nK\x00\x85", text("b"), b"tR"
    ),
    "array of objects": code(b"cnumpy\ndtype\n", text("O8"), b"\x89\x88\x87R"),
    "type with flags": code(
        b"cnumpy\ndtype\n",
        text("i8"),
        b"\x89\x88\x87R(K\x03",
        text("|"),
        b"NN",
        text("x"),
        b"K\x08K\x01K\x1btb",
    ),
    "structured type": code(b"cnumpy\ndtype\n", text("V8"), b"\x89\x88\x87R"),
    "array by its class": code(
        b"cnumpy._core.multiarray\nscalar\n(cnumpy\nndarray\nM\xff\xff\x85R", text("x"), b"tR"
    ),
    "bytes short of a shape": code(
        b"cnumpy._core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85",
        text("b"),
        b"tR",
        b"(K\x01M\xff\xff\x85cnumpy\ndtype\n",
        text("f8"),
        b"\x89\x88\x87R(K\x03",
        text("<"),
        b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89",
        text("x"),
        b"tb",
    ),
    "no such opcode": b"\x80\x02\xff.",
    "cut": code(called("os", "system", "touch trace"))[:-8],
    "empty": b"",
}


@pytest.mark.parametrize("name", MALICIOUS)
@pytest.mark.parametrize("zipped", [True, False])
def test_what_could_run_code_does_nothing(
    name: str, zipped: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a.ckpt"
    torch.save({"weight": torch.zeros(2)}, path)
    if zipped:
        with zipfile.ZipFile(path) as archive:
            parts = {each: archive.read(each) for each in archive.namelist()}
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            for each, content in parts.items():
                archive.writestr(each, MALICIOUS[name] if each.endswith("data.pkl") else content)
    else:
        path.write_bytes(MALICIOUS[name])
    with pytest.raises(ForgeError, match=r"a\.ckpt is not a readable checkpoint: ") as told:
        read_tensors(path, "checkpoint")
    assert "\n" not in str(told.value) and len(str(told.value)) < 500
    assert [each.name for each in tmp_path.iterdir()] == ["a.ckpt"] and TRACE not in os.environ


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_plain_pickles_are_not_run(protocol: int, tmp_path: Path) -> None:
    path = tmp_path / "a.ckpt"
    path.write_bytes(pickle.dumps(Calls(os.mkdir, str(tmp_path / "made")), protocol=protocol))
    with pytest.raises(ForgeError, match=r"not unpickled"):
        read_tensors(path, "checkpoint")
    assert not (tmp_path / "made").exists()


def test_lightning_reads_under_the_same_list(tmp_path: Path) -> None:
    path = tmp_path / "a.ckpt"
    torch.save({"state": Calls(os.mkdir, str(tmp_path / "made"))}, path)
    with plain_objects(), pytest.raises(pickle.UnpicklingError):
        torch.load(path, weights_only=True)
    assert not (tmp_path / "made").exists()


# ---- what would fill the memory ------------------------------------------------------------------


def saved(value: Any) -> io.BytesIO:
    file = io.BytesIO()
    torch.save(value, file)
    file.seek(0)
    return file


def endless() -> list[Any]:
    a: list[Any] = []
    a.append(a)
    return a


def doubled() -> Any:
    value: Any = [0]
    for _ in range(40):
        value = [value, value]
    return value


@pytest.mark.parametrize(
    ("value", "part"),
    [
        (endless(), "part of itself"),
        (doubled(), "more than"),
        (torch.zeros(1).expand(10**12), "repeats what the file holds"),
        (torch.zeros(2, 2).to_sparse(), "must be dense"),
        (torch.empty(10**6, device="meta"), "must be dense"),
    ],
)
def test_what_grows_is_refused(value: Any, part: str) -> None:
    with pytest.raises(ForgeError, match=part):
        read_tensors(saved({"a": value}), "checkpoint")


def test_packed_archives_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.ckpt"
    torch.save({"a": torch.zeros(1_000_000)}, path)
    with zipfile.ZipFile(path) as archive:
        parts = {each: archive.read(each) for each in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, content in parts.items():
            archive.writestr(each, content)
    with pytest.raises(ForgeError, match="compressed"):
        read_tensors(path, "checkpoint")


def test_not_finite_is_named() -> None:
    assert not_finite({"a": torch.ones(2), "n": torch.tensor(3), "x": "text"}) is None
    for bad in (torch.nan, torch.inf, -torch.inf):
        assert not_finite({"a": torch.ones(2), "b": torch.tensor([1.0, bad]).half()}) == "b"
