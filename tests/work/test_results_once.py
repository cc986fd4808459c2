"""A piece of work counts once, however often its line is there."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from forge.arena.registry import parse_player
from forge.arena.results import ARENA, paired_results
from forge.arena.series import ArenaOptions, run_arena
from forge.bidding.calibration.hands import HANDS as CALIBRATION_HANDS
from forge.bidding.hands_file import HANDS
from forge.errors import ForgeError
from forge.work.json_lines import is_whole_line, open_line, sealed_line
from forge.work.results_file import ResultsFormat
from support.written_files import Written, arena, bidding_hands, calibration_rows

Told = pytest.CaptureFixture[str]
CASES: list[tuple[Callable[[Path], Written], ResultsFormat[Any], str, Any]] = [
    (arena, ARENA, "points_a", None),
    (bidding_hands, HANDS, "marks", -0.75),
    (calibration_rows, CALIBRATION_HANDS, "perfect", [1, 2]),
]


def lines_of(written: Written) -> tuple[Path, list[bytes]]:
    path = written.files[0]
    return path, path.read_bytes().splitlines(keepends=True)


@pytest.mark.parametrize(("write", "kind", "field", "other"), CASES)
@pytest.mark.parametrize("with_header", [False, True], ids=["lines", "cat"])
def test_what_is_there_twice_counts_once(
    write: Callable[[Path], Written],
    kind: ResultsFormat[Any],
    field: str,
    other: Any,
    with_header: bool,
    tmp_path: Path,
    capsys: Told,
) -> None:
    path, lines = lines_of(write(tmp_path))
    whole = kind.read(path)
    assert capsys.readouterr().err == ""
    path.write_bytes(b"".join(lines + lines[0 if with_header else 1 :]))
    assert kind.read(path) == whole
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and str(path) in told and "count once" in told


@pytest.mark.parametrize(("write", "kind", "field", "other"), CASES)
def test_what_is_there_with_two_outcomes_is_an_error(
    write: Callable[[Path], Written],
    kind: ResultsFormat[Any],
    field: str,
    other: Any,
    tmp_path: Path,
) -> None:
    path, lines = lines_of(write(tmp_path))
    values, _ = open_line(lines[1][:-1])
    values[field] = [42 - each for each in values[field]] if other is None else other
    path.write_bytes(b"".join(lines) + sealed_line(values))
    expected = f"lines 2 and {len(lines) + 1} have different results of "
    with pytest.raises(ForgeError, match=expected) as raised:
        kind.read(path)
    assert str(path) in str(raised.value)


def test_files_of_other_options_are_not_joined(tmp_path: Path) -> None:
    path, lines = lines_of(arena(tmp_path))
    header, _ = open_line(lines[0][:-1])
    header["options"]["seed"] = 5
    path.write_bytes(b"".join(lines) + sealed_line(header))
    with pytest.raises(ForgeError, match=rf"line {len(lines) + 1} .* made with seed = 5, not 0"):
        ARENA.read(path)


def test_blocks_that_overlap_count_each_deal_once(tmp_path: Path, capsys: Told) -> None:
    """Two runs may have cut one series into other blocks; how long it took differs too."""
    path, lines = lines_of(arena(tmp_path))
    before = paired_results(ARENA.read(path)[1], 80)
    values, _ = open_line(lines[1][:-1])
    n = len(values["deals"])
    half = {k: v[n // 2 :] if len(v) == n else v for k, v in values.items() if k != "wall_s"}
    half |= {"wall_s": 99.0}
    path.write_bytes(lines[0] + sealed_line(half) + b"".join(lines[1:]))
    _, blocks = ARENA.read(path)
    after = paired_results(blocks, 80)
    assert (after.points_a == before.points_a).all() and len(after) == 80
    assert sum(len(block.deals) for block in blocks) == 80
    assert f"({n - n // 2} left out)" in capsys.readouterr().err


def test_a_series_goes_on_after_a_line_that_is_there_twice(tmp_path: Path, capsys: Told) -> None:
    path, lines = lines_of(arena(tmp_path))
    path.write_bytes(b"".join(lines[:2]) + lines[1])
    options = ArenaOptions(parse_player("random"), parse_player("random"))
    run = run_arena(options, 80, out=path)
    assert len(run.results) == 80 and "count once" in capsys.readouterr().err
    assert len(path.read_bytes().splitlines()) == 2 + len(lines) - 1


@pytest.mark.parametrize("field", ["bidders", "trumps"])
def test_lines_that_cannot_come_of_the_options_are_told(field: str, tmp_path: Path) -> None:
    """Of the first release, which have no checksums."""
    path, lines = lines_of(arena(tmp_path))
    plain = [open_line(line[:-1])[0] for line in lines]
    for values in plain:
        values.pop("crc32", None)
    path.write_text("".join(json.dumps(values) + "\n" for values in plain))
    assert len(ARENA.read(path)[1]) == len(lines) - 1
    plain[2][field][3] = (plain[2][field][3] + 1) % 4
    path.write_text("".join(json.dumps(values) + "\n" for values in plain))
    with pytest.raises(ForgeError, match="line 3 cannot come of the options"):
        ARENA.read(path)


def test_lines_without_the_checksum_of_their_file_are_damaged(tmp_path: Path) -> None:
    path, lines = lines_of(arena(tmp_path))
    path.write_bytes(lines[0] + json.dumps(open_line(lines[1][:-1])[0]).encode() + b"\n")
    with pytest.raises(ForgeError, match="line 2 is damaged: its checksum is gone"):
        ARENA.read(path)


def test_sealed_lines() -> None:
    line = sealed_line({"a": 1, "b": [2.5, "x"]})
    assert json.loads(line) == {"a": 1, "b": [2.5, "x"], "crc32": json.loads(line)["crc32"]}
    assert open_line(line[:-1]) == ({"a": 1, "b": [2.5, "x"]}, True)
    assert open_line(b'{"a":1}') == ({"a": 1}, False)
    with pytest.raises(ForgeError, match="its checksum differs"):
        open_line(line[:-1].replace(b"2.5", b"2.6"))
    with pytest.raises(ForgeError, match="its checksum is no checksum"):
        open_line(line[:-3] + b'g"}')
    assert is_whole_line(line[:-1] + b"\x0b") and not is_whole_line(line[:-1])
    assert not any(is_whole_line(line[:i]) for i in range(len(line)))
