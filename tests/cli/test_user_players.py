"""Players of users through the installed command, and the page that shows how."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from support.commands import SCRIPT, Fails, Works, run_process

PAGE = Path(__file__).parents[2] / "docs" / "players.md"
FIRST = """
class First:
    "The first legal slot."
    def slots(self, games, keys):
        return games.legal.int().argmax(dim=1)

class Last:
    "Slot 6, whether it is legal or not."
    def slots(self, games, keys):
        return 0 * keys + 6
"""


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With the player of the page and two of a test."""
    (tmp_path / "mymodule.py").write_text("\n".join(blocks("python")))
    (tmp_path / "theirs.py").write_text(FIRST)
    return tmp_path


def refused(folder: Path, *line: object) -> str:
    done = run_process(folder, "forge", *line)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
    return done.stderr


def report(folder: Path, *line: object) -> dict[str, Any]:
    done = run_process(folder, "forge", *line, "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr == "" or done.stderr.startswith("going on with r.jsonl: ")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_page_shows_a_player_in_about_ten_lines() -> None:
    (code,) = blocks("python")
    assert len([line for line in code.splitlines() if line and "import" not in line]) <= 10


@pytest.mark.parametrize("line", "".join(blocks("sh")).splitlines())
def test_the_lines_of_the_page(folder: Path, line: str) -> None:
    done = run_process(folder, line)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_the_entry_point_of_the_page(folder: Path) -> None:
    (toml,) = blocks("toml")
    point = toml.splitlines()[1].replace('"', "")
    info = folder / "site" / "pips-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pips\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[forge.players]\n{point}\n")
    (folder / "mymodule.py").rename(folder / "site" / "mymodule.py")
    (command,) = re.findall(r"`(forge arena pips.*?)`", PAGE.read_text())
    paths = [str(folder / "site"), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "COLUMNS": "200"}
    for line, parts in (
        (f"{command} --games 40 --workers 2", ["A: pips:fewest", "40 deals"]),
        ("forge arena --help", ["installed: pips"]),
    ):
        words = [SCRIPT, *shlex.split(line)[1:]]
        done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        for part in parts:
            assert part in " ".join(done.stdout.split())


def test_workers_and_a_results_file(folder: Path) -> None:
    pair = "arena theirs:First random --out r.jsonl --seed 3"
    one = report(folder, pair, "--games 40 --workers 1")
    (folder / "r.jsonl").unlink()
    first = report(folder, pair, "--games 17 --workers 2")
    grown = report(folder, pair, "--games 40 --workers 2")
    assert (first["n_hands_played"], grown["n_hands_played"]) == (34, 46)
    for name in ("make_difference", "points_a", "mcnemar"):
        assert grown[name] == one[name]
    low, high = grown["points_difference"]["interval"]
    assert low < grown["points_difference"]["value"] < high
    error = refused(folder, "arena mymodule:Pips random --out r.jsonl --seed 3")
    assert "r.jsonl was made with a = theirs:First, not mymodule:Pips" in error
    (folder / "theirs.py").write_text(FIRST + "\n")
    assert "r.jsonl was made with sha256 of a = " in refused(folder, pair)


@pytest.mark.parametrize("workers", [1, 2])
def test_an_illegal_slot_is_one_line(folder: Path, workers: int) -> None:
    pair = f"arena theirs:Last random --games 40 --workers {workers}"
    error = refused(folder, pair)
    assert "player 'theirs:Last': slot 6 may not be played after " in error


@pytest.mark.parametrize(
    "line",
    [
        "arena random nowhere:Player",
        'bid-evaluate --hand "6-4,5-5,4-2,3-1,2-0,1-1,0-0" --player nowhere:Player',
        "bid-calibrate play --out h.jsonl --player nowhere:Player",
        "generate-eq --output e.pt --player nowhere:Player",
        "generate-eq-continuous --limit 1 --player nowhere:Player",
    ],
)
def test_every_command_says_what_is_missing(
    fails: Fails, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    error = fails(*line.split(" ", 1))
    assert f"player 'nowhere:Player': no module 'nowhere', neither in {Path.cwd()} nor" in error


def test_bidding_counts_what_it_plays(folder: Path) -> None:
    line = 'bid-evaluate --hand "6-4,5-5,4-2,3-1,2-0,1-1,0-0" --samples 70 --trumps fours'
    one, two = (report(folder, line, f"--player theirs:First --workers {n}") for n in (1, 2))
    assert one["declarations"] == two["declarations"]
    assert one["simulated"] == "played by theirs:First (sees its own hand)"


def test_generation_plays_as_it_does(folder: Path) -> None:
    line = "generate-eq --n-games 2 --n-samples 5 --device cpu --player"
    done = run_process(folder, "forge", line, "theirs:First --output first.pt")
    assert done.returncode == 0, done.stderr
    found = torch.load(folder / "first.pt", weights_only=True)
    assert torch.equal(found["action_taken"].long(), found["legal_mask"].int().argmax(dim=1))
    settings = found["settings"]
    assert settings["player"] == "theirs:First" and len(settings["player_sha256"]) == 64


def test_generation_by_a_player_of_forge(works: Works, fails: Fails) -> None:
    line = "--n-games 1 --n-samples 5 --device cpu --player"
    works("generate-eq", line, "eq:n=5 --output eq.pt")
    settings = torch.load("eq.pt", weights_only=True)["settings"]
    assert (settings["player"], settings["player_sha256"]) == ("eq:n=5", None)
    error = fails("generate-eq", line, "random --objective make --output x.pt")
    assert "player random chooses the plays: no other objective" in error
    error = fails("generate-eq", line, "random --exploration boltzmann --output x.pt")
    assert "player random explores greedy or epsilon_greedy, without blunders" in error
    assert not Path("x.pt").exists()
