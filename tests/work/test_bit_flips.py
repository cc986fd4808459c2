"""Damage to files of every format is told, by the readers and by `forge verify`."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

import bit_flips
from forge.cli.file_kinds import verify_file
from forge.errors import ForgeError
from support.written_files import (
    FORMATS,
    Written,
    bidding_file,
    eq_file,
    hands,
    shard,
    tokenized,
)

N_FLIPS, N_CUTS, N_VERIFIED = 24, 4, 4


def _renamed(path: Path) -> Path:
    return path.rename(path.with_stem("tiny"))


@pytest.mark.parametrize("name", FORMATS)
def test_damage_is_told(name: str, tmp_path: Path) -> None:
    written = FORMATS[name](tmp_path)
    n = N_FLIPS + 12 * (len(written.files) > 1)
    for how, times in ((bit_flips.flipped, n), (bit_flips.cut, N_CUTS)):
        found = bit_flips.damage(written, times, how, seed=1)
        assert (found.unseen, found.unnamed) == (0, 0), found
        assert found.told + found.same == times
    assert found.told or written.grows  # a sweep that damages nothing would pass too


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in ("tokenize-pt",)])
def test_verify_takes_every_kind_and_tells(name: str, tmp_path: Path) -> None:
    written = FORMATS[name](tmp_path)
    if name == "catalogue":  # its models are not here
        with pytest.raises(ForgeError, match=r"catalog\.json: .*: missing"):
            verify_file(written.files[0])
        return
    if name.startswith("shard"):  # whose deal is not that of its name
        written = Written(name, [_renamed(written.files[0])], written.read)
    for path in written.files:
        found = verify_file(path)
        assert found is not None and found.result.startswith("ok"), path
        assert "without" not in found.result
    chance = random.Random(2)
    path = written.files[-1]
    content = path.read_bytes()
    for _ in range(N_VERIFIED):
        damaged = bytearray(content)
        damaged[chance.randrange(len(content) // 4, len(content) // 2)] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        try:
            verify_file(path)
        except ForgeError as error:
            assert written.is_named(str(error), path)
        else:  # zip files and comments have bytes that nobody reads
            assert name in ("eq", "checkpoint", "shard-pt")


@pytest.mark.parametrize(
    ("write", "one", "other"),
    [(eq_file, 7, 8), (bidding_file, 3, 4), (hands, 0, 1000)],
)
def test_files_with_each_others_names_are_told(
    write: Callable[[Path, int], Written], one: int, other: int, tmp_path: Path
) -> None:
    first, second = write(tmp_path, one), write(tmp_path, other)
    a, b = first.files[0], second.files[0]
    contents = a.read_bytes(), b.read_bytes()
    b.write_bytes(contents[0])
    a.write_bytes(contents[1])
    for written in (first, second):
        with pytest.raises(ForgeError, match="name") as raised:
            written.read()
        assert written.files[0].name in str(raised.value)


def test_shards_with_each_others_names_are_told(tmp_path: Path) -> None:
    first, second = shard(tmp_path, seed=3), shard(tmp_path, seed=7)
    first.files[0].replace(second.files[0])
    with pytest.raises(ForgeError, match="name and metadata disagree"):
        second.read()


@pytest.mark.parametrize(("one", "other"), [("teams", "players"), ("targets", "values")])
def test_arrays_with_each_others_names_are_told(one: str, other: str, tmp_path: Path) -> None:
    written = tokenized(tmp_path)
    folder = written.files[-1].parent
    a, b = folder / f"{one}.npy", folder / f"{other}.npy"
    contents = a.read_bytes(), b.read_bytes()
    a.write_bytes(contents[1])
    b.write_bytes(contents[0])
    with pytest.raises(ForgeError, match=str(folder)):
        written.read()


def test_splits_with_each_others_names_are_told(tmp_path: Path) -> None:
    train = tokenized(tmp_path).files[-1].parent
    val, spare = train.with_name("val"), train.with_name("spare")
    train.rename(spare)
    val.rename(train)
    spare.rename(val)
    with pytest.raises(ForgeError, match="SHA-256"):
        verify_file(train / "masks.npy")


def test_overwritten_qvals_are_told_with_checksums_and_without(tmp_path: Path) -> None:
    written = tokenized(tmp_path)
    folder = written.files[-1].parent
    path = folder / "qvals.npy"
    content = path.read_bytes()
    path.write_bytes(content[:128] + bytes(len(content) - 128))
    with pytest.raises(ForgeError, match="qvals"):
        written.read()
    (folder / "block_sums.npy").unlink()  # as of the first release
    with pytest.raises(ForgeError, match="qvals or values are damaged"):
        written.read()
