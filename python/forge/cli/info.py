"""`forge info`: versions, what was compiled, and the devices found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from forge.cli.command import command
from forge.cli.values import console
from forge.options import option


@dataclass(frozen=True)
class InfoArgs:
    """What may be said to `forge info`."""

    as_json: bool = option(False, "Print JSON.", "--json")


@command()
def info(args: InfoArgs) -> None:
    """Show versions, what was compiled, and the devices found."""
    from forge import build_info

    facts = build_info()
    if args.as_json:
        import json

        print(json.dumps(facts, indent=2, default=str))
        return
    table = Table(show_header=False, box=None, pad_edge=False)
    for name, value in facts.items():
        table.add_row(name, _text(value))
    console().print(table, markup=False)


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return "\n".join(f"{name}: {_text(part)}" for name, part in value.items()) or "-"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(_text(part) for part in value) or "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


main = info.main


if __name__ == "__main__":
    main()
