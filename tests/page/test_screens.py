"""Every screen: no accessibility violation, no wider than a phone, looks that do not change."""

import io
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect

from support import browser as support
from support.browser import DESK, PHONE, WEB

Theme = Literal["light", "dark"]
Blocks: TypeAlias = npt.NDArray[np.float64]
STORED = Path(__file__).parents[1] / "golden" / "page_screens"
STORED_NAMES = ("start", "auction", "trump", "play", "play_advice", "over", "review", "study")
AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"
# Pictures of dominoes are hidden from assistive technology, and thousands of elements.
AXE_RUN = "axe.run({exclude: [['svg']]}, {resultTypes: ['violations']})"
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
    support.ask_advice(page)
    expect(page.locator(".advice")).to_be_visible()
    yield "auction_advice"
    page.keyboard.press("Escape")
    support.bid(page)
    yield "trump"
    support.name_trump(page)
    support.play_on(page, 2)
    support.my_turn(page)
    yield "play"
    support.ask_advice(page)
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


class Seen(NamedTuple):
    """What one screen was found to be."""

    name: str
    wrong: list[str]
    picture: Image.Image


def test_screens_of_a_phone_are_sound_and_look_as_they_did(
    chromium: Browser, doubled: str, tmp_path: Path
) -> None:
    """A picture that should be another one is replaced by what this leaves in its `tmp_path`."""
    walked = _walked(chromium, doubled, PHONE, "light")
    wrong = [each for seen in walked for each in seen.wrong]
    for seen in walked:
        if seen.name not in STORED_NAMES:
            continue
        seen.picture.convert("RGB").quantize(64).save(tmp_path / f"{seen.name}.png")
        stored = Image.open(STORED / f"{seen.name}.png")
        difference = np.abs(_blocks(seen.picture) - _blocks(stored))
        if difference.mean() > MEAN or difference.max() > GREATEST:
            wrong.append(
                f"{seen.name}: differs by {difference.mean():.1f}, at most {difference.max():.0f}"
            )
    assert wrong == [], tmp_path


def test_screens_of_a_desk_in_the_dark_are_sound(chromium: Browser, doubled: str) -> None:
    names = {"start", "auction", "play_advice", "settings", "review"}
    walked = _walked(chromium, doubled, DESK, "dark", names)
    assert [wrong for seen in walked for wrong in seen.wrong] == []


def _walked(
    chromium: Browser,
    address: str,
    size: ViewportSize,
    theme: Theme,
    names: Collection[str] | None = None,
) -> list[Seen]:
    # The guard of the page forbids what axe is loaded by; the page itself never needs it.
    context = chromium.new_context(
        viewport=size, color_scheme=theme, bypass_csp=True, service_workers="block"
    )
    page = context.new_page()
    support.choose(page, theme=theme)
    page.add_init_script(path=AXE)
    found = []
    for name in screens(page, address):
        if names is not None and name not in names:
            continue
        wrong = []
        result = page.evaluate(AXE_RUN)
        for violation in result["violations"]:
            where = [node["target"] for node in violation["nodes"]][:3]
            wrong.append(f"{name}: {violation['id']} {where}")
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wide > 0:
            wrong.append(f"{name}: {wide} pixels too wide")
        page.evaluate("document.activeElement?.blur()")
        shot = page.screenshot(animations="disabled", caret="hide")
        found.append(Seen(name, wrong, Image.open(io.BytesIO(shot))))
    context.close()
    return found


def _blocks(picture: Image.Image) -> Blocks:
    grey = np.asarray(picture.convert("L"), dtype=np.float64)
    height, width = (side // BLOCK * BLOCK for side in grey.shape)
    cut = grey[:height, :width].reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK)
    return np.asarray(cut.mean(axis=(1, 3)))
