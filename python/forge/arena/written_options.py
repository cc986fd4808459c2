"""Options as they are written behind a player's name: `n=100,posterior`.

They are the fields of a dataclass: a number or text is written `name=value`, a truth by its name
alone (`no-name` where it holds by default), and `_` in a field's name as `-`. A field made by
`forge.options.option` has bounds, and a name for its value.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from forge.errors import ForgeError
from forge.options import Option, check_value, option_of
from forge.work.wording import listed

_METAVARS: Final = {int: "N", float: "X", str: "TEXT", Path: "PATH"}
_KINDS: Final = {int: "a whole number", float: "a number"}


def written(option: Any, *, always: bool = False, needs: str | None = None) -> Any:
    """A field of a dataclass that is written behind a player's name.

    Args:
        option: as `forge.options.option` makes it.
        always: spelled even where it is not given.
        needs: the truth without which it says nothing.
    """
    metadata = {**option.metadata, "always": always, "needs": needs}
    return field(default=option.default, metadata=metadata)


@dataclass(frozen=True)
class WrittenOption:
    """One of them.

    Args:
        field: of the dataclass.
        name: as it is written.
        usage: with its value: `n=N`, `sampler=uniform|mrv`, `posterior`.
        kind: of the value: bool, int, float, str or Path.
        choices: the only values, if there are such.
    """

    field: Field[Any]
    name: str
    usage: str
    kind: type
    choices: tuple[Any, ...] = ()

    @property
    def has_default(self) -> bool:
        """Whether it may be left out."""
        return self.field.default is not MISSING or self.field.default_factory is not MISSING

    def read(self, value: str) -> Any:
        """What a written value stands for.

        Raises:
            ForgeError: for a value of another kind, or out of bounds.
        """
        if self.choices:
            if value not in self.choices:
                raise ForgeError(f"{self.name} must be {_or(self.choices)}, got {value!r}")
            return value
        try:
            found = self.kind(value)
        except ValueError:
            raise ForgeError(f"{self.name} must be {_KINDS[self.kind]}, got {value!r}") from None
        check_value(self.name, found, option_of(self.field) or Option())
        return found


def options_of(holder: type) -> list[WrittenOption]:
    """The options that a dataclass stands for, in its order; no others for a class that is none.

    Raises:
        ForgeError: for a field that cannot be written and has no default, or of an unknown type.
    """
    if not is_dataclass(holder):
        return []
    try:
        hints = get_type_hints(holder)
    except NameError as error:
        raise ForgeError(f"{holder.__name__}: the type of a field is not there: {error}") from None
    found = (_option(each, hints[each.name], holder) for each in fields(holder) if each.init)
    return [each for each in found if each is not None]


def _option(field: Field[Any], hint: Any, holder: type) -> WrittenOption | None:
    kinds = [each for each in get_args(hint) if each is not type(None)]
    if get_origin(hint) in (Union, types.UnionType) and len(kinds) == 1:
        hint = kinds[0]
    choices = get_args(hint) if get_origin(hint) is Literal else ()
    kind, name = str if choices else hint, field.name.replace("_", "-")
    if kind is bool and field.default in (True, False):
        name = f"no-{name}" if field.default else name
        return WrittenOption(field, name, name, bool)
    if kind not in _METAVARS:
        if field.default is MISSING and field.default_factory is MISSING:
            raise ForgeError(
                f"{holder.__name__}.{field.name} must be int, float, str, Path or one of a few "
                "texts, or a bool with a default"
            )
        return None
    what = option_of(field) or Option()
    metavar = "|".join(choices) or what.metavar or _METAVARS[kind]
    return WrittenOption(field, name, f"{name}={metavar}", kind, choices)


def usage_of(options: list[WrittenOption]) -> str:
    """All of them, as a list of what is valid."""
    return ", ".join(each.usage for each in options)


def help_of(options: list[WrittenOption]) -> str:
    """The same, with the defaults of numbers."""
    return ", ".join(
        f"{each.usage} ({each.field.default})"
        if each.kind in _KINDS and each.has_default
        else each.usage
        for each in options
    )


def read_options(
    options: list[WrittenOption], text: str, find: Callable[[str], Path] = Path
) -> tuple[dict[str, Any], str]:
    """Read options that are separated by commas, so that a value may hold none.

    Args:
        options: that there are.
        text: what is written; empty for none.
        find: turns what stands for a file into its path.

    Returns:
        the given values by field, and their one spelling: those that are given, in a fixed order.

    Raises:
        ForgeError: for an option there is none of, given twice, missing, or with a bad value.
    """
    known = {each.name: each for each in options}
    given = _split(text, known)
    values: dict[str, Any] = {}
    spelled = []
    for name, option in known.items():
        needed = option.field.metadata.get("needs")
        if name in given and needed is not None and needed not in given:
            names = ", ".join(
                other.name
                for other in options
                if other.name in given and other.field.metadata.get("needs") == needed
            )
            raise ForgeError(f"{names} says nothing without {needed}")
        if name not in given:
            if not option.has_default:
                raise ForgeError(f"{option.usage} must be given")
            if option.field.metadata.get("always"):
                spelled.append(f"{name}={option.field.default}")
            continue
        if option.kind is bool:
            values[option.field.name] = not option.field.default
            spelled.append(name)
            continue
        value = find(given[name]) if option.kind is Path else option.read(given[name])
        values[option.field.name] = value
        spelled.append(f"{name}={given[name] if option.kind is Path else value}")
    return values, ",".join(spelled)


def _split(text: str, known: dict[str, WrittenOption]) -> dict[str, str]:
    """Options by name; a truth has an empty value."""
    given: dict[str, str] = {}
    for part in text.split(",") if text else []:
        name, equals, value = part.strip().partition("=")
        wanted = known.get(name)
        if wanted is None or (wanted.kind is bool) == bool(equals) or (equals and not value):
            raise ForgeError(f"no option {part!r}: valid are {usage_of(list(known.values()))}")
        if name in given:
            raise ForgeError(f"option {name} is given twice")
        given[name] = value
    return given


def _or(choices: tuple[Any, ...]) -> str:
    return listed([*map(str, choices)], "or")
