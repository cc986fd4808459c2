"""Pictures of E[Q] files as users ask for them."""

from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from PIL.GifImagePlugin import GifImageFile

from forge.eq.records import record_bytes, write_record
from forge.policy.numbers import PolicyNumbers, save_policy
from support.commands import Fails, Run, Works
from support.records import SEEDS, small_record
from support.seen import random_weights


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """A file of three games."""
    path = tmp_path / "games.pt"
    write_record(path, small_record())
    return path


@pytest.fixture
def render(forge: Run) -> Run:
    """`forge render-eq` with options."""
    return partial(forge, "render-eq")


@pytest.fixture
def refuses(fails: Fails) -> Fails:
    """`forge render-eq` with options that must end in one line."""
    return partial(fails, "render-eq")


def frames(path: Path, duration: int) -> list[np.ndarray]:
    """The frames of a GIF, each of which must be shown as long as that."""
    gif = Image.open(path)
    assert isinstance(gif, GifImageFile)
    found = []
    for i in range(gif.n_frames):
        gif.seek(i)
        assert gif.info["duration"] == duration
        found.append(np.asarray(gif.convert("RGB")))
    gif.close()
    return found


def test_the_lines_of_the_documentation(works: Works, dataset: Path, tmp_path: Path) -> None:
    line = f"--dataset {dataset.name} --playthrough --game {SEEDS[1]} --fps 2"
    out = works("render-eq", line, "--output-dir forge/eq/renders")
    path = tmp_path / f"forge/eq/renders/game_{SEEDS[1]:08d}_playthrough.gif"
    assert out.startswith(f"{path.relative_to(tmp_path)}: 7 decisions, ")
    shown = frames(path, 500)
    assert len(shown) == 7
    for one, other in pairwise(shown):
        assert one.shape == (960, 1200, 3)
        assert (one != other).any(axis=2).mean() > 0.005

    works("render-eq", f"--dataset {dataset.name} --overload --decision 15")
    path = tmp_path / f"renders/game_{SEEDS[0]:08d}_decision_15.png"
    with Image.open(path) as png:
        assert png.size == (1600, 1160)
    assert len(list(path.parent.iterdir())) == 1


def test_all_players(render: Run, tmp_path: Path, dataset: Path) -> None:
    options = f"--dataset {dataset} --playthrough --all-players --game 2 --fps 10 --output-dir out"
    code, out, err = render(options)
    assert code == 0, err
    shown = frames(tmp_path / f"out/game_{SEEDS[2]:08d}_playthrough.gif", 100)
    assert len(shown) == 28
    assert len({each.tobytes() for each in shown}) == 28
    assert "28 decisions" in out


def test_the_same_bytes_again(render: Run, tmp_path: Path, dataset: Path) -> None:
    contents = []
    for folder in ("a", "b"):
        assert render(f"--dataset {dataset} --overload --output-dir {folder}")[0] == 0
        contents.append((tmp_path / folder / f"game_{SEEDS[0]:08d}_decision_00.png").read_bytes())
    assert contents[0] == contents[1]


def test_options_that_do_not_fit(refuses: Fails, dataset: Path, tmp_path: Path) -> None:
    start = f"--dataset {dataset}"
    assert "nothing to draw" in refuses(start)
    assert "--all-players goes with --playthrough" in refuses(f"{start} --overload --all-players")
    assert "--decision goes with --overload" in refuses(f"{start} --playthrough --decision 3")
    for decision in (28, -1):
        assert "must be 0..27" in refuses(f"{start} --overload --decision {decision}")
    for fps in ("0", "-2", "1000", "nan"):
        assert "must be 0.1..50" in refuses(f"{start} --playthrough --fps {fps}")
    assert f"a seed ({', '.join(map(str, SEEDS))}) or a place 0..2" in refuses(
        f"{start} --playthrough --game 5"
    )
    assert "Missing option" in refuses("--playthrough")
    assert [path.name for path in tmp_path.iterdir()] == [dataset.name]


def test_files_that_are_none(refuses: Fails, dataset: Path, tmp_path: Path) -> None:
    assert "there is no file" in refuses("--dataset none.pt --overload")
    assert "is not a file" in refuses(f"--dataset {tmp_path} --overload")
    cut, foreign, wrong = (tmp_path / name for name in ("cut.pt", "foreign.pt", "wrong.pt"))
    cut.write_bytes(dataset.read_bytes()[:5000])
    assert "not a readable E[Q] file" in refuses(f"--dataset {cut} --overload")
    torch.save({"weights": torch.zeros(3)}, foreign)
    assert "not an E[Q] file" in refuses(f"--dataset {foreign} --overload")
    record = small_record()
    player = record["player"].clone()
    player[0] = 1
    changed = replace(record, decisions={**record.decisions, "player": player})
    wrong.write_bytes(record_bytes(changed))
    assert "player does not follow from the plays" in refuses(f"--dataset {wrong} --overload")


def test_places_that_cannot_be_written(refuses: Fails, dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    for place in ("taken", "taken/below"):
        line = refuses(f"--dataset {dataset} --overload --output-dir {place}")
        assert f"cannot make --output-dir {place}" in line


def test_policies_that_are_none(fails: Fails, dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "bad").write_bytes(b"FORGEPOL")
    for line in (f"render-eq --overload --dataset {dataset.name}", f"view {dataset.name} --text"):
        name, _, options = line.partition(" ")
        assert "no file none" in fails(name, f"{options} --policy none")
        assert "bad: not a policy" in fails(name, f"{options} --policy bad")
    line = f"--playthrough --dataset {dataset.name} --policy bad"
    assert "bad: not a policy" in fails("render-eq", line)


def test_another_policy_says_something_else(works: Works, dataset: Path, tmp_path: Path) -> None:
    save_policy(PolicyNumbers(random_weights()), tmp_path / "own.policy")
    line = f"{dataset.name} --text --decision 14"
    shipped, own = works("view", line), works("view", f"{line} --policy own.policy")
    assert "What the plays told" in shipped and shipped != own
