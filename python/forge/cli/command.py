"""How a command is made of a function, and how it ends.

A command is a function of dataclasses whose fields are options (`forge.options`). What is wrong
with a value, or with several (a dataclass may look in its `__post_init__`), is found before the
function runs, so before it imports anything heavy.
"""

from __future__ import annotations

import functools
import inspect
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn, get_args, get_type_hints

import typer

from forge.cli.plain_output import degrade_output
from forge.errors import ForgeError
from forge.options import Option, OptionError, check_value, option_of
from forge.work.paths import check_paths
from forge.work.stop import exit_code
from forge.work.store_path import is_of_store, place

EXIT_BAD_VALUE: Final = 2
_LINE_BREAK: Final = re.compile(r"(?<!\n)\n(?!\n)")
EXIT_INTERRUPTED: Final = 130
_PACKAGE: Final = Path(__file__).parents[1]
_LONGEST_LINE: Final = 1000  # of an error: a value of any length may stand in it


class Given(frozenset[str]):
    """The options that were typed, by the names of their fields; a command may ask for it."""


class Command:
    """A function as a command; `main` runs it and ends the process.

    Args:
        function: of dataclasses of options; may take `Given` too. Its docstring is the help.
        name: of the command, for help and messages.
        epilog: of the help.
    """

    def __init__(
        self, function: Callable[..., None], name: str, epilog: Callable[[], str] | None
    ) -> None:
        self.function, self.name, self._epilog = function, name, epilog

    def options(self) -> dict[str, tuple[Field[Any], Option]]:
        """Every option by the name of its field."""
        found = {}
        for kind in self._kinds().values():
            if kind is Given:
                continue
            for each in fields(kind):
                what = option_of(each)
                if what is not None:
                    assert each.name not in found, f"{self.name} has {each.name} twice"
                    found[each.name] = (each, what)
        return found

    def hints(self) -> dict[str, Any]:
        """The type of every option by the name of its field."""
        found = self.options()
        return {
            name: hint
            for kind in self._kinds().values()
            if kind is not Given
            for name, hint in get_type_hints(kind).items()
            if name in found
        }

    def add_to(self, app: typer.Typer, name: str | None = None, **details: Any) -> None:
        """Make it a command of a Typer app, under its own name or another one."""
        epilog = self._epilog() if self._epilog else None
        app.command(name or self.name, epilog=epilog, **details)(self.callback())

    def main(self, args: Sequence[str] | None = None, prog: str | None = None) -> NoReturn:
        """Run the command line and end the process with its exit code."""
        app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        self.add_to(app)
        run(app, self._with_bare(sys.argv[1:] if args is None else args), prog)

    def _with_bare(self, words: Sequence[str]) -> list[str]:
        """The words of a command line, options that may stand alone with what they stand for."""
        bare = {
            each: what.bare
            for name, (_, what) in self.options().items()
            if what.bare is not None
            for each in spellings(name, what)
        }
        following = [*words, "-"][1:]
        return [
            f"{word}={bare[word]}" if word in bare and after.startswith("-") else word
            for word, after in zip(words, following, strict=True)
        ]

    def _kinds(self) -> dict[str, Any]:
        hints = get_type_hints(self.function)
        return {name: hints[name] for name in inspect.signature(self.function).parameters}

    def callback(self) -> Callable[..., None]:
        """The function as Typer takes it: with a parameter for each option."""
        kinds = self._kinds()
        found = self.options()
        hints = self.hints()

        def callback(context: typer.Context, **values: Any) -> None:
            _refuse_blank_paths(found, hints)
            for name, (_, what) in found.items():
                check_value(_as_typed(name, what), values[name], what)
            for name, (_, what) in found.items():
                if values[name] is None:
                    continue
                typed = _as_typed(name, what)
                if is_path(hints[name]):
                    values[name] = _meant(typed, values[name], what)
                    check_paths(typed, values[name])
                elif isinstance(values[name], str) and what.reads is not None and not what.stores:
                    _refuse_store(typed, values[name])
                if what.reads is not None:
                    what.reads(typed, values[name])
            given = Given(
                name
                for name in values
                if getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"
            )
            try:
                arguments = {
                    each: given
                    if kind is Given
                    else kind(**{f.name: values[f.name] for f in fields(kind) if f.name in values})
                    for each, kind in kinds.items()
                }
            except OptionError as error:
                if error.name not in found:
                    raise
                raise ForgeError(
                    f"{_as_typed(error.name, found[error.name][1])} {error.rest}"
                ) from error
            self.function(**arguments)

        parameters = [inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY)]
        parameters[0] = parameters[0].replace(annotation=typer.Context)
        for kind in kinds.values():
            assert kind is Given or is_dataclass(kind)
            of_kind = {} if kind is Given else get_type_hints(kind)
            parameters += [_parameter(*found[n], hint) for n, hint in of_kind.items() if n in found]
        callback.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        callback.__annotations__ = {each.name: each.annotation for each in parameters}
        # Lines are joined: help is wrapped once, to the width of the terminal.
        callback.__doc__ = _LINE_BREAK.sub(" ", inspect.getdoc(self.function) or "")
        return callback


