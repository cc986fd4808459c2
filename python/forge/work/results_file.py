"""Results on disk as they come: one JSON line for the options, one for each piece of work.

A line is appended when its work is over, so a run that was killed loses the work in hand and
nothing else; a line torn by the kill is cut off when the run goes on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from forge.errors import ForgeError, reason_of
from forge.work.file_schema import in_file, read_as
from forge.work.json_lines import JsonLines, whole_lines
from forge.work.json_text import parse_line
from forge.work.plain_values import named

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Row = TypeVar("Row", bound=DataclassInstance)
else:
    Row = TypeVar("Row")


@in_file(others="ignore")
@dataclass(frozen=True)
class ResultsHeader:
    """The first line."""

    format: str
    version: int
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ResultsFormat(Generic[Row]):
    """What a kind of results file holds.

    Args:
        name: of the format, in the first line.
        version: of the format.
        row: a dataclass of plain values, one a line, marked by `in_file`.
        is_sound: whether the values of a line, which has the fields of `row`, are what they may be.
    """

    name: str
    version: int
    row: type[Row]
    is_sound: Callable[[Mapping[str, Any]], bool]

    def header(self, options: Mapping[str, Any]) -> bytes:
        """The first line."""
        return _line({"format": self.name, "version": self.version, "options": dict(options)})

    def options(self, line: bytes, path: Path) -> dict[str, Any]:
        """What the first line of a file says.

        Raises:
            ForgeError: for a file of another kind.
        """
        try:
            found = parse_line(line)
        except ForgeError:
            found = {}
        if found.get("format") != self.name or found.get("version") != self.version:
            raise ForgeError(f"{path} is not a results file of {self.name} {self.version}")
        return read_as(ResultsHeader, found, f"{path}: line 1").options

    def read_row(self, line: bytes, path: Path, number: int) -> Row:
        """One line, the `number`-th of the file.

        Raises:
            ForgeError: where it is damaged.
        """
        try:
            row = read_as(self.row, values := parse_line(line), "")
        except ForgeError as error:
            raise ForgeError(f"{path}: line {number} is damaged: {error}") from error
        if not self.is_sound(values):
            raise ForgeError(f"{path}: line {number} is damaged")
        return row

    def read(self, path: Path) -> tuple[dict[str, Any], list[Row]]:
        """Options and rows of a whole file; a torn last line is left out.

        Raises:
            ForgeError: for a file that cannot be read, of another kind, or damaged.
        """
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ForgeError(f"cannot read {path}: {reason_of(error)}") from error
        first, *rest = whole_lines(content) or [b""]
        options = self.options(first, path)
        return options, [self.read_row(line, path, i) for i, line in enumerate(rest, start=2)]


class ResultsFile(Generic[Row]):
    """A file of results that goes on, held by one process; use as a context manager.

    Args:
        path: made, with its directory, if it is not there.
        kind: what it holds.
        options: plain values that results depend on; a file that was made with others is refused.

    Raises:
        ForgeError: for a file of other options, held by another process, or of another kind.
    """

    def __init__(self, path: Path, kind: ResultsFormat[Row], options: Mapping[str, Any]) -> None:
        self.path, self._kind = path, kind
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._file = JsonLines(path, exclusive=True)
        except BlockingIOError:
            raise ForgeError(f"{path} is being written by another process") from None
        try:
            self.rows = self._read(options)
        except BaseException:
            self._file.close()
            raise

    def append(self, row: Row) -> None:
        """Add a row, on disk when this returns."""
        self._file.append(_line(asdict(row)))
        self.rows.append(row)

    def __enter__(self) -> ResultsFile[Row]:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._file.close()

    def _read(self, options: Mapping[str, Any]) -> list[Row]:
        """What is there; cuts a torn last line off, and begins a new file."""
        header = self._kind.header(options)
        if header.startswith(self._file.content):  # new, or killed while this line was written
            self._file.keep(0)
            self._file.append(header)
            return []
        first, *rest = whole_lines(self._file.content) or [b""]
        self._compare(self._kind.options(first, self.path), options)
        rows = [
            self._kind.read_row(line, self.path, number)
            for number, line in enumerate(rest, start=2)
        ]
        self._file.keep(1 + len(rows))
        return rows

    def _compare(self, made_with: Mapping[str, Any], options: Mapping[str, Any]) -> None:
        for name in {**options, **made_with}:
            before, now = made_with.get(name), options.get(name)
            if before != now:
                raise ForgeError(
                    f"{self.path} was made with {named(name)} = {named(before)}, not {named(now)}: "
                    "give the same options or another file"
                )


def are_numbers(column: Any, n: int, most: int) -> bool:
    """Whether a plain value is a list of n whole numbers 0..most."""
    return (
        isinstance(column, list)
        and len(column) == n
        and all(type(each) is int and 0 <= each <= most for each in column)
    )


def _line(values: Mapping[str, Any]) -> bytes:
    return (json.dumps(values, separators=(",", ":"), allow_nan=False) + "\n").encode()
