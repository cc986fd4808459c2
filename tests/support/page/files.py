"""The golden files of the page, and whether they are what this version says."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from support.page.engine import engine
from support.page.models import models
from support.page.table import table

FOLDER: Final = Path(__file__).parents[2] / "golden" / "page"
MAKERS: Final[dict[str, Callable[[], dict[str, Any]]]] = {
    "table": table,
    "engine": engine,
    "models": models,
}


# Numbers with a fraction are the same to so much: what networks say has four digits, and the last
# depends on the machine.
TOLERANCE: Final = {"models": 2e-4}


def write() -> None:
    """All files anew."""
    for name, make in MAKERS.items():
        lines = (f"{json.dumps(key)}: {_rows(value)}" for key, value in make().items())
        (FOLDER / f"{name}.json").write_text("{" + ",\n".join(lines) + "}\n")


def _rows(value: Any) -> str:
    if not isinstance(value, list):
        return json.dumps(value)
    return "[\n" + ",\n".join(json.dumps(each) for each in value) + "]"


def read(name: str) -> Any:
    """What a file holds."""
    return json.loads((FOLDER / f"{name}.json").read_text())


def same(found: Any, kept: Any, tolerance: float = 1e-12) -> bool:
    """Whether plain values are alike, numbers with a fraction within a tolerance."""
    if isinstance(kept, float) or isinstance(found, float):
        return math.isclose(found, kept, rel_tol=tolerance, abs_tol=tolerance)
    if isinstance(kept, dict):
        return found.keys() == kept.keys() and all(
            same(found[key], kept[key], tolerance) for key in kept
        )
    if isinstance(kept, list):
        return len(found) == len(kept) and all(
            same(one, other, tolerance) for one, other in zip(found, kept, strict=True)
        )
    return bool(found == kept)
