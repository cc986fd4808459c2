"""A training without validation seeds says which are missing, and what it says to type works."""

import re
import shlex
from pathlib import Path

import pytest

from support.commands import Fails, Works
from support.tiny_shards import write_tiny_shards

TINY = "--embed-dim 24 --n-heads 2 --n-layers 1 --ff-dim 32 --epochs 1 --batch-size 64"


def commands_in(line: str) -> list[list[str]]:
    """The command lines that an error says to type."""
    told = re.split(r" && | \(", line.strip().partition("with ")[2])
    return [shlex.split(each)[1:] for each in told if each.startswith("forge ")]


def fewer(words: list[str]) -> list[str]:
    """The same command for fewer deals: what there are enough of is not what is tested."""
    words = ["899:901" if word == "895:955" else word for word in words]
    if "--limit" in words:
        words[words.index("--limit") + 1] = "1"
    return words


@pytest.mark.parametrize("kind", ["shards", "seeds"])
def test_tokenised_data_without_val(fails: Fails, works: Works, kind: str) -> None:
    if kind == "shards":
        write_tiny_shards(Path("my shards"), (3, 7))
        works("tokenize", "--input 'my shards' --max-samples-per-shard 100 --output 'my data'")
    else:
        works("tokenize", "--from-seeds 3:4 --per-seed 100 --output 'my data'")
    line = fails("train", "--data 'my data'", TINY)
    assert "my data has no deals for val (val seeds are 900..949 of each thousand)" in line
    assert not Path("runs").exists()
    for name, *words in commands_in(line):
        works(name, *map(shlex.quote, fewer(words)))
    assert "run: runs/domino/version_0" in works("train", "--data 'my data'", TINY)


def test_games_without_val(fails: Fails, works: Works) -> None:
    few = "--n-samples 2 --limit 1"
    works("generate-eq-continuous", few, "--start-seed 3 --output-dir 'my games'")
    line = fails("train-eq", "--data 'my games'", TINY)
    assert "my games/val: no seed_*.pt files" in line
    assert "val seeds are 900..949 of each thousand" in line
    assert not Path("runs").exists()
    ((name, *words),) = commands_in(line)
    works(name, *map(shlex.quote, fewer(words)), "--n-samples 2")
    assert "run: runs/eq/version_0" in works("train-eq", "--data 'my games'", TINY)
