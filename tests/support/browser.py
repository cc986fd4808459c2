"""The built page in a real browser: what is needed for it, where it is served, how it is driven."""

from __future__ import annotations

import functools
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, ViewportSize, expect

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"
SOURCES = ("src", "core", "public", "index.html", "vite.config.ts", "service_worker.js")
PHONE: ViewportSize = {"width": 360, "height": 740}
DESK: ViewportSize = {"width": 1440, "height": 900}
# What a test chooses unless it says otherwise: nothing moves and nobody waits.
CALM: dict[str, Any] = {
    "levels": ["quick", "quick", "quick"],
    "rules": {"allPass": "forced-bid", "marksToWin": 7},
    "firstDealer": "me",
    "theme": "light",
    "speed": "instant",
    "motion": "reduced",
}


def missing() -> str | None:
    """Why there can be no browser tests here; None where there can."""
    if chromium() is None:
        return "Chromium is not installed"
    if shutil.which("node") is None:
        return "node is not installed"
    if not (WEB / "node_modules" / "vite").is_dir():
        return "web/node_modules is not there: npm ci --ignore-scripts in web/"
    return None


def chromium() -> str | None:
    """Path of the system's Chromium."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)


def vite_build(*options: str) -> None:
    """Build the page."""
    line = ["node", str(WEB / "node_modules" / "vite" / "bin" / "vite.js"), "build", *options]
    done = subprocess.run(line, cwd=WEB, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def newest(*places: Path) -> float:
    """When the newest file in some places was changed, in seconds."""
    files = [file for place in places for file in (place, *place.rglob("*")) if file.is_file()]
    return max(file.stat().st_mtime for file in files)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the requests are seen in the browser."""


@contextmanager
def served(folder: Path, below: str = "") -> Iterator[str]:
    """The address of a folder, given out by a thread; `below` names a folder in it."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/{below}"
        finally:
            server.shutdown()


def choose(page: Page, **some: Any) -> None:
    """What the page finds in its settings when it is first opened."""
    kept = json.dumps({"version": 1, "value": {**CALM, **some}})
    key = "crystal-forge:settings"
    page.add_init_script(f"localStorage['{key}'] ??= {json.dumps(kept)};")


def deal(page: Page, address: str, number: int = 7, *, study: bool = False) -> None:
    """Open the page and sit down at the table, with the deal of a number."""
    page.goto(address)
    page.get_by_label("Deal number").fill(str(number))
    name = "Study with open hands" if study else "Deal a new match"
    page.get_by_role("button", name=name).click()
    expect(page.locator(".table-screen")).to_be_visible()


def bid(page: Page, call: int | str | None = None) -> None:
    """Say something in the auction, the least that may be said by default; name the first trump."""
    pad = page.locator(".call-grid")
    expect(pad).to_be_visible()
    may = pad.locator("button:not([aria-disabled])" if call is None else f"[data-call='{call}']")
    may.first.click()


def name_trump(page: Page, decl: int | None = None) -> None:
    """Name trump where that is asked: the first that is offered, or a declaration."""
    offered = page.locator(".trump-grid button" if decl is None else f"[data-decl='{decl}']")
    offered.first.click()


def ask_advice(page: Page) -> None:
    """Ask for advice once something is mine to decide; before that the page only says so."""
    page.locator(".call-grid, .trump-grid, .my-hand button.legal").first.wait_for()
    page.keyboard.press("a")


def reach_play(
    page: Page,
    address: str,
    number: int = 7,
    *,
    study: bool = False,
    call: int | None = None,
    **some: Any,
) -> None:
    """Up to the first lead of a deal, by my bid: see `choose`, `deal`, `bid` and `name_trump`."""
    choose(page, **some)
    deal(page, address, number, study=study)
    bid(page, call)
    name_trump(page)


def my_turn(page: Page) -> bool:
    """Whether a domino of mine is waited for, once anything is; False where the hand is over."""
    page.locator(".my-hand button.legal, .outcome").first.wait_for()
    return page.locator(".outcome").count() == 0


def play_on(page: Page, n_plays: int = 7) -> None:
    """Play the first legal domino so many times, or to the end of the hand."""
    for _ in range(n_plays):
        if not my_turn(page):
            return
        n_before = page.locator(".my-hand button").count()
        page.locator(".my-hand button.legal").first.click()
        expect(page.locator(".my-hand button")).to_have_count(n_before - 1)


def heard(page: Page) -> str:
    """What a screen reader was told last."""
    return page.locator("#heard").inner_text()


def points(page: Page) -> list[int]:
    """Of us and of them, as the score says."""
    words = page.locator(".race-words").inner_text()
    return [int(n) for n in re.findall(r"(?:Us|Them) (\d+)", words.replace("\n", " "))]
