"""Every screen: no accessibility violation, nothing wider than a phone, looks that do not change."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from support import browser as support

from support.browser import DESK, PHONE, WEB

Opened = Callable[..., Page]
STORED = Path(__file__).parents[1] / "golden" / "page_screens"
AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"
# Fonts differ between machines: pictures are compared in blocks of so many pixels, in grey.
BLOCK = 8
# Mean and greatest difference of blocks, of 255. A missing pad or a shifted hand is far above.
MEAN, GREATEST = 4.0, 90.0


def screens(page: Page, address: str) -> Iterator[str]:
    """Walks through all screens, by name."""
    page.goto(address)
    expect(page.locator("h1")).to_be_visible()
    yield "start"
    support.deal(page, address)
    expect(page.locator(".call-grid")).to_be_visible()
    yield "auction"
    page.keyboard.press("a")
    expect(page.locator(".advice")).to_be_visible()
    yield "auction_advice"
    page.keyboard.press("Escape")
    support.bid(page)
    yield "trump"
    support.name_trump(page)
    support.play_on(page, 2)
    support.my_turn(page)
    yield "play"
    page.keyboard.press("a")
    expect(page.locator(".advice")).to_be_visible()
    yield "play_advice"
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    yield "tricks"
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    yield "keys"
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Settings").click()
    yield "settings"
    page.keyboard.press("Escape")
    support.play_on(page)
    support.my_turn(page)
    yield "over"
    page.keyboard.press("r")
    expect(page.locator(".verdict .advice-sentence")).to_be_visible()
    yield "review"
    page.get_by_role("button", name="Play on from here").click()
    support.my_turn(page)
    yield "study"
    page.evaluate("location.hash = '#hand=no'")
    expect(page.locator(".no-hand")).to_be_visible()
    yield "bad_link"


@pytest.mark.parametrize(
    ("size", "theme"), [(PHONE, "light"), (DESK, "dark")], ids=["phone-light", "desk-dark"]
)
def test_no_screen_has_a_violation(
    opened: Opened, doubled: str, size: dict[str, int], theme: str
) -> None:
    # The guard of the page forbids what axe is loaded by; the page itself never needs it.
    page = opened(viewport=size, color_scheme=theme, bypass_csp=True)
    support.choose(page, theme=theme)
    page.add_init_script(path=AXE)
    found = []
    for name in screens(page, doubled):
        result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        for violation in result["violations"]:
            where = [node["target"] for node in violation["nodes"]][:3]
            found.append(f"{name}: {violation['id']} {where}")
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wide > 0:
            found.append(f"{name}: {wide} pixels too wide")
    assert found == []


def test_screens_look_as_they_did(
    opened: Opened, doubled: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Stored pictures are replaced by those this test leaves in its `tmp_path` where it fails."""
    page = opened()
    support.choose(page)
    wrong = []
    for name in screens(page, doubled):
        if name not in {"start", "auction", "trump", "play", "play_advice", "over", "study"}:
            continue
        page.evaluate("document.activeElement?.blur()")
        taken = Image.open(io.BytesIO(page.screenshot(animations="disabled", caret="hide")))
        taken.convert("RGB").quantize(64).save(tmp_path / f"{name}.png")
        stored = STORED / f"{name}.png"
        if not stored.is_file():
            wrong.append(f"{name}: {stored} is not there")
            continue
        difference = np.abs(_blocks(taken) - _blocks(Image.open(stored)))
        if difference.mean() > MEAN or difference.max() > GREATEST:
            wrong.append(f"{name}: differs by {difference.mean():.1f}, at most {difference.max():.0f}")
    assert wrong == [], f"pictures in {tmp_path}"


def _blocks(picture: Image.Image) -> np.ndarray:
    grey = np.asarray(picture.convert("L"), dtype=np.float64)
    height, width = (side // BLOCK * BLOCK for side in grey.shape)
    cut = grey[:height, :width].reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK)
    return np.asarray(cut.mean(axis=(1, 3)))
