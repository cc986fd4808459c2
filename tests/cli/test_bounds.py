"""Every option of every command at the border: refused in one line that names it, or taken.

Commands run with a stand-in for their function, so a value that is taken starts no work.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import MISSING
from enum import Enum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest

from forge.cli.command import Command, is_path, spellings
from forge.game.deal import Deal
from forge.models.catalog import list_models
from forge.options import Option
from forge.work.paths import (
    NOWHERE,
    file_or_nowhere,
    folder_or_nowhere,
    writable_file,
    writable_folder,
)
from support.all_commands import commands

HEAVY = ("torch", "lightning", "torchmetrics", "matplotlib", "scipy", "pandas", "pyarrow", "onnx")
LONG = "x" * 5000
# What people and programs type by accident.
WHOLE = ["0", "-1", str(2**31), str(2**63 - 1), str(2**63), str(10**30), "9" * 5000]
REAL = [*WHOLE, "nan", "inf", "-inf", "1e308", "-1e308", "1e-308", "-0.0"]
TEXT = ["", " ", "\t", LONG, "x\ny", "[red]x[/y]", "\udcff", "٣", "1,,2", "9" * 5000]
TEXT += ["0", "-1", "nan", "1e308"]

PROGRAM = """
import contextlib, functools, io, json, sys
from importlib import import_module
TAKEN = "taken"
def stand_in(function):
    @functools.wraps(function)
    def taken(*args, **kwargs):
        print(TAKEN)
    return taken
ends = []
for module, words in json.load(sys.stdin):
    found = import_module(module).main.__self__
    parts = [*getattr(found, "commands", [found]), getattr(found, "bare", None)]
    for command in filter(None, parts):
        if not hasattr(command.function, "__wrapped__"):
            command.function = stand_in(command.function)
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            found.main(words)
            code = "no end"
        except SystemExit as ended:
            code = ended.code
        except BaseException as error:
            code = repr(error)
    ends.append((code, err.getvalue(), out.getvalue()))
json.dump((ends, sorted(sys.modules)), sys.stdout)
"""
Ends = list[tuple[Any, str, str]]
Line = tuple[str, list[str]]


def ends_of(lines: list[Line], folder: Path) -> tuple[Ends, set[str]]:
    """How command lines end, and the modules that were imported for them."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps(lines),
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        timeout=900,
    )
    ends, modules = json.loads(done.stdout)
    return ends, set(modules)


ALL = commands()
IDS = [made.name for _, _, made in ALL]


def number_kind(hint: Any) -> type | None:
    """int or float where an option takes numbers."""
    return next((kind for kind in (int, float) if hint in (kind, kind | None)), None)


# Commands that want one of several options, or two that fit.
ALONE = {
    "render-visualizations": ["--overload"],
    "parallel": ["--seeds=0:1"],
    "generate": ["--seed=0"],
    "analyze-eq": ["--data=there"],
    "solve": [f"--deal={Deal.from_seed(0).text}", "--decl=3"],
}


def needed(made: Command, but: str) -> list[str]:
    """Words for what must be given beside an option."""
    hand = "6-4,5-5,4-2,3-1,2-0,1-1,0-0"
    deal = Deal.from_seed(0).text
    good = {"hand": hand, "deal": deal, "decl": "3", "trump": "3"}
    good |= {"seed_range": "0:1", "base_seed_range": "0:1"}
    good |= {"a": "random", "b": "random", "paths": "there"}
    if made.name == "eval":
        good["checkpoint"] = list_models()[0].name
    if made.name == "review":
        good["hand"] = f"{deal} ; 3 ; "
    words = [word for word in ALONE.get(made.name, ()) if word.partition("=")[0] != f"--{but}"]
    for name, (each, what) in made.options().items():
        if each.default is MISSING and name != but:
            value = good.get(name, "there")
            words += [value] if what.is_argument else [f"{spellings(name, what)[0]}={value}"]
    return words


@pytest.mark.parametrize(("module", "before", "made"), ALL, ids=IDS)
def test_every_number_has_both_bounds(module: str, before: list[str], made: Command) -> None:
    for name, (_, what) in made.options().items():
        if number_kind(made.hints()[name]) is not None:
            assert None not in (_lower(what), _upper(what)), f"{made.name}: {name}"


def _lower(what: Option) -> float | None:
    return what.above if what.least is None else what.least


def _upper(what: Option) -> float | None:
    return what.below if what.most is None else what.most


