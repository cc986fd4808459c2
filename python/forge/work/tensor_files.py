"""Files of `torch.save`: tensors and plain values, read without running anything of theirs.

`torch.load(weights_only=True)` takes tensors and plain values. Checkpoints of others carry more
that is harmless: states of NumPy's random numbers, NumPy scalars, paths, default dicts. Their names
stand for functions of this module, which make arrays of numbers and text and nothing else: NumPy's
own take flags of a type from the file, and with false ones bytes of the file become addresses.
"""

from __future__ import annotations

import io
import math
import pickle
import re
import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import IO, TYPE_CHECKING, Any, Final

import numpy as np

from forge.errors import ForgeError, reason_of
from forge.work.checksums import check_archive
from forge.work.store_path import StorePath

if TYPE_CHECKING:
    from torch import Tensor

_MAX_DEPTH: Final = 64
_MAX_VALUES: Final = 10_000_000
# A tensor may repeat what it holds (`expand`) as long as the whole is no larger.
_MAX_REPEATED_BYTES: Final = 64 << 20
# A file that is no larger is read once, for its checksums and for torch.
_READ_ONCE_BYTES: Final = 64 << 20
_CODE: Final = re.compile(r"[<>=|]?(b1|[iu][1248]|f[248]|c8|c16|[US]\d{1,6})")
_REFUSED: Final = re.compile(r"GLOBAL ([\w.]+)")


def read_tensors(
    source: Path | IO[bytes], kind: str, mmap: bool = False, checked_bytes: int | None = None
) -> Any:
    """What a file of `torch.save` holds, on the CPU; its checksums are compared.

    Args:
        source: a path, or a file open for reading.
        kind: of file that is expected, for the error.
        mmap: leave tensors where they are until somebody looks; needs a path.
        checked_bytes: the checksums of larger parts are left out; None: of none.

    Returns:
        tensors, numbers, text, bytes, arrays, paths, in lists, tuples, sets and dicts. Each tensor
        is strided, and no larger than what holds it.

    Raises:
        ForgeError: for a file that is missing or damaged, or holds anything else.
    """
    import torch

    name = str(source) if isinstance(source, Path) else "the file"
    try:
        is_elsewhere = isinstance(source, StorePath)
        mmap = mmap and not is_elsewhere
        if isinstance(source, Path) and (
            is_elsewhere or (not mmap and source.stat().st_size <= _READ_ONCE_BYTES)
        ):
            content = source.read_bytes()
            check_archive(content, checked_bytes)
            source = io.BytesIO(content)
        else:
            check_archive(source, checked_bytes)
        with warnings.catch_warnings(), plain_objects():
            # What torch has to say about a foreign pickle is in the error below.
            warnings.simplefilter("ignore", UserWarning)
            found = torch.load(source, map_location="cpu", weights_only=True, mmap=mmap)
        _Content().check(found)
    except FileNotFoundError as error:
        raise ForgeError(f"there is no file {name}") from error
    except pickle.UnpicklingError as error:
        raise ForgeError(f"{name} is not a readable {kind}: {_refusal(error)}") from error
    except EOFError as error:
        raise ForgeError(f"{name} is not a readable {kind}: it ends too early") from error
    except Exception as error:  # torch raises anything from KeyError to AssertionError here
        said = " ".join(reason_of(error).split())[:200]
        raise ForgeError(f"{name} is not a readable {kind}: {said}") from error
    return found


@contextmanager
def plain_objects() -> Iterator[None]:
    """Within, `torch.load(weights_only=True)` takes what this module allows, whoever calls it."""
    import torch

    with _ALLOWING.lock:
        if _ALLOWING.n == 0:
            _ALLOWING.held.enter_context(torch.serialization.safe_globals(_ALLOWED))
        _ALLOWING.n += 1
    try:
        yield
    finally:
        with _ALLOWING.lock:
            _ALLOWING.n -= 1
            if _ALLOWING.n == 0:
                _ALLOWING.held.close()


def not_finite(tensors: Mapping[str, Any]) -> str | None:
    """The name of a tensor with numbers that are not finite; None if there is none."""
    import torch

    for name, tensor in tensors.items():
        is_real = isinstance(tensor, torch.Tensor) and tensor.is_floating_point()
        if is_real and not bool(torch.isfinite(tensor).all()):
            return name
    return None


def check_finite(tensors: Mapping[str, Any], of: str) -> None:
    """ForgeError, naming `of` and the tensor, where numbers are not finite."""
    name = not_finite(tensors)
    if name is not None:
        raise ForgeError(f"{of}: weights must be finite, but {name} holds NaN or infinity")


class _Allowing:
    """How many are reading now: the list of torch belongs to the process."""

    def __init__(self) -> None:
        self.n, self.lock, self.held = 0, threading.Lock(), ExitStack()


_ALLOWING: Final = _Allowing()


def _refusal(error: BaseException) -> str:
    found = _REFUSED.search(str(error))
    name = f" ({found[1][:100]})" if found else ""
    return f"it holds more than weights and plain values{name}, not unpickled"


class _Content:
    """Looks through what a file held: a pickle can hold what is part of itself, lists that become
    endless when they are written out, and views that are larger than all memory."""

    def __init__(self) -> None:
        self._sizes: dict[int, int] = {}

    def check(self, value: Any) -> None:
        """Raises ForgeError for what nobody behind this could handle."""
        self._size(value, 0)

    def _size(self, value: Any, depth: int) -> int:
        """How many values there are if what is there twice counts twice."""
        import torch

        if isinstance(value, torch.Tensor):
            _check_tensor(value)
            return 1
        if isinstance(value, Mapping):
            inside: Any = (*value.keys(), *value.values())
        elif isinstance(value, list | tuple | set | frozenset):
            inside = value
        elif isinstance(value, _PlainType):
            raise ForgeError("a NumPy type is no plain value")
        else:
            return 1
        if type(value) is OrderedDict and set(vars(value)) - {"_metadata"}:
            raise ForgeError("a dict with attributes is no plain value")
        if id(value) not in self._sizes:
            if depth >= _MAX_DEPTH:
                raise ForgeError(f"nested deeper than {_MAX_DEPTH} levels, or part of itself")
            size = 1 + sum(self._size(each, depth + 1) for each in inside)
            if size > _MAX_VALUES:
                raise ForgeError(f"more than {_MAX_VALUES:,} values")
            self._sizes[id(value)] = size
        return self._sizes[id(value)]


