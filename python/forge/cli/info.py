"""`forge info`: versions, what was compiled, and the devices found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.table import Table

from forge.cli.common import command, console, run

app = command()


@app.command()
def info(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show versions, what was compiled, and the devices found."""
    from forge import build_info

    facts = build_info()
    if as_json:
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


def main(args: Sequence[str] | None = None, prog: str | None = None) -> None:
    """Run the command line."""
    run(app, args, prog)


if __name__ == "__main__":
    main()
