"""Every command there is."""

from collections.abc import Iterator

from forge.cli.command import Command, CommandGroup
from forge.cli.main import COMMANDS, Entry, command_of


def entries() -> Iterator[tuple[Entry, list[str], Command]]:
    """Every command: its entry, the words between that and its options, and itself."""
    for entry in COMMANDS:
        made = command_of(entry)
        if isinstance(made, CommandGroup):
            yield from ((entry, [each.name], each) for each in made.commands)
            if made.bare is not None:
                yield entry, [], made.bare
        else:
            yield entry, [], made


def commands() -> list[tuple[str, list[str], Command]]:
    """Every command: its module, the words before its options, and itself."""
    return [(entry.module, words, made) for entry, words, made in entries()]
