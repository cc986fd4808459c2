"""The subcommands of `forge` as one Typer app."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Annotated, Any, Final

import typer

from forge.cli.command import Command
from forge.cli.main import GROUPS, Entry, command_of, spellings

_COMPLETION: Final = "_FORGE_COMPLETE"

app = typer.Typer(
    help="Exact play, hidden hands and learning for the domino game Texas 42.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.callback()
def forge(
    version: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False,
) -> None:
    """Exact play, hidden hands and learning for the domino game Texas 42."""


def _add(name: str, entry: Entry, **details: Any) -> None:
    """Pass everything after the subcommand's name, `--help` included, to its module."""

    @app.command(
        name,
        help=entry.help,
        add_help_option=False,
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
        **details,
    )
    def subcommand(context: typer.Context) -> None:
        import_module(entry.module).main(context.args, f"forge {name}")


def _add_all(in_full: str | None) -> None:
    """Add the subcommands; the one whose options a shell wants to complete with all of them."""
    for group, entries in GROUPS.items():
        for entry in entries:
            for name in spellings(entry):
                hidden = name != entry.name
                found = command_of(entry) if name == in_full else None
                if isinstance(found, Command):
                    found.add_to(app, name, hidden=hidden)
                else:
                    _add(name, entry, hidden=hidden, rich_help_panel=group)


def _to_complete() -> str | None:
    """The subcommand in the line that a shell asks about, None if it asks nothing."""
    if _COMPLETION not in os.environ:
        return None
    words = os.environ.get("COMP_WORDS", os.environ.get("_TYPER_COMPLETE_ARGS", "")).split()
    return words[1] if len(words) > 1 else None


_add_all(_to_complete())
