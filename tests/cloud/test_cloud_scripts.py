"""The scripts of cloud/: what they would do, and each of them in small, for real, on a CPU."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from support.warm_forge import warm_forge

CLOUD: Final = Path(__file__).parents[2] / "cloud"
SCRIPTS: Final = sorted(path.name for path in CLOUD.glob("*.sh"))
TRAININGS: Final = [name for name in SCRIPTS if name.startswith("cloud-train")]
# Deals of the fewest states, one epoch of the smallest network.
SMALL: Final = {
    "TRAIN_SEEDS": "30:31",
    "VAL_SEEDS": "930:931",
    "TEST_SEEDS": "979:980",
    "SAMPLES_PER_SHARD": "60",
    "EPOCHS": "1",
    "BATCH_SIZE": "30",
    "PRECISION": "32-true",
    "DEVICE": "cpu",
    "SIZES": "73K",
    "POLICY_SIZE": "",
    "QVALUE_SIZE": "73K",
    "N_OPP_SEEDS": "1",
    "N_PROCESSES": "1",
}

Runs = Callable[..., str]


def bash(line: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a line of bash."""
    return subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=300,
    )


def steps(shown: str) -> list[str]:
    """The commands that a script says it runs."""
    return [line[2:] for line in shown.splitlines() if line.startswith("+ ")]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that the small runs share, with a forge that starts at once."""
    folder = tmp_path_factory.mktemp("cloud")
    (folder / "bin").mkdir()
    with warm_forge(folder / "bin"):
        yield folder


@pytest.fixture
def works(place: Path) -> Runs:
    """Runs a line in small; what it prints."""

    def run(line: str, **settings: str) -> str:
        path = os.pathsep.join([str(place / "bin"), os.environ["PATH"]])
        done = bash(line, place, **{**SMALL, "PATH": path, **settings})
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_every_script_of_the_original_system_is_there() -> None:
    assert {
        "cloud-setup.sh",
        "cloud-run.sh",
        "cloud-train.sh",
        "cloud-train-medium-large.sh",
        "cloud-train-v2.sh",
        "cloud-train-v3-marginalized.sh",
    } <= set(SCRIPTS)


# Also where this Python's folder is not in PATH.
SHELLCHECK: Final = shutil.which("shellcheck") or shutil.which(
    "shellcheck", path=str(Path(sys.executable).parent)
)


@pytest.mark.skipif(SHELLCHECK is None, reason="shellcheck is not installed")
def test_shellcheck_finds_nothing() -> None:
    assert SHELLCHECK is not None
    done = subprocess.run([SHELLCHECK, "-x", *SCRIPTS], cwd=CLOUD, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("name", [name for name in SCRIPTS if name != "common.sh"])
def test_a_dry_run_says_what_would_be_done_and_does_nothing(name: str, tmp_path: Path) -> None:
    here = tmp_path / "cloud"
    here.symlink_to(CLOUD)
    done = bash(f"bash cloud/{name}", tmp_path, DRY_RUN="1")
    assert (done.returncode, done.stderr) == (0, "")
    told = steps(done.stdout)
    assert any(re.search(r"\bforge [a-z]", line) for line in told)
    if name in TRAININGS:
        text = "\n".join(told)
        assert "--seed-range 900:910" in text and "--seed-range 950:960" in text
        assert "--epochs 20" in text and "--precision bf16-mixed" in text
        assert told[-1].endswith(".tar.gz")
    assert list(tmp_path.iterdir()) == [here]


def test_sizes_are_those_of_the_original_system() -> None:
    from forge.ml.networks.transformer import DominoTransformer

    counts = {"73K": 73_073, "275K": 275_546, "817K": 816_904, "3.3M": 3_253_281}
    for size, n_params in counts.items():
        said = bash(f". {CLOUD}/common.sh; size_options {size}", CLOUD).stdout.split()
        names = [name.removeprefix("--").replace("-", "_") for name in said[::2]]
        network = DominoTransformer(**dict(zip(names, map(int, said[1::2]), strict=True)))
        assert sum(each.numel() for each in network.parameters()) == n_params
    wrong = bash(f". {CLOUD}/common.sh; size_options 5M", CLOUD)
    assert wrong.returncode == 2
    assert wrong.stderr == "error: a size must be 73K, 275K, 817K or 3.3M, got 5M\n"


def test_nodes_share_the_seeds() -> None:
    line = f". {CLOUD}/common.sh; block_of 100 10"
    blocks = [
        bash(line, CLOUD, SKYPILOT_NODE_RANK=str(rank), SKYPILOT_NUM_NODES="4").stdout.strip()
        for rank in range(4)
    ]
    assert blocks == ["100:102", "102:105", "105:107", "107:110"]
    assert bash(line, CLOUD).stdout == "100:110\n"


def test_small_runs(place: Path, works: Runs) -> None:
    """Each script to its tarball; they share deals, and a second start makes nothing again."""
    whole = works(f"bash {CLOUD}/cloud-run.sh")
    assert "+ forge info" in whole and "+ forge train --fast-dev-run" in whole
    with tarfile.open(place / "cloud-run/cloud-train.tar.gz") as packed:
        names = packed.getnames()
    for name in ("domino-73K.ckpt", "domino-73K.md"):
        assert f"models/{name}" in names
    assert any(name.endswith("checkpoints/last.ckpt") for name in names)
    assert any(name.endswith("metrics.csv") for name in names)

    shards = sorted((place / "cloud-run/data").rglob("*.parquet"))
    for path in shards:  # the golden ones stand among the marginalised ones, too
        there = place / "cloud-run/data/shards-marginalized" / path.parent.name / path.name
        if path.parent.name != "train":
            there.parent.mkdir(parents=True, exist_ok=True)
            os.link(path, there)
    made_at = [path.stat().st_mtime_ns for path in shards]
    for name, model in (
        ("cloud-train-medium-large.sh", "domino-ml-73K"),
        ("cloud-train-v2.sh", "domino-qval-v2-73K"),
        ("cloud-train-v3-marginalized.sh", "domino-v3-73K"),
    ):
        few = {"TRAIN_SEEDS": "4:5"} if "v3" in name else {}
        works(f"bash {CLOUD}/{name}", **few)
        assert (place / f"cloud-run/models/{model}.ckpt").is_file(), name
        assert (place / f"cloud-run/{name.removesuffix('.sh')}.tar.gz").is_file()
    assert [path.stat().st_mtime_ns for path in shards] == made_at
    again = works(f"bash {CLOUD}/cloud-train.sh")
    assert "domino-73K.ckpt is there already" in again
    assert not any(line.startswith("forge train") for line in steps(again))


def test_what_a_stopped_training_left_is_gone_on_with(place: Path, works: Runs) -> None:
    runs = place / "stopped/runs/domino-73K/domino/version_0/checkpoints"
    runs.mkdir(parents=True)
    (runs / "last.ckpt").touch()
    told = steps(works(f"bash {CLOUD}/cloud-train.sh", OUT="stopped", DRY_RUN="1"))
    (train,) = [line for line in told if line.startswith("forge train")]
    assert f"--resume stopped/{runs.relative_to(place / 'stopped')}/last.ckpt" in train
