"""Settings, manifests and records as YAML: mappings of plain values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped, unused-ignore]

from forge.errors import ForgeError, reason_of
from forge.work.atomic import write_file


def read_yaml(path: Path, remedy: str = "") -> dict[str, Any] | None:
    """The mapping in a file; None where there is no such file.

    Args:
        path: the file.
        remedy: what may be done about a damaged one, for the end of the error.

    Raises:
        ForgeError: for anything but a mapping of plain values.
    """
    if not path.is_file():
        return None
    end = remedy and f": {remedy}"
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise ForgeError(f"{path}: not readable as YAML: {reason_of(error)}{end}") from error
    if not isinstance(content, dict):
        found = type(content).__name__
        raise ForgeError(f"{path}: expected a YAML mapping, got {found}{end}")
    return content


def write_yaml(path: Path, content: Mapping[str, Any]) -> None:
    """Put a mapping of plain values in place, in its order, whole or not at all.

    Raises:
        ForgeError: where it can't be written.
    """
    write_file(path, yaml.safe_dump(dict(content), sort_keys=False).encode())
