"""Played hands in Parquet, a thousand a file: what is missing is played, what is there is kept."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch

from forge.errors import ForgeError, reason_of
from forge.game.constants import N_DECLARATIONS, N_DOMINOES, N_PLAYS, N_SEATS, N_SLOTS
from forge.game.contract import BIDS
from forge.policy.choices import check_plays
from forge.policy.self_play import PlayedHands, Teacher, contract_of, joined, play_hands
from forge.work.atomic import write_file
from forge.work.checksums import SEAL_KEY
from forge.work.claims import put_in_place
from forge.work.parquet_files import parquet_bytes, read_parquet
from forge.work.pieces import Claims, FileWork, Reason, WorkReport, work_through

HANDS_A_FILE: Final = 1000
# Played in lock step, so that something is told now and then.
_HANDS_TOGETHER: Final = 125
_FORMAT: Final = "forge policy hands 1"
_NAMED: Final = re.compile(r"hands_seed_(\d{1,18})_from_(\d{1,18})\.parquet")
_SMALL: Final = {"decl": pa.int8(), "bid": pa.int8()}
_COLUMNS: Final = {
    "deals": (pa.int8(), N_DOMINOES),
    "plays": (pa.int8(), N_PLAYS),
    "chances": (pa.float32(), N_PLAYS * N_SLOTS),
}


def hands_path(folder: Path, seed: int, start: int) -> Path:
    """Where the hands from number `start` on are."""
    return folder / f"hands_seed_{seed:08d}_from_{start:08d}.parquet"


def play_missing(
    folder: Path,
    seed: int,
    n_hands: int,
    teacher: Teacher,
    told: Callable[[int], None] = lambda n: None,
    stopped: Callable[[], bool] = lambda: False,
) -> list[Path]:
    """The files of hands 0 .. n_hands - 1, those that are not there played.

    Several may work on one folder: who is at a file has it claimed, and it is left out here.

    Args:
        folder: made if missing.
        seed: of the series.
        n_hands: rounded up to whole files.
        teacher: who plays.
        told: called with how many hands were played, or found, since it was last called.
        stopped: asked before each file; true ends the work.

    Returns:
        the files that are there now.

    Raises:
        ForgeError: if the folder cannot be written to, or holds hands of another teacher.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        other = next((each.name for each in sorted(folder.glob("*.jsonl"))), None)
    except OSError as error:
        raise ForgeError(f"{folder}: {reason_of(error)}") from error
    if other is not None:
        raise ForgeError(f"{folder} holds the work of another command ({other}): give another one")
    paths: list[Path] = []
    asked = _Asked(stopped)

    def made(path: Path) -> None:
        asked.next_file()
        paths.append(path)

    def passed_over(start: int, reason: Reason) -> None:
        asked.next_file()
        if reason == "present":
            path = hands_path(folder, seed, start)
            _check_teacher(path, teacher)
            told(HANDS_A_FILE)
            paths.append(path)

    work_through(
        range(0, n_hands, HANDS_A_FILE),
        HandsWork(folder, seed, teacher, told),
        WorkReport(),
        made,
        passed_over=passed_over,
        stop=asked,
    )
    return sorted(paths)


class _Asked:
    """Asks once before each file, however often the loop looks."""

    def __init__(self, stopped: Callable[[], bool]) -> None:
        self._stopped = stopped
        self._answer: bool | None = None

    @property
    def requested(self) -> bool:
        if self._answer is None:
            self._answer = self._stopped()
        return self._answer

    def next_file(self) -> None:
        self._answer = None


class HandsWork(FileWork[int, Path]):
    """How a file of hands is made; its piece is the number of the first hand.

    Args:
        folder: of the files.
        seed: of the series.
        teacher: who plays.
        told: called with how many hands were played since it was last called.
    """

    def __init__(
        self, folder: Path, seed: int, teacher: Teacher, told: Callable[[int], None]
    ) -> None:
        self._folder, self._seed, self._teacher, self._told = folder, seed, teacher, told

    def path(self, piece: int) -> Path:
        """Of the hands from a number on."""
        return hands_path(self._folder, self._seed, piece)

    def make(self, claims: Claims[int]) -> Path:
        """Play a file of hands and put it in place."""
        ((start, claim),) = claims.items()
        assert claim is not None
        parts = []
        for first in range(start, start + HANDS_A_FILE, _HANDS_TOGETHER):
            last = min(first + _HANDS_TOGETHER, start + HANDS_A_FILE)
            parts.append(play_hands(self._seed, first, last, self._teacher))
            self._told(last - first)
        put_in_place(claim, as_bytes(joined(parts), self._teacher))
        return claim.target


def _check_teacher(path: Path, teacher: Teacher) -> None:
    n = len(load_hands(path))
    if n != HANDS_A_FILE:
        raise ForgeError(f"{path}: {n} hands instead of {HANDS_A_FILE}: remove it")
    theirs, ours = teacher_of(path), describe(teacher)
    if theirs != ours:
        raise ForgeError(f"{path}: played by {theirs}, not by {ours}: take another folder or seed")


def describe(teacher: Teacher) -> str:
    """A teacher in a line, by which files tell who played them."""
    told = f"n={teacher.n_worlds}"
    if teacher.policy is not None:
        digest = hashlib.sha256(teacher.policy.tensor.numpy().tobytes()).hexdigest()[:16]
        told += f",pool={teacher.pool},mix={teacher.rollouts!r},policy={digest}"
    return told if teacher.bid is None else f"{told},bid={teacher.bid.number}"


