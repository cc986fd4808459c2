"""The documentation as a site: it builds without a warning, its links lead somewhere, and no page
asks another host for anything."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[1]
# What a browser fetches by itself.
FETCHED = {
    *(("script", "src"), ("link", "href"), ("img", "src")),
    *(("source", "src"), ("iframe", "src")),
}


def hooks() -> ModuleType:
    """docs/site/hooks.py."""
    pytest.importorskip("mkdocs", reason="mkdocs is not installed (the extra docs has it)")
    spec = importlib.util.spec_from_file_location("site_hooks", ROOT / "docs/site/hooks.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Read(HTMLParser):
    """What a page links to, fetches, and may be linked at."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.anchors: set[str] = set()
        self.text: list[str] = []
        self.feed(page.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it."""
        for name, value in attrs:
            if value is None:
                continue
            if name in ("id", "name"):
                self.anchors.add(value)
            is_canonical = ("rel", "canonical") in attrs
            if (tag, name) in FETCHED and not is_canonical:
                self.fetched.append(value)
            elif tag == "a" and name == "href":
                self.links.append(value)

    def handle_data(self, data: str) -> None:
        """Note it."""
        self.text.append(data)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Path, Read]]:
    """Every page of the site."""
    if any(importlib.util.find_spec(name) is None for name in ("mkdocs", "material")):
        pytest.skip("mkdocs-material is not installed (the extra docs has it)")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    yield {page: Read(page) for page in folder.rglob("*.html")}


def test_links_lead_somewhere(site: dict[Path, Read]) -> None:
    n_checked, wrong = 0, []
    for page, read in site.items():
        if page.name == "404.html":  # it lies nowhere: its links begin at the root
            continue
        for link in [*read.links, *read.fetched]:
            parts = urlsplit(link)
            if parts.scheme in ("http", "https", "mailto", "data"):
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            target = target / "index.html" if target.is_dir() else target
            anchor = unquote(parts.fragment)
            n_checked += 1
            if not target.is_file():
                wrong.append(f"{page.name}: {link}")
            elif anchor and target in site and anchor not in site[target].anchors:
                wrong.append(f"{page.name}: {link}: no such place")
    assert not wrong, "\n".join(wrong)
    assert n_checked > 2000


def test_no_page_asks_another_host(site: dict[Path, Read]) -> None:
    asked = {link for read in site.values() for link in read.fetched if "//" in link}
    assert asked == set()


def test_every_page_of_the_documentation_is_there(site: dict[Path, Read]) -> None:
    names = {page.name for page in site}
    missing = {f"{page.stem}.html" for page in (ROOT / "docs").glob("*.md")} - names
    assert missing == set()
    assert {"index.html", "performance.html", "contributing.html", "words.html"} <= names


def test_the_reference_is_of_docstrings(site: dict[Path, Read]) -> None:
    reference = {page.stem: read for page, read in site.items() if page.parent.name == "reference"}
    assert len(reference) > 25
    ops = " ".join(reference["forge.ops"].text)
    assert "search_value" in ops and "team-0" in ops
    for name, read in reference.items():
        assert len(" ".join(read.text)) > 500, name


def test_landing_pages_lead_to_all_pages_of_their_sections(site: dict[Path, Read]) -> None:
    """Tutorials and concepts by what one looks for, the reference by room."""
    of = {page.parent.name: read for page, read in site.items() if page.name == "index.html"}
    names = {page.name for page in site if page.parent.name == "reference"} - {"index.html"}
    assert len(names) > 40 and names <= set(of["reference"].links)
    for section, some in (
        ("tutorials", {"../torch_ops.html", "../players.html", "../web.html"}),
        ("concepts", {"../rules.html", "../values.html", "../notation.html"}),
        ("reference", {"../formats.html", "../notation.html"}),
    ):
        assert some <= set(of[section].links)


@pytest.mark.parametrize("name", ["forge.eq.config", "forge.nothing"])
def test_a_module_that_is_not_there_ends_the_build(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    site_hooks = hooks()
    from mkdocs.exceptions import PluginError

    config: Any = type("Config", (), {"nav": [{"Reference": ["formats.md"]}]})()
    reference = site_hooks.on_config(config).nav[0]["Reference"]
    assert reference[:2] == ["reference/index.md", "formats.md"]
    assert {"The package": ["reference/forge.md"]} in reference
    monkeypatch.setitem(site_hooks.ROOMS, "E[Q]", ["forge.eq.records", name])
    with pytest.raises(PluginError, match=rf"ROOMS .*\['{name}'\]"):
        site_hooks.on_config(config)


def test_a_module_without_a_docstring_ends_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site_hooks = hooks()
    silent = tmp_path / "python" / "silent.py"
    silent.parent.mkdir()
    silent.write_text("N = 1\n")
    monkeypatch.setattr(site_hooks, "ROOT", tmp_path)
    assert site_hooks.about("silent") is None
    silent.write_text('"""Says\nsomething.\n\nAnd more."""\n')
    assert site_hooks.about("silent") == "Says something."
