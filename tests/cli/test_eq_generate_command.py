"""The commands that generate E[Q] games, as users type them."""

import re
import signal
from pathlib import Path

import pytest
import torch

from forge.eq.collate import check_record, estimate_again
from forge.eq.oracle import ExactOracle
from forge.eq.records import FIELDS, read_record
from forge.ml.network_oracle import NetworkOracle
from forge.work.hashing import sha256_of
from support.checkpoints import run_checkpoint
from support.commands import Fails, Works, run_process, start_process

CONTINUOUS, ONE_FILE = "generate-eq-continuous", "generate-eq"


def files(root: Path) -> list[str]:
    """Everything under a folder."""
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


# --- the lines of commands.md, with a model.ckpt in the current folder ---


@pytest.mark.parametrize(
    "options",
    [
        "",
        "--posterior --posterior-window 4",
        "--batch-size 64 --n-samples 100",
        "--adaptive --sem-threshold 0.5 --max-samples 2000",
    ],
)
def test_lines_with_a_checkpoint(works: Works, tmp_path: Path, options: str) -> None:
    run_checkpoint(tmp_path / "model.ckpt")
    works(CONTINUOUS, f"--checkpoint model.ckpt {options} --limit 1")
    assert files(tmp_path / "data") == ["eq-games/train/seed_00000000.pt"]
    record = read_record(tmp_path / "data/eq-games/train/seed_00000000.pt")
    check_record(record)
    settings = record.settings
    assert settings["oracle"] == "model.ckpt"
    assert settings["checkpoint_sha256"] == sha256_of(tmp_path / "model.ckpt")
    posterior, adaptive = settings["estimate"]["posterior"], settings["estimate"]["adaptive"]
    assert (posterior is not None) == ("--posterior" in options)
    first = int(record["n_samples"][0])
    if "--adaptive" in options:
        assert adaptive["max_samples"] == adaptive["min_samples"] == first == 2000
    else:
        assert first == (100 if "100" in options else 50)
    again = estimate_again(record, 20, NetworkOracle.load(tmp_path / "model.ckpt"))
    torch.testing.assert_close(
        again.mean.nan_to_num(0.0).float()[0], record["e_q_mean"][20], atol=1e-3, rtol=0
    )


def test_lines_through_the_installed_package(works: Works, tmp_path: Path) -> None:
    run_checkpoint(tmp_path / "model.ckpt")
    module = "python -m forge.cli.generate_eq_continuous --checkpoint model.ckpt"
    done = run_process(tmp_path, f"{module} --dry-run")
    assert done.returncode == 0, done.stderr
    assert "nothing there yet" in done.stdout and "train/seed_00000000.pt" in done.stdout
    assert files(tmp_path) == ["model.ckpt"]
    shown = works(CONTINUOUS, "--checkpoint model.ckpt --start-seed 1000 --limit 2")
    assert "[2/2] 2 games, seeds 1000..1001" in shown
    assert "games/s" in shown and "decisions/s" in shown
    assert files(tmp_path / "data/eq-games") == [f"train/seed_0000100{i}.pt" for i in range(2)]


def test_one_file_line(works: Works, tmp_path: Path) -> None:
    works(ONE_FILE, "--start-seed 0 --n-games 4 --samples 5 --output scratch/eq_test.pt")
    record = read_record(tmp_path / "scratch/eq_test.pt")
    assert record.seeds == (0, 1, 2, 3) and len(record) == 112
    check_record(record)
    again = estimate_again(record, 40, ExactOracle())
    assert torch.equal(again.mean.nan_to_num(0.0).float()[0], record["e_q_mean"][40])
    works(CONTINUOUS, "--limit 2 --start-seed 2 --n-samples 5 --output-dir games --batch-size 1")
    for game, seed in ((2, 2), (3, 3)):
        alone = read_record(tmp_path / f"games/train/seed_{seed:08d}.pt")
        assert alone.settings == record.settings
        for name in FIELDS:
            assert torch.equal(alone[name], record.game(game)[name]), name


# --- options ---


def test_every_option_reaches_the_settings(works: Works, tmp_path: Path) -> None:
    works(
        CONTINUOUS,
        "--oracle exact --limit 1 --n-samples 3 --sampler mrv --enumerate --enum-threshold 9 "
        "--posterior --posterior-window 2 --posterior-tau 0.5 --posterior-mix 0.25 "
        "--exploration epsilon_greedy --epsilon 0.75 --temperature 3 --blunder-rate 0.5 "
        "--max-blunder 6 --adaptive --min-samples 3 --max-samples 6 --adaptive-batch-size 2 "
        "--sem-threshold 2 --stop-when-certain --device cpu --output-dir games",
    )
    record = read_record(tmp_path / "games/train/seed_00000000.pt")
    settings = record.settings
    assert settings["estimate"] == {
        "n_samples": 3,
        "sampler": "mrv",
        "enumerate": True,
        "enum_threshold": 9,
        "posterior": {"window": 2, "tau": 0.5, "mix": 0.25, "min_ess_share": 0.02},
        "adaptive": {
            "min_samples": 3,
            "max_samples": 6,
            "batch_size": 2,
            "sem_threshold": 2.0,
            "stop_when_certain": True,
        },
    }
    assert settings["exploration"] == {
        "policy": "epsilon_greedy",
        "epsilon": 0.75,
        "temperature": 3.0,
        "blunder_rate": 0.5,
        "max_blunder": 6.0,
    }
    assert set(record["exploration_mode"].tolist()) >= {2, 3}