def save_hands(hands: PlayedHands, path: Path, teacher: Teacher) -> None:
    """Write hands, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_file(path, as_bytes(hands, teacher))


def as_bytes(hands: PlayedHands, teacher: Teacher) -> bytes:
    """What a file of hands holds."""
    columns = {
        "decl": pa.array(hands.decls.numpy()),
        "bid": pa.array(hands.bids.numpy()),
    }
    for name, (type_, size) in _COLUMNS.items():
        values = getattr(hands, name).contiguous().numpy().reshape(-1)
        columns[name] = pa.FixedSizeListArray.from_arrays(pa.array(values, type_), size)
    meta = {"format": _FORMAT, "teacher": describe(teacher)}
    return parquet_bytes(pa.table(columns).replace_schema_metadata(meta))


def teacher_of(path: Path) -> str:
    """Who played the hands of a file.

    Raises:
        ForgeError: for a file that is not of this kind.
    """
    return _read(path)[1]["teacher"]


def _read(path: Path) -> tuple[pa.Table, dict[str, str]]:
    table, meta = read_parquet(path)
    if meta.get("format") != _FORMAT or "teacher" not in meta:
        raise ForgeError(f"{path}: not a file of forge play-hands")
    return table, meta


def load_hands(path: Path, every_play: bool = False) -> PlayedHands:
    """Read a file.

    Args:
        path: of the file.
        every_play: replay hands that are what was written too; others always are replayed.

    Raises:
        ForgeError: for a file that is missing, damaged or of another kind, or whose name is that of
            other hands; names it.
    """
    table, meta = _read(path)
    n = table.num_rows
    _check_columns(table, path)
    try:

        def column(name: str, *shape: int) -> npt.NDArray[np.generic]:
            values = table[name].combine_chunks()
            flat = values.flatten() if shape else values
            return np.array(flat.to_numpy(zero_copy_only=False)).reshape(n, *shape)

        found = PlayedHands(
            torch.from_numpy(column("deals", N_SEATS, N_SLOTS)),
            torch.from_numpy(column("decl")),
            torch.from_numpy(column("bid")),
            torch.from_numpy(column("plays", N_PLAYS)),
            torch.from_numpy(column("chances", N_PLAYS, N_SLOTS)),
        )
    except (OSError, KeyError, TypeError, ValueError, pa.ArrowException) as error:
        raise ForgeError(f"{path}: {reason_of(error)}") from error
    _check(found, path)
    _check_name(found, path, every_play)
    if every_play or SEAL_KEY not in meta:
        try:
            check_plays(found)
        except ForgeError as error:
            raise ForgeError(f"{path}: {error}") from error
    return found


def _check_columns(table: pa.Table, path: Path) -> None:
    """ForgeError for a column that is missing, of another type, or empty somewhere."""
    types = _SMALL | {name: pa.list_(type_, size) for name, (type_, size) in _COLUMNS.items()}
    for name, type_ in types.items():
        if name not in table.column_names:
            raise ForgeError(f"{path}: not what forge play-hands writes: there is no column {name}")
        column = table[name]
        if column.type != type_ or column.null_count:
            found = f"{column.type}{' with gaps' * bool(column.null_count)}"
            raise ForgeError(
                f"{path}: not what forge play-hands writes: {name} is {found}, not {type_}"
            )


def _check_name(hands: PlayedHands, path: Path, all_of_them: bool) -> None:
    """Deals, declarations and bids follow from the numbers in the name: of the first and the last
    hand, or of all."""
    named = _NAMED.fullmatch(path.name)
    if named is None:
        return
    seed, start = map(int, named.groups())
    for row in range(len(hands)) if all_of_them else {0, len(hands) - 1}:
        deal, decl, bid = contract_of(seed, start + row)
        same = torch.equal(hands.deals[row], deal.tensor)
        if not same or (int(hands.decls[row]), int(hands.bids[row])) != (decl, bid.number):
            raise ForgeError(f"{path}: its name is that of other hands than it holds")


def _check(hands: PlayedHands, path: Path) -> None:
    known = torch.tensor([bid.number for bid in BIDS], dtype=torch.int8)
    dominoes = torch.arange(N_DOMINOES, dtype=torch.int8).expand(len(hands), -1)
    sound = {
        "deals": torch.equal(hands.deals.flatten(1).sort(dim=1).values, dominoes),
        "declarations": bool(((hands.decls >= 0) & (hands.decls < N_DECLARATIONS)).all()),
        "bids": bool(torch.isin(hands.bids, known).all()),
        "plays": bool(((hands.plays >= -1) & (hands.plays < N_DOMINOES)).all()),
        "chances": not bool(((hands.chances < 0) | (hands.chances > 1)).any()),
    }
    wrong = [name for name, fine in sound.items() if not fine]
    if wrong or not len(hands):
        raise ForgeError(f"{path}: {', '.join(wrong) or 'hands'}: not what forge play-hands writes")


def load_all(paths: list[Path]) -> PlayedHands:
    """Read several files.

    Raises:
        ForgeError: as `load_hands`; without files.
    """
    if not paths:
        raise ForgeError("no files of hands: forge play-hands makes them")
    return joined([load_hands(path) for path in paths])
