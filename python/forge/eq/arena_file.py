"""Results of an arena on disk: one JSON line for the options, one for each block of deals.

A line is appended when its deals are over, so a run that was killed loses the deals in hand and
nothing else; a line torn by the kill is cut off when the run goes on.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np

from forge.eq.arena_stats import PairedResults
from forge.eq.games import N_SEATS
from forge.errors import ForgeError
from forge.ml.metrics import HAND_POINTS

FORMAT: Final = "forge arena"
VERSION: Final = 1


@dataclass(frozen=True)
class Block:
    """Deals that were played together, twice each.

    Args:
        deals: their numbers in the series.
        bidders: seat 0..3 at the table that the bid was forced on, a deal.
        trumps: declaration 0..6, a deal.
        points_a: points of the declarer's team, 0..42, with player A declaring, a deal.
        points_b: the same with player B declaring.
        cpu_s: CPU seconds that the decisions of player A and of player B took.
        wall_s: seconds from the first lead to the last play.
    """

    deals: list[int]
    bidders: list[int]
    trumps: list[int]
    points_a: list[int]
    points_b: list[int]
    cpu_s: list[float]
    wall_s: float


class ResultsFile:
    """A file of results, held by one process; use as a context manager.

    Args:
        path: made, with its directory, if it is not there.
        options: plain values that results depend on; a file that was made with others is refused.

    Raises:
        ForgeError: for a file of other options, held by another process, or of another kind.
    """

    def __init__(self, path: Path, options: Mapping[str, Any]) -> None:
        self.path = path
        header = _line({"format": FORMAT, "version": VERSION, "options": dict(options)})
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666), "r+b")
        try:
            self._lock()
            self.blocks = self._read(header, options)
        except BaseException:
            self._file.close()
            raise

    def append(self, block: Block) -> None:
        """Add deals, on disk when this returns."""
        self._write(_line(asdict(block)))
        self.blocks.append(block)

    def __enter__(self) -> ResultsFile:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._file.close()

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ForgeError(f"{self.path} is being written by another process") from None

    def _read(self, header: bytes, options: Mapping[str, Any]) -> list[Block]:
        """What is there; cuts a torn last line off, and begins a new file."""
        content = self._file.read()
        if header.startswith(content):  # new, or killed while this line was written
            self._file.truncate(0)
            self._file.seek(0)
            self._write(header)
            return []
        whole = content[: content.rfind(b"\n") + 1]
        first, *rest = whole.splitlines() or [b""]
        self._check_header(first, options)
        blocks = [self._block(line, number) for number, line in enumerate(rest, start=2)]
        if len(whole) < len(content):
            self._file.truncate(len(whole))
        self._file.seek(len(whole))
        return blocks

    def _check_header(self, line: bytes, options: Mapping[str, Any]) -> None:
        found = _parsed(line)
        if found.get("format") != FORMAT or found.get("version") != VERSION:
            raise ForgeError(f"{self.path} is not a results file of forge arena {VERSION}")
        made_with = found.get("options")
        made_with = made_with if isinstance(made_with, dict) else {}
        for name in {**options, **made_with}:
            before, now = made_with.get(name), options.get(name)
            if before != now:
                raise ForgeError(
                    f"{self.path} was made with {name} = {before}, not {now}: "
                    "give the same options or another file"
                )

    def _block(self, line: bytes, number: int) -> Block:
        values = _parsed(line)
        if set(values) != {field.name for field in fields(Block)} or not _is_sound(values):
            raise ForgeError(f"{self.path}: line {number} is damaged")
        return Block(**values)

    def _write(self, line: bytes) -> None:
        self._file.write(line)
        self._file.flush()
        os.fsync(self._file.fileno())


def paired_results(blocks: Sequence[Block], n_deals: int) -> PairedResults:
    """Results of the deals below `n_deals`, in the order of the series."""
    rows = sorted(
        row
        for block in blocks
        for row in zip(block.deals, block.points_a, block.points_b, block.bidders, strict=True)
        if row[0] < n_deals
    )
    columns = np.array(rows, dtype=np.int64).reshape(-1, 4)
    return PairedResults(columns[:, 1], columns[:, 2], columns[:, 3])


def _line(values: Mapping[str, Any]) -> bytes:
    return (json.dumps(values, separators=(",", ":"), allow_nan=False) + "\n").encode()


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        values = json.loads(line)
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}


def _is_sound(values: Mapping[str, Any]) -> bool:
    """Whether the columns of a block hold what they may, and as much of it."""
    n = len(values["deals"]) if isinstance(values["deals"], list) else 0
    last = {"bidders": N_SEATS - 1, "trumps": 6, "points_a": HAND_POINTS, "points_b": HAND_POINTS}
    return (
        n > 0
        and _are_numbers(values["deals"], n, 2**62)
        and all(_are_numbers(values[name], n, most) for name, most in last.items())
        and isinstance(values["cpu_s"], list)
        and len(values["cpu_s"]) == 2
        and all(isinstance(each, float | int) for each in (*values["cpu_s"], values["wall_s"]))
    )


def _are_numbers(column: Any, n: int, most: int) -> bool:
    return (
        isinstance(column, list)
        and len(column) == n
        and all(type(each) is int and 0 <= each <= most for each in column)
    )
