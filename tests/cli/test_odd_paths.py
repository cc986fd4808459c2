"""Paths are text: what commands print of them is what was typed, in any encoding."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from forge.cli.main import COMMANDS
from support.commands import Fails, Run, literally
from support.odd_paths import LINES, ODD, words_of
from support.tiny_shards import write_tiny_shards

ONE_OF_MANY = re.compile(
    r"(?<![\w.,:+±/-])1 (games|hands|deals|decisions|worlds|files|shards|samples|positions|states"
    r"|points|plays|rounds|seeds)\b"
)
# Endless or outward; their paths are those of generate and of train. What serves and builds the
# page is in tests/cli/test_play_command.py and tests/web, what answers lines in
# tests/cli/test_bridge_command.py.
ELSEWHERE = {
    "play",
    "build-page",
    "bridge",
    "generate",
    "campaign",
    "campaign-marginalized",
    "migrate-shards",
    "quickstart",
    "improve-policy",
    "flywheel",
    "bid-benchmark",
    "advise",
    "review",
}


def prepare(folder: Path, data_dir: Path) -> None:
    """What no line makes: tokenised data and shards."""
    folder.mkdir(parents=True)
    shutil.copytree(data_dir, folder / "tok")
    write_tiny_shards(folder / "shards")


def test_the_lines_are_of_all_commands() -> None:
    named = {line.split()[0] for line in LINES} | ELSEWHERE
    assert named == {entry.name for entry in COMMANDS}


@contextmanager
def files_of_at_most(n_bytes: int) -> Iterator[None]:
    """No file grows beyond that: what a full disk does to one, without one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


# More than a page: the memory that processes share is a file, too.
LIMIT = 5000
OUTPUTS = ("--output", "--output-dir", "--out", "--run-dir", "--to", "--plot", "--onnx")


def test_paths_are_printed_as_they_are_and_full_disks_name_the_file(
    forge: Run, tmp_path: Path, data_dir: Path
) -> None:
    folder, full = Path(ODD), Path("full")
    prepare(folder, data_dir)
    n_refused = 0
    for line in LINES:
        words, printed = words_of(line, folder)
        place = next((i for i, word in enumerate(words) if word in OUTPUTS), None)
        if place is not None and "--dry-run" not in words:
            there = [*words]
            there[place + 1] = words[place + 1].replace(str(folder), str(full))
            with files_of_at_most(LIMIT):
                code, _, err = forge(*literally(*there))
            if code != 0:
                n_refused += 1
                assert code == 2 and err.startswith("error: ") and err.count("\n") == 1, (line, err)
                assert str(full) in err, (line, err)
            shutil.rmtree(full, ignore_errors=True)
        code, out, err = forge(*literally(*words))
        assert code == (2 if words[0] == "verify" else 0), (line, err)
        assert printed in re.sub(r"\s+", " ", out + err), (line, out, err)
        assert not ONE_OF_MANY.search(out + err), (line, out, err)
    assert n_refused >= 8


def test_output_fits_any_encoding(tmp_path: Path, data_dir: Path) -> None:
    folder = tmp_path / "x[b]"
    prepare(folder, data_dir)
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "COLUMNS": "100"}
    script = (
        "import json, sys\n"
        "from forge.cli.main import command_of, COMMANDS, spellings\n"
        "assert sys.stdout.encoding.lower() not in ('utf-8', 'utf8'), sys.stdout.encoding\n"
        "for name, *words in json.loads(sys.stdin.read()):\n"
        "    entry = next(each for each in COMMANDS if name in spellings(each))\n"
        "    try:\n"
        "        command_of(entry).main(words, 'forge ' + name)\n"
        "    except SystemExit as ended:\n"
        "        print('ended', name, ended.code, flush=True)\n"
    )
    todo = [words_of(line, folder)[0] for line in LINES]
    todo += [[name, "--help"] for name in ("arena", "view", "catalog")]
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=json.dumps(todo).encode(),
        env=os.environ | ascii_only,
        cwd=tmp_path,
        capture_output=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    ends = re.findall(rb"^ended (\S+) (\d+)$", done.stdout, re.MULTILINE)
    assert len(ends) == len(todo)
    assert {code for name, code in ends if name != b"verify"} == {b"0"}, done.stderr
    assert os.fsencode(str(folder)) in done.stdout and done.stdout.isascii()
    assert b"Traceback" not in done.stderr


def test_forge_is_a_module_and_helps_with_slips(tmp_path: Path) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "forge", *words], capture_output=True, text=True, check=False
        )

    assert run("--version").stdout.startswith("crystal-forge ")
    slip = run("arean", "random")
    assert slip.returncode == 2 and "did you mean arena?" in slip.stderr
    assert "--games" in run("arena", "random", "random", "--gamse", "3").stderr
    value = run("generate-eq", "--output", "x", "--posterior", "foo").stderr
    assert "'foo' is not one of" in value and "Value error" not in value


@pytest.mark.parametrize(
    "line",
    [
        "bid-parallel --hands /dev/zero --output o.jsonl",
        "bid-calibrate fit --data /dev/zero --output o.json",
        "eval-policy --policy /dev/zero --data .",
        "tokenize --input /dev/zero",
    ],
)
def test_what_never_ends_is_not_read(line: str, fails: Fails) -> None:
    name, *options = line.split()
    assert "/dev/zero is neither file nor folder" in fails(name, *options)
