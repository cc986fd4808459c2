"""Tiles show their pips, whole and within their outline, in every state."""

import io
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from forge.game.tables import COUNT_POINTS, HIGH, LOW, parse_domino, parse_hand
from forge.look.tiles import VERMILION, TileState, draw_hand, draw_tile, inch_axes

HAND = parse_hand("6-4,5-5,4-2,3-1,2-0,1-1,0-0")


def sheet(width: float = 4.0, height: float = 4.0, dpi: int = 50) -> Figure:
    figure = Figure(figsize=(width, height), dpi=dpi)
    FigureCanvasAgg(figure)
    return figure


def pixels(figure: Figure) -> np.ndarray:
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3].copy()  # type: ignore[attr-defined]


@pytest.mark.parametrize("vertical", [False, True])
@pytest.mark.parametrize("domino", range(28))
def test_as_many_pips_as_there_are_on_each_half(domino: int, vertical: bool) -> None:
    tile = draw_tile(inch_axes(sheet()), domino, 2.0, 2.0, 1.0, vertical=vertical, badge=True)
    places = np.array([pip.center for pip in tile.pips]).reshape(-1, 2)
    in_high_half = places[:, 1] > 2.0 if vertical else places[:, 0] < 2.0
    assert in_high_half.sum() == HIGH[domino]
    assert (~in_high_half).sum() == LOW[domino]
    assert bool(tile.badge) == bool(COUNT_POINTS[domino])
    # All pips lie apart from each other and inside the outline.
    radius = tile.pips[0].radius if tile.pips else 0.0
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    assert (apart[~np.eye(len(places), dtype=bool)] > 2 * radius).all()
    half_size = np.array([0.5, 1.0] if vertical else [0.5, 0.25])
    assert (np.abs(places - 2.0) + radius < half_size).all()


@pytest.mark.parametrize("vertical", [False, True])
def test_a_tile_is_as_large_as_told(vertical: bool) -> None:
    figure = sheet()
    draw_tile(inch_axes(figure), parse_domino("6-5"), 2.0, 2.0, 1.6, vertical=vertical)
    inked = np.argwhere((pixels(figure) < 250).any(axis=2))
    height, width = (inked.max(axis=0) - inked.min(axis=0) + 1) / 50
    assert width == pytest.approx(1.6, abs=0.05)
    assert height == pytest.approx(3.2 if vertical else 0.8, abs=0.05)


def test_states_look_different() -> None:
    drawn = {}
    for state in ("normal", "ghost", "highlight"):
        figure = sheet()
        draw_tile(inch_axes(figure), 26, 2.0, 2.0, 2.0, state=state)
        drawn[state] = pixels(figure)
    assert (drawn["normal"] < 60).all(axis=2).any()
    assert not (drawn["ghost"] < 150).all(axis=2).any()
    vermilion = np.array([int(VERMILION[i : i + 2], 16) for i in (1, 3, 5)])
    for state, image in drawn.items():
        assert (image == vermilion).all(axis=2).any() == (state == "highlight")


def test_a_hand_is_a_row_around_its_centre() -> None:
    figure = sheet(6.0, 3.0)
    usual: list[TileState] = ["normal"] * 6
    states: list[TileState] = ["ghost", *usual]
    axes = inch_axes(figure)
    tiles = draw_hand(axes, HAND, 3.0, 1.5, 0.5, gap=0.2, states=states)
    assert [len(tile.pips) for tile in tiles] == [HIGH[d] + LOW[d] for d in HAND]
    boxes = [tile.body[0].get_window_extent() for tile in tiles]
    union = Bbox.union(boxes)
    assert union.x0 + union.x1 == pytest.approx(300)
    assert union.width / 50 == pytest.approx(0.5 * (7 + 6 * 0.2))
    for left, right in pairwise(boxes):
        assert right.x0 - left.x1 == pytest.approx(0.1 * 50)
    with pytest.raises(ValueError, match="zip"):
        draw_hand(axes, HAND, 3.0, 1.5, 0.5, states=["normal"])


def test_a_tile_stays_vector() -> None:
    figure = sheet()
    draw_tile(inch_axes(figure), parse_domino("6-4"), 2.0, 2.0, 1.0, badge=True)
    file = io.BytesIO()
    figure.savefig(file, format="svg")
    assert b"<image" not in file.getvalue() and b"<text" not in file.getvalue()