class CommandGroup:
    """Several commands under one name.

    Args:
        name: of the group.
        help: what they are for.
        commands: its parts.
        bare: what the name alone runs, with options of its own; None: a part must be named.
    """

    def __init__(
        self, name: str, help: str, commands: Sequence[Command], bare: Command | None = None
    ) -> None:
        self.name, self.help, self.commands, self.bare = name, help, tuple(commands), bare

    def main(self, args: Sequence[str] | None = None, prog: str | None = None) -> NoReturn:
        """Run the command line and end the process with its exit code."""
        app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help=self.help)
        for each in self.commands:
            each.add_to(app)
        if self.bare is not None:
            app.callback(invoke_without_command=True, help=self.help)(self._alone(self.bare))
        run(app, args, prog)

    def _alone(self, bare: Command) -> Callable[..., None]:
        """The command that the name alone runs, and nothing where a part is named."""
        alone = bare.callback()

        @functools.wraps(alone)
        def callback(context: typer.Context, **values: Any) -> None:
            if context.invoked_subcommand is None:
                return alone(context, **values)
            for name in values:
                if getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE":
                    typed = _as_typed(name, bare.options()[name][1])
                    raise ForgeError(f"{typed} must stand behind {context.invoked_subcommand}")

        return callback


def command(
    name: str | None = None, epilog: Callable[[], str] | None = None
) -> Callable[[Callable[..., None]], Command]:
    """Make a command of a function, see `Command`; its name is the function's with dashes."""

    def make(function: Callable[..., None]) -> Command:
        return Command(function, name or function.__name__.replace("_", "-"), epilog)

    return make


# The words of the command line that runs.
_typed: list[str] = []


def _as_typed(name: str, what: Option) -> str:
    """The name of an option as the user wrote it."""
    if what.is_argument:
        return name.upper()
    names = spellings(name, what)
    typed = {word.partition("=")[0] for word in _typed}
    return next((each for each in names if each in typed), names[0])


def spellings(name: str, what: Option) -> tuple[str, ...]:
    """The names of an option on the command line, without the `--no-...` of switches."""
    names = what.names or ("--" + name.replace("_", "-"),)
    return tuple(each.partition("/")[0] for each in names)


def is_path(hint: Any) -> bool:
    """Whether values of a type are paths: one, one or none, or several."""
    return hint is Path or Path in get_args(hint)


def _refuse_store(typed: str, value: Path | str) -> None:
    if is_of_store(value):
        raise ForgeError(f"{typed} takes a path of this machine, not one of an object store")


def _meant(typed: str, value: Any, what: Option) -> Any:
    """A path, or several, with those of object stores as such; told where there may be none."""
    if not isinstance(value, Path):
        return type(value)(_meant(typed, each, what) for each in value)
    if not is_of_store(value):
        return value
    if not what.stores:
        _refuse_store(typed, value)
    try:
        return place(value)
    except ForgeError as error:
        raise ForgeError(f"{typed}: {error}") from error


