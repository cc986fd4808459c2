"""Options of commands: written once, checked before anything heavy is imported, named as typed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import MISSING, dataclass
from typing import Any, get_type_hints

import pytest

from forge.cli.command import Command, CommandGroup, Given, command, spellings
from forge.cli.main import COMMANDS, command_of
from forge.errors import ForgeError
from forge.options import INT64_MAX, Option, again, check, option

HEAVY = ("torch", "lightning", "torchmetrics", "matplotlib", "scipy", "pandas", "pyarrow", "onnx")


@dataclass(frozen=True)
class Size:
    n: int = option(3, "How many.", "--n-things", "--things", least=1, most=9)
    share: float = option(0.5, "Of it.", above=0, below=1)
    name: str | None = option(None, "Of it.")


@dataclass(frozen=True)
class Place:
    where: str = option(help="A place.", is_argument=True)
    n: int = again(Size, "n", default=5)
    loud: bool = option(False, "Or not.")


@command()
def put_things(place: Place, given: Given) -> None:
    """Put things
    somewhere."""
    print(place.where, place.n, place.loud, sorted(given))


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[Any, str, str]:
    with pytest.raises(SystemExit) as ended:
        put_things.main(words)
    out, err = capsys.readouterr()
    return ended.value.code, out, err


def test_a_function_of_dataclasses_is_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "here") == (0, "here 5 False ['where']\n", "")
    code, out, _ = run(capsys, "here", "--loud", "--things", "9")
    assert (code, out) == (0, "here 9 True ['loud', 'n', 'where']\n")
    assert put_things.name == "put-things"


def test_errors_name_the_option_as_typed(capsys: pytest.CaptureFixture[str]) -> None:
    for words, told in (
        (("here", "--things", "0"), "--things must be 1..9, got 0"),
        (("here", "--n-things=10"), "--n-things must be 1..9, got 10"),
        (("here", "--things", str(INT64_MAX + 1)), f"--things must be 1..9, got {INT64_MAX + 1}"),
        ((), "Missing argument"),
        (("here", "--quiet"), "No such option: --quiet"),
    ):
        code, out, err = run(capsys, *words)
        assert (code, out) == (2, "")
        assert err.startswith("error: ") and told in err and err.count("\n") == 1


def test_python_has_the_same_bounds() -> None:
    check(Size())
    for values, told in (
        ({"n": 0}, "n must be 1..9, got 0"),
        ({"share": 0.0}, "share must be above 0 and below 1, got 0.0"),
        ({"share": 1.0}, "share must be above 0 and below 1, got 1.0"),
        ({"share": float("nan")}, "share must be above 0 and below 1, got nan"),
    ):
        with pytest.raises(ForgeError, match=told):
            check(Size(**values))
    with pytest.raises(ForgeError, match="of things n must"):
        check(Size(n=-1), "of things ")


# ---- every option of every command -----------------------------------------------------------

# Runs command lines in one process and tells how each ended, and what it imported.
PROGRAM = """
import contextlib, io, json, sys
from importlib import import_module
ends = []
for module, words in json.load(sys.stdin):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            import_module(module).main(words)
        except SystemExit as ended:
            code = ended.code
    ends.append((code, err.getvalue(), bool(out.getvalue())))