def _check_tensor(tensor: Tensor) -> None:
    import torch

    if type(tensor) not in (torch.Tensor, torch.nn.Parameter) or vars(tensor):
        raise ForgeError(f"tensors must be plain, got {type(tensor).__name__}")
    if tensor.layout != torch.strided or tensor.device.type != "cpu" or tensor.is_quantized:
        raise ForgeError(f"tensors must be dense and on the CPU, got {tensor.layout}")
    n_bytes = tensor.numel() * tensor.element_size()
    if n_bytes > max(tensor.untyped_storage().nbytes(), _MAX_REPEATED_BYTES):
        raise ForgeError(f"a tensor {list(tensor.shape)} repeats what the file holds of it")


# ---- what stands for NumPy's and others' names ---------------------------------------------------


class _PlainType:
    """Stands for `numpy.dtype` while a file is read."""

    dtype: np.dtype[Any]

    def __init__(self, code: str, align: bool = False, copy: bool = True) -> None:
        if not isinstance(code, str) or not _CODE.fullmatch(code):
            raise ForgeError("arrays must be of numbers or text")
        self.dtype = np.dtype(code)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        """Take the order of bytes from what NumPy saved, and nothing else."""
        if len(state) < 5 or state[1] not in ("<", ">", "=", "|") or any(state[2:5]):
            raise ForgeError("arrays must be of numbers or text")
        self.dtype = self.dtype.newbyteorder(state[1])

    def made_of(self, data: object, shape: tuple[int, ...]) -> bytes:
        """The bytes of an array, checked."""
        data = data.encode("latin1") if isinstance(data, str) else data
        if (
            not isinstance(data, bytes)
            or not all(type(n) is int and n >= 0 for n in shape)
            or math.prod(shape) * self.dtype.itemsize != len(data)
        ):
            raise ForgeError("an array whose bytes are not as many as its shape says")
        return data


class _PlainArray(np.ndarray[Any, Any]):
    """Stands for `numpy.ndarray`; is one, made of the bytes in the file alone."""

    def __new__(cls, *_: object) -> _PlainArray:
        """Empty, until its bytes come."""
        return np.ndarray.__new__(cls, (0,), np.int8)

    def __setstate__(self, state: Any, /) -> None:
        """Take shape, type, order and bytes."""
        shape, kind, fortran, data = state[-4:]
        if not isinstance(kind, _PlainType) or not isinstance(shape, tuple):
            raise ForgeError("arrays must be of numbers or text")
        made = (1, shape, kind.dtype, bool(fortran), kind.made_of(data, shape))
        super().__setstate__(made)  # type: ignore[arg-type]

    def __reduce_ex__(self, protocol: Any, /) -> Any:
        """Saved again it is NumPy's own."""
        return self.view(np.ndarray).__reduce_ex__(protocol)


def _plain_array(kind: object, *_: object) -> _PlainArray:
    if kind is not _PlainArray:
        raise ForgeError("arrays must be NumPy's own")
    return _PlainArray()


def _plain_scalar(kind: _PlainType, data: object) -> Any:
    if not isinstance(kind, _PlainType):
        raise ForgeError("numbers must be NumPy's own")
    return np.frombuffer(kind.made_of(data, ()), kind.dtype)[0]


def _plain_path(kind: type[PurePath]) -> Callable[..., PurePath]:
    def path(*parts: str) -> PurePath:
        return kind(*parts)

    return path


def _plain_dict(*_: object) -> dict[Any, Any]:
    """Stands for a default dict: what it holds stays, what it would make of a new key does not."""
    return {}


def _no_default(*_: object) -> None:
    """Stands for what a default dict makes of a new key."""
    raise ForgeError("types are no plain values")


def _no_bytes() -> bytes:
    """Stands for `bytes`, which old pickles call where there are none."""
    return b""


def _allowed() -> list[Callable[..., Any] | tuple[Callable[..., Any], str]]:
    names: dict[Callable[..., Any], tuple[str, ...]] = {
        _PlainType: ("numpy.dtype",),
        _PlainArray: ("numpy.ndarray",),
        _plain_array: (
            "numpy.core.multiarray._reconstruct",
            "numpy._core.multiarray._reconstruct",
        ),
        _plain_scalar: ("numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar"),
        _plain_path(Path): ("pathlib.Path", "pathlib.PosixPath", "pathlib._local.PosixPath"),
        _plain_path(PurePosixPath): ("pathlib.PurePosixPath", "pathlib._local.PurePosixPath"),
        _plain_path(PureWindowsPath): (
            "pathlib.WindowsPath",
            "pathlib._local.WindowsPath",
            "pathlib.PureWindowsPath",
            "pathlib._local.PureWindowsPath",
        ),
        _plain_dict: ("collections.defaultdict",),
        _no_default: tuple(f"builtins.{each}" for each in ("list", "dict", "int", "float", "str")),
        frozenset: ("builtins.frozenset",),
        _no_bytes: ("builtins.bytes",),
    }
    return [(stand_in, name) for stand_in, all_of in names.items() for name in all_of]


_ALLOWED: Final = _allowed()
