"""Played hands in Parquet, a thousand a file: what is missing is played, what is there is kept."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import torch

from forge.errors import ForgeError, reason_of
from forge.game.constants import N_DECLARATIONS, N_DOMINOES, N_PLAYS, N_SEATS, N_SLOTS
from forge.game.contract import BIDS
from forge.policy.self_play import PlayedHands, Teacher, joined, play_hands
from forge.work.atomic import write_file
from forge.work.claims import claim_missing, put_in_place

HANDS_A_FILE: Final = 1000
# Played in lock step, so that something is told now and then.
_HANDS_TOGETHER: Final = 125
_FORMAT: Final = "forge policy hands 1"
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
    except OSError as error:
        raise ForgeError(f"{folder}: {reason_of(error)}") from error
    paths = []
    for start in range(0, n_hands, HANDS_A_FILE):
        if stopped():
            break
        path = hands_path(folder, seed, start)
        claim = claim_missing(path)
        if claim == "present":
            _check_teacher(path, teacher)
            told(HANDS_A_FILE)
            paths.append(path)
        if isinstance(claim, str):
            continue
        with claim:
            parts = []
            for first in range(start, start + HANDS_A_FILE, _HANDS_TOGETHER):
                last = min(first + _HANDS_TOGETHER, start + HANDS_A_FILE)
                parts.append(play_hands(seed, first, last, teacher))
                told(last - first)
            put_in_place(claim, as_bytes(joined(parts), teacher))
        paths.append(path)
    return paths


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
    sink = pa.BufferOutputStream()
    options = {"compression": "zstd", "write_page_checksum": True}
    pq.write_table(pa.table(columns).replace_schema_metadata(meta), sink, **options)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def teacher_of(path: Path) -> str:
    """Who played the hands of a file.

    Raises:
        ForgeError: for a file that is not of this kind.
    """
    return _meta(path)["teacher"]


def _meta(path: Path) -> dict[str, str]:
    try:
        raw = pq.read_schema(path).metadata or {}
    except (OSError, pa.ArrowException) as error:
        raise ForgeError(f"{path}: {reason_of(error)}") from error
    meta = {
        key.decode(errors="replace"): value.decode(errors="replace") for key, value in raw.items()
    }
    if meta.get("format") != _FORMAT or "teacher" not in meta:
        raise ForgeError(f"{path}: not a file of forge play-hands")
    return meta


def load_hands(path: Path) -> PlayedHands:
    """Read a file.

    Raises:
        ForgeError: for a file that is missing, damaged or of another kind.
    """
    _meta(path)
    try:
        table = pq.read_table(path, page_checksum_verification=True)
        n = table.num_rows

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
    return found


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
