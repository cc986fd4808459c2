"""Files of lines: whole ones count, a torn one goes, one process writes."""

from pathlib import Path

import pytest

from forge.work.json_lines import JsonLines, whole_lines


def test_a_torn_line_is_cut_off_and_lines_go_on(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_bytes(b'{"a":1}\n{"a":2}\n{"a"')
    assert whole_lines(path.read_bytes()) == [b'{"a":1}', b'{"a":2}']
    with JsonLines(path) as file:
        assert file.content == b'{"a":1}\n{"a":2}\n{"a"'
        file.keep(2)
        file.append(b'{"a":3}\n')
        assert path.read_bytes() == b'{"a":1}\n{"a":2}\n{"a":3}\n'
    with JsonLines(path) as file:
        file.keep(1)
    assert path.read_bytes() == b'{"a":1}\n'


def test_one_process_has_it(tmp_path: Path) -> None:
    path = tmp_path / "new.jsonl"
    with JsonLines(path, exclusive=True) as file:
        with pytest.raises(BlockingIOError, match="another process"):
            JsonLines(path, exclusive=True)
        file.append(b"1\n")
    with JsonLines(path, exclusive=True) as file:
        assert file.content == b"1\n"
