"""`forge build-page`: the page of `forge play`, from a source checkout."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from forge.cli.command import command
from forge.cli.values import console
from forge.options import option
from forge.work.paths import writable_folder


@dataclass(frozen=True)
class BuildPageArgs:
    """What may be said to `forge build-page`."""

    out: Path | None = option(
        None,
        "Put the page into this folder, for a host of static files. [default: where forge play "
        "looks for it]",
        metavar="DIR",
        reads=writable_folder,
    )
    without_network: bool = option(
        False,
        "Leave out the network that one level plays by, and its runtime: 22 MB less, and no need "
        "of the extra export.",
        "--without-network",
    )


@command()
def build_page(args: BuildPageArgs) -> None:
    """Build the page of forge play from a source checkout.

    It needs node, npm, CMake, ninja and ziglang, and says how to get what is missing. What is
    current is not built again.
    """
    from forge.web.checkout import Checkout
    from forge.web.page_build import build_page as build
    from forge.web.page_build import own_targets

    screen = console()
    checkout = Checkout.find()
    targets = own_targets(checkout) if args.out is None else (args.out,)
    began = time.monotonic()
    build(
        checkout,
        targets,
        with_network=not args.without_network,
        tell=lambda step: screen.print(f"{step} ...", soft_wrap=True),
    )
    for target in targets:
        n_bytes = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
        screen.print(f"{target}: {n_bytes / 1e6:.1f} MB", soft_wrap=True)
    screen.print(f"{time.monotonic() - began:.0f} s; forge play serves it", soft_wrap=True)


main = build_page.main

if __name__ == "__main__":
    main()
