"""Paths of object stores: `s3://bucket/name` where a `Path` is asked for.

A `StorePath` is a `pathlib.Path` whose questions and readings go to a store (`find`, `list`, `read`
by range). What needs a file of this machine (a memory map, a lock, a rename) says so in an error;
what is written goes through `forge.work.atomic.FileClaim`, which uploads whole files.
"""

from __future__ import annotations

import errno
import fnmatch
import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final

from forge.errors import ForgeError
from forge.work.object_store import SCHEMES, Store, StoredObject

_MARKS: Final = tuple(f"{scheme}:" for scheme in SCHEMES)
WHERE: Final = "s3://BUCKET/NAME or gs://BUCKET/NAME"


def is_of_store(path: Path | str) -> bool:
    """Whether a path, or a text, is one of an object store."""
    return str(path).startswith(tuple(f"{mark}/" for mark in _MARKS))


def place(path: Path | str) -> Path:
    """A path as it is meant: `s3://...`, which `Path` takes for a folder here, becomes a StorePath.

    Raises:
        ForgeError: for a store without a bucket, or with credentials in its address.
    """
    if isinstance(path, StorePath):
        return path
    if not is_of_store(path):
        return Path(path)
    found = StorePath(*Path(path).parts)
    if len(found.parts) < 2:
        raise ForgeError(f"{found} names no bucket: write {WHERE}")
    if "@" in found.parts[1] or ":" in found.parts[1] or "?" in str(path):
        raise ForgeError(
            f"credentials and options do not belong into an address: write {WHERE}, "
            "and give them by the environment (AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL, ...)"
        )
    return found


def is_listed(path: Path) -> bool:
    """Whether a file is there; of a store, by the list of the run (`Store.is_listed`)."""
    return path.store.is_listed(path.object) if isinstance(path, StorePath) else path.exists()


def list_anew(path: Path) -> None:
    """Let `is_listed` ask the store of a path again: other processes have written since."""
    if isinstance(path, StorePath):
        path.store.list_anew()


def source_of(path: Path) -> Any:
    """What pyarrow reads a file from: a path here, or an object that is read by range."""
    return path.store.open(path.object) if isinstance(path, StorePath) else path


class StorePath(type(Path())):  # type: ignore[misc]
    """A name in a bucket; see the module."""

    @property
    def store(self) -> Store:
        """The bucket."""
        scheme, bucket = self.parts[:2]
        return Store.of(scheme.rstrip(":"), bucket)

    @property
    def object(self) -> str:
        """The name within the bucket; empty for the bucket."""
        return "/".join(self.parts[2:])

    def __str__(self) -> str:
        scheme, *names = self.parts
        return f"{scheme}//{'/'.join(names)}"

    def __fspath__(self) -> str:
        raise OSError(errno.ENOTSUP, "a path of this machine is needed, and it is none", str(self))

    def __bytes__(self) -> bytes:
        return os.fsencode(str(self))

    def as_posix(self) -> str:
        """As written."""
        return str(self)

    def is_absolute(self) -> bool:
        """It means the same in every folder."""
        return True

    def absolute(self) -> StorePath:
        """Itself."""
        return self

    def resolve(self, strict: bool = False) -> StorePath:
        """Itself."""
        return self

    def expanduser(self) -> StorePath:
        """Itself."""
        return self

    def relative_to(self, *other: Any, **more: Any) -> PurePosixPath:
        """The names below another path, which are those of no store any more."""
        return PurePosixPath(*super().relative_to(*other, **more).parts)

    def _found(self) -> StoredObject | None:
        if not self.object:
            return StoredObject("", is_folder=True)
        return self.store.find(self.object)

    def exists(self, **_: Any) -> bool:
        """Whether an object has the name, or lies below it."""
        return self._found() is not None

    def is_file(self, **_: Any) -> bool:
        """Whether an object has the name."""
        found = self._found()
        return found is not None and not found.is_folder

    def is_dir(self, **_: Any) -> bool:
        """Whether objects lie below it."""
        found = self._found()
        return found is not None and found.is_folder

    def is_symlink(self) -> bool:
        """Never."""
        return False

    def stat(self, **_: Any) -> os.stat_result:
        """Size and time of the last change; the rest is 0."""
        found = self._found()
        if found is None:
            raise FileNotFoundError(errno.ENOENT, "it is not there", str(self))
        mode = stat.S_IFDIR if found.is_folder else stat.S_IFREG
        when = found.changed_at
        return os.stat_result((mode, 0, 0, 0, 0, 0, found.n_bytes, when, when, when))

    def open(self, mode: str = "r", *_: Any, **more: Any) -> IO[Any]:
        """For reading, at any place."""
        if set(mode) - set("rbt"):
            raise OSError(errno.ENOTSUP, "objects are written whole, by a claim", str(self))
        file = self.store.open(self.object)
        if "b" in mode:
            return file  # type: ignore[no-any-return]
        return io.TextIOWrapper(io.BytesIO(self.read_bytes()), encoding=more.get("encoding"))

    def read_bytes(self) -> bytes:
        """All of it."""
        return self.store.read(self.object)

    def read_text(self, encoding: str | None = None, *_: Any, **__: Any) -> str:
        """All of it."""
        return self.read_bytes().decode(encoding or "utf-8")

    def mkdir(self, *_: Any, **__: Any) -> None:
        """Nothing: folders are beginnings of names."""

    def unlink(self, missing_ok: bool = False) -> None:
        """Remove the object."""
        if not missing_ok and not self.is_file():
            raise FileNotFoundError(errno.ENOENT, "it is not there", str(self))
        self.store.remove(self.object)

    def iterdir(self) -> Iterator[StorePath]:
        """What lies in it."""
        return map(self._of, self.store.list(self.object))

    def glob(self, pattern: str, **_: Any) -> Iterator[StorePath]:
        """What lies in it and is named like a pattern without folders."""
        assert "/" not in pattern, pattern
        return (each for each in self.iterdir() if fnmatch.fnmatchcase(each.name, pattern))

    def rglob(self, pattern: str, **_: Any) -> Iterator[StorePath]:
        """What lies below it and is named like a pattern without folders."""
        found = map(self._of, self.store.list(self.object, below=True))
        return (each for each in found if fnmatch.fnmatchcase(each.name, pattern))

    def _of(self, found: StoredObject) -> StorePath:
        return type(self)(*self.parts[:2], *found.name.split("/"))
