"""YAML and JSON of people who mean harm: one line, little memory, little time."""

import ast
import json
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forge.errors import ForgeError
from forge.work.json_text import parse_json, parse_line, read_json
from forge.work.yaml_files import parse_yaml, read_yaml, write_yaml

ROOT = Path(__file__).parents[2] / "python" / "forge"
BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12)
)
MERGES = "a0: &a0 {x0: 1}\n" + "".join(
    f"a{i}: &a{i}\n  <<: [{', '.join([f'*a{i - 1}'] * 9)}]\n  x{i}: 1\n" for i in range(1, 12)
)
YAML = {
    "an alias bomb": (BOMB, "more than 100,000 values"),
    "a bomb of merges": (MERGES, "more than 100,000 values"),
    "itself in a list": ("a: &a [*a]", "part of itself"),
    "itself in a mapping": ("a: &a {b: {c: *a}}", "part of itself"),
    "itself by a merge": ("a: &a\n  <<: *a\n", "part of itself"),
    "deep lists": ("a: " + "[" * 100_000, "nest"),
    "deep mappings": ("a: " + "{b: " * 100_000, "nested deeper than 32"),
    "deep blocks": ("\n".join(" " * i + "a:" for i in range(500)), "nested deeper than 32"),
    "a huge integer": ("a: " + "9" * 500_000, "too long for 64 bits"),
    "a huge hexadecimal": ("a: 0x" + "f" * 500_000, "too long for 64 bits"),
    "a huge number of sixties": ("a: 1" + ":59" * 100_000, "too long for 64 bits"),
    "an integer of 65 bits": (f"a: {2**64}", "at most 64 bits"),
    "no month 13": ("a: 2026-13-01", "no such date: '2026-13-01'"),
    "no 30 February": ("a: 2026-02-30", "no such date"),
    "no hour 25": ("a: 2026-01-01 25:00:00", "no such date"),
    "no such zone": ("a: 2026-01-01 10:00:00 +99:99", "no such date"),
    "twice": ("a: 1\na: 2\n", "the key 'a' is there twice in line 2"),
    "a key that is a list": ("? [1, 2]\n: 3\n", "a key must be text or a number"),
    "not finite": ("a: .nan", "a: numbers must be finite, got nan"),
    "infinite": ("a: [1, -.inf]", r"a\[1\]: numbers must be finite, got -inf"),
    "an object": ("a: !!python/object/apply:os.system [x]", "values must be plain"),
    "bytes": ("a: !!binary aGk=", "values must be plain"),
    "merged and twice": ("a:\n  <<: {x: 1}\n  y: 1\n  y: 2\n", "'y' is there twice"),
    "a set": ("a: !!set {b}", "values must be plain"),
    "not a number": ("a: !!int x", "not a number: 'x'"),
    "half a character": (r'a: "\ud800"', "character"),
    "two documents": ("a: 1\n---\nb: 2\n", "another document in line 2"),
    "no such alias": ("a: *b", "undefined alias"),
    "long": ("a: " + "x" * 2_000_000, "longer than 1,048,576 bytes"),
    "many": ("a: [" + "1," * 200_000 + "]", "more than 100,000 values"),
    "many keys": ("".join(f"a{i}: 1\n" for i in range(60_000)), "more than 100,000 values"),
    "control characters": ("a: \x07", "control characters"),
    "a tab": ("a:\n\t- b", "line 2"),
}
JSON = {
    "deep lists": ("[" * 500_000, "nested too deep"),
    "deep mappings": ('{"a":' * 500_000, "nested too deep"),
    "closed, and deep": ("[" * 100 + "]" * 100, "nested deeper than 32"),
    "a huge integer": ("9" * 500_000, "at most 64 bits"),
    "an integer of 65 bits": (f'{{"a": {2**64}}}', "a: whole numbers must be of at most 64 bits"),
    "NaN": ('{"a": NaN}', "numbers must be finite, got NaN"),
    "infinity": ("-Infinity", "numbers must be finite, got -Infinity"),
    "beyond a float": ('{"a": [1e999]}', r"a\[0\]: numbers must be finite, got inf"),
    "twice": ('{"a": 1, "a": 1}', "the key 'a' is there twice"),
    "half a character": (r'{"a": "\ud800"}', "whole characters"),
    "half a character in a key": (r'{"\ud800": 1}', "whole characters"),
    "nothing": ("", "not JSON: Expecting value at line 1 column 1"),
    "cut": ('{"a": ', "not JSON"),
    "two values": ("1 2", "not JSON: Extra data"),
    "long": ('"' + "x" * 9_000_000 + '"', "longer than 8,388,608 bytes"),
}


def refused(read: Any, text: bytes, part: str) -> None:
    """Read in little time and memory, to an error of one short line."""
    tracemalloc.start()
    began = time.process_time()
    with pytest.raises(ForgeError, match=part) as told:
        read(text)
    elapsed_s, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "\n" not in str(told.value) and len(str(told.value)) < 300
    assert elapsed_s < 20 and peak < 200e6


@pytest.mark.parametrize("name", YAML)
def test_hostile_yaml(name: str) -> None:
    text, part = YAML[name]
    refused(parse_yaml, text.encode(), part)


@pytest.mark.parametrize("name", JSON)
def test_hostile_json(name: str) -> None:
    text, part = JSON[name]
    refused(parse_json, text.encode(), part)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    refused(parse_json, b'{"a": "\xff"}', "not JSON: byte 7 is not UTF-8")
    refused(parse_yaml, b"a: \xff", "UTF-8")
    (tmp_path / "a.json").write_bytes(b"\xff")
    with pytest.raises(ForgeError, match=r"a\.json: not JSON"):
        read_json(tmp_path / "a.json")
    with pytest.raises(ForgeError, match="must be a mapping"):
        parse_line(b"[1]")


def test_what_people_write_is_read() -> None:
    text = b"a: &a [1, 2.5, true, null, x]\nb: *a\ndate: 2026-11-26\nat: 2026-11-26T10:00:00Z\n"
    text += b"merged:\n  <<: {x: 1, y: 2}\n  y: 3\n0x10: hex\n"
    assert parse_yaml(text) == {
        "a": [1, 2.5, True, None, "x"],
        "b": [1, 2.5, True, None, "x"],
        "date": "2026-11-26",
        "at": "2026-11-26T10:00:00Z",
        "merged": {"x": 1, "y": 3},
        16: "hex",
    }
    assert parse_yaml(b"a: .inf", finite=False) == {"a": float("inf")}


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text(max_size=8), PLAIN, max_size=5))
def test_what_was_written_is_read(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    assert parse_json(json.dumps(value)) == value
    path = tmp_path_factory.getbasetemp() / "a.yaml"
    write_yaml(path, value)
    assert read_yaml(path) == value


MARKS = "{}[]&*a:-!?|>'\"\\ \n\t<0x9."


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=80) | st.text("{}[]&*a:-!?|>'\"\\ \n\t<0x9.", max_size=60).map(str.encode)
)
def test_anything_is_a_value_or_one_line(text: bytes) -> None:
    for read in (parse_json, parse_yaml):
        try:
            read(text)
        except ForgeError as error:
            assert len(str(error).splitlines()) == 1


# ---- nobody goes around the readers --------------------------------------------------------------

HOMES = {
    "json.load": {"work/json_text.py"},
    "json.loads": {"work/json_text.py"},
    "json.JSONDecoder": set(),
    "torch.load": {"work/tensor_files.py"},
}


def around(tree: ast.AST, file: str) -> list[str]:
    """Calls and imports of a module that parse text or pickles by themselves."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            name = ast.unparse(node)
            if (name in HOMES and file not in HOMES[name]) or (
                name.startswith("yaml.") and file != "work/yaml_files.py"
            ):
                found.append(name)
        if isinstance(node, ast.ImportFrom) and node.module in (
            "json",
            "yaml",
            "tomllib",
            "plistlib",
        ):
            found.append(ast.unparse(node))
        if isinstance(node, ast.Import):
            names = {alias.name for alias in node.names}
            found += sorted(names & {"yaml"}) if file != "work/yaml_files.py" else []
            found += [f"import {a.name} as" for a in node.names if a.asname and a.name == "json"]
    return found


def test_all_text_goes_through_the_readers() -> None:
    files = {path.relative_to(ROOT).as_posix(): path for path in ROOT.glob("**/*.py")}
    assert {"work/json_text.py", "work/yaml_files.py", "work/tensor_files.py"} < set(files)
    found = {name: around(ast.parse(path.read_text()), name) for name, path in files.items()}
    assert {name: faults for name, faults in found.items() if faults} == {}


@pytest.mark.parametrize(
    "line",
    [
        "json.loads(x)",
        "json.load(f)",
        "from json import loads",
        "import yaml",
        "yaml.safe_load(x)",
        "import json as j",
        "torch.load(p, weights_only=True)",
    ],
)
def test_a_way_around_is_noticed(line: str) -> None:
    assert around(ast.parse(line), "look/tiles.py")


def test_pydantic_waits_for_the_first_file() -> None:
    """It is imported inside functions of one module, and nowhere else."""
    for path in ROOT.glob("**/*.py"):
        tree = ast.parse(path.read_text())
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        inside = {id(node) for function in functions for node in ast.walk(function)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [getattr(node, "module", None) or "", *(a.name for a in node.names)]
                if any(name.split(".")[0].startswith("pydantic") for name in names):
                    assert path.name == "file_schema.py" and id(node) in inside, path
