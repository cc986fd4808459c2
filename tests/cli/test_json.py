"""What prints a table prints JSON, too."""

import json
import re
from importlib import import_module
from inspect import getsource
from pathlib import Path

import pytest

from forge.cli.command import Command, spellings
from forge.cli.main import Entry
from support.all_commands import entries
from support.commands import Fails, Run, Works

TABLES = re.compile(
    r"rich\.table|moves_table|forge\.cli\.show\.\w+ import (\w*tables?\b|show_(?!gaps))"
)
# They share a module with one that has a table; `generate --show` is what `solve --json` tells.
WITHOUT = ("generate", "bid-calibrate play", *(f"flywheel {word}" for word in ("init", "retry")))
WITHOUT += ("flywheel test", "flywheel")


@pytest.mark.parametrize(
    ("entry", "words", "made"), list(entries()), ids=lambda each: str(getattr(each, "name", each))
)
def test_every_command_with_a_table(entry: Entry, words: list[str], made: Command) -> None:
    if TABLES.search(getsource(import_module(entry.module))):
        known = [
            each for name, (_, what) in made.options().items() for each in spellings(name, what)
        ]
        assert ("--json" in known) == (" ".join([entry.name, *words]) not in WITHOUT)


def test_verify(works: Works, forge: Run, tmp_path: Path) -> None:
    out = tmp_path / "r.jsonl"
    works("arena", f"random random --games 1 --workers 1 --out {out}")
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "bad.jsonl").write_bytes(out.read_bytes().replace(b'"seed":0', b'"seed":1'))
    code, text, errors = forge("verify", str(tmp_path), "--json")
    found = json.loads(text)
    assert code == 2 and "bad.jsonl" in errors
    assert {Path(each["file"]).name: each["result"] for each in found["files"]} == {
        "bad.jsonl": "BAD",
        "r.jsonl": "ok",
    }
    assert found["unknown"] == [str(tmp_path / "notes.txt")]
    assert len(found["problems"]) == 1 and "bad.jsonl" in found["problems"][0]


def test_quickstart(works: Works, tmp_path: Path) -> None:
    found = json.loads(works("quickstart", f"--json --out {tmp_path}"))
    assert found["seed"] == 0 and found["declaration"] == "blanks" and len(found["q"]) == 7
    assert max(found["q"].values()) == found["value"]
    assert Path(found["file"]).is_file()


def test_a_plan_of_tokenising(works: Works, fails: Fails, tmp_path: Path) -> None:
    line = f"--from-seeds 0:3 --output {tmp_path / 'out'}"
    found = json.loads(works("tokenize", f"{line} --dry-run --json"))
    assert found["splits"]["train"]["to_do"] == 3 and found["splits"]["val"]["deals"] == 0
    assert "--json is for --dry-run" in fails("tokenize", f"{line} --json")
