"""Draws icons for home screens from `public/icon.svg`, in Chromium: python web/icons.py."""

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

PUBLIC = Path(__file__).parent / "public"
# Of each file: pixels of a side, and the share of it that the picture takes. Systems cut the
# corners of a maskable icon away.
ICONS = {
    "icon-192.png": (192, 1.0),
    "icon-512.png": (512, 1.0),
    "icon-maskable-512.png": (512, 0.8),
}
GREEN = "#235341"


def draw() -> None:
    """Write all of them."""
    svg = (PUBLIC / "icon.svg").read_text()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for name, (side, share) in ICONS.items():
            page = browser.new_page(viewport={"width": side, "height": side})
            ground = GREEN if share < 1 else "transparent"
            size = f"{side * share}px"
            page.set_content(
                f"<style>body {{ margin: 0; height: 100vh; display: grid; place-content: center;"
                f" background: {ground} }} svg {{ width: {size}; height: {size} }}</style>{svg}"
            )
            page.screenshot(path=PUBLIC / name, omit_background=True)
        browser.close()


if __name__ == "__main__":
    draw()
