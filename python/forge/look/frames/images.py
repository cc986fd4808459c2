"""Figures as the bytes of PNG and GIF files, the same bytes for the same pictures."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from forge.errors import ForgeError
from forge.extras import extra
from forge.look.frames import LEAST_FPS, MOST_FPS
from forge.look.tiles import (
    BLUE,
    FAINT,
    GONE,
    INK,
    IVORY,
    MUTED,
    ORANGE,
    PANEL,
    PAPER,
    SKY,
    VERMILION,
)

with extra("look"):
    from matplotlib.colors import to_rgb
    from matplotlib.figure import Figure
    from PIL import Image

_GROUNDS: Final = (PAPER, PANEL, IVORY)
_COLOURS: Final = (INK, MUTED, GONE, FAINT, BLUE, SKY, VERMILION, ORANGE)
_STEPS: Final = 10  # from a ground to a colour, for smooth edges: 3 * 8 * 10 of 256 places


def _mixtures() -> npt.NDArray[np.int64]:
    """[256, 3]: our colours, mixtures of each with each ground, and black for the rest."""
    shares = np.linspace(0.0, 1.0, _STEPS + 1)[1:, None]
    grounds = np.array([to_rgb(ground) for ground in _GROUNDS])
    mixed = [
        (1 - shares) * ground + shares * np.array(to_rgb(colour))
        for ground in grounds
        for colour in _COLOURS
    ]
    colours = np.rint(255 * np.concatenate([grounds, *mixed])).astype(np.int64)
    return np.pad(colours, ((0, 256 - len(colours)), (0, 0)))


_PALETTE: Final = _mixtures()


def picture(figure: Figure) -> Image.Image:
    """A figure with an Agg canvas as an RGB image."""
    canvas: Any = figure.canvas
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy())


def indexed(image: Image.Image) -> Image.Image:
    """An RGB image in the colours of our pictures, one byte a pixel.

    The palette is the same for all images, so that nothing flickers from frame to frame.
    """
    red, green, blue = np.moveaxis(np.asarray(image.convert("RGB")).astype(np.int32), 2, 0)
    codes = (red << 16) | (green << 8) | blue
    occurs = np.zeros(1 << 24, dtype=np.bool_)  # a table of all colours is faster than sorting
    occurs[codes] = True
    found = np.flatnonzero(occurs)
    colours = np.stack([found >> 16, found >> 8 & 255, found & 255], axis=1)
    # Pillow's own search in a given palette is approximate: it takes off-white for white.
    places = np.zeros(1 << 24, dtype=np.uint8)
    places[found] = ((colours[:, None] - _PALETTE) ** 2).sum(axis=2).argmin(axis=1)
    result = Image.fromarray(places[codes])
    result.putpalette(_PALETTE.flatten().tolist())
    return result


def png_bytes(image: Image.Image) -> bytes:
    """An image as a PNG file."""
    file = io.BytesIO()
    image.save(file, format="PNG", optimize=True)
    return file.getvalue()


def frame_ms(fps: float) -> int:
    """How long a frame is shown, in milliseconds, at a rate a GIF can have.

    Raises:
        ForgeError: if it can't.
    """
    if not LEAST_FPS <= fps <= MOST_FPS:
        raise ForgeError(f"frames a second must be {LEAST_FPS:g}..{MOST_FPS:g}, got {fps:g}")
    return 10 * round(100 / fps)


def gif_bytes(frames: Sequence[Image.Image], fps: float) -> bytes:
    """Frames of `indexed`, at least one, as a GIF that starts over at its end.

    Raises:
        ForgeError: at a rate that a GIF can't have.
    """
    duration = frame_ms(fps)
    file = io.BytesIO()
    frames[0].save(
        file,
        format="GIF",
        save_all=True,
        append_images=frames[1:],
        duration=duration,
        loop=0,
        optimize=False,
    )
    return file.getvalue()
