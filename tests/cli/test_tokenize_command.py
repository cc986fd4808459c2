"""`forge tokenize` as users type it."""

import os
import re
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from forge.game.deal import Deal
from forge.ml.tokenized.folder import locked
from forge.ml.tokenized.npy_writer import read_journal
from forge.ops import count_states
from forge.oracle.deal_memory import bytes_needed
from forge.oracle.shards.naming import ShardKey
from support.commands import Fails, Run, Works, next_line
from support.shards import TINY_DEAL, tiny_rows, write_foreign
from support.tiny_shards import SEEDS, arrays_of, data_files, tiny_key, write_tiny_shards

MODULE = [sys.executable, "-m", "forge.cli.tokenize_data"]
# commands.md, word for word
LINE = [*MODULE, "--input", "data/shards-standard", "--output", "data/tokenized"]


def run_process(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300)


@pytest.fixture
def tokenize(forge: Run) -> Run:
    """`forge tokenize` with options."""
    return partial(forge, "tokenize")


@pytest.fixture
def refuses(fails: Fails) -> Fails:
    """`forge tokenize` with options that must end in one line."""
    return partial(fails, "tokenize")


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    """Five tiny shards where the command looks for them."""
    return write_tiny_shards(tmp_path / "data" / "shards-standard")


@pytest.fixture
def tiny_solve(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every deal solves to the tiny one's rows: what counts is which deals are solved."""
    from forge.game.deal import Deal

    rows = [torch.from_numpy(column.copy()) for column in tiny_rows().as_tuple()]
    monkeypatch.setattr("forge.ops.solve", lambda deal, decl: rows)
    monkeypatch.setattr(ShardKey, "deal", lambda key: Deal(TINY_DEAL.hands))


# --- word for word, through the installed package ---


def test_the_line_of_the_commands_and_a_second_start(
    shards: Path, works: Works, tmp_path: Path
) -> None:
    done = run_process(*LINE, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "[5/5] test/seed_00000960_decl_9.parquet: 105,164 states, 50,000 samples" in done.stdout
    # One of the states drawn is the end of the hand.
    assert "5 deals tokenised: 249,999 samples" in done.stdout
    assert "data/tokenized holds train 149,999, val 50,000, test 50,000" in done.stdout
    manifest = yaml.safe_load((tmp_path / "data/tokenized/manifest.yaml").read_text())
    assert manifest["source"] == "shards data/shards-standard"
    assert manifest["splits"]["train"]["samples"] == 149_999
    again = works("tokenize-data", *LINE[3:])
    assert again == "data/tokenized: nothing to do, all deals are there\n"


@pytest.mark.parametrize("name", ["tokenize", "tokenize-data", "tokenize_data"])
def test_dry_run_without_any_data(works: Works, tmp_path: Path, name: str) -> None:
    shown = works(name, "--dry-run")
    assert "no shards in data/shards-standard: make some with" in shown
    assert "nothing to do" in shown
    assert not list(tmp_path.iterdir())


def test_ctrl_c_and_going_on(shards: Path, works: Works, tmp_path: Path) -> None:
    works("tokenize", *LINE[3:-1], "data/whole")
    with subprocess.Popen(
        LINE, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        first = next_line(process)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=120)
    assert first.startswith("[1/5] train/")
    assert process.returncode == 130
    assert stderr == "stopping after the deal in hand (once more to stop now)\n"
    assert "stopped; the next start goes on from here" in stdout
    assert not (tmp_path / "data/tokenized/train").exists()
    shown = works("tokenize", *LINE[3:])
    resumed = re.search(r"(\d) done by an interrupted run", shown)
    assert resumed is not None
    n_resumed = int(resumed[1])
    assert f"[{n_resumed + 1}/5]" in shown
    assert data_files(tmp_path / "data/tokenized") == data_files(tmp_path / "data/whole")


def test_a_full_disk_ends_it_cleanly(shards: Path, forge: Run, tmp_path: Path) -> None:
    code, text, err = forge("tokenize", *LINE[3:], "--min-disk", 10**9)
    assert code == 1 and "0 deals tokenised: " in text and "the next start goes on" in text
    assert err.startswith("error: stopped: ") and "have to stay (--min-disk): data/tok" in err
    assert not (tmp_path / "data/tokenized/train").exists()


def test_a_second_process_on_one_output_is_refused(shards: Path, tmp_path: Path) -> None:
    with locked(tmp_path / "data/tokenized"):
        done = run_process(*LINE, cwd=tmp_path)  # locks are a process's own
    assert done.returncode == 2
    assert done.stderr == (
        "error: another process is tokenising into data/tokenized: wait for it, "
        "or give another --output\n"
    )


def test_wandb_offline(shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_DIR", str(tmp_path))
    monkeypatch.setenv("WANDB_SILENT", "true")
    done = run_process(*LINE, "--wandb", "--max-samples-per-shard", "100", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (record,) = tmp_path.glob("wandb/offline-run-*/run-*.wandb")
    assert b"tokenize/samples_per_s" in record.read_bytes()


# --- options ---


def test_dry_run_shows_counts_and_writes_nothing(
    tokenize: Run, shards: Path, tmp_path: Path
) -> None:
    before = sorted(tmp_path.rglob("*"))
    options = ["--max-samples-per-shard", 200, "--output-dir", "out"]
    code, text, _ = tokenize("--input-dir", shards, *options, "--dry-run")
    assert code == 0
    counts = re.findall(
        r"(train|val|test)\s*│\s*(\d+) │\s*([\d,]+) │\s*(\d+) │\s*0 │\s*(\d+)", text
    )
    assert counts == [
        ("train", "3", "315,492", "600", "3"),
        ("val", "1", "105,164", "200", "1"),
        ("test", "1", "105,164", "200", "1"),
    ]
    assert "out: would be written" in text
    assert sorted(tmp_path.rglob("*")) == before
    assert tokenize(*options)[0] == 0
    before = sorted(tmp_path.rglob("*"))
    assert "out: nothing to do" in tokenize(*options, "--dry-run")[1]
    assert "out: would replace what is there" in tokenize(*options, "--dry-run", "--force")[1]
    assert sorted(tmp_path.rglob("*")) == before


def test_seed_samples_and_files(tokenize: Run, shards: Path) -> None:
    base = ["--max-samples-per-shard", 100]
    assert tokenize(*base)[0] == 0
    assert tokenize(*base, "--seed", 7, "--output", "seven")[0] == 0
    one, seven = (arrays_of(Path(p) / "train") for p in ("data/tokenized", "seven"))
    assert len(one["targets"]) == len(seven["targets"]) == 300
    assert not np.array_equal(one["tokens"], seven["tokens"])
    assert tokenize(*base, "--max-files", 4, "--output", "four")[0] == 0
    splits = yaml.safe_load(Path("four/manifest.yaml").read_text())["splits"]
    assert [splits[split]["files"] for split in ("train", "val", "test")] == [2, 1, 1]


def test_changed_options_want_force(tokenize: Run, refuses: Fails, shards: Path) -> None:
    assert tokenize("--max-samples-per-shard", 100)[0] == 0
    assert "samples_per_shard 100 instead of 50: --force" in refuses("--max-samples-per-shard", 50)
    assert "source shards instead of seeds" in refuses("--from-seeds", "0:1", "--per-seed", 100)
    code, text, _ = tokenize("--max-samples-per-shard", 50, "--force")
    assert code == 0
    assert "5 deals tokenised: 250 samples" in text


@pytest.mark.usefixtures("tiny_solve")
def test_from_seeds_equals_from_shards(tokenize: Run, shards: Path) -> None:
    assert tokenize("--from-seeds", "3:4", "--declarations", "all", "--per-seed", 100)[0] == 0
    entries = Path("data/tokenized/train/shards.jsonl").read_text()
    assert re.findall(r"seed_00000003_decl_\d", entries) == [
        f"seed_00000003_decl_{decl}" for decl in range(10)
    ]
    assert tokenize("--max-samples-per-shard", 100, "--max-files", 1, "--output", "shard")[0] == 0
    seeds, shard = (arrays_of(Path(p) / "train") for p in ("data/tokenized", "shard"))
    for name, rows in shard.items():  # declaration 9 comes last
        assert seeds[name][-100:].tobytes() == rows.tobytes()


@pytest.mark.usefixtures("tiny_solve")
def test_marginalized_seeds(tokenize: Run) -> None:
    options = ["--from-seeds", "1:3", "--opp-seeds", 2]
    assert tokenize(*options, "--per-seed", 100)[0] == 0
    entries = Path("data/tokenized/train/shards.jsonl").read_text()
    assert re.findall(r"seed_\d+_opp\d_decl_\d", entries) == [
        f"seed_0000000{seed}_opp{opp}_decl_{seed}" for seed in (1, 2) for opp in (0, 1)
    ]
    manifest = yaml.safe_load(Path("data/tokenized/manifest.yaml").read_text())
    assert manifest["source"] == "seeds 1:3 declarations seed opp-seeds 2"
    # A longer range is an addition.
    code, text, _ = tokenize("--from-seeds", "1:4", "--opp-seeds", 2, "--per-seed", 100)
    assert code == 0
    assert "2 deals tokenised: 200 samples" in text
    assert "4 taken over" in text


def test_from_seeds_solves(tokenize: Run) -> None:
    """A real deal, nothing replaced."""
    code, text, _ = tokenize("--from-seeds", "30:31", "--per-seed", 1000)
    assert code == 0
    assert "train, seed 30, blanks: 3,791,685 states, 1,000 samples" in text
    tokens = arrays_of(Path("data/tokenized/train"))["tokens"]
    hands = ShardKey(30, 0).deal().tensor.flatten().tolist()
    high_low = tokens[:, 1:29, :2].astype(int)
    ids = high_low[..., 0] * (high_low[..., 0] + 1) // 2 + high_low[..., 1]
    assert (ids == hands).all()


# --- what can't be ---


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "no shards in data/shards-standard: make some with"),
        ("--input nowhere", "--input: there is no file nowhere"),
        ("--input /dev/null", "/dev/null is neither file nor folder"),
        ("--from-seeds 4:1", "backwards"),
        ("--from-seeds four", "must be A:B"),
        ("--from-seeds 0:1 --input .", "give one of --input and --from-seeds"),
        ("--from-seeds 0:1 --per-seed 0", "--per-seed must be 1.."),
        ("--from-seeds 0:1 --opp-seeds 0", "--opp-seeds must be 1.."),
        ("--from-seeds 0:1 --declarations some", "'seed', 'all'"),
        ("--from-seeds 0:1 --device tpu", "valid are auto, cpu, cuda"),
        ("--from-seeds 0:1 --output /dev/null/out", "cannot write"),
        ("--from-seeds 0:1 --output /dev/null", "cannot write"),
        ("--per-seed 5", "--per-seed needs --from-seeds"),
        ("--declarations all", "--declarations needs --from-seeds"),
        ("--opp-seeds 5", "--opp-seeds needs --from-seeds"),
        ("--seed -1", "must be 0.."),
        ("--seed x", "--seed"),
        ("--max-samples-per-shard 0", "must be 1.."),
        ("--max-files 0", "must be 1.."),
        ("--no-such-option", "--no-such-option"),
    ],
)
def test_bad_values_end_with_one_line(refuses: Fails, line: str, message: str) -> None:
    assert message in refuses(line)
    assert not os.listdir()


def test_bad_shards_end_with_one_line_that_names_them(refuses: Fails, shards: Path) -> None:
    path = tiny_key(SEEDS[1]).path(shards)
    path.write_bytes(path.read_bytes()[:-100])
    assert f"{path.name} is not a readable Parquet file" in refuses()
    assert f"{path.name} is not a readable Parquet file" in refuses("--dry-run")
    path.unlink()
    path = tiny_key(SEEDS[1], 4).path(shards)
    write_foreign(path, tiny_rows(), {"seed": str(SEEDS[1]), "decl_id": "9"})
    assert f"the deal of data/shards-standard/train/{path.name} cannot be recovered" in refuses()
    assert not Path("data/tokenized").exists()


def of_deals(folder: Path) -> list[tuple[str, str, int]]:
    """The list of deals of the train split."""
    return [(each.file, each.fingerprint, each.samples) for each in read_journal(folder / "train")]


@pytest.mark.parametrize("where", ["in the middle", "alone"])
def test_a_deal_too_large_for_the_memory_is_left_out(tokenize: Run, where: str) -> None:
    """It is named, the rest is made, and a later start puts it where it belongs."""
    seeds, largest, room = (
        ("30:33", 31, 14 * 10**6) if where == "in the middle" else ("30:31", 30, 1)
    )
    n_states = count_states(Deal.from_seed(largest).tensor, largest % 10)
    tight = bytes_needed(room) // 10**6 + 1
    name = f"seed_{largest:08d}_decl_{largest % 10}.parquet"
    line = ["--from-seeds", seeds, "--per-seed", 50, "--output", "data"]
    code, text, err = tokenize(*line, "--max-memory", tight)
    assert code == 1 and f"left out: {name}: {n_states:,} states need " in text
    first, last = err.splitlines()
    assert first.startswith(f"left out: {name}: ") and "may be taken (--max-memory)" in first
    assert last == "error: 1 deal left out: the same line tries again"
    found = of_deals(Path("data"))
    assert (name, "left out", 0) in found
    assert [fingerprint for file, fingerprint, _ in found if file != name] == (
        ["solved"] * (len(found) - 1)
    )
    before = (Path("data") / "train/tokens.npy").read_bytes()
    # Once more with as little: nothing is made anew.
    made_at = (Path("data") / "train/tokens.npy").stat().st_mtime_ns
    code, text, err = tokenize(*line, "--max-memory", tight)
    assert code == 1 and err.splitlines()[-1] == last
    assert (Path("data") / "train/tokens.npy").stat().st_mtime_ns == made_at
    # With more it is what it would have been at once.
    code, text, err = tokenize(*line)
    assert (code, err) == (0, "") and "1 deal tokenised" in text
    assert tokenize("--from-seeds", seeds, "--per-seed", 50, "--output", "whole")[0] == 0
    assert of_deals(Path("data")) == of_deals(Path("whole"))
    for path in Path("whole/train").iterdir():
        assert (Path("data/train") / path.name).read_bytes() == path.read_bytes()
    assert (Path("data") / "train/tokens.npy").read_bytes() != before
