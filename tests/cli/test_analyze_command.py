"""The command that analyses E[Q] games, as users type it."""

import json
from functools import partial
from pathlib import Path

import pytest
import torch

from forge.eq.records import record_path, write_record
from support.checkpoints import run_checkpoint
from support.commands import Run, Works
from support.records import small_record

# All decisions are cheap ones: those of few worlds, at most two of a trick.
CHEAP = "--enum-limit 100 --decisions-per-trick 2 --repeats 2 --worlds 2,5"
PLOTS = {"error.png", "standard_error.png", "coverage.png", "points_lost.png"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder of three games of train/."""
    record = small_record()
    for game, seed in enumerate(record.seeds):
        write_record(record_path(tmp_path / "games", seed), record.game(game))
    return tmp_path / "games"


@pytest.fixture
def command(forge: Run) -> Run:
    """`forge analyze-eq` with options."""
    return partial(forge, "analyze-eq")


def test_without_a_network(works: Works, tmp_path: Path, data: Path) -> None:
    shown = works("analyze-eq", "--data", data, "--split train", CHEAP)
    assert "no --checkpoint: the comparison with a network is left out" in shown
    folder = tmp_path / "eq-analysis"
    assert {path.name for path in folder.iterdir()} == {"analysis.json", *PLOTS}


def test_report_with_a_network(command: Run, tmp_path: Path, data: Path) -> None:
    run_checkpoint(tmp_path / "tiny.ckpt")
    options = f"--data {data} --split train {CHEAP} --checkpoint tiny.ckpt --network-worlds 3"
    code, text, error = command(f"{options} --output out --reference-samples 5")
    assert (code, error) == (0, "")
    for title in (
        "Decisions with a choice",
        "E[Q] of uniform samples",
        "Standard errors",
        "mrv against uniform",
        "The network against the exact search",
        "points lost a hand",
    ):
        assert title in text
    assert "nan" not in text and "wrote out: analysis.json, error.png" in text
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert files == {"analysis.json", "network.png", *PLOTS}
    report = json.loads((tmp_path / "out" / "analysis.json").read_text())
    assert (report["checkpoint"], report["n_games"], report["split"]) == ("tiny.ckpt", 3, "train")
    assert len(report["checkpoint_sha256"]) == 64
    assert report["config"]["n_worlds"] == [2, 5]
    assert [row["trick"] for row in report["tricks"]] == [1, 2, 3, 4, 5, 6]
    assert report["tricks"][0]["enumerable"] == 0.0
    assert {row["n_worlds"] for row in report["sampling"]} == {2, 5}
    # A network that knows nothing errs.
    assert report["network"][-1]["mae"]["value"] > 1.0
    again = command(f"{options} --output again --reference-samples 5 --no-plots")
    assert again[0] == 0 and [p.name for p in (tmp_path / "again").iterdir()] == ["analysis.json"]
    assert json.loads((tmp_path / "again" / "analysis.json").read_text()) == report
    other = command(f"{options} --output other --reference-samples 5 --no-plots --seed 1")
    assert other[0] == 0
    assert json.loads((tmp_path / "other" / "analysis.json").read_text()) != report


def test_one_file_and_a_limit_of_games(command: Run, tmp_path: Path, data: Path) -> None:
    names = ("one", "two")
    file = data / "train" / "seed_00000007.pt"
    assert command(f"--data {file} {CHEAP} --output one --no-plots")[0] == 0
    assert command(f"--data {data} --split train --games 1 {CHEAP} --output two --no-plots")[0] == 0
    one, two = (json.loads((tmp_path / name / "analysis.json").read_text()) for name in names)
    assert one["n_games"] == two["n_games"] == 1
    assert one["sampling"] == two["sampling"]
    assert (one["split"], two["split"]) == (None, "train")
    # One game has no interval.
    assert one["sampling"][-1]["mae"]["interval"] == [None, None]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--data nowhere", "there is no file nowhere"),
        ("--data {data}", "no E[Q] files in {data}/val, there are some in train"),
        ("--data {data} --split nonsense", "'nonsense' is not one of 'train', 'val', 'test'"),
        (
            "--data foreign.pt",
            "foreign.pt is not an E[Q] file of schema 2.1: schema_version is None",
        ),
        ("--data broken.pt", "broken.pt is not a readable E[Q] file"),
        ("--data {data} --split train --games 0", "--games must be 1.."),
        (
            "--data {data} --worlds 10,x",
            "--worlds must be whole numbers and commas, like 10,50,200, got '10,x'",
        ),
        (
            "--data {data} --worlds 50,10",
            "--worlds must be different whole numbers from 2 on",
        ),
        (
            "--data {data} --worlds 1,10",
            "--worlds must be different whole numbers from 2 on",
        ),
        ("--enum-limit 0", "--enum-limit must be 1.."),
        ("--repeats 1", "--repeats must be 2.."),
        (
            "--data {data} --reference-samples 5",
            "--reference-samples must be 0 (none) or at least",
        ),
        ("--data {data} --checkpoint policy.ckpt", "an oracle needs a qvalue network, got policy"),
        ("--data {data} --checkpoint foreign.pt", "foreign.pt"),
        ("--data {data} --checkpoint no-such-model", "no-such-model"),
        ("--data {data} --split train --device nonsense", "nonsense"),
    ],
)
def test_bad_input(command: Run, tmp_path: Path, data: Path, options: str, message: str) -> None:
    run_checkpoint(tmp_path / "policy.ckpt", "policy")
    torch.save({"weights": 1}, tmp_path / "foreign.pt")
    (tmp_path / "broken.pt").write_bytes((data / "train" / "seed_00000007.pt").read_bytes()[:5000])
    code, _, error = command(options.format(data=data))
    assert code == 2
    assert error.startswith("error: ") and error.count("\n") == 1
    assert message.format(data=data) in error
    assert not (tmp_path / "eq-analysis").exists()
