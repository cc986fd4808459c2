"""Options: what may be asked for, and within which bounds, written once as fields of a dataclass.

A frozen dataclass whose fields are made by `option` is a set of options for Python (`check` holds
its bounds) and for the command line (`forge.cli.command` makes options of the fields).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Final

from forge.errors import ForgeError, brief

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_KEY: Final = "forge option"
INT64_MIN: Final = -(2**63)
INT64_MAX: Final = 2**63 - 1

# The most that options of one kind may ask for. Every number has a last valid value, and each of
# these has a reason why a larger one would not be worked off but break something.
MOST_SEED: Final = INT64_MAX  # files hold seeds as int64
LAST_START: Final = 10**18  # where seeds begin to be counted up, still as int64
MOST_PIECES: Final = 10**9  # games, hands, shards that are made one by one: years, but no memory
MOST_ROWS: Final = 10**7  # rows of results that are held in memory, about a hundred bytes each
MOST_LISTED: Final = 10**6  # what a run lists before it begins: the seeds of a range
MOST_GAMES: Final = 5_000  # in one E[Q] file, which is made in memory, 0.1 MB a game
MOST_DEALS: Final = 10**6  # around one hand: held together; an interval is 0.1 points by then
MAX_WORLDS: Final = 1 << 20  # that a decision is judged by, or weighed (`forge.ops.decide`)
MOST_TOGETHER: Final = 1 << 20  # rows of a batch
MOST_PROCESSES: Final = 1024  # more than cores of any machine
# Temperatures and thresholds in points: below the first no play differs from the best one, above
# the second all are alike.
LEAST_POINTS: Final = 1e-6
MOST_POINTS: Final = 1e6


class OptionError(ForgeError):
    """What is wrong with options together, told of one of them.

    Args:
        name: of its field.
        rest: of the message, after the name.
    """

    def __init__(self, name: str, rest: str) -> None:
        super().__init__(f"{name} {rest}")
        self.name, self.rest = name, rest

    def __reduce__(self) -> tuple[type[OptionError], tuple[str, str]]:
        return OptionError, (self.name, self.rest)


@dataclass(frozen=True)
class Option:
    """What a field is as an option.

    Args:
        help: one sentence.
        names: on the command line, the first one for messages; none: the field's name.
        metavar: what stands for the value in help texts.
        least, most: bounds of a number that it may reach.
        above, below: bounds that it may not.
        valid: what is valid in words, where the bounds do not say it.
        bare: what the option stands for where it is given without a value; None: it needs one.
        is_argument: given by place, not by name.
        stores: a path that may lie in an object store, as s3:// or gs://.
        reads: called with the option as typed and its value before a command imports anything
            heavy; raises ForgeError where the value stands for nothing.
    """

    help: str = ""
    names: tuple[str, ...] = ()
    metavar: str | None = None
    least: float | None = None
    most: float | None = None
    above: float | None = None
    below: float | None = None
    valid: str | None = None
    bare: str | None = None
    is_argument: bool = False
    stores: bool = False
    reads: Callable[[str, Any], object] | None = None

    @property
    def bounds(self) -> str:
        """What is valid, in words, to follow "must be"; empty without bounds."""
        if self.valid is not None:
            return self.valid
        if self.least is not None and self.most is not None:
            return f"{self.least}..{self.most}"
        parts = [
            *([] if self.least is None else [f"{self.least} or more"]),
            *([] if self.above is None else [f"above {self.above}"]),
            *([] if self.most is None else [f"at most {self.most}"]),
            *([] if self.below is None else [f"below {self.below}"]),
        ]
        return " and ".join(parts)

    def allows(self, number: float) -> bool:
        """Whether a number is within the bounds."""
        return (
            (self.least is None or number >= self.least)
            and (self.most is None or number <= self.most)
            and (self.above is None or number > self.above)
            and (self.below is None or number < self.below)
        )


def option(default: Any = MISSING, help: str = "", *names: str, **details: Any) -> Any:
    """A field of a dataclass that is an option.

    Args:
        default: without one the option has to be given.
        help: one sentence.
        *names: on the command line; none: the field's name, `--with-dashes`.
        **details: the other fields of `Option`.
    """
    metadata = {_KEY: Option(help, names, **details)}
    if default is MISSING:
        return field(metadata=metadata)
    return field(default=default, metadata=metadata)


def option_of(each: Any) -> Option | None:
    """What a field of a dataclass is as an option, None if it is none."""
    found: Option | None = each.metadata.get(_KEY)
    return found


def check_value(name: str, value: object, what: Option) -> None:
    """Raises ForgeError, naming the option, if a number is out of bounds or none at all.

    None, text, paths and yes-or-no are left alone.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    if isinstance(value, float) and not math.isfinite(value):
        raise ForgeError(f"{name} must be {what.bounds or 'a finite number'}, got {value}")
    if isinstance(value, int) and not INT64_MIN <= value <= INT64_MAX:
        least = INT64_MIN if what.least is None else what.least
        most = INT64_MAX if what.most is None else what.most
        raise ForgeError(f"{name} must be {what.valid or f'{least}..{most}'}, got {value}")
    if not what.allows(value):
        raise ForgeError(f"{name} must be {what.bounds}, got {value}")


def check(options: DataclassInstance, of: str = "") -> None:
    """Raises ForgeError, naming the field (after what it is of), where a value is of another type
    than the field says, or out of bounds."""
    for each in fields(options):
        value = getattr(options, each.name)
        _check_type(of + each.name, value, each.type)
        what = option_of(each)
        if what is not None:
            check_value(of + each.name, value, what)


# What a field of plain values takes, and what that is called.
_PLAIN: Final[dict[str, tuple[tuple[type, ...], str]]] = {
    "bool": ((bool,), "True or False"),
    "int": ((Integral,), "a whole number"),
    "float": ((Real,), "a number"),
    "str": ((str,), "text"),
    "None": ((type(None),), "None"),
}


def _check_type(name: str, value: object, annotation: object) -> None:
    """ForgeError where a field that is for plain values alone holds another value."""
    said = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    kinds = [_PLAIN.get(kind.strip()) for kind in said.split("|")]
    allowed = [kind for kind in kinds if kind is not None]
    if len(allowed) < len(kinds):
        return
    if isinstance(value, bool):  # which is an int for Python, and no number for people
        fits = any(bool in types for types, _ in allowed)
    else:
        fits = any(isinstance(value, types) for types, _ in allowed)
    if not fits:
        valid = " or ".join(words for _, words in allowed)
        raise ForgeError(f"{name} must be {valid}, got {brief(value)}")


def again(kind: type, name: str, *names: str, **changes: Any) -> Any:
    """The option of another dataclass once more: default, help and bounds, but for changes.

    Args:
        kind: the other dataclass.
        name: of its field.
        *names: on the command line; none: those it has.
        **changes: `default`, or fields of `Option`.
    """
    each = next(f for f in fields(kind) if f.name == name)
    what = option_of(each) or Option()
    default = changes.pop("default", each.default)
    details = {f.name: getattr(what, f.name) for f in fields(Option)} | changes
    text, spelt = details.pop("help"), names or details.pop("names")
    details.pop("names", None)
    return option(default, text, *spelt, **details)