def test_defaults_are_those_of_the_reference(works: Works) -> None:
    rows = works(CONTINUOUS, "--help").splitlines()
    for option, default in {
        "--start-seed": "[default: 0]",
        "--batch-size": "[default: 32]",
        "--n-samples": "[default: 50]",
        "--output-dir": "[default: data/eq-games]",
        "--posterior-window": "Default: 4, with a policy all of them (28).",
        "--posterior-tau": "[default: 0.1]",
        "--posterior-mix": "[default: 0.1]",
        "--exploration": "[default: greedy]",
        "--epsilon": "[default: 0.1]",
        "--temperature": "[default: 2.0]",
        "--min-samples": "Default: 5000, or --max-samples if that is less.",
        "--max-samples": "[default: 2000000]",
        "--adaptive-batch-size": "[default: 1000]",
        "--sem-threshold": "[default: 0.1]",
    }.items():
        (row,) = [row for row in rows if re.match(rf"│ {option}[ ,]", row)]
        assert default in row


def test_a_second_start_goes_on(works: Works, tmp_path: Path) -> None:
    works(CONTINUOUS, "--limit 2 --n-samples 1 --start-seed 899")
    works(CONTINUOUS, "--limit 2 --n-samples 1 --start-seed 898")
    root = tmp_path / "data/eq-games"
    assert files(root) == [
        "train/seed_00000898.pt",
        "train/seed_00000899.pt",
        "val/seed_00000900.pt",
        "val/seed_00000901.pt",
    ]
    (root / "train/seed_00000899.pt").unlink()
    shown = works(CONTINUOUS, "--dry-run --start-seed 898 --limit 2")
    assert "3 games (train 1, val 2, test 0)" in shown
    assert "1 missing up to seed 901" in shown
    assert "train/seed_00000899.pt" in shown and "val/seed_00000902.pt" in shown


def test_two_workers_and_ctrl_c(tmp_path: Path) -> None:
    line = "python -m forge.cli.generate_eq_continuous --n-samples 1 --batch-size 2 --device cpu"
    workers = [start_process(tmp_path, line) for _ in range(2)]
    outputs = []
    for worker in workers:
        assert worker.stdout is not None
        first = next(line for line in worker.stdout if line.startswith("["))  # a batch is in place
        worker.send_signal(signal.SIGINT)
        out, err = worker.communicate(timeout=300)
        outputs.append(first + out)
        assert worker.returncode == 128 + signal.SIGINT
        assert "stopping after the batch in hand" in err and "Traceback" not in err
    made = files(tmp_path / "data/eq-games")
    n_made = sum(int(out.splitlines()[-1].split()[0]) for out in outputs)
    assert n_made == len(made) >= 4  # no game was made twice, and nothing is half done
    for name in made:
        read_record(tmp_path / "data/eq-games" / name)


# --- what is wrong is told in one line ---


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--n-samples 0", "--n-samples must be 1.."),
        ("--enum-threshold 0", "--enum-threshold must be 1.."),
        ("--batch-size 0", "--batch-size must be 1.."),
        ("--limit 0", "--limit must be 1.."),
        ("--start-seed -1", "--start-seed must be 0.."),
        ("--posterior --posterior-window 0", "--posterior-window must be 1..28"),
        ("--posterior --posterior-tau 0", "--posterior-tau must be 1e-06.."),
        ("--posterior --posterior-mix 2", "--posterior-mix must be 0..1"),
        ("--epsilon 2", "--epsilon must be 0..1"),
        ("--exploration bold", "'bold' is not one of"),
        ("--adaptive --min-samples 10 --max-samples 5", "--max-samples must be at least"),
        ("--adaptive --max-samples 0", "--max-samples must be 1.."),
        ("--adaptive --sem-threshold 0", "--sem-threshold must be above 0"),
        ("--oracle model", "--oracle model needs --checkpoint"),
        ("--checkpoint nothing.ckpt", "no checkpoint at nothing.ckpt"),
        ("--checkpoint policy.ckpt", "needs a qvalue network, got policy"),
        ("--checkpoint qvalue.ckpt --oracle exact", "--oracle exact takes no --checkpoint"),
        ("--checkpoint short.ckpt", "short.ckpt is not a readable checkpoint"),
        ("--checkpoint game.pt", "game.pt: not a checkpoint: it has no state_dict"),
        ("--objective make --bid 29", "--bid must be 30..42 or 84 (two marks), got 29"),
        ("--device tpu", "tpu"),
    ],
)
def test_bad_values(fails: Fails, tmp_path: Path, options: str, words: str) -> None:
    if "policy" in options:
        run_checkpoint(tmp_path / "policy.ckpt", "policy")
    if "qvalue" in options or "short" in options:
        path = run_checkpoint(tmp_path / "qvalue.ckpt")
        data = path.read_bytes()
        (tmp_path / "short.ckpt").write_bytes(data[: len(data) // 2])
    if "game.pt" in options:
        torch.save({"hands": torch.zeros(4, 7)}, tmp_path / "game.pt")
    assert words in fails(CONTINUOUS, f"{options} --dry-run")
    assert not (tmp_path / "data").exists()


def test_bad_values_of_one_file(fails: Fails, tmp_path: Path) -> None:
    assert "--output" in fails(ONE_FILE, "--n-games 1")
    assert "--n-games must be 1.." in fails(ONE_FILE, "--n-games 0 --output a.pt")
    assert "--samples must be" in fails(ONE_FILE, "--samples 0 --output a.pt")
    (tmp_path / "file").write_text("")
    assert "cannot write" in fails(ONE_FILE, "--samples 1 --output file/a.pt")
