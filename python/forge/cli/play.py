"""`forge play`: the page in the browser."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from forge.cli import values
from forge.cli.command import command
from forge.cli.values import console
from forge.options import option
from forge.web.server import LOOPBACK

if TYPE_CHECKING:
    from forge.advice.hand_text import TableHand
    from forge.web.server import PageServer

# What a browser keeps of the page (settings, a game) belongs to its address, so it stays the same.
USUAL_PORT: Final = 4242


@dataclass(frozen=True)
class TableArgs:
    """What may be said to `forge play`."""

    hand: str | None = option(
        None,
        "A hand to look at again, as forge review takes it: text, link, or a file that holds one.",
        metavar="FILE|TEXT|LINK",
        is_argument=True,
    )
    port: int | None = option(
        None,
        f"The port, 0: any that is free. [default: {USUAL_PORT}, or any where that is in use]",
        least=0,
        most=65535,
    )
    host: str = option(
        LOOPBACK,
        "The address to serve on; any but a loopback one opens the page to other machines.",
        metavar="ADDRESS",
    )
    browser: bool = option(True, "Open the browser.", "--browser/--no-browser")
    page: Path | None = option(
        None,
        "A folder that holds the built page. [default: the one that came with forge]",
        metavar="DIR",
        reads=values.existing,
    )

    def __post_init__(self) -> None:
        _ = self.looked_at

    @property
    def looked_at(self) -> TableHand | None:
        """The hand to look at."""
        return None if self.hand is None else values.table_hand(self.hand)


@command()
def play(args: TableArgs) -> None:
    """Play 42 in the browser: serves the page to this machine until Ctrl+C.

    The page plays and advises on its own; nothing is sent anywhere.
    """
    from forge.web.browser import open_in_browser
    from forge.web.built_page import find_page

    hand = args.looked_at
    server = _serving(find_page(args.page), args)
    address = server.url + (hand.fragment if hand is not None else "")
    screen = console()
    screen.print(f"{address}  (Ctrl+C ends it)", soft_wrap=True)
    if not server.is_private:
        screen.print(f"open to other machines, on port {server.server_port}", soft_wrap=True)
    screen.file.flush()
    if args.browser and not open_in_browser(address):
        screen.print("no browser to open: open that address in one", soft_wrap=True)
        screen.file.flush()
    with server:
        server.serve_forever()


def _serving(page: Path, args: TableArgs) -> PageServer:
    """On the port asked for; on the usual one, or any, where none was."""
    from forge.errors import ForgeError
    from forge.web.server import PageServer

    if args.port is not None:
        return PageServer(page, args.host, args.port)
    try:
        return PageServer(page, args.host, USUAL_PORT)
    except ForgeError:
        return PageServer(page, args.host, 0)


main = play.main

if __name__ == "__main__":
    main()