def test_values_at_the_border_are_refused_in_a_line_or_taken(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("")
    lines: list[Line] = []
    about: list[tuple[str, Option, Any, str]] = []
    for module, before, made in ALL:
        for name, (_, what) in made.options().items():
            hint = made.hints()[name]
            if hint is bool:
                continue
            kind = number_kind(hint)
            values = TEXT if kind is None else [*TEXT[:8], *(WHOLE if kind is int else REAL)]
            for spelling in spellings(name, what):
                for value in values:
                    words = [value] if what.is_argument else [f"{spelling}={value}"]
                    if what.is_argument and value.startswith("-"):
                        continue
                    lines.append((module, [*before, *needed(made, name), *words]))
                    about.append((spelling, what, hint, value))
    ends, modules = ends_of(lines, tmp_path)
    assert len(ends) > 5000
    assert not set(HEAVY) & modules
    n_taken, wrong = 0, []
    for (module, words), (spelling, what, hint, value), (code, err, out) in zip(
        lines, about, ends, strict=True
    ):
        said = (module, [word[:80] for word in words], code, err[:300], out[:80])
        if (code, err, out) == (0, "", "taken\n"):
            n_taken += 1
            fine = _may_be_taken(what, hint, value)
        else:
            fine = (code, out) == (2, "") and err.startswith("error: ") and len(err) < 1200
            fine = fine and err.endswith("\n") and err.count("\n") == 1
            fine = fine and (what.is_argument or spelling in err)
        if not fine:
            wrong.append(said)
    assert not wrong, "\n".join(map(str, wrong))
    assert n_taken > 100


def _may_be_taken(what: Option, hint: Any, value: str) -> bool:
    """Whether a value lies in the bounds of an option, as far as the bounds say."""
    kind = number_kind(hint)
    if kind is not None:
        try:
            number = kind(value)
        except ValueError:
            return kind is int and value == "-0.0"
        low, high = _lower(what), _upper(what)
        return low is not None and high is not None and low <= number <= high
    if is_path(hint) or what.reads in (*WRITABLE, file_or_nowhere, folder_or_nowhere):
        return bool(value.strip()) and len(value) < 5000
    if get_origin(hint) is Literal or (isinstance(hint, type) and issubclass(hint, Enum)):
        return value in map(str, get_args(hint))
    return True


WRITABLE = (writable_file, writable_folder)
OUTPUT = (
    "--picture",
    "--out",
    "--output",
    "--output-dir",
    "--plot",
    "--to",
    "--run-dir",
    "--onnx",
    "--dir",
)


@pytest.mark.parametrize("kind", ["below a file", "the other kind", "a device"])
def test_what_cannot_be_written_is_told_before_any_work(tmp_path: Path, kind: str) -> None:
    (tmp_path / "there").write_text("")
    for suffix in ("", ".pdf", ".json", ".png"):
        (tmp_path / f"folder{suffix}").mkdir()
        os.mkfifo(tmp_path / f"folder-no-file{suffix}")
    lines: list[Line] = []
    names: list[str] = []
    for module, before, made in ALL:
        for name, (_, what) in made.options().items():
            spelling = next((each for each in spellings(name, what) if each in OUTPUT), None)
            if spelling is None or (made.name in ("catalog", "status") and spelling == "--dir"):
                continue
            of_folder = what.reads in (writable_folder, folder_or_nowhere)
            assert what.reads is not None, f"{made.name} {spelling} is not looked at"
            suffix = ".pdf" if made.name == "poster" else ""
            place = f"there/x{suffix}"
            if kind == "the other kind":
                place = "there" if of_folder else f"folder{suffix}"
            if kind == "a device":
                place = f"folder-no-file{suffix}"
                if what.reads in WRITABLE and not suffix:  # as root it would be no device any more
                    lines.append((module, [*before, *needed(made, name), f"{spelling}={NOWHERE}"]))
                    names.append(spelling)
            lines.append((module, [*before, *needed(made, name), f"{spelling}={place}"]))
            names.append(spelling)
            if "dry_run" in made.options():
                lines.append((module, [*lines[-1][1], "--dry-run"]))
                names.append(spelling)
    ends, modules = ends_of(lines, tmp_path)
    assert len(ends) > 25
    assert not set(HEAVY) & modules
    for line, name, (code, err, out) in zip(lines, names, ends, strict=True):
        assert (code, out) == (2, ""), (line, err)
        assert err.count("\n") == 1 and name in err, (line, err)
        assert "there" in err or "folder" in err or NOWHERE in err, (line, err)
