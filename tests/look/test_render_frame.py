"""Frames show what the view says, legibly, and turn into files without a change of colours."""

import io
import math
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from matplotlib.transforms import Bbox
from PIL import Image
from PIL.GifImagePlugin import GifImageFile

from forge.eq.settings import PosteriorConfig
from forge.errors import ForgeError
from forge.game.contract import Bid
from forge.game.tables import COUNT_POINTS, HIGH, LOW
from forge.look.decision_view import DecisionView, decision_view, game_views
from forge.look.frames.actions import quantile, shape, signed
from forge.look.frames.forced import POINTS
from forge.look.frames.frame import frame, overload
from forge.look.frames.images import frame_ms, gif_bytes, indexed, picture, png_bytes
from forge.look.inference import what_plays_told
from forge.look.tiles import BLUE, GONE, ORANGE, PANEL, PAPER, SKY, VERMILION
from support.records import SEEDS, few_worlds, played, small_record

FIRST, MIDDLE, LAST = 0, 14, 27


@lru_cache(maxsize=1)
def views() -> tuple[DecisionView, ...]:
    """The decisions of one game."""
    return game_views(small_record(), 1)


@lru_cache(maxsize=1)
def weighed() -> DecisionView:
    """A decision by worlds that are not all alike."""
    record = played(SEEDS[:1], few_worlds(8, posterior=PosteriorConfig()))
    return decision_view(record, int(record["ess"].div(record["n_samples"]).argmin()))


def shown(figure: Figure) -> list[str]:
    """All texts, without those of the ticks of the violins."""
    return [text.get_text() for text in figure.axes[0].texts if text.get_text()]


def circles(figure: Figure, colour: str | None = None) -> int:
    """How many pips and discs of badges there are, of one colour if it is given."""
    colours = [p.get_facecolor() for p in figure.axes[0].patches if isinstance(p, Circle)]
    return sum(colour is None or to_hex(each) == colour for each in colours)


def n_pips(dominoes: Iterable[int]) -> int:
    """On all of them together."""
    return sum(int(HIGH[domino] + LOW[domino]) for domino in dominoes)


@pytest.mark.parametrize("k", [FIRST, MIDDLE, LAST])
def test_a_frame_tells_what_its_view_says(k: int) -> None:
    view = views()[k]
    texts = shown(frame(view, "from here"))
    assert f"Seat {view.player} to play · {view.decl_name}" in texts
    assert any(f"decision {k + 1} of 28" in text for text in texts)
    for action in view.actions:
        if action.legal:
            assert signed(action.mean) in texts
    assert texts.count("forced") == (not view.train)
    assert texts.count("not legal") == sum(a.held and not a.legal for a in view.actions)
    assert texts.count("played") == sum(not a.held for a in view.actions)
    assert f"{view.ess:.1f} of {view.n_samples}" in texts
    for i, trick in enumerate(view.tricks):
        assert f"seat {trick.winner} won {trick.points}" in texts[texts.index("Tricks before") :], i
    crosses = texts.count("\N{MULTIPLICATION SIGN}")
    assert crosses == sum(len(voids) for voids in view.voids)
    assert "from here" in texts


def test_ghosts_are_the_dominoes_played() -> None:
    view = views()[MIDDLE]
    gone = [action.domino for action in view.actions if not action.held]
    n_badges = sum(bool(COUNT_POINTS[domino]) for domino in gone)
    assert gone and circles(frame(view), GONE) == n_pips(gone) + n_badges


def boxes_of_texts(figure: Figure) -> list[tuple[str, Bbox]]:
    """What is written, ticks included, and where, in pixels."""
    canvas, plot = figure.axes
    figure.canvas.draw()
    texts = [*canvas.texts, *plot.texts, plot.xaxis.label, plot.yaxis.label]
    for axis in (plot.xaxis, plot.yaxis):
        low, high = sorted(axis.get_view_interval())
        ticks = zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True)
        texts += [label for at, label in ticks if low <= at <= high]
    return [(text.get_text(), text.get_window_extent()) for text in texts if text.get_text()]


def with_inference(view: DecisionView, about: str) -> Figure:
    """With what the plays told."""
    return overload(view, about, what_plays_told(view, Bid.of(30)))


def frame_with_inference(view: DecisionView, about: str) -> Figure:
    """As in a playthrough."""
    return frame(view, about, what_plays_told(view, Bid.of(30)))


