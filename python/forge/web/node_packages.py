"""The page's packages from npm: are they those of the lock file, and what are their licences."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from forge.errors import ForgeError
from forge.web.checkout import Checkout, MissingProgramError, find_program, run_program
from forge.work.json_text import read_json

_FROM_WHERE: Final = "https://nodejs.org has it, and most systems do as nodejs and npm"
_LICENCE_FILE: Final = re.compile(r"licen[cs]e(\.\w+)?", re.IGNORECASE)


def find_npm(checkout: Checkout) -> str:
    """The path of npm, beside a node that is new enough.

    Raises:
        MissingProgramError: if either is not there, or node is too old.
    """
    node, npm = (find_program(name, _FROM_WHERE) for name in ("node", "npm"))
    asked = read_json(checkout.web / "package.json")["engines"]["node"]
    there = run_program([node, "--version"], checkout.web).strip()
    if _version(there) < _version(asked):
        raise MissingProgramError(f"the build needs node {asked}, got {there}: {_FROM_WHERE}")
    return npm


def _version(text: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", text)[:3]))


def are_installed(checkout: Checkout) -> bool:
    """Whether node_modules holds what the lock file says; packages of other systems aside."""
    locked = locked_packages(checkout)
    record = checkout.web / "node_modules" / ".package-lock.json"
    try:
        there = _packages(record)
    except (OSError, ValueError, KeyError):  # none, or an installation that was cut short
        return False
    wanted = {name for name, about in locked.items() if not about.get("optional")}
    return wanted <= there.keys() and all(locked.get(name) == there[name] for name in there)


def install_packages(checkout: Checkout, npm: str) -> None:
    """Install what the lock file says, without running scripts of packages.

    Raises:
        ForgeError: if npm fails.
    """
    line = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    run_program(line, checkout.web)


def locked_packages(checkout: Checkout) -> Mapping[str, Mapping[str, Any]]:
    """What the lock file says of each package, by its folder.

    Raises:
        ForgeError: if it cannot be read.
    """
    path = checkout.web / "package-lock.json"
    try:
        return _packages(path)
    except (OSError, ValueError, KeyError) as error:
        raise ForgeError(f"{path} is no lock file of npm: git checkout {path}") from error


def _packages(path: Path) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = read_json(path)["packages"]
    return {name: about for name, about in found.items() if name}


def licences(checkout: Checkout) -> str:
    """Names and licences of the packages that may be part of the page, for those who get it."""
    texts = []
    for name, about in sorted(locked_packages(checkout).items()):
        folder = checkout.web / name
        if about.get("dev") or not folder.is_dir():
            continue
        files = sorted(each for each in folder.iterdir() if _LICENCE_FILE.fullmatch(each.name))
        head = f"{name.removeprefix('node_modules/')} {about['version']} ({about['license']})"
        body = [each.read_text(errors="replace").strip() for each in files]
        texts.append("\n\n".join([head, *body]))
    rule = f"\n\n{'-' * 80}\n\n"
    return rule.join(["The page is made with these packages.", *texts]) + "\n"
