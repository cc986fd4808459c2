"""`forge view`: step through E[Q] files in a terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from forge.cli.common import command, console, run, table_bid
from forge.game.contract import LOWEST_BID, VALID_BIDS

app = command()


@app.command()
def view(
    file: Annotated[
        Path, typer.Argument(help="An E[Q] file, or a directory of them.", metavar="FILE.pt|DIR")
    ],
    game: Annotated[
        int | None,
        typer.Option("--game", help="Where to begin: a seed, or a place 0.. in the file."),
    ] = None,
    decision: Annotated[
        int | None,
        typer.Option("--decision", help="Where to begin, 0..27; with --text the only one printed."),
    ] = None,
    text: Annotated[
        bool,
        typer.Option(
            "--text", help="Print decisions instead. Without a terminal that is so anyway."
        ),
    ] = False,
    show_hidden: Annotated[
        bool,
        typer.Option("--show-hidden", help="Show also the hands that the seat to act can't see."),
    ] = False,
    chances: Annotated[
        bool, typer.Option("--chances", help="Chances to get at least so many points.")
    ] = False,
    bid: Annotated[
        int, typer.Option("--bid", help=f"Of team 0, {VALID_BIDS}: what chances are about.")
    ] = LOWEST_BID.number,
) -> None:
    """Look at recorded decisions: hands, trick, history, voids, and E[Q] with its distribution.

    The key ? lists the keys.
    """
    promised = table_bid("--bid", bid)
    from forge.look.viewer.library import Browser
    from forge.look.viewer.sections import print_view
    from forge.look.viewer.text import Look

    browser = Browser(file, game, decision or 0)
    look = Look(hidden=show_hidden, chances=chances, bid=promised)
    if text or not (sys.stdin.isatty() and sys.stdout.isatty()):
        for trouble in browser.trouble:
            print(f"passed by: {trouble}", file=sys.stderr)
        views = browser.views if decision is None else [browser.view]
        for each in views:
            print_view(console(), each, look, browser.place)
        return
    from forge.look.viewer.app import ViewerApp

    ViewerApp(browser, look).run()


def main(args: Sequence[str] | None = None, prog: str | None = None) -> None:
    """Run the command line."""
    run(app, args, prog)


if __name__ == "__main__":
    main()