def _refuse_blank_paths(
    found: dict[str, tuple[Field[Any], Option]], hints: Mapping[str, Any]
) -> None:
    """Nothing and blanks are no path; a `Path` of nothing would be the current folder."""
    paths = {n: what for n, (_, what) in found.items() if is_path(hints[n])}
    for before, word in zip(["", *_typed], _typed, strict=False):
        head, equals, value = word.partition("=")
        for name, what in paths.items():
            if what.is_argument:
                blank = not word.strip() and not before.startswith("-")
            else:
                names = spellings(name, what)
                blank = (equals and head in names and not value.strip()) or (
                    before in names and not word.strip()
                )
            if blank:
                raise ForgeError(f"{_as_typed(name, what)} must be a path, got nothing")


def _parameter(each: Field[Any], what: Option, hint: Any) -> inspect.Parameter:
    """A field as Typer takes it."""
    if what.is_argument:
        info: Any = typer.Argument(help=what.help, metavar=what.metavar)
    else:
        names = what.names or ("--" + each.name.replace("_", "-"),)
        info = typer.Option(*names, help=what.help, metavar=what.metavar, show_default=_shown(each))
    return inspect.Parameter(
        each.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=inspect.Parameter.empty if each.default is MISSING else each.default,
        annotation=Annotated[hint, info],
    )


def _shown(each: Field[Any]) -> bool | str:
    """How a default is shown: a file of the package without where that is installed."""
    if isinstance(each.default, Path) and each.default.is_relative_to(_PACKAGE):
        return f"{_PACKAGE.name}/{each.default.relative_to(_PACKAGE)}"
    return True


def run(app: typer.Typer, args: Sequence[str] | None = None, prog: str | None = None) -> NoReturn:
    """Run a Typer app and end the process with its exit code.

    0 fine; 2 a bad value, file or device, told in one line on stderr; 130 Ctrl+C. Anything else is
    a defect of ours and keeps its traceback.
    """
    degrade_output()
    _typed[:] = sys.argv[1:] if args is None else args
    try:
        code = typer.main.get_command(app).main(
            args=None if args is None else list(args), prog_name=prog, standalone_mode=False
        )
    except (KeyboardInterrupt, typer.Abort):
        code = EXIT_INTERRUPTED
    except Exception as error:
        line = _one_line(error)
        if line is None:
            raise
        code = complain(line)
    sys.exit(exit_code(code if isinstance(code, int) else 0))


def end_if_stopped(signum: int | None) -> None:
    """End the command with the exit code of a signal (130, 143), if there was one."""
    if signum is not None:
        raise typer.Exit(128 + signum)


def complain(line: str) -> int:
    """Tell the user what is wrong, and return the exit code for it."""
    print(f"error: {line}", file=sys.stderr)
    return EXIT_BAD_VALUE


def _one_line(error: Exception) -> str | None:
    """What to tell the user; None for an error that isn't theirs."""
    usage_message = getattr(error, "format_message", None)
    if usage_message is not None:  # Typer's usage errors: an unknown option, a missing value
        return _usage_line(error, usage_message())
    if isinstance(error, ForgeError):
        return first_line(str(error))
    if isinstance(error, OSError):
        place = f": {error.filename}" if error.filename is not None else ""
        return first_line(f"{error.strerror or error}{place}")
    if isinstance(error, UnicodeEncodeError):  # a path that a library cannot take
        return first_line(f"not a name in UTF-8, which files of this kind need: {error.object}")
    if isinstance(error, MemoryError):
        return "out of memory"
    arrow = sys.modules.get("pyarrow")
    if arrow is not None and isinstance(error, arrow.ArrowException):
        return first_line(str(error))
    return None


def _usage_line(error: Exception, message: str) -> str:
    if message.strip() in ("", "Missing command."):
        path = getattr(getattr(error, "ctx", None), "command_path", "forge")
        return f"a command is missing: {path} --help lists them"
    return first_line(message.replace(": Value error, ", ": "))  # pydantic's, in Typer's


def first_line(text: str) -> str:
    """The first line that says something, a very long one without its middle."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    line = lines[0] if lines else "unknown"
    if len(line) <= _LONGEST_LINE:
        return line
    half = _LONGEST_LINE // 2  # what is valid stands before a value, or after it
    return f"{line[:half]} ... {line[-half:]}"
