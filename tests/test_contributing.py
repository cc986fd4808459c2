"""What CONTRIBUTING.md says of the tree is so."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text()


def test_every_folder_of_the_package_is_in_the_tree() -> None:
    package = ROOT / "python" / "forge"
    folders = {
        path.parent.relative_to(package).as_posix() + "/"
        for path in package.rglob("__init__.py")
        if path.parent != package
    }
    listed = set(re.findall(r"^\| `([a-z0-9_/]+/)`", TEXT, re.MULTILINE))
    assert folders <= listed
    assert {name for name in listed if not (package / name).is_dir()} == {
        "csrc/",
        "python/forge/",
        "tests/",
        "bench/",
        "cloud/",
        "docs/",
    }
    # What builds and serves the page, and the page's own sources.
    assert TEXT.count("\n| `web/` |") == 2


def test_every_path_is_there() -> None:
    paths = set(re.findall(r"`((?:python|csrc|tests|bench|docs|\.ci)/[\w./-]+)`", TEXT))
    assert len(paths) > 10
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []
