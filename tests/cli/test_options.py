"""Options of commands: written once, checked before anything heavy is imported, named as typed."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import tempfile
from dataclasses import MISSING, dataclass
from typing import Any, get_type_hints

import pytest

from forge.cli.command import Command, Given, command, spellings
from forge.cli.main import COMMANDS
from forge.errors import ForgeError
from forge.options import INT64_MAX, Option, OptionError, again, check, option
from support.all_commands import commands

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


@dataclass(frozen=True)
class Pair:
    low_end: int = option(0, "Of it.", "--low")
    high_end: int = option(9, "Of it.", "--high")
    text: str = option("", "Of it.", reads=lambda name, text: _read(name, text))

    def __post_init__(self) -> None:
        if self.high_end < self.low_end:
            raise OptionError("high_end", f"must be at least {self.low_end}, got {self.high_end}")


def _read(name: str, text: str) -> None:
    if text.isdecimal():
        raise ForgeError(f"{name} must not be a number, got {text!r}")


@command()
def pair_up(pair: Pair) -> None:
    """Pair up."""
    print(pair.low_end, pair.high_end)


@command()
def put_things(place: Place, given: Given) -> None:
    """Put things
    somewhere."""
    print(place.where, place.n, place.loud, sorted(given))


def run(
    capsys: pytest.CaptureFixture[str], *words: str, of: Command = put_things
) -> tuple[Any, str, str]:
    with pytest.raises(SystemExit) as ended:
        of.main(words)
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


def test_errors_of_several_options_name_one_as_typed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "--low", "3", of=pair_up) == (0, "3 9\n", "")
    for words, told in (
        (("--low", "3", "--high", "2"), "--high must be at least 3, got 2"),
        (("--text", "7"), "--text must not be a number, got '7'"),
    ):
        assert run(capsys, *words, of=pair_up) == (2, "", f"error: {told}\n")
    with pytest.raises(OptionError, match=r"^high_end must be at least 3, got 2$") as raised:
        Pair(3, 2)
    again_raised = pickle.loads(pickle.dumps(raised.value))
    assert str(again_raised) == str(raised.value) and again_raised.name == "high_end"


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


HAND = "--hand 6-4,5-5,4-2,3-1,2-0,1-1,0-0"
# Command lines with a value that stands for nothing, and part of what they are told.
SENSELESS = {
    "arena random clever": "no player 'clever': valid are random",
    "arena random eq:n=0": "player 'eq:n=0': n must be 1..1048576, got 0",
    "arena random model:none.ckpt": "no checkpoint at none.ckpt",
    "arena random random --device tpu": "--device: unknown device 'tpu'; valid are auto, cpu, cuda",
    "generate-eq --output x --player eq:tau=1": "tau says nothing without posterior",
    "generate-eq --output x --checkpoint none.ckpt": "--checkpoint: no checkpoint at none.ckpt",
    "generate-eq --output x --bid 50": "--bid must be 30..42 or 84 (two marks), got 50",
    "generate-eq --output x --oracle model": "--oracle model needs --checkpoint",
    "generate-eq --output x --objective make --adaptive": "takes a number of worlds",
    "generate-eq --output x --adaptive --min-samples 5 --max-samples 3": "--max-samples must be at",
    "generate-eq-continuous --player random --objective make": "no other objective",
    "analyze-eq --data . --worlds 10,10": "--worlds must be different whole numbers",
    "analyze-eq --data . --worlds 10,x": "--worlds must be whole numbers and commas",
    "analyze-eq --data . --reference-samples 5": "--reference-samples must be 0 (none) or at least",
    "analyze-eq --data nowhere": "--data: there is no file nowhere",
    "view nowhere.pt": "there is no file nowhere.pt",
    "view . --bid 29": "--bid must be 30..42",
    "render-eq --dataset nowhere.pt --overload": "--dataset: there is no file nowhere.pt",
    "render-eq --dataset .": "nothing to draw",
    "auction --hand 6-4": "--hand: a hand has 7 dominoes, got 1",
    f"auction {HAND} --bids 31,30": "a bid of 30 is not higher than the 31 before it",
    f"auction {HAND} --seat 2": "seat 2 bids after 2 others, but --bids names 0",
    f"bid-evaluate {HAND} --trumps hearts": "--trumps: unknown declaration 'hearts'",
    f"bid-evaluate {HAND} --player clever": "no player 'clever'",
    f"bid-evaluate {HAND} --sample": "--sample draws the moves of a network",
    f"bid-investigate {HAND} --trump hearts": "--trump: unknown declaration 'hearts'",
    f"bid-poster {HAND} --device cuda:x": "--device: unknown device 'cuda:x'",
    "bid-convergence --sizes 0": "--sizes must be whole numbers and commas",
    "bid-benchmark --modes fast": "no player 'fast'",
    "bid-parallel": "give one of --hands FILE and --seeds A:B",
    "bid-parallel --seeds 3:1": "--seeds: seed range '3:1' is empty or backwards",
    "bid-parallel --hands nowhere.txt": "--hands: there is no file nowhere.txt",
    "bid-continuous --checkpoint none.ckpt": "--checkpoint: no checkpoint at none.ckpt",
    "bid-calibrate play --out x --player oracle": "player 'oracle' sees all hands",
    "bid-calibrate fit --data x --validate x --output x": "--data: there is no file x",
}


def test_what_stands_for_nothing_is_told_before_anything_heavy_is_imported() -> None:
    modules_of = {entry.name: entry.module for entry in COMMANDS}
    lines = [(modules_of[name], words) for name, *words in map(str.split, SENSELESS)]
    ends, modules = ends_of(lines)
    for line, told, (code, err, has_output) in zip(
        SENSELESS, SENSELESS.values(), ends, strict=True
    ):
        assert (code, has_output) == (2, False), (line, err)
        assert err.startswith("error: ") and err.count("\n") == 1 and told in err, (line, err)
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
