"""Every command there is."""

from forge.cli.command import Command, CommandGroup
from forge.cli.main import COMMANDS, command_of


def commands() -> list[tuple[str, list[str], Command]]:
    """Every command: its module, the words before its options, and itself."""
    found = []
    for entry in COMMANDS:
        made = command_of(entry)
        if isinstance(made, CommandGroup):
            found += [(entry.module, [each.name], each) for each in made.commands]
            found += [] if made.bare is None else [(entry.module, [], made.bare)]
        else:
            found.append((entry.module, [], made))
    return found
