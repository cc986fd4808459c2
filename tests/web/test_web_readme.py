"""What web/README.md says is so."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.commands import importing_tests

WEB = Path(__file__).parents[2] / "web"
TEXT = (WEB / "README.md").read_text()


def test_every_package_of_the_page_has_its_reason() -> None:
    wanted = json.loads((WEB / "package.json").read_text())
    rows = re.findall(r"^\| (`.*`) \| (.+) \|$", TEXT.partition("## The core")[0], re.MULTILINE)
    told = {name: why for names, why in rows for name in re.findall(r"`([^`]+)`", names)}
    assert set(told) == {*wanted["dependencies"], *wanted["devDependencies"]}
    assert f"node {wanted['engines']['node'].removeprefix('>=')}" in TEXT


@pytest.mark.usefixtures("node", "wasm")
def test_the_check_against_the_native_core_runs_as_printed(tmp_path: Path) -> None:
    (block,) = (each for each in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL) if "deals" in each)
    (tmp_path / "web").symlink_to(WEB)
    here = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-ec", block],
        cwd=tmp_path,
        env=importing_tests(PATH=here),
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"10 of 10 agree, \d+\.\d+ ms a position\n", done.stdout)
