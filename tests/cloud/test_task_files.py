"""The task files of cloud/: what loaders say of them, what their commands do, what they cost."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from support.warm_forge import warm_forge

CLOUD: Final = Path(__file__).parents[2] / "cloud"
TASKS: Final = ("shards", "train", "eq-games", "flywheel")
# An interpreter that has SkyPilot, which wants versions of packages of its own.
SKY_PYTHON: Final = os.environ.get("FORGE_SKY_PYTHON", sys.executable)
LOAD: Final = """
import json, sys
import sky
loaded = {}
for path in sys.argv[1:]:
    task = sky.Task.from_yaml(path)
    loaded[task.name] = {
        "nodes": task.num_nodes,
        "spot": all(each.use_spot for each in task.resources),
        "accelerators": sorted(str(each.accelerators) for each in task.resources),
        "mounts": {at: str(each.mode) for at, each in task.storage_mounts.items()},
    }
print(json.dumps(loaded))
"""
# What SkyPilot 0.14.1 takes of what is used here, with the types it wants (sky/utils/schemas.py).
KEYS: Final[dict[str, type | tuple[type, ...]]] = {
    "name": str,
    "resources": dict,
    "num_nodes": int,
    "envs": dict,
    "workdir": str,
    "file_mounts": dict,
    "setup": str,
    "run": str,
}
RESOURCES: Final[dict[str, type | tuple[type, ...]]] = {
    "any_of": list,
    "accelerators": str,
    "cpus": (str, int),
    "memory": (str, int),
    "disk_size": int,
    "use_spot": bool,
    "job_recovery": str,
}
FULL_NAME: Final = re.compile(r"[a-zA-Z0-9]+(?:[._-]{1,2}[a-zA-Z0-9]+)*")


def task_of(name: str) -> dict[str, Any]:
    """A task file as it is written."""
    found: dict[str, Any] = yaml.safe_load((CLOUD / f"{name}.yaml").read_text())
    return found


def has_sky() -> bool:
    done = subprocess.run(
        [SKY_PYTHON, "-c", "import importlib.util as u; exit(u.find_spec('sky') is None)"]
    )
    return done.returncode == 0


@pytest.mark.skipif(not has_sky(), reason="SkyPilot is not installed, nor is FORGE_SKY_PYTHON set")
def test_skypilot_takes_them(tmp_path: Path) -> None:
    import json

    done = subprocess.run(
        [SKY_PYTHON, "-c", LOAD, *(str(CLOUD / f"{name}.yaml") for name in TASKS)],
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
        | {"SKYPILOT_DISABLE_USAGE_COLLECTION": "1"},
        cwd=CLOUD.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = json.loads(done.stdout.splitlines()[-1])
    assert set(loaded) == {f"forge-{name}" for name in TASKS}
    for name, task in loaded.items():
        assert task["spot"], name
        assert task["mounts"] == {"/forge": "StorageMode.MOUNT_CACHED"}, name
    assert loaded["forge-shards"]["nodes"] == 4
    assert "{'H100': 1}" in loaded["forge-train"]["accelerators"]
    assert "{'A100': 1}" in loaded["forge-train"]["accelerators"]


@pytest.mark.parametrize("name", TASKS)
def test_tasks_have_what_the_loader_demands(name: str) -> None:
    """Without SkyPilot: keys, types and names as its schema has them."""
    task = task_of(name)
    for key, value in task.items():
        assert isinstance(value, KEYS[key]), key
    assert FULL_NAME.fullmatch(task["name"])
    alternatives = task["resources"].get("any_of", [])
    for each in [task["resources"], *alternatives]:
        for key, value in each.items():
            assert isinstance(value, RESOURCES[key]) and not (
                RESOURCES[key] is int and isinstance(value, bool)
            ), key
    for variable, value in task["envs"].items():
        assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", variable)
        assert isinstance(value, str | int | float), variable  # and no null: it would be asked for
    for bucket in task["file_mounts"].values():
        assert set(bucket) == {"name", "mode"} and bucket["mode"] == "MOUNT_CACHED"
    assert "cloud-setup.sh" in task["setup"]


def test_ray_takes_the_cluster_file() -> None:
    util = pytest.importorskip("ray.autoscaler._private.util")
    config = yaml.safe_load((CLOUD / "ray-cluster.yaml").read_text())
    util.validate_config(util.prepare_config(config))
    with pytest.raises(Exception, match="no_such_key"):
        util.validate_config(util.prepare_config({**config, "no_such_key": 1}))


def run_block(name: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """The `run` of a task as a node runs it, with other settings."""
    if not (folder / "cloud").exists():
        (folder / "cloud").symlink_to(CLOUD)
    task = task_of(name)
    envs = {key: str(value) for key, value in task["envs"].items()}
    return subprocess.run(
        ["bash", "-c", task["run"]],
        cwd=folder,
        env={**os.environ, **envs, "OUT": "out", "DATA": "out/data", **settings},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.parametrize("name", TASKS)
def test_what_a_task_would_run(name: str, tmp_path: Path) -> None:
    done = run_block(name, tmp_path, DRY_RUN="1", SKYPILOT_NODE_RANK="1", SKYPILOT_NUM_NODES="4")
    assert (done.returncode, done.stderr) == (0, "")
    expected = {
        "shards": "forge generate --seed-range 2500:5000 --out out/data/shards-standard",
        "train": "timeout --preserve-status 8h bash cloud/cloud-train-v2.sh",
        "eq-games": "forge generate-eq-continuous --start-seed 250000 --limit 250000",
        "flywheel": "timeout --preserve-status 12h forge flywheel --dir out/flywheel",
    }
    assert f"+ {expected[name]}" in done.stdout


def test_tasks_in_small(tmp_path: Path) -> None:
    """Shards and games for real, twice: the second time there is nothing to make."""
    (tmp_path / "bin").mkdir()
    with warm_forge(tmp_path / "bin") as scripts:
        small = {
            "PATH": os.pathsep.join([str(scripts), os.environ["PATH"]]),
            "DEVICE": "cpu",
            **{"FIRST_SEED": "30", "N_SHARDS": "1", "N_GAMES": "2", "N_WORLDS": "2"},
        }
        for _ in range(2):
            for name in ("shards", "eq-games"):
                done = run_block(name, tmp_path, **small)
                assert done.returncode == 0, done.stderr
            made = sorted(path.name for path in (tmp_path / "out").rglob("seed_*"))
            assert made == ["seed_00000030.pt", "seed_00000030_decl_0.parquet", "seed_00000031.pt"]
    assert "forge generate-eq-continuous" not in done.stdout  # of the second time


@pytest.mark.parametrize("name", [*TASKS, "ray-cluster"])
def test_costs_add_up(name: str) -> None:
    """Each line of arithmetic in a file, and that there is a price and its date."""
    text = (CLOUD / f"{name}.yaml").read_text()
    assert re.search(r"assumptions\s+#?\s*of 2026-\d\d-\d\d", text.replace("\n# ", " "))
    sums = re.findall(r"^#   (\d.*) = ([\d.]+) ", text, re.MULTILINE)
    assert len(sums) >= 3 and any("dollars" in left for left, _ in sums)
    for left, right in sums:
        product = 1.0
        for operator, number in re.findall(r"(?:^|([*/]) )([\d.]+)", left):
            product = product / float(number) if operator == "/" else product * float(number)
        assert product == pytest.approx(float(right), rel=0.02), left