json.dump((ends, sorted(sys.modules)), sys.stdout)
"""


def ends_of(lines: list[tuple[str, list[str]]]) -> tuple[list[tuple[int, str, bool]], list[str]]:
    """How command lines end, and the modules that were imported for them."""
    # In a folder of its own and not for ever: a value that passes would start the work.
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            input=json.dumps(lines),
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
            timeout=300,
        )
    ends, modules = json.loads(done.stdout)
    return ends, modules


def commands() -> list[tuple[str, list[str], Command]]:
    """Every command: its module, the words before its options, and itself."""
    found = []
    for entry in COMMANDS:
        made = command_of(entry)
        if isinstance(made, CommandGroup):
            found += [(entry.module, [each.name], each) for each in made.commands]
        else:
            found.append((entry.module, [], made))
    return found


def out_of_bounds(what: Option, kind: type) -> list[str]:
    """Numbers that an option must refuse."""
    step = 1 if kind is int else 0.125
    numbers: list[Any] = [INT64_MAX + 1, -(2**70)] if kind is int else ["nan", "inf", "-inf"]
    for bound, inside in ((what.least, -step), (what.most, step), (what.above, 0), (what.below, 0)):
        if bound is not None:
            numbers.append(kind(bound + inside))
    return [str(number) for number in numbers]


def test_every_option_refuses_what_is_out_of_its_bounds() -> None:
    lines: list[tuple[str, list[str]]] = []
    names: list[str] = []
    for module, before, made in commands():
        hints = {
            name: hint
            for kind in made._kinds().values()
            if kind is not Given
            for name, hint in get_type_hints(kind).items()
        }
        # Values for what must be given; a line with them is wrong in nothing else.
        needed = [
            word
            for name, (each, what) in made.options().items()
            if each.default is MISSING
            for word in (["x"] if what.is_argument else [spellings(name, what)[0], "x"])
        ]
        for name, (_, what) in made.options().items():
            kind = next((k for k in (int, float) if hints[name] in (k, k | None)), None)
            if kind is None or what.is_argument:
                continue
            for spelling in spellings(name, what):
                for number in (*out_of_bounds(what, kind), "many"):
                    lines.append((module, [*before, *needed, f"{spelling}={number}"]))
                    names.append(spelling)
    ends, modules = ends_of(lines)
    assert len(ends) > 500
    for (module, words), name, (code, err, has_output) in zip(lines, names, ends, strict=True):
        assert (code, has_output) == (2, False), (module, words, err)
        assert err.startswith("error: ") and err.count("\n") == 1, (module, words, err)
        assert name in err, (module, words, err)
    assert not set(HEAVY) & set(modules)


def test_help_and_usage_errors_import_nothing_heavy() -> None:
    lines = [(module, [*before, "--help"]) for module, before, _ in commands()]
    lines += [(module, [*before, "--no-such-option"]) for module, before, _ in commands()]
    ends, modules = ends_of(lines)
    half = len(lines) // 2
    assert [(code, err, has_output) for code, err, has_output in ends[:half]] == [
        (0, "", True)
    ] * half
    assert all(code == 2 and err.startswith("error: ") for code, err, _ in ends[half:])
    assert not set(HEAVY) & set(modules)


def test_no_option_is_named_twice() -> None:
    for module, _, made in commands():
        names = [
            each for name, (_, what) in made.options().items() for each in spellings(name, what)
        ]
        assert len(set(names)) == len(names), module


# ---- the table of commands -------------------------------------------------------------------


def forge(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "forge.cli.main", *words],
        capture_output=True,
        text=True,
        env=os.environ | environment,
    )


def test_help_shows_groups_and_the_version_is_told() -> None:
    done = forge("--help")
    assert done.returncode == 0
    for group in ("Solve and data", "Learning", "Playing", "Bidding", "Looking", "Upkeep"):
        assert group in done.stdout
    assert all(entry.name in done.stdout for entry in COMMANDS)
    assert forge("--version").stdout.startswith("crystal-forge ")


@pytest.mark.parametrize("name", ["bid-continuous", "bidding-continuous", "bidding_continuous"])
def test_old_names_go_on(name: str) -> None:
    done = forge(name, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "--start-seed" in done.stdout


def test_shells_complete_commands_and_their_options() -> None:
    asked = {"_FORGE_COMPLETE": "complete_bash", "COMP_CWORD": "1", "COMP_WORDS": "forge are"}
    script = [
        sys.executable,
        "-c",
        "import sys; sys.argv[0] = 'forge'; import forge.cli.main as m; m.main()",
    ]
    for words, at, expected in (("forge are", "1", "arena"), ("forge arena --ga", "2", "--games")):
        asked = {"_FORGE_COMPLETE": "complete_bash", "COMP_CWORD": at, "COMP_WORDS": words}
        done = subprocess.run(script, capture_output=True, text=True, env=os.environ | asked)
        assert expected in done.stdout.split(), (done.stdout, done.stderr)
