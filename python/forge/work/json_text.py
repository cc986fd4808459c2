"""JSON as everything here reads it: limits on size and depth, one value a key, finite numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from forge.errors import ForgeError, reason_of
from forge.work.checksums import BLANK_SEAL, FILE_SEAL_KEY, check_seal, sealed
from forge.work.plain_values import check_plain, shown

MAX_FILE_BYTES: Final = 8 << 20
MAX_LINE_BYTES: Final = 1 << 20


def parse_json(text: bytes | str, most_bytes: int = MAX_FILE_BYTES) -> Any:
    """The value that a text stands for.

    Args:
        text: UTF-8 if bytes.
        most_bytes: of a text that is looked at.

    Raises:
        ForgeError: for anything but JSON, NaN, an infinity, a whole number beyond 64 bits, a key
            that is there twice, text that is no text, and what is too long or too deep.
    """
    if len(text) > most_bytes:
        raise ForgeError(f"longer than {most_bytes:,} bytes")
    try:
        plain = text if isinstance(text, str) else text.decode("utf-8")
        value = json.loads(plain, object_pairs_hook=_mapping, parse_constant=_no_number)
    except RecursionError:
        raise ForgeError("nested too deep") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise ForgeError(f"not JSON: {error.msg} at {where}") from None
    except UnicodeDecodeError as error:
        raise ForgeError(f"not JSON: byte {error.start} is not UTF-8") from None
    except ForgeError:
        raise
    except ValueError:  # a number of thousands of digits
        raise ForgeError("whole numbers must be of at most 64 bits") from None
    check_plain(value)
    return value


def read_json(path: Path, most_bytes: int = MAX_FILE_BYTES) -> Any:
    """The value in a file, without its seal, which is compared if there is one.

    Raises:
        ForgeError: as `parse_json`, or for a file that cannot be read or is damaged; names it.
    """
    try:
        with path.open("rb") as file:
            text = file.read(most_bytes + 1)
    except OSError as error:
        raise ForgeError(f"{path}: {reason_of(error)}") from error
    try:
        value = parse_json(text, most_bytes)
    except ForgeError as error:
        raise ForgeError(f"{path}: {error}") from error
    if isinstance(value, dict) and isinstance(seal := value.pop(FILE_SEAL_KEY, None), str):
        try:
            check_seal(text, seal, path)
        except ForgeError as error:
            raise ForgeError(
                f"{error}; if it was changed by hand, remove its {FILE_SEAL_KEY!r}"
            ) from error
    return value


def parse_line(line: bytes) -> dict[str, Any]:
    """The mapping that a JSON line stands for.

    Raises:
        ForgeError: as `parse_json`, or for another value.
    """
    value = parse_json(line, MAX_LINE_BYTES)
    if not isinstance(value, dict):
        raise ForgeError(f"must be a mapping {{...}}, got {shown(value)}")
    return value


def sealed_json(values: Mapping[str, Any], indent: int) -> bytes:
    """A file of JSON with its seal, as `read_json` takes it."""
    text = json.dumps({**values, FILE_SEAL_KEY: BLANK_SEAL}, indent=indent, allow_nan=False)
    return sealed((text + "\n").encode())


def plain_line(values: Mapping[str, Any]) -> bytes:
    """A mapping as a JSON line, without its line feed."""
    return json.dumps(values, separators=(",", ":"), allow_nan=False).encode()


def plain_copy(value: Any, strict: bool = False) -> Any:
    """A value as JSON would bring it back: tuples as lists, keys as text.

    Args:
        value: to copy.
        strict: raise what `json` raises where something is no plain value; else it becomes text.
    """
    if strict:
        return json.loads(json.dumps(value, allow_nan=False))
    return json.loads(json.dumps(value, default=str))


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ForgeError(f"the key {shown(key)} is there twice")
            seen.add(key)
    return mapping


def _no_number(name: str) -> float:
    raise ForgeError(f"numbers must be finite, got {name}")
