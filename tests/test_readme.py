"""The README is executed: Python examples and commands here, the installing ones by .ci/run."""

import doctest
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from support.commands import run_here

README = Path(__file__).parents[1] / "README.md"
FORGE = str(Path(sys.executable).with_name("forge"))  # the environment need not be activated
# These run for minutes as written, or on what a line before them made: tests/cli runs small ones.
NOT_AS_WRITTEN = (
    "campaign",
    "generate-continuous",
    "train --stream",
    "train --resume",
    "train --data",
    "tokenize --input",
    "eval",
    "export",
    "promote",
    "generate-eq-continuous",
    "view",
    "render-eq",
    "analyze-eq",
    "train-eq",
    "play-hands",  # as written: tests/cli/test_policy_commands.py
    "train-policy",
    "arena",
)


def _shell_lines() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", README.read_text(), re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line]


def test_python_examples() -> None:
    result = doctest.testfile(str(README), module_relative=False)
    assert result.attempted >= 15
    assert result.failed == 0


def test_two_commands_do_all_the_set_up() -> None:
    """Each is one line from nothing; .ci/run executes them in a fresh environment."""
    install, test = [line for line in _shell_lines() if line.startswith("python3 -m venv")]
    assert install.endswith("forge quickstart")
    assert test.endswith("-m pytest -n auto")  # on all cores


def _is_as_written(line: str) -> bool:
    return not line.startswith(tuple(f"forge {start}" for start in NOT_AS_WRITTEN))


FORGE_LINES = [line for line in _shell_lines() if line.startswith("forge ")]


@pytest.mark.parametrize("line", [line for line in FORGE_LINES if _is_as_written(line)])
def test_commands(line: str, tmp_path: Path) -> None:
    command = shlex.split(line)
    command[0] = FORGE
    if command[1] == "verify":
        shard = [FORGE, "generate", "--seed", "158", "--decl", "6", "--out", "data/shards"]
        subprocess.run(shard, cwd=tmp_path, check=True, capture_output=True)
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_options_of_the_other_commands(capsys: pytest.CaptureFixture[str]) -> None:
    """With `--help`, which still refuses options that there are not."""
    lines = [line for line in FORGE_LINES if not _is_as_written(line)]
    assert len(lines) >= len(NOT_AS_WRITTEN)
    for line in lines:
        _, name, *options = shlex.split(line)
        assert run_here(name, *map(shlex.quote, options), "--help") == 0, line
        assert "Usage" in capsys.readouterr().out
