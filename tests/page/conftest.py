"""A browser, and the page in it: one build with the engine, one with a double of it."""

import fcntl
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright", reason="playwright is not installed (the extra dev has it)")

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from support import browser as support

# The machines are shared.
expect.set_options(timeout=20_000)
ASSETS = {
    "crystal-forge.wasm": "web/core/crystal-forge.wasm",
    "seat.policy": "python/forge/policy/seat.policy",
    "calibration.json": "python/forge/bidding/calibration/calibration.json",
}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The system's Chromium, for one module: its loop keeps every other from running."""
    if why := support.missing():
        pytest.skip(why)
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--font-render-hinting=none"]
        running = playwright.chromium.launch(executable_path=support.chromium(), args=options)
        yield running
        running.close()


@pytest.fixture(scope="session")
def assets() -> Path:
    """What the page fetches beside its code, in `web/public/assets`."""
    folder = support.WEB / "public" / "assets"
    for name, source in ASSETS.items():
        if not (support.ROOT / source).is_file():
            pytest.skip(f"{source} is not there: build the WebAssembly core first")
        if not (folder / name).is_file():
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(support.ROOT / source, folder / name)
    return folder


@pytest.fixture(scope="session")
def doubled(assets: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the page with a double of the engine: legal plays by seed, figures made up."""
    if why := support.missing():
        pytest.skip(why)
    folder = tmp_path_factory.mktemp("doubled")
    # In a folder of the host: no path begins at its root.
    support.vite_build("--mode", "double", "--outDir", str(folder / "games" / "42"))
    with support.served(folder, "games/42/") as address:
        yield address


@pytest.fixture(scope="session")
def built(assets: Path) -> Path:
    """The page as people get it, built unless it is newer than its sources."""
    if why := support.missing():
        pytest.skip(why)
    dist = support.WEB / "dist"
    with (support.WEB / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        sources = [support.WEB / name for name in support.SOURCES]
        page = dist / "index.html"
        if not page.is_file() or page.stat().st_mtime < support.newest(*sources):
            support.vite_build()
    return dist


@pytest.fixture(scope="session")
def whole(built: Path) -> Iterator[str]:
    """Address of the page as people get it."""
    with support.served(built) as address:
        yield address


@pytest.fixture
def opened(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens an empty page: `opened(**options)`. It is an error to ask another host, or to throw."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def open_page(*, errors: bool = False, **options: Any) -> Page:
        calm = {"viewport": support.PHONE, "color_scheme": "light", "service_workers": "block"}
        options = calm | options
        context = chromium.new_context(**options)
        context.set_default_timeout(30_000)
        contexts.append(context)
        page = context.new_page()

        def watch(url: str) -> None:
            if not url.startswith(("http://127.0.0.1:", "blob:http://127.0.0.1:", "data:image/")):
                wrong.append(f"request to {url}")

        def hear(said: ConsoleMessage) -> None:
            if said.type == "error":
                wrong.append(said.text)

        context.on("request", lambda request: watch(request.url))
        if not errors:
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.on("console", hear)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []
