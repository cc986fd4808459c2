"""Pictures of E[Q] files as users ask for them."""

import shlex
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from forge.cli import render_eq as render_visualizations
from forge.eq.records import record_bytes, write_record
from support.records import SEEDS, small_record

MODULE = "python -m forge.eq.render_visualizations"


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """A file of three games."""
    path = tmp_path / "games.pt"
    write_record(path, small_record())
    return path


@pytest.fixture
def render(capsys: Any, monkeypatch: Any, tmp_path: Path) -> Any:
    """Runs the command in this process, in a directory of its own: (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(line: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            render_visualizations.main(shlex.split(line))
        captured = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, captured.out, captured.err

    return run


@pytest.fixture
def fails(render: Any) -> Any:
    """Runs a line that must end with exit code 2 and one line on stderr; returns the line."""

    def run(line: str) -> str:
        code, out, err = render(line)
        assert code == 2 and not out
        assert err.startswith("error: ") and err.count("\n") == 1
        return str(err)

    return run


def run_process(line: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A command line as it stands, with this Python."""
    command = [sys.executable if word == "python" else word for word in shlex.split(line)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=900)


def frames(path: Path, duration: int) -> list[np.ndarray]:
    """The frames of a GIF, each of which must be shown as long as that."""
    gif = Image.open(path)
    found = []
    for i in range(gif.n_frames):
        gif.seek(i)
        assert gif.info["duration"] == duration
        found.append(np.asarray(gif.convert("RGB")))
    gif.close()
    return found


def test_the_lines_of_the_installed_package(dataset: Path, tmp_path: Path) -> None:
    line = f"{MODULE} --dataset {dataset.name} --playthrough --game {SEEDS[1]} --fps 2"
    done = run_process(f"{line} --output-dir forge/eq/renders", tmp_path)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    path = tmp_path / f"forge/eq/renders/game_{SEEDS[1]:08d}_playthrough.gif"
    assert done.stdout.startswith(f"{path.relative_to(tmp_path)}: 7 decisions, ")
    shown = frames(path, 500)
    assert len(shown) == 7
    for one, other in pairwise(shown):
        assert one.shape == (800, 1200, 3)
        assert (one != other).any(axis=2).mean() > 0.005

    script = shlex.quote(str(Path(sys.executable).with_name("forge")))
    line = f"{script} render-eq --dataset {dataset.name} --overload --decision 15"
    assert run_process(line, tmp_path).returncode == 0
    path = tmp_path / f"forge/eq/renders/game_{SEEDS[0]:08d}_decision_15.png"
    with Image.open(path) as png:
        assert png.size == (1600, 1000)
    assert len(list(path.parent.iterdir())) == 2


def test_all_players(render: Any, tmp_path: Path, dataset: Path) -> None:
    options = f"--dataset {dataset} --playthrough --all-players --game 2 --fps 10 --output-dir out"
    code, out, err = render(options)
    assert code == 0, err
    shown = frames(tmp_path / f"out/game_{SEEDS[2]:08d}_playthrough.gif", 100)
    assert len(shown) == 28
    assert len({each.tobytes() for each in shown}) == 28
    assert "28 decisions" in out


def test_the_same_bytes_again(render: Any, tmp_path: Path, dataset: Path) -> None:
    contents = []
    for folder in ("a", "b"):
        assert render(f"--dataset {dataset} --overload --output-dir {folder}")[0] == 0
        contents.append((tmp_path / folder / f"game_{SEEDS[0]:08d}_decision_00.png").read_bytes())
    assert contents[0] == contents[1]


def test_options_that_do_not_fit(fails: Any, dataset: Path, tmp_path: Path) -> None:
    start = f"--dataset {dataset}"
    assert "nothing to draw" in fails(start)
    assert "--all-players goes with --playthrough" in fails(f"{start} --overload --all-players")
    assert "--decision goes with --overload" in fails(f"{start} --playthrough --decision 3")
    for decision in (28, -1):
        assert "must be 0..27" in fails(f"{start} --overload --decision {decision}")
    for fps in ("0", "-2", "1000", "nan"):
        assert "must be 0.1..50" in fails(f"{start} --playthrough --fps {fps}")
    assert f"a seed ({', '.join(map(str, SEEDS))}) or a place 0..2" in fails(
        f"{start} --playthrough --game 5"
    )
    assert "Missing option" in fails("--playthrough")
    assert [path.name for path in tmp_path.iterdir()] == [dataset.name]


def test_files_that_are_none(fails: Any, dataset: Path, tmp_path: Path) -> None:
    assert "there is no file" in fails("--dataset none.pt --overload")
    assert "is not a file" in fails(f"--dataset {tmp_path} --overload")
    cut, foreign, wrong = (tmp_path / name for name in ("cut.pt", "foreign.pt", "wrong.pt"))
    cut.write_bytes(dataset.read_bytes()[:5000])
    assert "not a readable E[Q] file" in fails(f"--dataset {cut} --overload")
    torch.save({"weights": torch.zeros(3)}, foreign)
    assert "not an E[Q] file" in fails(f"--dataset {foreign} --overload")
    record = small_record()
    player = record["player"].clone()
    player[0] = 1
    changed = replace(record, decisions={**record.decisions, "player": player})
    wrong.write_bytes(record_bytes(changed))
    assert "player does not follow from the plays" in fails(f"--dataset {wrong} --overload")


def test_places_that_cannot_be_written(fails: Any, dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    for place in ("taken", "taken/below"):
        line = fails(f"--dataset {dataset} --overload --output-dir {place}")
        assert f"cannot make --output-dir {place}" in line
