"""Object stores: a bucket of S3 or Google Cloud Storage, by `pyarrow.fs`.

What there is of a store: list, exists, read a range, commit whole. An object appears whole or not
at all, there is nothing to lock, and nothing is changed in place.

Credentials come from where the libraries of a store look for them (for S3 `AWS_ACCESS_KEY_ID`,
`AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, profiles, roles of a machine; for Google the default
credentials), the region from `AWS_REGION`, another server than Amazon's from `AWS_ENDPOINT_URL`.
None of them is written anywhere, errors included.
"""

from __future__ import annotations

import errno
import os
import posixpath
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from forge.errors import reason_of

if TYPE_CHECKING:
    from pyarrow import NativeFile
    from pyarrow.fs import FileInfo, FileSystem

SCHEMES: Final = ("s3", "gs")
# A server that restarts is away for some seconds: waits double, from a quarter of a second.
_ATTEMPTS: Final = 8
_PART_BYTES: Final = 1 << 26
_CONNECT_S: Final = 5.0
_ANSWER_S: Final = 60.0
_SECRETS: Final = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID")


@dataclass(frozen=True)
class StoredObject:
    """An object, or what lies below a common beginning of names (`is_folder`).

    Args:
        name: within the bucket.
        is_folder: whether it stands for several objects.
        n_bytes: 0 for a folder.
        changed_at: seconds since 1970; 0 for a folder.
    """

    name: str
    is_folder: bool
    n_bytes: int = 0
    changed_at: float = 0.0


class Store:
    """A bucket.

    Args:
        scheme: `s3` or `gs`.
        bucket: its name.
    """

    def __init__(self, scheme: str, bucket: str) -> None:
        self.scheme, self.bucket = scheme, bucket
        self._listed: dict[str, set[str]] = {}

    @staticmethod
    @cache
    def of(scheme: str, bucket: str) -> Store:
        """The one of this process."""
        return Store(scheme, bucket)

    def find(self, name: str) -> StoredObject | None:
        """What is there under a name."""
        from pyarrow.fs import FileType

        with self._named(name):
            found = _files(self.scheme).get_file_info(self._place(name))
        return None if found.type == FileType.NotFound else self._object(found)

    def list(self, folder: str, below: bool = False) -> Iterator[StoredObject]:
        """What lies in a folder, in pages as the store gives them; nothing where there is none.

        Args:
            folder: `""` is the whole bucket.
            below: whether also what lies in folders of it.
        """
        from pyarrow.fs import FileSelector

        selector = FileSelector(self._place(folder), allow_not_found=True, recursive=below)
        with self._named(folder):
            found = _files(self.scheme).get_file_info(selector)
        yield from map(self._object, found)

    def is_listed(self, name: str) -> bool:
        """Whether an object was there when its folder was first asked for, or is ours since.

        This is the list that a run over many pieces works by: one question a folder.
        """
        folder = posixpath.dirname(name)
        if folder not in self._listed:
            self._listed[folder] = {each.name for each in self.list(folder) if not each.is_folder}
        return name in self._listed[folder]

    def list_anew(self) -> None:
        """Let `is_listed` ask again: other processes have written since."""
        self._listed.clear()

    def open(self, name: str) -> NativeFile:
        """An object for reading at any place: only what is asked for is sent."""
        with self._named(name):
            return _files(self.scheme).open_input_file(self._place(name))

    def read(self, name: str, start: int = 0, n_bytes: int | None = None) -> bytes:
        """Some bytes of an object; all from `start` on where their number is not given."""
        with self._named(name), self.open(name) as file:
            file.seek(start)
            content: bytes = file.read() if n_bytes is None else file.read(n_bytes)
        return content

    def commit(self, name: str, file: Path) -> StoredObject:
        """Put a file in place as one object, whole or not at all; returns what is there then.

        Raises:
            OSError: where it can't be written; the object is what it was.
        """
        n_bytes = file.stat().st_size
        with file.open("rb") as source, self._named(name):
            part = source.read(_PART_BYTES)
            sink = _files(self.scheme).open_output_stream(self._place(name))
            while part:
                sink.write(part)
                part = source.read(_PART_BYTES)
            sink.close()  # here a refusal is told; a context manager would tell it too late
            found = self.find(name)
            if found is None or found.n_bytes != n_bytes:
                raise OSError(errno.EIO, "the store did not keep what it was sent")
        self._listed.get(posixpath.dirname(name), set()).add(name)
        return found

    def remove(self, name: str) -> None:
        """Remove an object; none where there is none."""
        with self._named(name):
            if self.find(name) is not None:
                _files(self.scheme).delete_file(self._place(name))
        self._listed.get(posixpath.dirname(name), set()).discard(name)

    def _place(self, name: str) -> str:
        return f"{self.bucket}/{name}".rstrip("/")

    def _object(self, info: FileInfo) -> StoredObject:
        from pyarrow.fs import FileType

        name = str(info.path).partition("/")[2]
        if info.type == FileType.Directory:
            return StoredObject(name, is_folder=True)
        changed = 0.0 if info.mtime_ns is None else info.mtime_ns / 1e9
        return StoredObject(name, False, int(info.size), changed)

    @contextmanager
    def _named(self, name: str) -> Iterator[None]:
        """Name the object in what goes wrong, and nothing that is secret."""
        import pyarrow as pa

        try:
            yield
        except (OSError, pa.ArrowException) as error:
            if isinstance(error, OSError) and error.filename is not None:
                raise
            if isinstance(error, FileNotFoundError):
                raise FileNotFoundError(errno.ENOENT, "it is not there", self.uri(name)) from None
            raise OSError(errno.EIO, _told(error), self.uri(name)) from None

    def uri(self, name: str) -> str:
        """`s3://bucket/name`."""
        return f"{self.scheme}://{self.bucket}/{name}".rstrip("/")


@cache
def _files(scheme: str) -> FileSystem:
    """The stores of a scheme, by the environment."""
    from pyarrow import fs

    if scheme == "gs":
        return fs.GcsFileSystem()
    server = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    options: dict[str, Any] = {} if server is None else {"endpoint_override": server}
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if region is not None:
        options["region"] = region
    return fs.S3FileSystem(
        connect_timeout=_CONNECT_S,
        request_timeout=_ANSWER_S,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=_ATTEMPTS),
        # With anything else (or with allow_delayed_open) an upload that fails is completed as the
        # stream is dropped: an object of some of the bytes, or of none.
        background_writes=True,
        **options,
    )


def _told(error: Exception) -> str:
    """One line of what the library of a store says, without secrets."""
    text = reason_of(error)
    for name in _SECRETS:
        secret = os.environ.get(name)
        if secret:
            text = text.replace(secret, f"${name}")
    return text