def forced_view() -> DecisionView:
    """A play without a choice, early enough that much is open."""
    return next(each for each in views() if not each.train)


@pytest.mark.parametrize("draw", [frame, overload, with_inference, frame_with_inference])
@pytest.mark.parametrize("which", [FIRST, 1, 9, MIDDLE, 22, LAST, "weighed", "extreme", "forced"])
def test_texts_lie_on_the_page_and_apart(draw, which) -> None:  # type: ignore[no-untyped-def]
    view = views()[which] if isinstance(which, int) else weighed()
    if which == "forced":
        view = forced_view()
    if which == "extreme":  # the longest numbers there can be
        view = replace(
            view,
            seed=2**31,
            ess=999_999.5,
            n_samples=2_000_000,
            q_gap=41.9,
            decl_name="doubles-trump",
        )
    figure = draw(view, "seed_00000099.pt   2,000,000 worlds a decision, uniform   oracle exact")
    boxes = boxes_of_texts(figure)
    for text, box in boxes:
        assert box.x0 >= 0 and box.y0 >= 0, text
        assert box.x1 <= figure.bbox.width and box.y1 <= figure.bbox.height, text
    # Two pixels of a line's height are blank.
    for (one, a), (other, b) in combinations(boxes, 2):
        wide = min(a.x1, b.x1) - max(a.x0, b.x0)
        high = min(a.y1, b.y1) - max(a.y0, b.y0)
        assert wide <= 0 or high <= 2, (one, other)


@pytest.mark.parametrize("k", [FIRST, MIDDLE])
def test_what_the_plays_told(k: int) -> None:
    view = views()[k]
    told = what_plays_told(view, Bid.of(30))
    texts = shown(with_inference(view, ""))
    assert any(text.startswith("What the plays told") for text in texts)
    for each in told.dominoes:
        for before, after in zip(each.before, each.after, strict=True):
            assert (f"{100 * before:.0f}→{100 * after:.0f}" if before else "·") in texts
    assert not any("→" in text for text in shown(overload(view)))


def test_what_is_marked() -> None:
    view = views()[FIRST]
    best = view.best.slot
    other = next(a.slot for a in view.actions if a.legal and a.slot != best)
    for taken, names in ((best, ["best · taken"]), (other, ["best", "taken"])):
        actions = tuple(replace(a, taken=a.slot == taken) for a in view.actions)
        texts = shown(frame(replace(view, actions=actions)))
        assert [text for text in texts if text in ("best", "taken", "best · taken")] == sorted(
            names, key=lambda name: (name == "taken") == (other > best)
        )
    low = replace(view, ess=1.0, n_samples=30)
    assert "low: 3%" in shown(frame(low))
    assert "low: 3%" not in shown(frame(replace(view, ess=29.0, n_samples=30)))


def test_a_forced_play_has_no_gap() -> None:
    texts = shown(frame(forced_view()))
    assert "no choice" in texts and "Forced: there is one legal play." in texts


@pytest.mark.parametrize("draw", [frame, overload])
def test_a_forced_play_fills_the_picture(draw) -> None:  # type: ignore[no-untyped-def]
    """No half of it is paper: its distribution is as wide as seven of them."""

    def blank(view: DecisionView) -> float:
        figure = draw(view)
        plot = figure.axes[1].get_window_extent().shrunk(0.98, 0.98)
        pixels = np.asarray(picture(figure)).mean(axis=2)
        height = len(pixels)
        part = pixels[height - int(plot.y1) : height - int(plot.y0), int(plot.x0) : int(plot.x1)]
        halves = np.array_split(part < 200, 2, axis=1)
        return min(float(half.mean()) for half in halves)

    pdf = [1 / 43 if q % 2 == 0 else 0.0 for q in range(85)]
    view = forced_view()
    spread = tuple(replace(a, pdf=tuple(pdf)) if a.legal else a for a in view.actions)
    assert blank(replace(view, actions=spread)) > 0.2


def test_a_frame_does_not_tell_who_holds_a_domino() -> None:
    """The strip of a playthrough is what the seat to act may know."""
    view = views()[MIDDLE]
    told = what_plays_told(view, Bid.of(30))
    others = tuple(replace(each, holder=(each.holder + 1) % 3) for each in told.dominoes)
    drawn = picture(frame(view, "", told)).tobytes()
    assert drawn == picture(frame(view, "", replace(told, dominoes=others))).tobytes()
    first = frame(views()[FIRST], "", what_plays_told(views()[FIRST], Bid.of(30)))
    assert any(text.startswith("What the plays told") for text in shown(first))


