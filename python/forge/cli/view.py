"""`forge view`: step through E[Q] files in a terminal."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from forge.cli import values
from forge.cli.command import command
from forge.cli.values import console
from forge.extras import need
from forge.game.bid_option import bid_option
from forge.game.constants import N_PLAYS
from forge.game.contract import LOWEST_BID, VALID_BIDS, Bid
from forge.options import MOST_SEED, option

# Columns and lines of a picture: wide enough for two columns of sections.
_SCREEN: Final = (128, 44)

# Columns and lines of a picture: wide enough for two columns of sections.


@dataclass(frozen=True)
class ViewArgs:
    """What may be said to `forge view`."""

    file: Path = option(
        help="An E[Q] file, or a directory of them.",
        metavar="FILE.pt|DIR",
        is_argument=True,
        stores=True,
        reads=values.existing,
    )
    game: int | None = option(
        None, "Where to begin: a seed, or a place 0.. in the file.", least=0, most=MOST_SEED
    )
    decision: int | None = option(
        None,
        "Where to begin, 0..27; with --text the only one printed.",
        least=0,
        most=N_PLAYS - 1,
    )
    text: bool = option(False, "Print decisions instead. Without a terminal that is so anyway.")
    svg: Path | None = option(
        None, "Write a picture of the program's screen instead.", metavar="FILE.svg"
    )
    show_hidden: bool = option(False, "Show also the hands that the seat to act can't see.")
    chances: bool = option(False, "Chances to get at least so many points.")
    bid: int = bid_option(
        LOWEST_BID.number,
        f"Of team 0, {VALID_BIDS}: what chances are about, and what a policy goes by.",
    )
    policy: Path | None = option(
        None,
        "Policy that says what the plays told. Default: the shipped one.",
        metavar="FILE",
        reads=values.existing,
    )


@command()
def view(args: ViewArgs) -> None:
    """Look at recorded decisions: hands, trick, history, voids, and E[Q] with its distribution;
    and what the plays told a policy about who holds what.

    The key ? lists the keys.
    """
    in_terminal = not args.text and sys.stdin.isatty() and sys.stdout.isatty()
    if in_terminal or args.svg is not None:
        need("look", "textual")
    from forge.look.inference import policy_of
    from forge.look.viewer.library import Browser
    from forge.look.viewer.sections import print_view
    from forge.look.viewer.text import Look

    browser = Browser(args.file, args.game, args.decision or 0)
    look = Look(
        hidden=args.show_hidden,
        chances=args.chances,
        bid=Bid.of(args.bid),
        policy=args.policy,
    )
    policy_of(args.policy)
    if args.svg is not None:
        from forge.look.viewer.app import ViewerApp, screenshot
        from forge.work.atomic import write_file

        write_file(args.svg, screenshot(ViewerApp(browser, look), *_SCREEN).encode())
        console().print(f"{args.svg}: written", markup=False, highlight=False, soft_wrap=True)
        return
    if not in_terminal:
        for trouble in browser.trouble:
            print(f"passed by: {trouble}", file=sys.stderr)
        views = browser.views if args.decision is None else [browser.view]
        for each in views:
            print_view(console(), each, look, browser.place)
        return
    from forge.look.viewer.app import ViewerApp

    ViewerApp(browser, look).run()


main = view.main


if __name__ == "__main__":
    main()
