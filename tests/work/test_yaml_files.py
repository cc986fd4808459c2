"""Mappings of plain values on disk; anything else is one line."""

from pathlib import Path

import pytest

from forge.errors import ForgeError, reason_of
from forge.work.yaml_files import read_yaml, write_yaml


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "made" / "settings.yaml"
    assert read_yaml(path) is None
    write_yaml(path, {"source": "seeds", "n": 3, "of": {"train": [1.5, None]}})
    assert read_yaml(path) == {"source": "seeds", "n": 3, "of": {"train": [1.5, None]}}
    first, rest = path.read_text().split("\n", 1)
    assert first.startswith("# crc32 ") and rest.startswith("source: seeds\nn: 3\n")


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"a: [1", "not readable as YAML: did not find expected ',' or ']' in line 2"),
        (b"\xff\xfe\x00", "not readable as YAML"),
        (b"!!python/object:os.system {}", "not readable as YAML: values must be plain"),
        (b"- 1\n- 2\n", "expected a YAML mapping, got list"),
        (b"", "expected a YAML mapping, got NoneType"),
    ],
)
def test_anything_else_is_one_line(tmp_path: Path, content: bytes, part: str) -> None:
    path = tmp_path / "manifest.yaml"
    path.write_bytes(content)
    with pytest.raises(ForgeError) as raised:
        read_yaml(path, "--force replaces it")
    message = str(raised.value)
    assert part in message and message.endswith(": --force replaces it")
    assert message.startswith(f"{path}: ") and "\n" not in message


def test_reasons_are_one_line() -> None:
    assert reason_of(FileNotFoundError(2, "No such file or directory", "x")) == (
        "No such file or directory"
    )
    assert reason_of(OSError("told\nat length")) == "told"
    assert reason_of(EOFError()) == "EOFError"
