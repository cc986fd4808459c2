"""Settings, manifests and records as YAML: mappings of plain values.

What a text would expand to is measured before anything is made of it: aliases count as often as
they are used, and one inside its own anchor is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml  # type: ignore[import-untyped, unused-ignore]

from forge.errors import ForgeError, reason_of
from forge.work.atomic import write_file
from forge.work.checksums import crc_text
from forge.work.plain_values import INTEGER_MAX, MAX_DEPTH, check_plain, shown

MAX_BYTES: Final = 1 << 20
SUM_MARK: Final = b"# crc32 "
MAX_NODES: Final = 100_000
_LONGEST_NUMBER: Final = 2 * len(str(INTEGER_MAX))
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Path, remedy: str = "", finite: bool = True) -> dict[str, Any] | None:
    """The mapping in a file; None where there is no such file.

    Args:
        path: the file.
        remedy: what may be done about a damaged one, for the end of the error.
        finite: whether NaN and infinities are refused.

    Returns:
        text (dates too), numbers, yes-or-no, null, lists and mappings.

    Raises:
        ForgeError: for anything but a mapping of plain values.
    """
    if not path.is_file():
        return None
    end = remedy and f": {remedy}"
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES + 1)
        _check_sum(text)
        content = parse_yaml(text, finite)
    except OSError as error:
        raise ForgeError(f"{path}: {reason_of(error)}{end}") from error
    except ForgeError as error:
        raise ForgeError(f"{path}: not readable as YAML: {error}{end}") from error
    if not isinstance(content, dict):
        found = type(content).__name__
        raise ForgeError(f"{path}: expected a YAML mapping, got {found}{end}")
    return content


def parse_yaml(text: bytes, finite: bool = True) -> Any:
    """The value that a text stands for; arguments and errors as `read_yaml`."""
    if len(text) > MAX_BYTES:
        raise ForgeError(f"longer than {MAX_BYTES:,} bytes")
    try:
        _measure(text)
        content = yaml.load(text, Loader=_PlainLoader)
    except yaml.MarkedYAMLError as error:
        raise ForgeError(_told(error)) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ForgeError(reason_of(error)) from error
    except RecursionError:
        raise ForgeError("nested too deep") from None
    check_plain(content, finite)
    return content


def write_yaml(path: Path, content: Mapping[str, Any]) -> None:
    """Put a mapping of plain values in place, in its order, whole or not at all.

    Raises:
        ForgeError: where it can't be written.
    """
    text = yaml.safe_dump(dict(content), sort_keys=False).encode()
    write_file(path, SUM_MARK + crc_text(text) + b"\n" + text)


def _check_sum(text: bytes) -> None:
    """Compare what follows a first line with the checksum in it; nothing without such a line."""
    first, _, rest = text.partition(b"\n")
    if first.startswith(SUM_MARK) and first != SUM_MARK + crc_text(rest):
        raise ForgeError(
            "it is not as it was written: its checksum differs; if it was changed by hand, remove "
            "its first line"
        )


def _told(error: Any) -> str:
    said = error.problem or error.context or "damaged"
    mark = error.problem_mark or error.context_mark
    place = "" if mark is None else f" in line {mark.line + 1}"
    return " ".join(f"{said}{place}".split())


def _measure(text: bytes) -> None:
    """ForgeError where the values of a text would be too deep, too many, or part of themselves."""
    sizes: dict[str, int | None] = {}  # by anchor, of what it stands for; None: not over yet
    open_nodes: list[tuple[str | None, int]] = []  # anchor and number of nodes before it
    n_nodes = 0
    for event in yaml.parse(text, Loader=_Base):
        before = n_nodes
        if isinstance(event, yaml.AliasEvent):
            size = sizes.get(event.anchor, 0)
            if size is None:
                raise ForgeError(f"*{event.anchor} is part of itself")
            n_nodes += size
        elif isinstance(event, yaml.ScalarEvent):
            n_nodes += 1
            if event.anchor is not None:
                sizes[event.anchor] = 1
        elif isinstance(event, yaml.CollectionStartEvent):
            n_nodes += 1
            open_nodes.append((event.anchor, before))
            if event.anchor is not None:
                sizes[event.anchor] = None
            if len(open_nodes) > MAX_DEPTH:
                raise ForgeError(f"nested deeper than {MAX_DEPTH} levels")
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, began = open_nodes.pop()
            if anchor is not None:
                sizes[anchor] = n_nodes - began
        if n_nodes > MAX_NODES:
            raise ForgeError(f"more than {MAX_NODES:,} values, aliases counted as often as used")


class _PlainLoader(_Base):  # type: ignore[misc]
    """Plain values alone; a key counts once, a number has an end, a date is one, and text."""


def _mapping(loader: Any, node: Any) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(
                None, None, "a key must be text or a number", key_node.start_mark
            )
        if key_node.tag == "tag:yaml.org,2002:merge":
            continue
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {shown(key)} is there twice", key_node.start_mark
            )
        seen.add(key)
    loader.flatten_mapping(node)  # what is merged comes first, so that a key of its own wins
    return {
        loader.construct_object(key, deep=True): loader.construct_object(value, deep=True)
        for key, value in node.value
    }


def _sequence(loader: Any, node: Any) -> list[Any]:
    return [loader.construct_object(each, deep=True) for each in node.value]


def _number(construct: Any) -> Any:
    def constructed(loader: Any, node: Any) -> Any:
        if len(node.value) > _LONGEST_NUMBER:
            raise yaml.constructor.ConstructorError(
                None, None, "a number too long for 64 bits", node.start_mark
            )
        try:
            return construct(loader, node)
        except (ValueError, OverflowError, IndexError, KeyError):
            raise yaml.constructor.ConstructorError(
                None, None, f"not a number: {shown(node.value)}", node.start_mark
            ) from None

    return constructed


def _date(loader: Any, node: Any) -> str:
    try:
        loader.construct_yaml_timestamp(node)
    except (ValueError, OverflowError, AttributeError):
        raise yaml.constructor.ConstructorError(
            None, None, f"no such date: {shown(node.value)}", node.start_mark
        ) from None
    return str(node.value)


def _no_such_kind(loader: Any, node: Any) -> Any:
    raise yaml.constructor.ConstructorError(
        None, None, f"values must be plain, got {shown(node.tag)}", node.start_mark
    )


def _constructors() -> dict[str, Any]:
    safe = yaml.SafeLoader
    tag = "tag:yaml.org,2002:"
    return {
        f"{tag}null": safe.construct_yaml_null,
        f"{tag}bool": safe.construct_yaml_bool,
        f"{tag}int": _number(safe.construct_yaml_int),
        f"{tag}float": _number(safe.construct_yaml_float),
        f"{tag}str": safe.construct_yaml_str,
        f"{tag}timestamp": _date,
        f"{tag}seq": _sequence,
        f"{tag}map": _mapping,
    }


_PlainLoader.yaml_constructors = {**_constructors(), None: _no_such_kind}
_PlainLoader.yaml_multi_constructors = {}