def test_an_overload_tells_everything() -> None:
    view = weighed()
    texts = shown(overload(view))
    for number in (f"{view.max_w:.3f}", f"{view.u_mean:.2f}", f"{view.u_max:.2f}", view.mode):
        assert number in texts
    for action in view.actions:
        if action.legal:
            assert f"{quantile(action.pdf, 0.5):+d}" in texts
            assert f"{action.sd:.1f}" in texts
    # All 28 dominoes are there besides the hand, the trick and the tricks before.
    hand = n_pips(action.domino for action in view.actions)
    assert circles(overload(view)) >= n_pips(range(28)) + hand


def test_a_record_that_knows_no_distribution() -> None:
    """A file of others may hold zeros, and one world has no standard error."""
    view = views()[FIRST]
    actions = tuple(replace(a, pdf=(0.0,) * 85, sem=math.inf) for a in view.actions)
    for draw in (frame, overload):
        texts = shown(draw(replace(view, actions=actions, n_samples=0, ess=0.0)))
        assert "± ?" in texts


def test_quantiles() -> None:
    pdf = np.zeros(85)
    pdf[[42 - 10, 42, 42 + 6]] = 0.25, 0.5, 0.25
    found = [quantile(pdf.tolist(), share) for share in (0.0, 0.05, 0.25, 0.26, 0.75, 0.76, 1.0)]
    assert found == [-10, -10, -10, 0, 0, 6, 6]


@pytest.mark.parametrize("kernel", [(0.25, 0.5, 0.25), (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)])
def test_a_violin_keeps_its_mean_and_has_no_holes(kernel: tuple[float, ...]) -> None:
    pdf = np.zeros(85)
    pdf[10:61:2] = np.random.default_rng(0).random(26)
    pdf /= pdf.sum()
    half_widths = shape(pdf.tolist(), np.array(kernel))
    assert half_widths.max() == 1.0 and (half_widths[9:62] > 0.0).all()
    assert (half_widths * POINTS).sum() / half_widths.sum() == pytest.approx((pdf * POINTS).sum())
    assert not shape([0.0] * 85, np.array(kernel)).any()


def test_no_minus_before_zero() -> None:
    assert [signed(x) for x in (-0.04, 0.0, 0.06, -12.34)] == ["+0.0", "+0.0", "+0.1", "-12.3"]


def test_our_colours_stay_as_they_are() -> None:
    colours = (PAPER, PANEL, BLUE, SKY, VERMILION, ORANGE, GONE)
    image = Image.new("RGB", (len(colours), 1))
    for i, colour in enumerate(colours):
        image.putpixel((i, 0), tuple(int(colour[k : k + 2], 16) for k in (1, 3, 5)))
    assert indexed(image).convert("RGB").tobytes() == image.tobytes()


def test_a_png_is_close_to_what_was_drawn() -> None:
    drawn = picture(frame(views()[MIDDLE]))
    kept = Image.open(io.BytesIO(png_bytes(indexed(drawn)))).convert("RGB")
    assert kept.size == (1200, 800)
    difference = np.abs(np.asarray(kept).astype(int) - np.asarray(drawn).astype(int)).max(axis=2)
    assert (difference > 24).mean() < 0.002


def test_a_gif_has_its_frames() -> None:
    frames = [indexed(Image.new("RGB", (30, 20), colour)) for colour in (PAPER, BLUE, VERMILION)]
    data = gif_bytes(frames, 4.0)
    assert data == gif_bytes(frames, 4.0)
    gif = Image.open(io.BytesIO(data))
    assert isinstance(gif, GifImageFile)
    assert gif.n_frames == 3 and gif.info["loop"] == 0
    for i, each in enumerate(frames):
        gif.seek(i)
        assert gif.info["duration"] == 250
        assert gif.convert("RGB").tobytes() == each.convert("RGB").tobytes()
    for fps in (0.0, -1.0, 51.0, math.nan, math.inf):
        with pytest.raises(ForgeError, match=r"must be 0\.1\.\.50"):
            frame_ms(fps)
