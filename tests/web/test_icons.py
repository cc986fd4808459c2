"""The icons of the page for home screens."""

import json
from pathlib import Path

from PIL import Image

PUBLIC = Path(__file__).parents[2] / "web" / "public"


def test_icons_are_what_the_manifest_says() -> None:
    icons = json.loads((PUBLIC / "manifest.webmanifest").read_text())["icons"]
    found = {icon["src"]: icon for icon in icons if icon["type"] == "image/png"}
    assert {path.name for path in PUBLIC.glob("*.png")} == set(found)
    for name, icon in found.items():
        picture = Image.open(PUBLIC / name).convert("RGBA")
        assert icon["sizes"] == "{}x{}".format(*picture.size)
        # A maskable one has its ground to the edge; the others round corners.
        corner = picture.getpixel((0, 0))
        assert corner == ((35, 83, 65, 255) if icon["purpose"] == "maskable" else (0, 0, 0, 0))
