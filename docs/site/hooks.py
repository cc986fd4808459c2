"""Pages that do not stand in docs/: files from elsewhere in the repository, and the reference.

A link to one of these files leads to its page, a link to a module of the reference there; a link to
any other file outside docs/ becomes the file's name, for the site is not the repository.
"""

from __future__ import annotations

import ast
import posixpath
import re
from pathlib import Path
from typing import Any, Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT: Final = Path(__file__).parents[2]
# Where a page comes from, by its name on the site.
BROUGHT_IN: Final = {
    "index.md": "README.md",
    "performance.md": "bench/README.md",
    "contributing.md": "CONTRIBUTING.md",
    "changelog.md": "CHANGELOG.md",
    "web.md": "web/README.md",
    "native.md": "csrc/README.md",
}
# Parts of other pages that are asked for by name.
PARTS: Final = {"words.md": ("docs/pipeline.md", "Words")}
FILES: Final = {"icon.svg": "web/public/icon.svg", "site.css": "docs/site/site.css"}
# What other code may use, room by room.
ROOMS: Final = {
    "The package": ["forge"],
    "Rules and deals": [
        "forge.game.deal",
        "forge.game.declarations",
        "forge.game.contract",
        "forge.game.tables",
        "forge.game.state",
    ],
    "Torch operators": ["forge.ops"],
    "Exact solving": [
        "forge.oracle.position",
        "forge.oracle.search",
        "forge.oracle.tablebase",
        "forge.oracle.shards.schema",
        "forge.oracle.shards.output",
        "forge.oracle.shards.pipeline",
    ],
    "E[Q]": [
        "forge.eq.settings",
        "forge.eq.estimate",
        "forge.eq.posterior",
        "forge.eq.records",
        "forge.eq.collate",
        "forge.eq.continuous",
    ],
    "Players and matches": [
        "forge.play.player",
        "forge.play.games",
        "forge.play.seen",
        "forge.play.keys",
        "forge.arena.series",
        "forge.arena.results",
        "forge.arena.tournament",
    ],
    "Policies": ["forge.policy.numbers", "forge.policy.played_hands", "forge.policy.learning"],
    "Advice and bidding": [
        "forge.advice.plays",
        "forge.advice.reviewing",
        "forge.advice.hand_text",
        "forge.bidding.hand_evaluation",
        "forge.bidding.settled",
        "forge.bidding.schema",
        "forge.bidding.hands_file",
        "forge.bidding.calibration.logistic",
    ],
    "Networks": [
        "forge.ml.module",
        "forge.ml.data",
        "forge.ml.metrics",
        "forge.stage2.module",
        "forge.learn.checkpoint_files",
        "forge.learn.weights",
        "forge.models.catalog",
    ],
    "Other libraries": [
        "forge.adapters.open_spiel",
        "forge.adapters.pettingzoo",
        "forge.adapters.vector_hands",
    ],
    "Pictures": ["forge.look.tiles", "forge.look.trick_picture"],
    "Files and work": [
        "forge.work.store_path",
        "forge.work.object_store",
        "forge.work.pieces",
        "forge.work.checksums",
        "forge.work.results_file",
        "forge.flywheel.state_file",
    ],
}
_REFERENCE: Final = """# Reference

What other code may use, by room, from the docstrings. Commands speak for themselves: `forge --help`
lists them, `forge NAME --help` has the options of one. How things are written:
[notation.md](../notation.md); what files hold: [formats.md](../formats.md); what numbers mean:
[values.md](../values.md).
"""
# A text may hold brackets (E[Q]) or a picture.
_LINK: Final = re.compile(r"(!?)\[((?:[^\[\]]|!?\[[^\[\]]*\](?:\([^()]*\))?)*)\]\(([^)\s]+)\)")
_FENCE: Final = re.compile(r"(^```.*?^```$)", re.DOTALL | re.MULTILINE)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the reference into the navigation, behind what stands there.

    Raises:
        PluginError: for a name in `ROOMS` that is none of a module with a docstring.
    """
    wrong = [name for names in ROOMS.values() for name in names if about(name) is None]
    if wrong:
        raise PluginError(f"ROOMS in docs/site/hooks.py: no module, or no docstring: {wrong}")
    for entry in config.nav or []:
        if "Reference" in entry:
            rooms = [
                {room: [f"reference/{name}.md" for name in names]} for room, names in ROOMS.items()
            ]
            entry["Reference"] = ["reference/index.md", *entry["Reference"], *rooms]
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages from elsewhere."""

    def add(name: str, content: str) -> None:
        files.append(File.generated(config, name, content=content))

    for name, source in BROUGHT_IN.items():
        add(name, (ROOT / source).read_text())
    for name, (source, heading) in PARTS.items():
        add(name, part_of((ROOT / source).read_text(), heading))
    for name, source in FILES.items():
        add(name, (ROOT / source).read_text())
    for names in ROOMS.values():
        for name in names:
            add(f"reference/{name}.md", f"# {name}\n\n::: {name}\n")
    add("reference/index.md", reference_index())
    return files


def on_page_markdown(markdown: str, *, page: Page, files: Files, **_: Any) -> str:
    """Lead links where they lead on the site."""
    name = page.file.src_uri
    source = BROUGHT_IN.get(name) or PARTS.get(name, (f"docs/{name}", ""))[0]
    parts = _FENCE.split(markdown)
    for k in range(0, len(parts), 2):  # what is not code
        parts[k] = _LINK.sub(lambda link: _led(link, name, source, files), parts[k])
    return "".join(parts)


def part_of(text: str, heading: str) -> str:
    """A section of a page, as a page."""
    section = re.split(r"^## ", text, flags=re.MULTILINE)
    found = next(each for each in section if each.startswith(f"{heading}\n"))
    return f"# {found}"


def reference_index() -> str:
    """A list of all modules of the reference, each with the first line of its docstring."""
    text = _REFERENCE
    for room, names in ROOMS.items():
        lines = [f"| [{name}]({name}.md) | {about(name)} |" for name in names]
        text += "\n".join([f"\n## {room}\n", "| module | |", "|---|---|", *lines]) + "\n"
    return text


def about(name: str) -> str | None:
    """The first sentence of a module's docstring; None where there is no such module, or it says
    nothing of itself."""
    path = ROOT / "python" / Path(*name.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    said = ast.get_docstring(ast.parse(file.read_text())) if file.is_file() else None
    return said and said.partition("\n\n")[0].replace("\n", " ")


def _led(link: re.Match[str], name: str, source: str, files: Files) -> str:
    mark, text, target = link.groups()
    text = _LINK.sub(lambda inner: _led(inner, name, source, files), text)
    path, hash_, anchor = target.partition("#")
    if "://" in target or not path:
        return link[0]
    place = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
    here = next((page for page, origin in BROUGHT_IN.items() if origin == place), None)
    if here is None and place.startswith("docs/"):
        here = place.removeprefix("docs/")
    if here is None and place.startswith("python/"):  # a module: its page in the reference
        module = place.removeprefix("python/").removesuffix(".py").removesuffix("/__init__")
        here = f"reference/{module.replace('/', '.')}.md"
    if here is None or files.get_file_from_path(here) is None:
        return text
    led = posixpath.relpath(here, posixpath.dirname(name) or ".")
    return f"{mark}[{text}]({led}{hash_}{anchor})"
