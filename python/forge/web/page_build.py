"""From a source checkout to the page: core, packages, assets, and the bundle of all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from forge.errors import ForgeError
from forge.extras import MissingExtraError
from forge.web.assets import gather_assets, need_network
from forge.web.built_page import PAGE, check_target, is_page, put_page
from forge.web.checkout import Checkout, MissingProgramError, alone, run_program
from forge.web.node_packages import are_installed, find_npm, install_packages
from forge.web.wasm_core import build_wasm, find_compiler, is_current

_ALL_BUT_NODE: Final = 'pip install ".[dev]" in the checkout brings what comes from PyPI'


def own_targets(checkout: Checkout) -> tuple[Path, ...]:
    """Where a page is put that is to be served from here: wheels are made of the first; the second
    is that of this package, where it is installed apart from the checkout."""
    return tuple(dict.fromkeys((checkout.of_package(PAGE), PAGE)))


def build_page(
    checkout: Checkout,
    targets: Sequence[Path],
    with_network: bool = True,
    tell: Callable[[str], None] = print,
) -> None:
    """Build the page and put it in place.

    What is current is not made again. Two builds of one checkout wait for each other.

    Args:
        checkout: the sources.
        targets: folders that will hold the page and nothing else.
        with_network: with the network that one level plays by, and its runtime.
        tell: is told of each step that takes a while.

    Raises:
        MissingProgramError: if something that it will use is not there.
        ForgeError: if a target holds other files, or a step fails.
    """
    for target in targets:
        check_target(target)
    npm = find_needs(checkout, with_network)
    with alone(checkout.web / "package.json"):
        if not is_current(checkout):
            tell("the core in WebAssembly")
        build_wasm(checkout)
        if not are_installed(checkout):
            tell("packages of npm")
            install_packages(checkout, npm)
        gather_assets(checkout, with_network, tell)
        tell("the page")
        run_program([npm, "run", "build"], checkout.web)
        made = checkout.web / "dist"
        if not is_page(made):
            raise ForgeError(f"npm run build left no page in {made}")
        for target in targets:
            put_page(made, target)


def find_needs(checkout: Checkout, with_network: bool) -> str:
    """The path of npm, where all that the build of a page will use is there.

    Raises:
        MissingProgramError: of all that is not, with how to get it.
    """
    lacking, npm = [], ""
    try:
        npm = find_npm(checkout)
    except MissingProgramError as error:
        lacking.append(str(error))
    try:
        if not is_current(checkout):
            find_compiler()
    except MissingProgramError as error:
        lacking.append(f"{error} ({_ALL_BUT_NODE})")
    try:
        if with_network:
            need_network(checkout)
    except MissingExtraError as error:
        lacking.append(f"{error} ({_ALL_BUT_NODE}; --without-network does without)")
    if lacking:
        raise MissingProgramError("; ".join(lacking))
    return npm
