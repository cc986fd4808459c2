"""The engine of the page: its own tests, in node, and the golden files that they are held to."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
from functools import partial
from pathlib import Path

import pytest

from forge.extras import EXTRAS
from forge.models import catalog
from forge.models.stages import stage_of_file
from support.page.files import FOLDER, MAKERS, TOLERANCE, read, same
from support.page.models import STAGE_1, STAGE_2

WEB = Path(__file__).parents[2] / "web"


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("name", MAKERS)
def test_golden_files_are_what_this_version_says(name: str) -> None:
    """`python -m support.page` (from tests/) writes them anew."""
    found = json.loads(json.dumps(MAKERS[name]()))
    kept = read(name)
    assert found.keys() == kept.keys()
    for key, value in kept.items():
        assert same(found[key], value, TOLERANCE.get(name, 1e-12)), f"{FOLDER / name}.json: {key}"


def test_no_file_without_a_maker() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(MAKERS)


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What names a folder with the networks as `forge export` writes them; nothing without it."""
    if any(importlib.util.find_spec(package) is None for package in EXTRAS["export"]):
        return {}
    from forge.learn.onnx.export import export

    folder = tmp_path_factory.mktemp("onnx")
    for name, checkpoint in (("stage1.onnx", STAGE_1), ("stage2.onnx", STAGE_2)):
        path = catalog.resolve(checkpoint)
        stage = stage_of_file(path)
        export(
            path,
            folder / name,
            partial(stage.open_export_rows, None, 20, None),
            stage.exportable,
            variants=["fp32"],
            n_positions=20,
        )
    return {"FORGE_ONNX": str(folder)}


@pytest.mark.usefixtures("wasm")
def test_of_the_engine(node: str, networks: dict[str, str]) -> None:
    """Types and tests of web/."""
    if not (WEB / "node_modules" / "vitest").is_dir():
        pytest.skip("web/node_modules are missing: npm ci --ignore-scripts in web/")
    for line in (["typescript/bin/tsc"], ["vitest/vitest.mjs", "run"]):
        tool = WEB / "node_modules" / line[0]
        done = subprocess.run(
            [node, tool, *line[1:]],
            cwd=WEB,
            env={**os.environ, "NO_COLOR": "1"} | networks,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_types_of_the_core(node: str, tmp_path: Path) -> None:
    """`npm run types` in web/core."""
    tool = WEB / "node_modules" / "typescript" / "bin" / "tsc"
    if not tool.is_file():
        pytest.skip("web/node_modules are missing: npm ci --ignore-scripts in web/")
    line = [node, tool, "-p", WEB / "core", "--outDir", tmp_path]
    done = subprocess.run(list(map(str, line)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    package = json.loads((WEB / "core" / "package.json").read_text())
    told = [each["types"] for each in package["exports"].values() if "types" in each]
    assert len(told) > 4
    assert all((tmp_path / Path(path).name).is_file() for path in told)
