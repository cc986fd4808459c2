"""Results on disk as they come: one JSON line for the options, one for each piece of work.

A line is appended when its work is over, so a run that was killed loses the work in hand and
nothing else; a line torn by the kill is cut off when the run goes on. Lines end with a checksum.

A piece of work has a name, and counts once: what is there again is left out, and what is there
again with another outcome is an error. So files of one series may be joined one after the other.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Hashable, Mapping, Set
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from forge.errors import ForgeError, reason_of
from forge.work.file_schema import in_file, read_as
from forge.work.json_lines import JsonLines, is_whole_line, open_line, sealed_line, whole_lines
from forge.work.plain_values import named

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Row = TypeVar("Row", bound=DataclassInstance)
else:
    Row = TypeVar("Row")


_HEADER: Final = b'{"format":'
_FORMAT_NAME: Final = re.compile(r"forge [a-z ]{1,40}")


@in_file()
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
        pieces: the outcomes of a line by the names of the pieces of work it speaks of.
        without: a line without some of several pieces.
        fits: whether a line can come of the options of the file.
    """

    name: str
    version: int
    row: type[Row]
    is_sound: Callable[[Mapping[str, Any]], bool]
    pieces: Callable[[Row], Mapping[Hashable, Any]]
    without: Callable[[Row, Set[Hashable]], Row] | None = None
    fits: Callable[[Mapping[str, Any], Row], bool] = lambda options, row: True

    def header(self, options: Mapping[str, Any]) -> bytes:
        """The first line."""
        values = {"format": self.name, "version": self.version, "options": dict(options)}
        return sealed_line(values)

    def options(self, line: bytes, path: Path, number: int = 1) -> tuple[dict[str, Any], bool]:
        """What the first line of a file says, and whether lines have checksums from here on.

        Raises:
            ForgeError: for a file of another kind, or a damaged one.
        """
        try:
            found, has_seal = open_line(line)
        except ForgeError as error:
            if line.startswith(_HEADER + b'"' + self.name.encode() + b'"'):
                raise ForgeError(f"{path}: line {number} is damaged: {error}") from error
            found, has_seal = {}, False
        if found.get("format") != self.name or found.get("version") != self.version:
            raise ForgeError(
                f"{path} is not a results file of {self.name} {self.version}{_told_of(found)}: "
                "give another file or folder"
            )
        return read_as(ResultsHeader, found, f"{path}: line {number}").options, has_seal

    def read_row(
        self, line: bytes, path: Path, number: int, needs_seal: bool = False
    ) -> tuple[Row, bool]:
        """One line, the `number`-th of the file, and whether it has a checksum.

        Raises:
            ForgeError: where it is damaged.
        """
        try:
            values, has_seal = open_line(line)
            if needs_seal and not has_seal:
                raise ForgeError("its checksum is gone")
            row = read_as(self.row, values, "")
        except ForgeError as error:
            raise ForgeError(f"{path}: line {number} is damaged: {error}") from error
        if not self.is_sound(values):
            raise ForgeError(f"{path}: line {number} is damaged")
        return row, has_seal

    def read(self, path: Path) -> tuple[dict[str, Any], list[Row]]:
        """Options and rows of a whole file; a torn last line is left out.

        Raises:
            ForgeError: for a file that cannot be read, of another kind, or damaged.
        """
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ForgeError(f"cannot read {path}: {reason_of(error)}") from error
        found = FoundResults.read(self, content, path)
        return found.options, found.rows


@dataclass
class FoundResults(Generic[Row]):
    """What a file holds, each piece of work once.

    Args:
        options: of its first line.
        rows: in the order of their lines.
        n_lines: whole ones, all that are there.
        n_repeated: pieces of work that were there again.
    """

    options: dict[str, Any]
    rows: list[Row]
    n_lines: int
    n_repeated: int = 0

    @classmethod
    def read(
        cls, kind: ResultsFormat[Row], content: bytes, path: Path, closely: bool = False
    ) -> FoundResults[Row]:
        """Take a file apart; says in a line on stderr what was there twice.

        Args:
            kind: of file.
            content: all of it.
            path: for messages.
            closely: hold lines against the options that are what was written too; others always
                are.

        Raises:
            ForgeError: for a file of another kind, a damaged one, or one in which a piece of work
                has two outcomes.
        """
        lines = whole_lines(content)
        if is_whole_line(content[sum(len(line) + 1 for line in lines) :]):
            raise ForgeError(f"{path}: line {len(lines) + 1} is damaged: its end is not a line's")
        first, *rest = lines or [b""]
        options, needs_seal = kind.options(first, path)
        found = cls(options, [], len(lines))
        seen: dict[Hashable, tuple[Any, int]] = {}
        for number, line in enumerate(rest, start=2):
            if line.startswith(_HEADER):
                again, needs_seal = kind.options(line, path, number)
                compare_options(again, options, f"{path}: line {number} begins a file that")
                continue
            row, has_seal = kind.read_row(line, path, number, needs_seal)
            if (closely or not has_seal) and not kind.fits(options, row):
                raise ForgeError(f"{path}: line {number} cannot come of the options in line 1")
            found._add(kind, row, number, seen, path)
        if found.n_repeated:
            print(
                f"{path}: results that are there more than once count once "
                f"({found.n_repeated:,} left out)",
                file=sys.stderr,
            )
        return found

    def _add(
        self,
        kind: ResultsFormat[Row],
        row: Row,
        number: int,
        seen: dict[Hashable, tuple[Any, int]],
        path: Path,
    ) -> None:
        pieces = kind.pieces(row)
        known = {name for name in pieces if name in seen}
        for name in known:
            outcome, before = seen[name]
            if outcome != pieces[name]:
                raise ForgeError(
                    f"{path}: lines {before} and {number} have different results of {name}: "
                    "remove the wrong one"
                )
        seen.update({name: (pieces[name], number) for name in pieces if name not in known})
        self.n_repeated += len(known)
        if len(known) == len(pieces):
            return
        self.rows.append(kind.without(row, known) if known and kind.without else row)


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
        self._file.append(sealed_line(_written(row)))
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
        found = FoundResults.read(self._kind, self._file.content, self.path)
        compare_options(found.options, options, f"{self.path}")
        self._file.keep(found.n_lines)
        return found.rows


def _written(row: DataclassInstance) -> dict[str, Any]:
    """The fields of a row, without those that may be left out and are."""
    left_out = {each.name for each in fields(row) if each.default is None}
    values = asdict(row).items()
    return {name: each for name, each in values if each is not None or name not in left_out}


def _told_of(found: Mapping[str, Any]) -> str:
    """What a first line says that it is of."""
    name, version = found.get("format"), found.get("version")
    known = isinstance(name, str) and _FORMAT_NAME.fullmatch(name) and type(version) is int
    return f", but of {name} {version}" if known else ""


def compare_options(made_with: Mapping[str, Any], options: Mapping[str, Any], what: str) -> None:
    """ForgeError, naming the first that differs, where results were made with other options."""
    for name in {**options, **made_with}:
        before, now = made_with.get(name), options.get(name)
        if before != now:
            raise ForgeError(
                f"{what} was made with {named(name)} = {named(before)}, not {named(now)}: "
                "give the same options, or another file or folder"
            )


def are_numbers(column: Any, n: int, most: int) -> bool:
    """Whether a plain value is a list of n whole numbers 0..most."""
    return (
        isinstance(column, list)
        and len(column) == n
        and all(type(each) is int and 0 <= each <= most for each in column)
    )
