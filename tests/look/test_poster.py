"""The poster: what it says, that it can be read, and that it is the same every time."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from forge.bidding.hand_evaluation import Evaluation
from forge.bidding.sentences import advice, hundred, times
from forge.game.contract import LOWEST_BID, Bid, Contract
from forge.game.declarations import declaration_name
from forge.look.poster.content import poster_page
from forge.look.poster.page import MIN_FONT_PT, PAPERS, draw_poster, poster_pdf
from support.commands import importing_tests
from support.evaluations import CALIBRATION, evaluation

MEANS = (22, 35, 28, 41, 20, 33, 25, 18, 30)
CASES = {
    "perfect": evaluation(MEANS),
    "calibrated": evaluation(MEANS, calibration=CALIBRATION),
    "played": evaluation(MEANS, "make:n=20"),
    "weak": evaluation([20.0] * 9),
    "laydown": evaluation([90.0, *MEANS[1:]]),
    "one": evaluation([31.0], n_deals=1),
}


def texts(found: Evaluation) -> list[str]:
    return [text.get_text() for text in draw_poster(poster_page(found)).findobj(Text)]


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("name", CASES)
def test_everything_fits_and_can_be_read(name: str, paper: str) -> None:
    figure = draw_poster(poster_page(CASES[name]), paper)
    assert MIN_FONT_PT >= 7.0 and tuple(figure.get_size_inches()) == PAPERS[paper]
    FigureCanvasAgg(figure).draw()
    shown = [text for text in figure.findobj(Text) if text.get_text().strip()]
    boxes = [text.get_window_extent() for text in shown]
    width, height = (inches * figure.dpi for inches in PAPERS[paper])
    margin = 0.3 * figure.dpi
    for text, box in zip(shown, boxes, strict=True):
        assert float(text.get_fontsize()) >= MIN_FONT_PT, text
        assert margin < box.x0 and box.x1 < width - margin, text
        assert margin < box.y0 and box.y1 < height - margin, text
    for i, box in enumerate(boxes):
        for other, text in zip(boxes[:i], shown[:i], strict=True):
            across = min(box.x1, other.x1) - max(box.x0, other.x0)
            along = min(box.y1, other.y1) - max(box.y0, other.y0)
            # Boxes are as high as a line; letters only touch where they share 2 points of it.
            assert across <= 0 or along <= 2, (shown[i], text)


def test_cells_hold_chances_and_intervals() -> None:
    found = CASES["calibrated"]
    page, shown = poster_page(found), texts(found)
    assert page.chance[:, 0].tolist() == sorted(found.table.p[:, 0], reverse=True)
    for decl in found.table.decls:
        row = page.decls.index(decl)
        assert page.points[row] is found.outcomes[found.table.decls.index(decl)]
        for column, bid in enumerate(found.table.bids):
            cell = found.table.at(Contract(decl, bid))
            at = (page.chance[row, column], page.low[row, column], page.high[row, column])
            assert at == (cell.p, cell.low, cell.high)
            assert f"{100 * cell.p:.0f}" in shown
            assert f"{100 * cell.low:.0f}\N{EN DASH}{100 * cell.high:.0f}" in shown
        assert declaration_name(decl) in shown
        assert f"average {page.points[row].mean():.1f}" in shown
    best = found.table.best()
    assert page.marked == (page.decls.index(best.contract.decl), page.bids.index(best.contract.bid))
    assert f"Bid {best.contract.bid}, {declaration_name(best.contract.decl)}" in shown


def test_few_deals_are_warned_of_at_the_headline() -> None:
    for n_deals, warned in ((1, True), (20, True), (100, True), (2000, False)):
        found = evaluation(MEANS, n_deals=n_deals)
        page = poster_page(found)
        assert bool(page.warning) == warned, n_deals
        if not warned:
            continue
        table = found.table
        off = max((table.high - table.p).max(), (table.p - table.low).max())
        deals = "deal" if n_deals == 1 else "deals"
        assert page.warning == f"Only {n_deals} {deals}: off by up to {hundred(off)} in 100."
        drawn = {t.get_text(): t for t in draw_poster(page).findobj(Text)}
        # A headline that says so is wrapped: its last line stands above the warning.
        last = max((t for t in drawn if t and page.advice.endswith(t)), key=len)
        headline, warning = drawn[last], drawn[page.warning]
        below = headline.get_position()[1] - warning.get_position()[1]
        assert warning.get_position()[0] == headline.get_position()[0] and 0 < below < 0.3


def test_what_the_figures_are_is_said() -> None:
    said = {name: " ".join(texts(found)) for name, found in CASES.items()}
    assert "estimate for real play" in said["calibrated"]
    assert CALIBRATION.summary in said["calibrated"]
    assert "estimates for four careful players (make:n=9) who see" in said["calibrated"]
    perfect = CASES["calibrated"].simulated
    best = CASES["calibrated"].table.best_decl(LOWEST_BID)
    raw = f"Perfect play itself makes 30 in {declaration_name(best.contract.decl)} "
    assert f"{raw}{hundred(perfect.at(best.contract).p)} times in 100" in said["calibrated"]
    assert "perfect play (all hands open)" in said["perfect"] and "flatters" in said["perfect"]
    assert "estimate" not in said["perfect"]
    assert "played by make:n=20" in said["played"] and "flatters" not in said["played"]
    assert "200 deals" in said["played"] and "seed 0" in said["played"]


def test_advice() -> None:
    weak = poster_page(CASES["weak"])
    assert (weak.advice, weak.marked) == ("Pass", None)
    assert "loses" in weak.reasons
    best, what, why = advice(CASES["laydown"])
    assert best is not None and best.contract.bid == Bid.of(84)
    assert what == "Bid two marks (84), blanks" and why.startswith("Made every time")
    table = CASES["perfect"].table
    best, what, why = advice(CASES["perfect"])
    assert best is not None and best.contract.bid == LOWEST_BID and what == "Bid 30, threes"
    top = max(bid for bid in table.bids if table.best_decl(bid).p > 0.5)
    assert f"as high as {top} in " in why


def test_chances_in_words() -> None:
    assert [hundred(p) for p in (0.0, 0.004, 0.016, 0.5, 0.994, 1.0)] == [
        "0",
        "under 1",
        "2",
        "50",
        "over 99",
        "100",
    ]
    assert [times(p) for p in (0.0, 0.5, 1.0)] == ["never", "about 50 times in 100", "every time"]


def test_one_page_the_same_bytes_in_every_process() -> None:
    page = poster_page(CASES["calibrated"])
    pdf = poster_pdf(page)
    assert pdf.startswith(b"%PDF") and pdf.count(b"/Type /Page ") == 1
    assert b"CreationDate" not in pdf
    program = (
        "import sys, hashlib; from look.test_poster import *; "
        "print(hashlib.sha256(poster_pdf(poster_page(CASES['calibrated']))).hexdigest())"
    )
    # The order of sets of text differs from process to process.
    other_seed = "1" if os.environ.get("PYTHONHASHSEED") == "2" else "2"
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env=importing_tests(PYTHONHASHSEED=other_seed),
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == hashlib.sha256(pdf).hexdigest()
    assert pdf != poster_pdf(poster_page(CASES["perfect"]))


def test_bars_count_the_deals() -> None:
    found = evaluation([31.0], n_deals=1)
    points = int(found.outcomes[0][0])
    assert np.array_equal(poster_page(found).points[0], [points])
    assert f"average {points}.0" in texts(found)
