"""What a file may say, as dataclasses; pydantic holds a file against them, and an error is a line.

    @in_file()
    @dataclass(frozen=True)
    class Entry:
        file: str
        samples: Annotated[int, Ge(0)]

    entry = read_as(Entry, {"file": "a", "samples": "b"}, "shards.jsonl: line 3")
    # shards.jsonl: line 3: samples must be a whole number, got 'b'

Nothing is converted: text is no number, and true is none either. pydantic is imported when the
first file is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, Literal, TypeVar

from forge.errors import ForgeError
from forge.work.plain_values import named, shown

_Kind = TypeVar("_Kind")
_WORDS: Final = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "string_type": "text",
    "bool_type": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "dataclass_type": "a mapping",
    "dataclass_exact_type": "a mapping",
    "model_type": "a mapping",
    "none_required": "null",
}
_BOUNDS: Final = {
    "greater_than_equal": "{ge} or more",
    "greater_than": "above {gt}",
    "less_than_equal": "at most {le}",
    "less_than": "below {lt}",
    "literal_error": "{expected}",
    "is_instance_of": "of type {class}",
    "string_pattern_mismatch": "text like {pattern}",
    "too_short": "at least {min_length} long",
    "too_long": "at most {max_length} long",
    "string_too_short": "at least {min_length} long",
    "string_too_long": "at most {max_length} long",
}


def in_file(
    others: Literal["forbid", "ignore"] = "forbid",
) -> Callable[[type[_Kind]], type[_Kind]]:
    """Makes a dataclass the schema of a mapping in a file.

    Args:
        others: what happens to keys that are no fields.
    """

    def marked(kind: type[_Kind]) -> type[_Kind]:
        kind.__pydantic_config__ = {  # type: ignore[attr-defined]
            "strict": True,
            "extra": others,
            "allow_inf_nan": False,
            "arbitrary_types_allowed": True,
        }
        return kind

    return marked


def read_as(kind: type[_Kind], values: object, where: str, remedy: str = "") -> _Kind:
    """Values of a file as what they are to be.

    Args:
        kind: a dataclass that is marked by `in_file`.
        values: plain values, as the readers of YAML and JSON give them.
        where: the file, and the place in it, for the start of the error.
        remedy: what may be done, for the end of the error.

    Raises:
        ForgeError: that names the key and what is valid.
    """
    from pydantic import ValidationError

    adapter = _adapter(kind)  # type: ignore[arg-type]
    try:
        made: _Kind = adapter.validate_python(values)
    except ValidationError as error:
        end = remedy and f": {remedy}"
        start = where and f"{where}: "
        raise ForgeError(f"{start}{_told(error)}{end}") from error
    return made


@cache
def _adapter(kind: type[Any]) -> Any:
    from pydantic import TypeAdapter
    from pydantic_core import SchemaValidator

    return SchemaValidator(_of_mappings(TypeAdapter(kind).core_schema))


def _of_mappings(schema: Any) -> Any:
    """A schema in which a strict dataclass takes mappings, and not only what is one already."""
    if isinstance(schema, dict):
        changed = {key: _of_mappings(each) for key, each in schema.items()}
        return changed | {"strict": False} if schema.get("type") == "dataclass" else changed
    if isinstance(schema, list):
        return [_of_mappings(each) for each in schema]
    return schema


def _told(error: Any) -> str:
    """The first fault, in words; of a value that may be of several kinds, all of them."""
    faults = error.errors(include_url=False)
    first = faults[0]
    place, value = _place(first["loc"]), first["input"]
    kind, context = first["type"], first.get("ctx", {})
    if kind == "missing":
        return f"{place} is missing"
    if kind in ("unexpected_keyword_argument", "extra_forbidden"):
        return f"{place} is no key that this version of forge knows"
    if kind == "value_error":
        said = str(context.get("error", first["msg"])).partition("\n")[0]
        return f"{place}: {said}" if place else said
    valid = _valid(kind, context) or first["msg"]
    if isinstance(value, Mapping | list) or len(repr(value)) > 200:
        return f"{place or 'it'} must be {valid}, got {_sized(value)}"
    return f"{place or 'it'} must be {valid}, got {shown(value)}"


def _valid(kind: str, context: Mapping[str, Any]) -> str | None:
    if kind in _WORDS:
        return _WORDS[kind]
    return _BOUNDS[kind].format(**context) if kind in _BOUNDS else None


def _sized(value: object) -> str:
    if isinstance(value, Mapping):
        return f"a mapping of {len(value)}"
    return f"a list of {len(value)}" if isinstance(value, list) else type(value).__name__


def _place(location: tuple[int | str, ...]) -> str:
    """`models[3].files`."""
    text = ""
    for each in location:
        if isinstance(each, int):
            text += f"[{each}]"
        else:
            text += f".{named(each)}" if text else named(each)
    return text
