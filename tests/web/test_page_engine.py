"""The engine of the page: its own tests, in node, and the golden files that they are held to."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from support.page.files import FOLDER, MAKERS, read, same

WEB = Path(__file__).parents[2] / "web"


@pytest.mark.parametrize("name", MAKERS)
def test_golden_files_are_what_this_version_says(name: str) -> None:
    """`python -m support.page` (from tests/) writes them anew."""
    found = json.loads(json.dumps(MAKERS[name]()))
    kept = read(name)
    assert found.keys() == kept.keys()
    for key, value in kept.items():
        assert same(found[key], value), f"{FOLDER / name}.json: {key}"


def test_no_file_without_a_maker() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(MAKERS)


@pytest.mark.usefixtures("wasm")
def test_of_the_engine(node: str) -> None:
    """Types and tests of web/."""
    if not (WEB / "node_modules" / "vitest").is_dir():
        pytest.skip("web/node_modules are missing: npm ci --ignore-scripts in web/")
    for line in (["typescript/bin/tsc"], ["vitest/vitest.mjs", "run"]):
        tool = WEB / "node_modules" / line[0]
        done = subprocess.run(
            [node, tool, *line[1:]],
            cwd=WEB,
            env={**os.environ, "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
